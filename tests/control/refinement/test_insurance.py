"""A deductible that jumps and is then singular: every node is a minimum of its own for the jump's place.

Insurance, of BOCOP's examples, where 2.0595 is published for 500 steps of the midpoint rule. Refined by three and four
points of Radau, and by three of Gauss, it comes to 2.05993465 to 2.05993468.
"""

from __future__ import annotations

import math
from typing import Any

import casadi as ca
import pytest

from geodepth.control import FreeParameter, OptimalControlProblem, PathConstraint, Solution, refine, solve
from geodepth.control.model.problem import BoundaryConstraint

AVERSION, HEALTH, SLOPE, RATE, WEALTH, HORIZON, SICKEST = 10.0, 1.5, 0.2, 0.25, 1.0, 10.0, 4.0


def terms(x: Any, t: Any, p: Any) -> tuple[Any, ...]:
    """Density of the illness, slope of the cure, wealth, health, utility, and its derivative."""
    cover, spent = x[0], x[1]
    density = RATE * ca.exp(-RATE * t) + math.exp(-RATE * HORIZON) / HORIZON
    power = spent ** (SICKEST / 2)
    cure = power / (1 + power)
    slope = SICKEST / 2 * spent ** (SICKEST / 2 - 1) / (1 + power) ** 2
    wealth = WEALTH - p[0] + cover - spent
    health = HEALTH - SLOPE * t * (1 - cure)
    return (
        density,
        slope,
        wealth,
        health,
        1 - ca.exp(-AVERSION * wealth) + health,
        AVERSION * ca.exp(-AVERSION * wealth),
    )


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    density, slope, _, _, _, marginal = terms(x, t, p)
    return [(1 - SLOPE * t * slope / marginal) * u[0], u[0], x[0] * density]


def insurance() -> OptimalControlProblem:
    """States I, m, premium; control h; free parameter P, which the premium has to come to."""

    def at_least(term: int, bound: float) -> PathConstraint:
        return PathConstraint(lambda x, u, t, p: terms(x, t, p)[term], bound, math.inf)

    return OptimalControlProblem(
        name="insurance",
        states=("I", "m", "premium"),
        controls=("h",),
        dynamics=dynamics,
        running_cost=lambda x, u, t, p: -terms(x, t, p)[4] * terms(x, t, p)[0],
        initial_state={"I": 0.0, "m": 0.001, "premium": 0.0},
        state_bounds={"I": (0.0, 1.5), "m": (0.0, 1.5)},
        control_bounds={"h": (0.0, 25.0)},
        path_constraints=[at_least(2, 0.0), at_least(3, 0.0), at_least(4, 0.0), at_least(5, 0.001)],
        boundary_constraints=[BoundaryConstraint(lambda x0, xf, t0, tf, p: p[0] - xf[2], 0.0, 0.0)],
        final_time=HORIZON,
        parameters={"P": FreeParameter(0.1, 0.0, math.inf)},
    )


def certified_cost(solution: Solution) -> float:
    assert solution.certificate is not None
    assert solution.certificate.holds, str(solution.certificate)
    return solution.cost


def test_the_default_call_finds_it() -> None:
    assert certified_cost(solve(insurance())) == pytest.approx(-2.0595, rel=1e-3)


def test_refine_keeps_to_the_jump_that_it_found() -> None:
    # It takes about 20 s of a processor, and more beside other work.
    solution = refine(insurance(), time_limit=120.0)
    assert certified_cost(solution) == pytest.approx(-2.0599347, rel=1e-6)
    assert solution.certificate is not None
    assert solution.certificate.cost_error <= 1e-6
