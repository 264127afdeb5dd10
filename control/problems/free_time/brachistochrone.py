"""The brachistochrone: the slide of least time between two points."""

import math
from collections.abc import Sequence
from typing import Any

import casadi as ca
import numpy as np
from scipy.optimize import brentq

from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.costs import final_time
from geodepth.control.problems.drawing import BLACK, BLUE, Axes, Figure, Sheet
from geodepth.control.solution.solution import Solution
from geodepth.foundation.shapes import Float

GRAVITY = 9.8
"""m/s²."""
END = (2.0, 2.0)
"""m, to the side and downwards."""


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = v sin θ, y' = v cos θ, v' = g cos θ, with y downwards and θ from the vertical."""
    speed, angle = x[2], u[0]
    return [speed * ca.sin(angle), speed * ca.cos(angle), GRAVITY * ca.cos(angle)]


def build() -> OptimalControlProblem:
    """States x, y (m), v (m/s); control θ (rad)."""
    return OptimalControlProblem(
        name="brachistochrone",
        states=("x", "y", "v"),
        controls=("theta",),
        dynamics=dynamics,
        terminal_cost=final_time,
        initial_state={"x": 0.0, "y": 0.0, "v": 0.0},
        final_state={"x": END[0], "y": END[1]},
        control_bounds={"theta": (0.0, math.pi)},
        final_time=FreeTime(guess=1.0, lower=0.1, upper=10.0),
    )


def cycloid(count: int = 200) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"], float]:
    """The closed form: x = r(φ − sin φ), y = r(1 − cos φ) as `count` points, and its time φ_end √(r/g)."""
    end = float(brentq(_cycloid_gap, 0.1, 2 * math.pi - 0.1, xtol=1e-15))
    radius = END[1] / (1 - math.cos(end))
    angle = np.linspace(0.0, end, count)
    return radius * (angle - np.sin(angle)), radius * (1 - np.cos(angle)), end * math.sqrt(radius / GRAVITY)


def _cycloid_gap(angle: float) -> float:
    return (angle - math.sin(angle)) * END[1] - (1 - math.cos(angle)) * END[0]


def pose(axes: Axes, state: Any, control: Any, strength: float = 1.0) -> None:
    """The bead on its wire, the cycloid."""
    x, y, _ = cycloid()
    axes.plot(x, -y, color=BLACK, lw=0.8, alpha=0.5)
    axes.plot(state[0], -state[1], "o", color=BLUE, ms=10, alpha=strength)
    axes.set(xlabel="x (m)", ylabel="height (m)", aspect="equal")


def plot(solution: Solution) -> Figure:
    """The curve against the cycloid, and the direction against time."""
    sheet = draw_slide(solution, f"Brachistochrone: {solution.cost:.8g} s", cycloid()[:2], "m")
    sheet.axes[1].set_ylabel("direction θ from the vertical (°)")
    return sheet.finished()


def draw_slide(solution: Solution, title: str, closed_form: Sequence[np.ndarray], unit: str) -> Sheet:
    """The curve against its closed form, with y downwards, and the direction (°) against time."""
    sheet = Sheet(solution, title, columns=2, size=(9, 4))
    axes = sheet.axes
    axes[0].plot(*sheet.path.states[:, :2].T, color=BLUE, lw=2, label="optimized")
    axes[0].plot(*closed_form, color=BLACK, ls="--", lw=1, label="cycloid")
    axes[0].set(xlabel=f"x ({unit})", ylabel=f"y, downwards ({unit})", aspect="equal")
    axes[0].invert_yaxis()
    sheet.control(1, solution.control_names[0], scale=180 / math.pi, xlabel="time (s)")
    return sheet


PROBLEM = ClassicProblem(
    name="brachistochrone",
    title="Brachistochrone",
    statement="x' = v sin θ, y' = v cos θ, v' = 9.8 cos θ; (0, 0, 0) → (2, 2, ·); minimize the final time",
    source="Johann Bernoulli, 1696; constants as in PSOPT's manual",
    reference=0.824759143157,
    reference_source="analytic (cycloid)",
    build=build,
    quantity="final time",
    plot=plot,
    pose=pose,
    units={"time": "s", "x": "m", "y": "m", "v": "m/s", "theta": "rad"},
    unit="s",
    guess={"v": (0.0, 6.0), "theta": (0.1, 1.5)},
    accuracy=1e-8,
)
