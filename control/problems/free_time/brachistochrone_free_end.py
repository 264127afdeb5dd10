"""The brachistochrone to a vertical wall: the slide of least time over a horizontal distance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.problems.drawing import BLACK, BLUE, draw_control, fine, panels
from geodepth.control.problems.library import ClassicProblem
from geodepth.control.solution.solution import Solution

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GRAVITY = 32.174
"""ft/s²."""
DISTANCE = 1.0
"""ft."""


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = v cos u, y' = v sin u, v' = g sin u, with y downwards and u from the horizontal."""
    speed, angle = x[2], u[0]
    return [speed * ca.cos(angle), speed * ca.sin(angle), GRAVITY * ca.sin(angle)]


def final_time(x: Any, t: Any, p: Any) -> Any:
    return t


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
    figure, axes = panels(f"Brachistochrone to a wall: {solution.cost:.8g} s", columns=2, size=(9, 4))
    path = fine(solution)
    roll = np.linspace(0.0, math.pi, 200)
    radius = DISTANCE / math.pi
    axes[0].plot(path.states[:, 0], path.states[:, 1], color=BLUE, lw=2, label="optimized")
    axes[0].plot(
        radius * (roll - np.sin(roll)), radius * (1 - np.cos(roll)), color=BLACK, ls="--", lw=1, label="cycloid"
    )
    axes[0].axvline(DISTANCE, color=BLACK, lw=3, alpha=0.3, label="wall")
    axes[0].set(xlabel="x (ft)", ylabel="y, downwards (ft)", aspect="equal")
    axes[0].invert_yaxis()
    axes[0].legend(fontsize="small")
    draw_control(axes[1], solution, "u", scale=180 / math.pi)
    axes[1].set(xlabel="time (s)", ylabel="direction u from the horizontal (°)")
    return figure


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
