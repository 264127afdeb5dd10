"""The double integrator at least energy: a unit displacement, from rest to rest, in unit time."""

from __future__ import annotations

from typing import Any

from ..problem import OptimalControlProblem
from .library import ClassicProblem


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = v, v' = u."""
    return [x[1], u[0]]


def energy(x: Any, u: Any, t: Any, p: Any) -> Any:
    return u[0] ** 2 / 2


def build() -> OptimalControlProblem:
    """States x (m), v (m/s); control u (m/s²).

    The optimal control is 6 − 12t, the costates ∂V/∂x are (−12, 12t − 6).
    """
    return OptimalControlProblem(
        name="double-integrator-energy",
        states=("x", "v"),
        controls=("u",),
        dynamics=dynamics,
        running_cost=energy,
        initial_state={"x": -1.0, "v": 0.0},
        final_state={"x": 0.0, "v": 0.0},
    )


PROBLEM = ClassicProblem(
    name="double-integrator-energy",
    title="Double integrator, minimum energy",
    statement="x'' = u; (−1, 0) → (0, 0) in unit time; minimize ½∫u²",
    source="Bryson and Ho, Applied Optimal Control, 1975",
    reference=6.0,
    reference_source="analytic",
    build=build,
    quantity="energy",
)
