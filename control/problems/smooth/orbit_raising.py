"""Orbit raising: the largest circular orbit that a low thrust reaches in a given time."""

import math
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import BoundaryConstraint, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.costs import negative_first_state
from geodepth.control.problems.drawing import BLACK, BLUE, ORANGE, RED, Figure, Sheet
from geodepth.control.solution.solution import Solution

THRUST, MASS_RATE, HORIZON = 0.1405, 0.0749, 3.32
"""In units of the first orbit's radius, the sun's gravity there, and the craft's first mass."""


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """r' = v_r, θ' = v_θ/r, v_r' = v_θ²/r − 1/r² + a sin φ, v_θ' = −v_r v_θ/r + a cos φ, a = T/(1 − 0.0749 t)."""
    radius, radial, tangential = x[0], x[2], x[3]
    acceleration = THRUST / (1 - MASS_RATE * t)
    return [
        radial,
        tangential / radius,
        tangential**2 / radius - 1 / radius**2 + acceleration * ca.sin(u[0]),
        -radial * tangential / radius + acceleration * ca.cos(u[0]),
    ]


def excess_speed(x0: Any, xf: Any, t0: Any, tf: Any, p: Any) -> Any:
    """v_θ − √(1/r) at the end, which is zero on a circular orbit."""
    return xf[3] - 1 / ca.sqrt(xf[0])


def build() -> OptimalControlProblem:
    """States r, theta (polar position, rad), v_r, v_theta (velocity); control phi, the angle of the thrust from the
    tangent (rad), which makes the source's unit vector (u1, u2) = (sin φ, cos φ) without a constraint."""
    return OptimalControlProblem(
        name="orbit-raising",
        states=("r", "theta", "v_r", "v_theta"),
        controls=("phi",),
        dynamics=dynamics,
        terminal_cost=negative_first_state,
        initial_state={"r": 1.0, "theta": 0.0, "v_r": 0.0, "v_theta": 1.0},
        final_state={"v_r": 0.0},
        state_bounds={"r": (0.5, 5.0)},
        # Without it a turn within one interval may wind several times around.
        control_bounds={"phi": (0.0, 2 * math.pi)},
        boundary_constraints=(BoundaryConstraint(excess_speed, 0.0, 0.0),),
        final_time=HORIZON,
    )


def guessed_angle(t: float) -> float:
    """Outwards in the first half of the transfer, inwards in the second, turning through the outside."""
    return 0.6 + 1.2 * t / HORIZON if t < HORIZON / 2 else 4.3 + 1.2 * t / HORIZON


def plot(solution: Solution) -> Figure:
    """The transfer between the two circles, with the thrust, and the thrust's angle against time."""
    sheet = Sheet(solution, f"Orbit raising: radius {-solution.cost:.10g}", columns=2, size=(10, 4.6))
    axes = sheet.axes
    path, circle = sheet.path.states, np.linspace(0.0, 2 * math.pi, 200)
    for radius, style, label in ((1.0, ":", "first orbit"), (path[-1, 0], "--", "last orbit")):
        axes[0].plot(radius * np.cos(circle), radius * np.sin(circle), color=BLACK, ls=style, lw=1, label=label)
    axes[0].plot(path[:, 0] * np.cos(path[:, 1]), path[:, 0] * np.sin(path[:, 1]), color=BLUE)
    arrows = sheet.at_equal_times(18)
    radius, around = arrows.states[:, 0], arrows.states[:, 1]
    # The tangent points at θ + π/2, and φ turns from it outwards.
    pointing = around + math.pi / 2 - arrows.controls[:, 0]
    ends = (radius * np.cos(around), radius * np.sin(around), np.cos(pointing), np.sin(pointing))
    axes[0].quiver(*ends, color=RED, width=0.004, scale=14, label="thrust", zorder=3)
    axes[0].plot(0.0, 0.0, "o", color=ORANGE, ms=9)
    axes[0].set(xlabel="x (first radii)", ylabel="y (first radii)", aspect="equal")
    axes[0].legend(fontsize="small", loc="lower left")
    sheet.control(1, "phi", scale=180 / math.pi)
    axes[1].set(xlabel="time (dimensionless)", ylabel="angle φ of the thrust from the tangent (°)")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="orbit-raising",
    title="Orbit raising",
    statement="r' = v_r, θ' = v_θ/r, v_r' = v_θ²/r − 1/r² + a sin φ, v_θ' = −v_r v_θ/r + a cos φ, "
    "a = 0.1405/(1 − 0.0749t); (1, 0, 0, 1) → v_r = 0, v_θ = √(1/r), T = 3.32; maximize r",
    source="Moyer and Pinkham, 1964; Bryson and Ho, 1975",
    reference=1.5252777007,
    published="1.5252777 (yapss)",
    build=build,
    quantity="final radius",
    plot=plot,
    units={"time": "", "r": "", "theta": "rad", "v_r": "", "v_theta": "", "phi": "rad"},
    unit="first radii",
    guess={"r": (1.0, 1.5), "theta": (0.0, 2.5), "v_theta": (1.0, 0.8), "phi": guessed_angle},
    intervals=100,
    accuracy=2e-7,
    sign=-1,
)
