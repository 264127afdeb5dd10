"""The brachistochrone to a vertical wall: the slide of least time over a horizontal distance."""

import math
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.costs import final_time
from geodepth.control.problems.drawing import BLACK, Figure
from geodepth.control.problems.free_time.brachistochrone import draw_slide
from geodepth.control.solution.solution import Solution

GRAVITY = 32.174
"""ft/s²."""
DISTANCE = 1.0
"""ft."""


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = v cos u, y' = v sin u, v' = g sin u, with y downwards and u from the horizontal."""
    speed, angle = x[2], u[0]
    return [speed * ca.cos(angle), speed * ca.sin(angle), GRAVITY * ca.sin(angle)]


def build() -> OptimalControlProblem:
    """States x, y (ft), v (ft/s); control u (rad). The optimum is a cycloid that meets the wall horizontally, in
    √(π·distance/g)."""
    return OptimalControlProblem(
        name="brachistochrone-free-end",
        states=("x", "y", "v"),
        controls=("u",),
        dynamics=dynamics,
        terminal_cost=final_time,
        initial_state={"x": 0.0, "y": 0.0, "v": 0.0},
        final_state={"x": DISTANCE},
        control_bounds={"u": (0.0, math.pi)},
        final_time=FreeTime(guess=0.4, lower=0.01, upper=5.0),
    )


def plot(solution: Solution) -> Figure:
    """The curve against the cycloid that meets the wall at a right angle, and the direction against time."""
    roll, radius = np.linspace(0.0, math.pi, 200), DISTANCE / math.pi
    closed_form = (radius * (roll - np.sin(roll)), radius * (1 - np.cos(roll)))
    sheet = draw_slide(solution, f"Brachistochrone to a wall: {solution.cost:.8g} s", closed_form, "ft")
    sheet.axes[0].axvline(DISTANCE, color=BLACK, lw=3, alpha=0.3, label="wall")
    sheet.axes[1].set_ylabel("direction u from the horizontal (°)")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="brachistochrone-free-end",
    title="Brachistochrone, free end",
    statement="x' = v cos u, y' = v sin u, v' = 32.174 sin u; (0, 0, 0) → (1, ·, ·); minimize the final time",
    source="Bryson and Ho, Applied Optimal Control, 1975; constants as in yapss",
    reference=math.sqrt(math.pi * DISTANCE / GRAVITY),
    reference_source="analytic, √(π/g)",
    build=build,
    quantity="final time",
    plot=plot,
    units={"time": "s", "x": "ft", "y": "ft", "v": "ft/s", "u": "rad"},
    unit="s",
    guess={"x": (0.0, 1.0), "y": (0.0, 0.6), "v": (0.0, 6.0), "u": (1.5, 0.1)},
    accuracy=1e-8,
)
