"""The brachistochrone: the slide of least time between two points."""

from __future__ import annotations

import math
from typing import Any

import casadi as ca

from ..problem import FreeTime, OptimalControlProblem
from .library import ClassicProblem

GRAVITY = 9.8
"""m/s²."""


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = v sin θ, y' = v cos θ, v' = g cos θ, with y downwards and θ from the vertical."""
    speed, angle = x[2], u[0]
    return [speed * ca.sin(angle), speed * ca.cos(angle), GRAVITY * ca.cos(angle)]


def final_time(x: Any, t: Any, p: Any) -> Any:
    return t


def build() -> OptimalControlProblem:
    """States x, y (m), v (m/s); control θ (rad)."""
    return OptimalControlProblem(
        name="brachistochrone",
        states=("x", "y", "v"),
        controls=("theta",),
        dynamics=dynamics,
        terminal_cost=final_time,
        initial_state={"x": 0.0, "y": 0.0, "v": 0.0},
        final_state={"x": 2.0, "y": 2.0},
        control_bounds={"theta": (0.0, math.pi)},
        final_time=FreeTime(guess=1.0, lower=0.1, upper=10.0),
    )


PROBLEM = ClassicProblem(
    name="brachistochrone",
    title="Brachistochrone",
    statement="x' = v sin θ, y' = v cos θ, v' = 9.8 cos θ; (0, 0, 0) → (2, 2, ·); minimize the final time",
    source="Johann Bernoulli, 1696; constants as in PSOPT's manual",
    reference=0.824759143157,
    reference_source="analytic (cycloid)",
    build=build,
    quantity="final time",
    unit="s",
    guess={"v": (0.0, 6.0), "theta": (0.1, 1.5)},
)
