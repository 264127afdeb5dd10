"""What has no least cost is told: a free time or parameter that runs off while the cost falls."""

from typing import Any

import casadi as ca
import pytest

from geodepth.control import BoundaryConstraint, FreeParameter, FreeTime, OptimalControlProblem, Status, solve, verify


def across(time: FreeTime, running: Any, terminal: Any = None, **more: Any) -> OptimalControlProblem:
    """x' = u from 0 to 1 in a free time."""
    return OptimalControlProblem(
        name="across",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        running_cost=running,
        terminal_cost=terminal,
        initial_state={"x": 0.0},
        final_time=time,
        **({"final_state": {"x": 1.0}} | more),
    )


RUNAWAYS = {
    "1/T": across(FreeTime(1, 0.1), lambda x, u, t, p: u[0] ** 2),
    "1/T, far on": across(FreeTime(1e4, 0.1), lambda x, u, t, p: u[0] ** 2),
    "1 + 1/T": across(FreeTime(1, 0.1), lambda x, u, t, p: u[0] ** 2, lambda x, t, p: 1 + 0 * t),
    "exp(-T)": across(FreeTime(1, 0.1), lambda x, u, t, p: u[0] ** 2, lambda x, t, p: ca.exp(-t), final_state=None),
    "1/√T": across(FreeTime(1, 0.1), lambda x, u, t, p: u[0] ** 2, lambda x, t, p: t**-0.5, final_state=None),
}


@pytest.mark.parametrize("name", RUNAWAYS)
def test_a_final_time_that_runs_off_is_denied(name: str) -> None:
    problem = RUNAWAYS[name]
    solution = solve(problem, raise_on_failure=False)
    if solution.success:
        certificate = verify(problem, solution)
        assert not certificate.holds
        # A terminal cost that has fallen to rounding has no slope left: there the solve from twice the time tells.
        line = certificate["free end time"]
        assert "a later one costs less" in line.meaning or not certificate["attained"].passed
    else:
        assert solution.status is Status.DIVERGED


@pytest.mark.parametrize("name", ["exp(-T)", "1/√T"])
def test_it_is_told_from_where_to_where_the_time_grows(name: str) -> None:
    """1/T is left at T = 1e127 or 1e131, from twice which a solve may fail: other lines deny it."""
    problem = RUNAWAYS[name]
    line = verify(problem, solve(problem))["attained"]
    assert not line.passed
    assert "final_time grows from" in line.meaning
    assert "the infimum is not attained" in line.meaning


def test_a_parameter_that_runs_off_is_denied() -> None:
    """∫u² + 1/k: the cost falls to 1 and never reaches it."""
    problem = OptimalControlProblem(
        name="stiffer",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2 + 1 / p[0],
        initial_state={"x": 0.0},
        final_state={"x": 1.0},
        parameters={"k": FreeParameter(1.0, 0.01)},
    )
    line = verify(problem, solve(problem))["attained"]
    assert not line.passed
    assert line.meaning.startswith("k grows from")


@pytest.mark.parametrize(
    ("time", "running", "end"),
    [
        # T + 1/T is least at T = 1.
        (FreeTime(3, 0.1), lambda x, u, t, p: u[0] ** 2 + 1, 1.0),
        # The user's own bound.
        (FreeTime(1, 0.1, 5.0), lambda x, u, t, p: u[0] ** 2, 5.0),
    ],
    ids=["a minimum", "its bound"],
)
def test_what_is_attained_is_verified(time: FreeTime, running: Any, end: float) -> None:
    problem = across(time, running)
    solution = solve(problem)
    assert solution.times[-1] == pytest.approx(end, rel=1e-5)
    certificate = verify(problem, solution)
    assert certificate.holds, certificate


def test_a_time_that_does_not_matter_is_no_infimum_missed() -> None:
    """∫u with 0 ≤ u ≤ 1 costs 1 in every time from 1 on."""
    problem = across(FreeTime(2, 0.1), lambda x, u, t, p: u[0], control_bounds={"u": (0.0, 1.0)})
    solution = solve(problem)
    assert solution.cost == pytest.approx(1.0, abs=1e-8)
    line = verify(problem, solution)["attained"]
    assert line.passed
    assert "at no less cost" in line.meaning


def test_a_boundary_constraint_on_the_first_state_leaves_its_costate() -> None:
    """x(1) − x(0) = 1 with x(0) = 0 is x(1) = 1: u = 1 and λ = −2 throughout."""
    problem = OptimalControlProblem(
        name="apart",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2,
        initial_state={"x": 0.0},
        boundary_constraints=[BoundaryConstraint(lambda x0, xf, t0, tf, p: xf[0] - x0[0], 1.0, 1.0)],
    )
    solution = solve(problem)
    assert solution.costates == pytest.approx(-2.0)
    assert solution.certificate is not None
    assert solution.certificate.holds, solution.certificate
