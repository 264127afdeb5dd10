"""Zermelo's navigation problem: the fastest crossing of a vortex by a boat of unit speed."""

import math
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.costs import final_time
from geodepth.control.problems.drawing import BLUE, RED, SKY, Figure, Sheet
from geodepth.control.solution.solution import Solution

START, END = (-2.0, 0.0), (0.5, -1.6)


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = cos u + y w, y' = sin u − x w with the vortex w = exp(0.25 − x² − y²)."""
    vortex = ca.exp(0.25 - x[0] ** 2 - x[1] ** 2)
    return [ca.cos(u[0]) + x[1] * vortex, ca.sin(u[0]) - x[0] * vortex]


def build() -> OptimalControlProblem:
    """States x, y (position) and control u (heading, rad), in units of the boat's speed."""
    return OptimalControlProblem(
        name="zermelo-vortex",
        states=("x", "y"),
        controls=("u",),
        dynamics=dynamics,
        terminal_cost=final_time,
        initial_state={"x": START[0], "y": START[1]},
        final_state={"x": END[0], "y": END[1]},
        final_time=FreeTime(guess=3.5, lower=0.5, upper=20.0),
    )


def plot(solution: Solution) -> Figure:
    """The path in the current, with the boat's heading, and the heading against time."""
    sheet = Sheet(solution, f"Zermelo's vortex: {solution.cost:.10g} to cross", columns=2, size=(9.5, 4.2))
    axes = sheet.axes
    x, y = np.meshgrid(np.linspace(-2.4, 1.2, 19), np.linspace(-2.0, 1.6, 19))
    vortex = np.exp(0.25 - x**2 - y**2)
    axes[0].quiver(x, y, y * vortex, -x * vortex, color=SKY, width=0.003, label="current")
    axes[0].plot(*sheet.path.states.T, color=BLUE, label="path")
    boats = sheet.at_equal_times(12)
    heading = boats.controls[:, 0]
    axes[0].quiver(*boats.states.T, np.cos(heading), np.sin(heading), color=RED, scale=14, label="heading")
    axes[0].plot(*np.transpose([START, END]), "o", color=BLUE, ms=5)
    axes[0].set(xlabel="x", ylabel="y", aspect="equal")
    axes[0].legend(fontsize="small", loc="lower left")
    sheet.control(1, "u", scale=180 / math.pi, xlabel="time", ylabel="heading u (°)")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="zermelo-vortex",
    title="Zermelo in a vortex",
    statement="x' = cos u + y w, y' = sin u − x w, w = exp(0.25 − x² − y²); (−2, 0) → (0.5, −1.6); "
    "minimize the final time",
    source="Zermelo, 1931; this vortex as in PROPT",
    reference=3.6820084779,
    published="3.6820084655",
    build=build,
    quantity="final time",
    plot=plot,
    units={"time": "", "x": "", "y": "", "u": "rad"},
    guess={"u": -0.6},
    accuracy=1e-7,
)
