"""The same problem in other units: the same verdict, and the same answer in the old ones."""

from __future__ import annotations

from typing import Any

import casadi as ca
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.control import (
    BoundaryConstraint,
    FreeParameter,
    FreeTime,
    Mesh,
    OptimalControlProblem,
    PathConstraint,
    Solution,
    Status,
    refine,
    solve,
    verify,
)
from geodepth.control.problems import load

from .rescaling import Units

SMALL = ("double-integrator-energy-speed-bound", "double-integrator-time", "brachistochrone", "moon-lander")


def constrained() -> OptimalControlProblem:
    """All kinds of constraints and free numbers at once, and states and a control whose guess is zero."""
    return OptimalControlProblem(
        name="constrained",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], p[0] * u[0] - p[1] * x[1] ** 2],
        running_cost=lambda x, u, t, p: u[0] ** 2 + 0.1,
        terminal_cost=lambda x, t, p: (p[0] - 2) ** 2 + x[1] ** 2,
        initial_state={"x": 0.0, "v": 0.0},
        path_constraints=[PathConstraint(lambda x, u, t, p: x[1] - 0.5 - 0.1 * t, upper=0.0)],
        boundary_constraints=[BoundaryConstraint(lambda x0, xf, t0, tf, p: xf[0] - x0[0], 1.0, 1.0)],
        final_time=FreeTime(3.0, 0.5, 20.0),
        parameters={"gain": FreeParameter(1.0, 0.1, 10.0), "drag": 0.3},
    )


def pendulum(**bounds: Any) -> OptimalControlProblem:
    """A pendulum swung up to 3 rad in one second, by the least effort: 129.6567 on 40 intervals."""
    return OptimalControlProblem(
        name="pendulum",
        states=("a", "w"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], -9.81 * ca.sin(x[0]) + u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2,
        initial_state={"a": 0.0, "w": 0.0},
        final_state={"a": 3.0, "w": 0.0},
        **bounds,
    )


def same(plain: Solution, back: Solution) -> None:
    assert back.status is plain.status
    assert back.certificate is not None
    assert plain.certificate is not None
    assert back.certificate.verdict == plain.certificate.verdict
    assert back.statistics["iterations"] == plain.statistics["iterations"]
    # The programs are the same up to rounding, which the iterations amplify.
    assert back.cost == pytest.approx(plain.cost, rel=1e-9)
    assert back.times == pytest.approx(plain.times, rel=1e-7)
    size = np.max(np.abs(plain.states), axis=0)
    assert back.states / size == pytest.approx(plain.states / size, abs=1e-6)


@settings(derandomize=True, deadline=None, max_examples=6)
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(SMALL))
def test_a_library_problem_is_the_same_in_all_units(seed: int, name: str) -> None:
    classic = load(name)
    problem = classic.build()
    units = Units.drawn(problem, np.random.default_rng(seed))
    plain = solve(problem, classic.method, classic.mesh, guess=classic.guess)
    found = solve(units.problem(problem), classic.method, classic.mesh, guess=units.guess(classic.guess))
    same(plain, units.back(found))


@settings(derandomize=True, deadline=None, max_examples=2)
@pytest.mark.parametrize("name", ["hanging-chain", "batch-reactor"])
@given(seed=st.integers(0, 2**32 - 1))
def test_integrals_and_algebraic_variables_are_the_same_in_all_units(name: str, seed: int) -> None:
    """By the full certificate: equations of 1e-12 had a Newton step that CasADi gave up on, in a raw exception."""
    classic = load(name)
    problem = classic.build()
    units = Units.drawn(problem, np.random.default_rng(seed))
    there = units.problem(problem)
    plain = solve(problem, classic.method, classic.mesh, guess=classic.guess)
    found = solve(there, classic.method, classic.mesh, guess=units.guess(classic.guess))
    same(plain, units.back(found))
    assert verify(there, found).verdict == verify(problem, plain).verdict


@settings(derandomize=True, deadline=None, max_examples=6)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_kind_of_constraint_is_the_same_in_all_units(seed: int) -> None:
    problem = constrained()
    units = Units.drawn(problem, np.random.default_rng(seed))
    plain, found = (solve(p, mesh=Mesh.uniform(12)) for p in (problem, units.problem(problem)))
    same(plain, units.back(found))


def test_the_full_certificate_and_refinement_are_the_same_in_all_units() -> None:
    problem = load("double-integrator-time").build()
    units = Units.drawn(problem, np.random.default_rng(5))
    there, mesh = units.problem(problem), Mesh.uniform(9)
    plain, found = solve(problem, mesh=mesh), solve(there, mesh=mesh)
    here, other = verify(problem, plain), verify(there, found)
    assert [(c.name, c.passed) for c in other.checks] == [(c.name, c.passed) for c in here.checks]
    assert other.cost_error == pytest.approx(here.cost_error, rel=1e-3)
    fine, fine_there = refine(problem, mesh=mesh, tolerance=1e-8), refine(there, mesh=mesh, tolerance=1e-8)
    assert fine_there.times.size == fine.times.size
    assert units.back(fine_there).cost == pytest.approx(fine.cost, rel=1e-8)
    assert fine.cost == pytest.approx(2.0, rel=1e-8)


@pytest.mark.parametrize("unit", [1e-12, 1e-8, 1e-4, 1e8, 1e16])
def test_the_unit_of_the_cost_does_not_matter(unit: float) -> None:
    """min ∫(x−1)², |u| ≤ 1, from 0: the cost falls to nothing behind t = 1, and is 1/3."""
    problem = OptimalControlProblem(
        name="track",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        running_cost=lambda x, u, t, p: unit * (x[0] - 1) ** 2,
        initial_state={"x": 0.0},
        control_bounds={"u": (-1.0, 1.0)},
        final_time=3.0,
    )
    solution = solve(problem)
    assert solution.status is Status.SOLVED
    # 40 intervals of 3/40, of which one holds the switch: a third of its cube is 1e-4.
    assert solution.cost / unit == pytest.approx(1 / 3, abs=1e-4)
    assert verify(problem, solution).holds


FAR: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
    ({"state_bounds": {"a": (-1e20, 1e20), "w": (-1e20, 1e20)}}, None),
    ({"state_bounds": {"a": (-1e18, 1e18), "w": (-1e18, 1e18)}}, None),
    ({"state_bounds": {"w": (-100.0, 1e6)}, "control_bounds": {"u": (-1e7, 1e7)}}, None),
    ({"control_bounds": {"u": (-20.0, 1e9)}}, None),
    ({"control_bounds": {"u": (-1e9, 20.0)}}, None),
    ({}, {"u": 1e5}),
    ({}, {"w": 1e4}),
]


@pytest.mark.parametrize(("bounds", "guess"), FAR)
def test_a_far_bound_or_guess_is_no_size(bounds: dict[str, Any], guess: dict[str, Any] | None) -> None:
    solution = solve(pendulum(**bounds), guess=guess)
    assert solution.status is Status.SOLVED
    assert solution.cost == pytest.approx(129.65672815, rel=1e-6)
    # Relative to the path: radians and radians a second.
    assert solution.statistics["constraint_violation"] <= 1e-6
    assert solution.certificate is not None
    assert solution.certificate.holds


@pytest.mark.parametrize("guess", [0.7, 1.0, 1.5])
@pytest.mark.parametrize(("position", "speed"), [(-0.6130, -1.956), (-0.1873, -2.0), (-5.0, -0.3)])
def test_a_free_time_is_not_driven_to_where_no_path_leads(position: float, speed: float, guess: float) -> None:
    """Rest at 0 in least time, |u| ≤ 1, moving away at first: T = |v| + 2 √(|x| + v²/2)."""
    least = -speed + 2 * np.sqrt(-position + speed**2 / 2)
    problem = OptimalControlProblem(
        name="least time",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: 1.0,
        initial_state={"x": position, "v": speed},
        final_state={"x": 0.0, "v": 0.0},
        control_bounds={"u": (-1.0, 1.0)},
        final_time=FreeTime(guess * least, 0.05, 20.0),
    )
    # The switch lies inside one of 40 intervals: an error of the square of its share of the horizon.
    assert solve(problem).cost == pytest.approx(least, rel=2e-3)
