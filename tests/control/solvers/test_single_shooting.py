"""Single shooting finds what multiple shooting finds: the same program, with the states at inner nodes eliminated."""

from __future__ import annotations

from pathlib import Path

import casadi
import numpy as np
import pytest

from geodepth.control import (
    FreeParameter,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    Solution,
    refine,
    solve,
    verify,
)
from geodepth.control.problems import load
from geodepth.control.solvers.single_shooting import Condensing

SINGLE = MultipleShooting("rk4", "linear", condensed=True)
INTERVALS = 15


# A bound on a state; a free final time with states fixed at the end; thrust on its bounds, and one mass free.
@pytest.mark.parametrize(
    ("name", "solver"),
    [
        ("van-der-pol-state-bound", "ipopt"),
        ("double-integrator-energy-speed-bound", "sqp"),
        ("linear-tangent-steering", "ipopt"),
        ("moon-lander", "ipopt"),
    ],
)
def test_single_shooting_finds_the_optimum_of_multiple_shooting(name: str, solver: str) -> None:
    classic = load(name)
    problem, mesh = classic.build(), Mesh.uniform(INTERVALS)
    many = solve(problem, MultipleShooting("rk4", "linear"), mesh, tolerance=1e-10, guess=classic.guess)
    one = solve(problem, SINGLE, mesh, solver, tolerance=1e-10, guess=classic.guess)
    assert one.cost == pytest.approx(many.cost, rel=1e-9)
    assert one.states == pytest.approx(many.states, abs=1e-6)
    assert one.controls == pytest.approx(many.controls, abs=1e-5)
    # The adjoint's costates are the multipliers of the defects that the other program had.
    assert one.costates == pytest.approx(many.costates, abs=1e-6)
    assert one.interval_costates == pytest.approx(many.interval_costates, abs=1e-6)


def test_its_program_has_the_first_node_and_the_controls_alone() -> None:
    problem = load("van-der-pol-state-bound").build()
    condensing = Condensing(SINGLE.transcribe(problem, Mesh.uniform(INTERVALS)))
    assert condensing.reduced.lower.size == 2 + 2 * INTERVALS
    # What is left to satisfy is the bound on one state at every node but the first.
    assert condensing.reduced.constraint_lower.size == INTERVALS


def test_its_solution_is_verified_saved_and_a_guess(tmp_path: Path) -> None:
    classic = load("linear-tangent-steering")
    problem, mesh = classic.build(), Mesh.uniform(INTERVALS)
    one = solve(problem, SINGLE, mesh, guess=classic.guess)
    certificate = verify(problem, one)
    assert certificate.holds, str(certificate)
    loaded = Solution.load(one.save(tmp_path / "one.npz"))
    assert loaded.method == SINGLE
    again = solve(problem, SINGLE, mesh, guess=loaded)
    assert again.statistics["iterations"] < one.statistics["iterations"]
    assert again.cost == pytest.approx(one.cost, rel=1e-7)
    finer = refine(problem, SINGLE, mesh, tolerance=1e-6, guess=loaded)
    assert finer.certificate is not None
    assert finer.certificate.holds, str(finer.certificate)
    assert finer.cost == pytest.approx(classic.reference, rel=1e-6)


def test_a_program_without_constraints_is_scaled_and_solved() -> None:
    # Nothing is left to satisfy, neither an end nor a bound, and the states are large enough to be scaled.
    problem = OptimalControlProblem(
        "decay",
        ("x",),
        ("u",),
        lambda x, u, t, p: [u[0] - x[0]],
        running_cost=lambda x, u, t, p: x[0] ** 2 + u[0] ** 2,
        initial_state={"x": 100.0},
    )
    mesh, guess = Mesh.uniform(INTERVALS), {"x": 100.0}
    one = solve(problem, MultipleShooting(condensed=True), mesh, guess=guess)
    assert one.cost == pytest.approx(solve(problem, mesh=mesh, guess=guess).cost, rel=1e-9)


def test_without_a_way_to_the_end_it_says_so() -> None:
    problem = load("double-integrator-energy").build()
    slow = type(problem)(
        name="slow",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        initial_state={"x": -1.0, "v": 0.0},
        final_state={"x": 0.0, "v": 0.0},
        control_bounds={"u": (-1.0, 1.0)},
    )
    found = solve(slow, SINGLE, Mesh.uniform(5), raise_on_failure=False)
    assert not found.success
    assert np.all(np.isfinite(found.states))


# Without a last turn these and a third of all seeds ended where they began.
@pytest.mark.parametrize("seed", [6, 9, 10, 16, 25, 52, 54])
def test_sqp_solves_convex_programs_whose_optimum_costs_nothing(seed: int) -> None:
    # The Hessian is dense and of low rank: CasADi finds no eigenvalues that are rounding alone. Where a free parameter
    # and a free start make it singular along the constraints, the Hessian as it is does not lead on either.
    generator = np.random.default_rng(seed)
    count = 1 + seed % 3
    drift, gain, start = (generator.normal(size=(count, m)) for m in (count, 1, 1))
    unit, weight = 10 ** generator.uniform(-3, 3), 10 ** generator.uniform(-6, 6)
    names = tuple(f"x{i}" for i in range(count))
    to_rest = OptimalControlProblem(
        "to rest",
        names,
        ("u",),
        lambda x, u, t, p: drift @ x + gain @ u,
        terminal_cost=lambda x, t, p: weight * casadi.sumsqr(x / unit),
        initial_state=dict(zip(names, unit * start.ravel(), strict=True)),
        control_bounds={"u": (-1e3 * unit, 1e3 * unit)},
    )
    at_rest = OptimalControlProblem(
        "at rest",
        ("x", "y"),
        ("u",),
        lambda x, u, t, p: [gain[0] * u[0], drift[0, 0] * u[0]],
        running_cost=lambda x, u, t, p: weight * ((x[0] / unit - p[0]) ** 2 + (u[0] / unit) ** 2),
        final_state={"x": (0.0, 2.0 * unit)},
        parameters={"a": FreeParameter(3.0)},
    )
    for problem in (to_rest, at_rest):
        rest = solve(problem, MultipleShooting(condensed=True), Mesh.uniform(40), "sqp", effort="once")
        # Doing nothing costs about the weight; the cost is the square of what the tolerance of 1e-8 leaves.
        assert rest.cost <= 1e-10 * weight
