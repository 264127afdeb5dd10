"""The double integrator in least time: full throttle, then full brake."""

import numpy as np

from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.costs import final_time
from geodepth.control.problems.drawing import BLACK, BLUE, Figure, Sheet
from geodepth.control.problems.smooth.double_integrator_energy import dynamics
from geodepth.control.solution.solution import Solution


def build() -> OptimalControlProblem:
    """States x (m), v (m/s); control u (m/s²).

    The control switches from 1 to −1 at t = 1, a node of every mesh with an even number of equal intervals; the
    costates ∂V/∂x are (−1, t − 1).
    """
    return OptimalControlProblem(
        name="double-integrator-time",
        states=("x", "v"),
        controls=("u",),
        dynamics=dynamics,
        terminal_cost=final_time,
        initial_state={"x": -1.0, "v": 0.0},
        final_state={"x": 0.0, "v": 0.0},
        control_bounds={"u": (-1.0, 1.0)},
        final_time=FreeTime(guess=3.0, lower=0.1, upper=20.0),
    )


def plot(solution: Solution) -> Figure:
    """The phase plane with the switching curve, and the control."""
    sheet = Sheet(solution, f"Double integrator, minimum time {solution.cost:.6g} s", columns=2, size=(9, 4))
    axes, path = sheet.axes, sheet.path
    speed = np.linspace(-1.2, 1.2, 200)
    axes[0].plot(-speed * np.abs(speed) / 2, speed, color=BLACK, ls="--", lw=1, label="switching curve x = −v|v|/2")
    axes[0].plot(path.states[:, 0], path.states[:, 1], color=BLUE, label="path")
    axes[0].plot(path.states[[0, -1], 0], path.states[[0, -1], 1], "o", color=BLUE, ms=4)
    axes[0].set(xlabel="position x (m)", ylabel="speed v (m/s)", xlim=(-1.1, 0.8))
    axes[0].locator_params(axis="x", nbins=5)
    axes[0].legend(fontsize="small", loc="lower left")
    sheet.control(1, "u", xlabel="time (s)", ylabel="acceleration u (m/s²)")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="double-integrator-time",
    title="Double integrator, minimum time",
    statement="x'' = u, |u| ≤ 1; (−1, 0) → (0, 0); minimize the final time",
    source="Pontryagin et al., The Mathematical Theory of Optimal Processes, 1962",
    reference=2.0,
    reference_source="analytic",
    build=build,
    quantity="final time",
    plot=plot,
    units={"time": "s", "x": "m", "v": "m/s", "u": "m/s²"},
    unit="s",
    guess={"v": 0.5},
    accuracy=1e-7,
)
