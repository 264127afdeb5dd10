"""The shortest way around a ball in space: straight, along a great circle, and straight again."""

import math
from typing import Any

import casadi as ca

from geodepth.control.model.problem import FreeTime, OptimalControlProblem, PathConstraint
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.costs import final_time
from geodepth.control.problems.drawing import BLACK, BLUE, Figure, Sheet
from geodepth.control.solution.solution import Solution

START, END = (-2.0, 0.3, 0.0), (2.0, 0.3, 0.5)


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """The position's rate is the velocity."""
    return [u[0], u[1], u[2]]


def speed(x: Any, u: Any, t: Any, p: Any) -> Any:
    """Of the velocity, squared: at most 1."""
    return ca.sumsqr(u)


def distance(x: Any, u: Any, t: Any, p: Any) -> Any:
    """From the ball's centre, squared: at least 1."""
    return ca.sumsqr(x)


def optimum() -> float:
    """Two tangents, and the arc of the great circle between them."""
    far = [math.hypot(*end) for end in (START, END)]
    angle = math.acos(sum(a * b for a, b in zip(START, END, strict=True)) / (far[0] * far[1]))
    return sum(math.sqrt(d**2 - 1) - math.acos(1 / d) for d in far) + angle


def build() -> OptimalControlProblem:
    """States x, y, z and controls u, v, w, their rates."""
    names = ("x", "y", "z")
    return OptimalControlProblem(
        name="around-a-ball",
        states=names,
        controls=("u", "v", "w"),
        dynamics=dynamics,
        terminal_cost=final_time,
        initial_state=dict(zip(names, START, strict=True)),
        final_state=dict(zip(names, END, strict=True)),
        path_constraints=[PathConstraint(speed, upper=1.0), PathConstraint(distance, lower=1.0)],
        control_bounds=dict.fromkeys(("u", "v", "w"), (-1.0, 1.0)),
        final_time=FreeTime(5.0, 1.0, 20.0),
    )


def plot(solution: Solution) -> Figure:
    """The way from above and from the side, with the ball's outline."""
    sheet = Sheet(solution, f"Around a ball: {solution.cost:.8g}", columns=2, size=(9.0, 4.0))
    x, y, z = sheet.path.states.T
    angles = [2 * math.pi * i / 100 for i in range(101)]
    for axis, other, label in zip(sheet.axes, (y, z), ("y", "z"), strict=True):
        axis.plot(x, other, color=BLUE)
        axis.plot([math.cos(a) for a in angles], [math.sin(a) for a in angles], color=BLACK, lw=0.8)
        axis.set(xlabel="x", ylabel=label, aspect="equal")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="around-a-ball",
    title="Shortest way around a ball",
    statement="x' = u in space, |u| ≤ 1, |x| ≥ 1; (−2, 0.3, 0) → (2, 0.3, 0.5); minimize the final time",
    source="an obstacle in the way of an aircraft; great circles are shortest",
    reference=optimum(),
    reference_source="closed form",
    build=build,
    quantity="final time",
    plot=plot,
    units=dict.fromkeys(("time", "x", "y", "z", "u", "v", "w"), ""),
    guess={"y": (1.0, 1.5), "z": 1.0},
    intervals=200,
    accuracy=2e-5,
    solvers=("ipopt",),
)
