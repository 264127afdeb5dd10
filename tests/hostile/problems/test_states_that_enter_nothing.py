"""Dynamics and costs into which states enter or not, in every combination: CVODES agrees with Radau's method."""

from collections.abc import Callable
from typing import Any

import casadi as ca
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.control import Mesh, MultipleShooting, OptimalControlProblem, radau_iia, solve

Function = Callable[..., Any]
RATES: list[Function] = [
    lambda x, u, t: u + ca.cos(t),
    lambda x, u, t: u,
    lambda x, u, t: u * t,
    lambda x, u, t: u - x[0],
    lambda x, u, t: u + x[1],
]
OTHERS: list[Function] = [
    lambda x, u, t: 0,
    lambda x, u, t: 1.5,
    lambda x, u, t: t,
    lambda x, u, t: x[0],
    lambda x, u, t: -x[1],
]
COSTS: list[Function] = [
    lambda x, u, t: u**2,
    lambda x, u, t: u**2 + t,
    lambda x, u, t: u**2 + x[0] ** 2,
    lambda x, u, t: u**2 + x[1],
]


@settings(derandomize=True, deadline=None, max_examples=8)
@given(rate=st.sampled_from(RATES), other=st.sampled_from(OTHERS), cost=st.sampled_from(COSTS))
def test_cvodes_agrees_with_radau(rate: Function, other: Function, cost: Function) -> None:
    problem = OptimalControlProblem(
        name="drawn",
        states=("x", "y"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [rate(x, u[0], t), other(x, u[0], t)],
        running_cost=lambda x, u, t, p: cost(x, u[0], t),
        initial_state={"x": 0.0, "y": 0.0},
        final_state={"x": 1.0},
        initial_time=3.0,
        final_time=5.0,
    )
    exact = solve(problem, MultipleShooting(radau_iia(3, 4)), Mesh.uniform(3))
    found = solve(problem, MultipleShooting("cvodes"), Mesh.uniform(3))
    # Radau's method of order 5 in twelve steps of 1/6: (1/6)⁵ times the rates' derivatives over 5!, and less.
    assert found.cost == pytest.approx(exact.cost, rel=1e-6)
