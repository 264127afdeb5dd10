"""A rod of fifty cells, heated at one end: the heat equation, whose fastest mode decays ten thousand times a unit."""

from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLACK, BLUE, Figure, Sheet
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.direct_collocation import DirectCollocation
from geodepth.control.transcription.mesh import Mesh
from geodepth.foundation.shapes import Float

CELLS, HORIZON, PRICE = 50, 1.58, 1e-3
WIDTH = 1 / CELLS
PLACES = (np.arange(CELLS) + 0.5) * WIDTH
WANTED = (1 - PLACES**2) / 2
CONDUCTANCE = 1 / (1 + WIDTH / 2)
"""From the air, by a transfer of one, through half a cell."""


def dynamics(x: Any, u: Any, t: Any, p: Any) -> Any:
    """What flows into each cell from the left and the right, over its width; none at the left end."""
    flow = ca.vertcat(0.0, (x[1:] - x[:-1]) / WIDTH, CONDUCTANCE * (u[0] - x[-1]))
    return (flow[1:] - flow[:-1]) / WIDTH


def heating(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = 0.001 u²/2."""
    return PRICE * u[0] ** 2 / 2


def distance(x: Any, t: Any, p: Any) -> Any:
    """m = ½ ∫ (y − (1 − x²)/2)² dx, over the rod."""
    return WIDTH * ca.sumsqr(x - WANTED) / 2


def matrices() -> tuple[Float[np.ndarray, "n n"], Float[np.ndarray, " n"]]:
    """A and b of y' = A y + b u."""
    inner = np.eye(CELLS, k=1) + np.eye(CELLS, k=-1) - 2 * np.eye(CELLS)
    inner[0, 0] = -1.0
    inner[-1, -1] = -1.0 - WIDTH * CONDUCTANCE
    return inner / WIDTH**2, np.eye(CELLS)[-1] * CONDUCTANCE / WIDTH


def build() -> OptimalControlProblem:
    """States y[0] to y[49], the temperature of each cell; control u, that of the air at the right end."""
    return OptimalControlProblem(
        name="heated-rod",
        states=(f"y[{CELLS}]",),
        controls=("u",),
        dynamics=dynamics,
        running_cost=heating,
        terminal_cost=distance,
        initial_state={"y": 0.0},
        control_bounds={"u": (-1.0, 1.0)},
        final_time=HORIZON,
    )


def graded(intervals: int) -> Mesh:
    """Shorter towards both ends: cells at zero meet warm air at first, and at last it reaches the nearest alone."""
    nodes = (1 - np.cos(np.linspace(0.0, np.pi, intervals + 1))) / 2
    return Mesh(np.concatenate([[0.0], nodes[1:-1], [1.0]]))


def plot(solution: Solution) -> Figure:
    """The rod at equally spaced times beside what is wanted of it, its ends, and the air."""
    sheet = Sheet(solution, f"Heated rod: cost {solution.cost:.8g}", layout="AB;AC", size=(9, 4.5))
    path = sheet.at_equal_times(12)
    for state, strength in zip(path.states, np.linspace(0.2, 1.0, 12), strict=True):
        sheet.axes[0].plot(PLACES, state, color=BLUE, alpha=strength, lw=1)
    sheet.axes[0].plot(PLACES, WANTED, color=BLACK, ls="--", label="wanted at the end")
    sheet.axes[0].set(xlabel="place", ylabel="temperature")
    for i, label, strength in ((CELLS - 1, "right end", 1.0), (0, "left end", 0.5)):
        sheet.axes[1].plot(sheet.path.times, sheet.path.states[:, i], color=BLUE, alpha=strength, label=label)
    sheet.axes[1].set(xlabel="time", ylabel="temperature")
    sheet.control(2, "u", xlabel="time", ylabel="air at the right end")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="heated-rod",
    title="Heated rod of fifty cells",
    statement="y_t = y_xx on 50 cells, y_x = 0 at x = 0, y_x = u − y at x = 1, |u| ≤ 1; y = 0 at first, T = 1.58; "
    "minimize ½∫(y(T) − (1 − x²)/2)² dx + 0.0005 ∫u² dt",
    source="Schittkowski, Numerical solution of a time-optimal parabolic boundary-value control problem, 1979; "
    "Tröltzsch, Optimal Control of Partial Differential Equations, section 3.2",
    reference=0.00065346392,
    reference_source="Pontryagin's equations in the rod's modes",
    build=build,
    plot=plot,
    units=dict.fromkeys(("time", *(f"y[{i}]" for i in range(CELLS)), "u"), ""),
    method=DirectCollocation("radau", 3),
    mesher=graded,
    intervals=80,
    accuracy=1e-5,
)
