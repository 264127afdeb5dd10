"""The longest way in a given time by a thrust of half the weight: down to gain speed, along, and up at the end."""

from typing import Any

import casadi as ca

from geodepth.control.model.problem import OptimalControlProblem, PathConstraint
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.costs import negative_first_state
from geodepth.control.problems.drawing import BLUE, GREEN, Figure, Sheet
from geodepth.control.solution.solution import Solution

THRUST, HEIGHT, TIME = 0.5, 0.1, 2.0


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = v a, y' = v b, v' = 1/2 − b: thrust along the way, and gravity."""
    return [x[2] * u[0], x[2] * u[1], THRUST - u[1]]


def length(x: Any, u: Any, t: Any, p: Any) -> Any:
    """Of the direction, squared: 1."""
    return ca.sumsqr(u)


def build() -> OptimalControlProblem:
    """States x, y, v and controls a, b, the direction of flight."""
    return OptimalControlProblem(
        name="longest-flight",
        states=("x", "y", "v"),
        controls=("a", "b"),
        dynamics=dynamics,
        terminal_cost=negative_first_state,
        initial_state={"x": 0.0, "y": 0.0, "v": 0.0},
        final_state={"y": HEIGHT},
        control_bounds={"a": (-10.0, 10.0), "b": (-10.0, 10.0)},
        path_constraints=[PathConstraint(length, 1.0, 1.0)],
        final_time=TIME,
    )


def plot(solution: Solution) -> Figure:
    """The way, and the direction's parts."""
    sheet = Sheet(solution, f"Longest flight: {-solution.cost:.8g}", rows=2)
    sheet.axes[0].plot(*sheet.path.states.T[:2], color=BLUE)
    sheet.axes[0].set(xlabel="x", ylabel="y", aspect="equal")
    sheet.control(1, "a", label="along x")
    sheet.control(1, "b", label="along y", colour=GREEN, xlabel="time", ylabel="direction")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="longest-flight",
    title="Longest flight",
    statement="x' = v a, y' = v b, v' = ½ − b, a² + b² = 1; (0, 0, 0) → (·, 0.1, ·), T = 2; maximize x",
    source="Bryson, Dynamic Optimization, 1999; PSOPT",
    reference=1.7123148751,
    reference_source="indirect shooting with SciPy",
    published="1.712314 (PSOPT)",
    build=build,
    quantity="distance",
    plot=plot,
    units=dict.fromkeys(("time", "x", "y", "v", "a", "b"), ""),
    guess={"a": 1.0, "b": 0.1},
    accuracy=1e-5,
    intervals=200,
    sign=-1,
)
