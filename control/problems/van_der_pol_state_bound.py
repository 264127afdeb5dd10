"""The Van der Pol oscillator with a bound on its speed."""

from __future__ import annotations

import math
from typing import Any

from ..problem import OptimalControlProblem
from .library import ClassicProblem


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x1' = x2, x2' = (1 − x1²) x2 − x1 + u."""
    return [x[1], (1 - x[0] ** 2) * x[1] - x[0] + u[0]]


def square(x: Any, u: Any, t: Any, p: Any) -> Any:
    return x[0] ** 2 + x[1] ** 2 + u[0] ** 2


def build() -> OptimalControlProblem:
    """States x1, x2 and control u, dimensionless; x2 ≥ −0.4."""
    return OptimalControlProblem(
        name="van-der-pol-state-bound",
        states=("x1", "x2"),
        controls=("u",),
        dynamics=dynamics,
        running_cost=square,
        initial_state={"x1": 1.0, "x2": 0.0},
        state_bounds={"x2": (-0.4, math.inf)},
        final_time=5.0,
    )


PROBLEM = ClassicProblem(
    name="van-der-pol-state-bound",
    title="Van der Pol oscillator, state bound",
    statement="x1' = x2, x2' = (1 − x1²)x2 − x1 + u, x2 ≥ −0.4; (1, 0), T = 5; minimize ∫x1² + x2² + u²",
    source="Betts, Practical Methods for Optimal Control, problem 10.144; published 2.95369916",
    reference=2.95370135,
    reference_source="Radau collocation on a fine mesh",
    build=build,
    quantity="cost",
    intervals=600,
)
