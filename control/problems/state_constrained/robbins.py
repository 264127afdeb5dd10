"""Robbins' problem: a bound of third order, which the path may only touch, ever more often."""

from typing import Any

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import Figure, Sheet
from geodepth.control.solution.solution import Solution


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = v, v' = a, a' = u."""
    return [x[1], x[2], u[0]]


def cost(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = 3x + u²/2."""
    return 3 * x[0] + u[0] ** 2 / 2


def build() -> OptimalControlProblem:
    """States x, v, a and control u, the jerk."""
    return OptimalControlProblem(
        name="robbins",
        states=("x", "v", "a"),
        controls=("u",),
        dynamics=dynamics,
        running_cost=cost,
        initial_state={"x": 1.0, "v": -2.0, "a": 0.0},
        final_state={"x": 0.0, "v": 0.0, "a": 0.0},
        state_bounds={"x": (0.0, 100.0)},
        final_time=10.0,
    )


def plot(solution: Solution) -> Figure:
    """Position and jerk."""
    sheet = Sheet(solution, f"Robbins' problem: {solution.cost:.8g}", rows=2, sharex=True)
    sheet.state(0, "x", ylabel="position x")
    sheet.control(1, "u", xlabel="time", ylabel="jerk u")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="robbins",
    title="Robbins' problem",
    statement="x' = v, v' = a, a' = u, x ≥ 0; (1, −2, 0) → (0, 0, 0), T = 10; minimize ∫3x + u²/2",
    source="Robbins, 1980; Bocop",
    reference=19.431782,
    reference_source="nodes where it touches its bound; linear and constant controls, extrapolated, agree to 1e-7",
    published="19.4 (Bocop)",
    build=build,
    plot=plot,
    units=dict.fromkeys(("time", "x", "v", "a", "u"), ""),
    guess={"u": 0.0},
    intervals=400,
    tolerance=1e-10,
    solvers=("ipopt",),
    accuracy=1e-5,
)
