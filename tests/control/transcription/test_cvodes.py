"""CVODES across an interval: exact where the controls are, on stiff dynamics that explicit steps cannot take."""

from __future__ import annotations

from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import (
    Cvodes,
    DirectCollocation,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    ProblemError,
    solve,
)


def stiff(rate: float) -> OptimalControlProblem:
    """x' = u, y' = −rate (y − x): y follows x within 1/rate; effort and end of y cost."""
    return OptimalControlProblem(
        name="stiff",
        states=("x", "y"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0], -rate * (x[1] - x[0])],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
        terminal_cost=lambda x, t, p: (x[1] - 1) ** 2 / 2,
        initial_state={"x": 0.0, "y": 0.0},
    )


@pytest.mark.parametrize("control", ["constant", "linear"])
def test_cvodes_solves_what_is_too_stiff_for_rk4(control: str) -> None:
    problem = stiff(1e3)
    solution = solve(problem, MultipleShooting("cvodes", control), Mesh.uniform(4), tolerance=1e-6)
    fine = solve(problem, DirectCollocation("radau", 5), Mesh.graded(40, 0.05))
    # u is constant up to the last 1/rate of the horizon: four pieces lose what that layer holds, about 1/rate.
    assert solution.cost == pytest.approx(fine.cost, rel=2e-3)
    assert solution.certificate is not None
    assert solution.certificate["re-simulation"].value < 1e-7
    # RK4 with a step of rate · h = 250 multiplies y by 1e8 an interval.
    explicit = solve(problem, MultipleShooting("rk4", control), Mesh.uniform(4), raise_on_failure=False)
    assert explicit.certificate is None or not explicit.certificate.holds


def test_cvodes_agrees_with_rk4_where_both_are_right(double_integrator: OptimalControlProblem) -> None:
    pair = [
        solve(double_integrator, MultipleShooting(name, "linear"), Mesh.uniform(5), tolerance=1e-7)
        for name in ("cvodes", "rk4")
    ]
    assert pair[0].cost == pytest.approx(pair[1].cost, rel=1e-7)
    # ∂V/∂x to the tolerance of the sensitivities.
    assert np.abs(pair[0].costates - pair[1].costates).max() < 1e-4


@pytest.mark.parametrize("arguments", [{"relative": 0.0}, {"absolute": -1.0}, {"relative": "small"}])
def test_bad_tolerances_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ProblemError, match="Cvodes"):
        Cvodes(**arguments)


def test_no_state_need_enter_dynamics_and_cost() -> None:
    """x' = u + cos t from 0 to 1 over [3, 5], at the least ∫u²: u is constant, (1 − sin 5 + sin 3)/2."""
    problem = OptimalControlProblem(
        name="no state",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0] + ca.cos(t)],
        running_cost=lambda x, u, t, p: u[0] ** 2,
        initial_state={"x": 0},
        final_state={"x": 1},
        initial_time=3.0,
        final_time=5.0,
    )
    solution = solve(problem, MultipleShooting("cvodes"), Mesh.uniform(4))
    assert solution.cost == pytest.approx((1 - np.sin(5) + np.sin(3)) ** 2 / 2, rel=1e-8)
