"""A mass that is pushed from rest to rest: optimum, costates and sensitivities are known in closed form."""

from typing import Any

from geodepth.control import MultipleShooting, OptimalControlProblem

LINEAR = MultipleShooting("rk4", control="linear")
"""Exact for the double integrator's least energy, whose controls are linear in time."""


def pushed_mass(**changes: Any) -> OptimalControlProblem:
    """x'' = gain · u from rest to rest, by the least energy: 6 (distance / gain)² / T³."""
    given: dict[str, Any] = {
        "name": "pushed",
        "states": ("x", "v"),
        "controls": ("u",),
        "dynamics": lambda x, u, t, p: [x[1], p[0] * u[0]],
        "running_cost": lambda x, u, t, p: u[0] ** 2 / 2,
        "initial_state": {"x": 0.0, "v": 0.0},
        "final_state": {"x": 1.0, "v": 0.0},
        "parameters": {"gain": 1.0},
    }
    return OptimalControlProblem(**(given | changes))
