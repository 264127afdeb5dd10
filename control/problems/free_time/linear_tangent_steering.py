"""Linear tangent steering: the fastest way to a height and a speed under thrust of constant magnitude."""

import math
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.costs import final_time
from geodepth.control.problems.drawing import BLACK, BLUE, RED, Figure, Sheet, pieces
from geodepth.control.solution.solution import Solution

ACCELERATION = 100.0


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x1' = x3, x2' = x4, x3' = a cos u, x4' = a sin u."""
    return [x[2], x[3], ACCELERATION * ca.cos(u[0]), ACCELERATION * ca.sin(u[0])]


def build() -> OptimalControlProblem:
    """States x1, x2 (position to the side and upwards), x3, x4 (velocity); control u (angle of the thrust, rad);
    consistent, otherwise arbitrary units. At the optimum tan u is linear in time."""
    return OptimalControlProblem(
        name="linear-tangent-steering",
        states=("x1", "x2", "x3", "x4"),
        controls=("u",),
        dynamics=dynamics,
        terminal_cost=final_time,
        initial_state={"x1": 0.0, "x2": 0.0, "x3": 0.0, "x4": 0.0},
        final_state={"x2": 5.0, "x3": 45.0, "x4": 0.0},
        control_bounds={"u": (-math.pi / 2, math.pi / 2)},
        final_time=FreeTime(guess=1.0, lower=0.1, upper=10.0),
    )


def plot(solution: Solution) -> Figure:
    """The path with the direction of thrust, and tan u, which must be a straight line."""
    sheet = Sheet(solution, f"Linear tangent steering: final time {solution.cost:.9g}", columns=2, size=(9.5, 4))
    axes, path, arrows = sheet.axes, sheet.path, sheet.at_equal_times(13)
    angle = arrows.controls[:, 0]
    axes[0].plot(path.states[:, 0], path.states[:, 1], color=BLUE)
    axes[0].quiver(*arrows.states[:, :2].T, np.cos(angle), np.sin(angle), color=RED, width=0.004, scale=12)
    axes[0].set(xlabel="distance $x_1$", ylabel="height $x_2$", title="path, arrows along the thrust")
    axes[0].margins(0.12)
    drawn = pieces(solution)
    axes[1].plot(drawn.times, np.tan(drawn.controls[:, 0]), color=RED, label="tan u")
    ends = np.array([0, -1])
    middle = solution.sample(solution.times[ends] * 0.8 + solution.times[ends[::-1]] * 0.2)
    slope, offset = np.polyfit(middle.times, np.tan(middle.controls[:, 0]), 1)
    axes[1].plot(path.times, slope * path.times + offset, color=BLACK, ls="--", lw=1, label="straight line")
    axes[1].set(xlabel="time", ylabel="tan u")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="linear-tangent-steering",
    title="Linear tangent steering",
    statement="x1' = x3, x2' = x4, x3' = 100 cos u, x4' = 100 sin u, |u| ≤ π/2; 0 → (·, 5, 45, 0); "
    "minimize the final time",
    source="Bryson and Ho, 1975; Betts, Practical Methods for Optimal Control",
    reference=0.5545708783,
    published="0.554570879",
    build=build,
    quantity="final time",
    plot=plot,
    units={"time": "", "x1": "", "x2": "", "x3": "", "x4": "", "u": "rad"},
    guess={"x1": (0.0, 12.0), "x2": (0.0, 5.0), "x3": (0.0, 45.0), "x4": 5.0, "u": (1.0, -1.0)},
    accuracy=5e-8,
)
