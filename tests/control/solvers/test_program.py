"""A program compiled for each back-end: the same answers, warm starts, options."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from geodepth.control import (
    DirectCollocation,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    ProblemError,
    Status,
    solve,
    verify,
)
from geodepth.control.problems import load


@pytest.mark.parametrize("method", [MultipleShooting(), DirectCollocation("gauss", 2)], ids=str)
def test_sqp_agrees_with_ipopt(double_integrator: OptimalControlProblem, method: Any) -> None:
    bounded = replace(double_integrator, control_bounds={"u": (-5.0, 5.0)})
    pair = [solve(bounded, method, Mesh.uniform(12), solver) for solver in ("ipopt", "sqp")]
    # IPOPT's barrier leaves about 1e-9 for each of some 24 bounds.
    assert pair[1].cost == pytest.approx(pair[0].cost, rel=1e-7)
    assert pair[1].costates == pytest.approx(pair[0].costates, abs=1e-5)
    assert verify(bounded, pair[1], accuracy=0.05).holds


def test_sqp_warm_started_has_nothing_left_to_do(slide: Any) -> None:
    problem, guess = slide
    first = solve(problem, mesh=Mesh.uniform(15), guess=guess)
    again = solve(problem, mesh=Mesh.uniform(15), solver="sqp", guess=first)
    assert again.statistics["iterations"] <= 3
    assert again.cost == pytest.approx(first.cost, rel=1e-8)


def test_sqp_takes_a_few_steps_where_the_program_is_quadratic() -> None:
    """Newton's method is exact there, and stays so where scales differ: one step, and what roundoff leaves."""
    problem = OptimalControlProblem(
        name="regulator",
        states=("x", "v"),
        controls=("u", "w"),
        dynamics=lambda x, u, t, p: [x[1] + x[0] / 2, u[0] + u[1]],
        running_cost=lambda x, u, t, p: 1e4 * x[0] ** 2 + x[1] ** 2 + 1e-4 * u[0] ** 2 + 100 * u[1] ** 2,
        initial_state={"x": 1.0, "v": 0.0},
    )
    found = solve(problem, mesh=Mesh.uniform(20), solver="sqp", scaling=None, certify=False)
    assert found.statistics["iterations"] <= 5
    assert found.cost == pytest.approx(solve(problem, mesh=Mesh.uniform(20), certify=False).cost, rel=1e-7)


@pytest.mark.parametrize("name", ["catalyst-mixing", "hanging-chain"])
def test_sqp_ends_where_constraints_alone_make_a_minimum(name: str) -> None:
    """Clipped for good, eigenvalues that are negative at the optimum cost 800 and 331 iterations."""
    classic, mesh = load(name), Mesh.uniform(20)
    found, by_ipopt = (
        solve(classic.build(), classic.method, mesh, solver, guess=classic.guess, certify=False, effort="once")
        for solver in ("sqp", "ipopt")
    )
    assert found.statistics["iterations"] <= 60
    assert found.cost == pytest.approx(by_ipopt.cost, rel=1e-6)


def test_sqp_takes_no_more_iterations_than_it_may() -> None:
    classic = load("catalyst-mixing")
    for most in (5, 40, 60):
        short = solve(
            classic.build(), mesh=Mesh.uniform(20), solver="sqp", max_iterations=most, effort="once",
            raise_on_failure=False, certify=False, options={"tol_du": 1e-30}, scaling=None,
        )  # fmt: skip
        assert short.statistics["iterations"] <= most


def test_unknown_options_are_refused_in_one_line(double_integrator: OptimalControlProblem) -> None:
    for solver in ("ipopt", "fatrop", "sqp"):
        with pytest.raises(ProblemError, match="options") as error:
            solve(double_integrator, solver=solver, options={"no_such_option": 1})
        assert "\n" not in str(error.value)


def test_solves_with_better_scales_end_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may take all of `max_iterations`: one that gave up there is followed until all took too many."""
    problem = OptimalControlProblem(
        name="from afar",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 4 + x[0] ** 2,
        initial_state={"x": 1e6, "v": 0.0},
        final_state={"x": 0.0, "v": 0.0},
    )
    given: dict[str, Any] = {"mesh": Mesh.uniform(5), "max_iterations": 4, "effort": "once", "raise_on_failure": False}
    followed = solve(problem, **given)
    assert followed.success
    assert 4 < followed.statistics["iterations"] <= 20
    monkeypatch.setattr("geodepth.control.solvers.program.MOST_TOGETHER", 4)
    short = solve(problem, **given)
    assert short.status is Status.ITERATION_LIMIT
    assert short.statistics["iterations"] == 4
