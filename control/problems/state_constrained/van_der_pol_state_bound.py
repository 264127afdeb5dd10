"""The Van der Pol oscillator with a bound on its speed."""

import math
from typing import Any

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLACK, BLUE, GREEN, Figure, Sheet
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.multiple_shooting import MultipleShooting

SLOWEST = -0.4
"""The bound on x2."""


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x1' = x2, x2' = (1 − x1²) x2 − x1 + u."""
    return [x[1], (1 - x[0] ** 2) * x[1] - x[0] + u[0]]


def square(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = x1² + x2² + u²."""
    return x[0] ** 2 + x[1] ** 2 + u[0] ** 2


def build() -> OptimalControlProblem:
    """States x1, x2 and control u, dimensionless; x2 ≥ −0.4."""
    return OptimalControlProblem(
        name="van-der-pol-state-bound",
        states=("x1", "x2"),
        controls=("u",),
        dynamics=dynamics,
        running_cost=square,
        initial_state={"x1": 1.0, "x2": 0.0},
        state_bounds={"x2": (SLOWEST, math.inf)},
        final_time=5.0,
    )


def dense_at_the_bound(intervals: int) -> Mesh:
    """Four times denser on the part of the horizon where x2 follows its bound."""
    return Mesh.equidistributed(intervals, lambda s: np.where((s > 0.11) & (s < 0.31), 4.0, 1.0))


def plot(solution: Solution) -> Figure:
    """The phase plane with the bound, and states and control against time."""
    sheet = Sheet(solution, f"Van der Pol oscillator, x2 ≥ −0.4: cost {solution.cost:.8g}", columns=2, size=(9, 4))
    axes = sheet.axes
    path = sheet.path.states
    axes[0].plot(*path.T, color=BLUE, label="path")
    axes[0].plot(*path[0], "o", color=BLUE, ms=5, label="start")
    axes[0].axhline(SLOWEST, color=BLACK, ls="--", lw=1, label="bound")
    axes[0].set(xlabel="x1", ylabel="x2")
    sheet.state(1, "x1", label="x1")
    sheet.state(1, "x2", GREEN, label="x2")
    sheet.control(1, "u", "u", xlabel="time", ylabel="states and control")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="van-der-pol-state-bound",
    title="Van der Pol oscillator, state bound",
    statement="x1' = x2, x2' = (1 − x1²)x2 − x1 + u, x2 ≥ −0.4; (1, 0), T = 5; minimize ∫x1² + x2² + u²",
    source="Betts, Practical Methods for Optimal Control, problem 10.144",
    reference=2.95370135,
    build=build,
    plot=plot,
    units={"time": "", "x1": "", "x2": "", "u": ""},
    published="2.95369916",
    # Radau's stages see the bound inside the intervals too.
    method=MultipleShooting("radau", control="linear"),
    mesher=dense_at_the_bound,
    intervals=300,
    tolerance=1e-10,
)
