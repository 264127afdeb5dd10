"""Swing-up of a pendulum on a cart, at least effort."""

import math
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLACK, BLUE, PINK, Axes, Figure, Sheet
from geodepth.control.solution.solution import Solution

CART, BOB, LENGTH, GRAVITY = 1.0, 0.3, 0.5, 9.81
"""kg, kg, m, m/s²."""


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """A point mass on a massless rod; the angle is zero when it hangs."""
    angle, speed, spin = x[1], x[2], x[3]
    sine, cosine = ca.sin(angle), ca.cos(angle)
    inertia = CART + BOB * sine**2
    pull = LENGTH * BOB * sine * spin**2
    return [
        speed,
        spin,
        (pull + u[0] + BOB * GRAVITY * cosine * sine) / inertia,
        -(pull * cosine + u[0] * cosine + (CART + BOB) * GRAVITY * sine) / (LENGTH * inertia),
    ]


def effort(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = F², in N²."""
    return u[0] ** 2


def build() -> OptimalControlProblem:
    """States position (m), angle (rad), speed (m/s), spin (rad/s); control force (N)."""
    return OptimalControlProblem(
        name="cart-pole",
        states=("position", "angle", "speed", "spin"),
        controls=("force",),
        dynamics=dynamics,
        running_cost=effort,
        initial_state={"position": 0.0, "angle": 0.0, "speed": 0.0, "spin": 0.0},
        final_state={"position": 1.0, "angle": math.pi, "speed": 0.0, "spin": 0.0},
        state_bounds={"position": (-2.0, 2.0)},
        control_bounds={"force": (-20.0, 20.0)},
        final_time=2.0,
    )


def pose(axes: Axes, state: Any, control: Any, strength: float = 1.0) -> None:
    """The rail, the cart, the rod and its bob."""
    tip = (state[0] + LENGTH * math.sin(state[1]), -LENGTH * math.cos(state[1]))
    axes.axhline(0.0, color=BLACK, lw=0.8, zorder=0)
    axes.plot([state[0], tip[0]], [0.0, tip[1]], color=BLACK, lw=1.2, alpha=strength)
    axes.plot(state[0], 0.0, "s", color=BLUE, ms=9, alpha=strength)
    axes.plot(*tip, "o", color=PINK, ms=7, alpha=strength)
    axes.set(xlabel="position (m)", ylabel="height (m)", aspect="equal")


def plot(solution: Solution) -> Figure:
    """A strip of poses from pale to dark, with the bob's trace, and the force."""
    title = f"Cart-pole swing-up: effort {solution.cost:.8g} N²s"
    sheet = Sheet(solution, title, rows=2, size=(7.5, 6.5), height_ratios=(2, 1))
    axes = sheet.axes
    position, angle = sheet.path.states[:, :2].T
    axes[0].plot(position + LENGTH * np.sin(angle), -LENGTH * np.cos(angle), color=PINK, lw=1, label="trace of the bob")
    sheet.strip(15, pose)
    axes[0].legend(fontsize="small", loc="upper left")
    sheet.control(1, "force", xlabel="time (s)", ylabel="force (N)")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="cart-pole",
    title="Cart-pole swing-up",
    statement="cart 1 kg, bob 0.3 kg, rod 0.5 m, g = 9.81; from hanging at rest to upright at rest 1 m further in 2 s, "
    "|F| ≤ 20, |x| ≤ 2; minimize ∫F²",
    source="Kelly, An Introduction to Trajectory Optimization, 2017",
    reference=57.9447803,
    reference_source="refined collocation to 1e-8; the force simulated again by SciPy arrives to 1e-7",
    published="58.8839 (dymos, which also fixes F = 0 at the end), near another local minimum of 58.8076675",
    build=build,
    quantity="effort",
    plot=plot,
    pose=pose,
    units={"time": "s", "position": "m", "angle": "rad", "speed": "m/s", "spin": "rad/s", "force": "N"},
    unit="N²s",
    guess={"force": (-10.0, 0.0), "angle": -0.5},
    intervals=200,
)
