"""The isoperimetric problem: the greatest area within a closed curve of length 1."""

import math
from typing import Any

import casadi as ca

from geodepth.control.model.problem import BoundaryConstraint, OptimalControlProblem, PathConstraint
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLUE, Figure, Sheet
from geodepth.control.solution.solution import Solution


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = a, y' = b; "time" is the length along the curve."""
    return [u[0], u[1]]


def missed_area(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = −(x y' − y x')/2."""
    return (x[1] * u[0] - x[0] * u[1]) / 2


def speed(x: Any, u: Any, t: Any, p: Any) -> Any:
    """a² + b², which is 1."""
    return ca.sumsqr(u)


def gap(x0: Any, xf: Any, t0: Any, tf: Any, p: Any) -> Any:
    """Where the curve ends, from where it begins."""
    return xf - x0


def cosine(t: float) -> float:
    """a of a circle, for the guess."""
    return math.cos(2 * math.pi * t)


def sine(t: float) -> float:
    """b of a circle, for the guess."""
    return math.sin(2 * math.pi * t)


def optimum() -> float:
    """The circle's area."""
    return 1 / (4 * math.pi)


def build() -> OptimalControlProblem:
    """States x, y and controls a, b, the direction. The curve begins at the origin, in any direction."""
    return OptimalControlProblem(
        name="closed-curve",
        states=("x", "y"),
        controls=("a", "b"),
        dynamics=dynamics,
        running_cost=missed_area,
        initial_state={"x": 0.0, "y": 0.0},
        path_constraints=[PathConstraint(speed, 1.0, 1.0)],
        boundary_constraints=[BoundaryConstraint(gap, 0.0, 0.0)],
        control_bounds={"a": (-2.0, 2.0), "b": (-2.0, 2.0)},
    )


def plot(solution: Solution) -> Figure:
    """The curve."""
    sheet = Sheet(solution, f"Closed curve of length 1: area {-solution.cost:.9g}", size=(5.0, 5.0))
    sheet.axes[0].plot(*sheet.path.states.T, color=BLUE)
    sheet.axes[0].set(xlabel="x", ylabel="y", aspect="equal")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="closed-curve",
    title="Closed curve of greatest area",
    statement="x' = a, y' = b, a² + b² = 1; closed, of length 1; maximize ½∫(x y' − y x')",
    source="Dido, in Virgil's Aeneid; Steiner, 1838; yapss",
    reference=optimum(),
    reference_source="the circle",
    build=build,
    quantity="area",
    plot=plot,
    units=dict.fromkeys(("time", "x", "y", "a", "b"), ""),
    guess={"a": cosine, "b": sine},
    intervals=200,
    accuracy=1e-4,
    solvers=("ipopt",),
    sign=-1,
)
