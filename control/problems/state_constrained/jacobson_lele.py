"""Jacobson and Lele's problem: a speed below a parabola in time, which it follows for a while."""

from typing import Any

import casadi as ca

from geodepth.control.model.problem import OptimalControlProblem, PathConstraint
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLACK, BLUE, Figure, Sheet
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.multiple_shooting import MultipleShooting


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = v, v' = u − v."""
    return [x[1], u[0] - x[1]]


def cost(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = x² + v² + u²/200."""
    return ca.sumsqr(x) + 0.005 * u[0] ** 2


def ceiling(t: Any) -> Any:
    """What the speed may be at time t."""
    return 8 * (t - 0.5) ** 2 - 0.5


def above(x: Any, u: Any, t: Any, p: Any) -> Any:
    """v minus what it may be: at most zero."""
    return x[1] - ceiling(t)


def build() -> OptimalControlProblem:
    """States x, v and control u."""
    return OptimalControlProblem(
        name="jacobson-lele",
        states=("x", "v"),
        controls=("u",),
        dynamics=dynamics,
        running_cost=cost,
        initial_state={"x": 0.0, "v": -1.0},
        control_bounds={"u": (-20.0, 20.0)},
        path_constraints=[PathConstraint(above, upper=0.0)],
    )


def plot(solution: Solution) -> Figure:
    """The speed with its ceiling, and the control."""
    sheet = Sheet(solution, f"Jacobson and Lele's problem: {solution.cost:.8g}", rows=2, sharex=True)
    sheet.axes[0].plot(sheet.path.times, sheet.path.states[:, 1], color=BLUE, label="speed v")
    sheet.axes[0].plot(sheet.path.times, ceiling(sheet.path.times), color=BLACK, lw=0.8, ls="--", label="ceiling")
    sheet.axes[0].set(ylabel="speed v", ylim=(-1.1, 0.3))
    sheet.control(1, "u", xlabel="time", ylabel="control u")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="jacobson-lele",
    title="Jacobson and Lele's problem",
    statement="x' = v, v' = u − v, v ≤ 8(t − ½)² − ½, |u| ≤ 20; (0, −1), T = 1; minimize ∫x² + v² + u²/200",
    source="Jacobson and Lele, 1969; PSOPT",
    reference=0.16982054,
    reference_source="collocation by 5 points on 80 to 320 intervals; constant controls, extrapolated, agree to 1e-7",
    published="0.1698180 (PSOPT)",
    build=build,
    plot=plot,
    units=dict.fromkeys(("time", "x", "v", "u"), ""),
    guess={"u": 0.0},
    method=MultipleShooting("rk4", control="constant"),
    intervals=200,
    accuracy=5e-5,
)
