"""A plan moved on by a step is the plan a step later, in primal and dual, where the horizon's end is out of reach."""

from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import (
    BoundaryConstraint,
    DirectCollocation,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    ProblemError,
    Status,
    prepare,
)
from geodepth.control.solvers.scaling.derivatives import first_derivatives
from geodepth.control.transcription.transcription import Method


@pytest.mark.parametrize("method", [MultipleShooting("rk4"), DirectCollocation("radau", order=3)])
def test_nothing_is_left_to_do(method: Method) -> None:
    """Of x' = u, ∫ x² + u² over 20 time units the end matters by e^(−20)."""
    problem = OptimalControlProblem(
        name="decay",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        running_cost=lambda x, u, t, p: (x[0] ** 2 + u[0] ** 2) / 2,
        initial_state={"x": 1.0},
        control_bounds={"u": (-0.9, 10.0)},
        path_constraints=(PathConstraint(lambda x, u, t, p: x[0] + u[0], upper=5.0),),
        final_time=20.0,
    )
    prepared = prepare(problem, method, Mesh.uniform(100))
    for intervals in (1, 3):
        solution = prepared.solve(guess={})
        later = {"x": float(solution.states[intervals, 0])}
        moved = prepared.solve(later, shift=intervals)
        moves = moved.statistics["iterations"]
        # Where the cost is flat to 1e-8, states are known to a tenth of its square root.
        assert moved.states[:50, 0] == pytest.approx(solution.states[intervals : 50 + intervals, 0], abs=1e-5)
        prepared.solve(guess={})
        # The barrier's last steps are all that is left of a solve.
        assert moves <= 2 < prepared.solve(later).statistics["iterations"]


def test_a_shift_beyond_the_mesh_is_refused() -> None:
    problem = OptimalControlProblem("one", ("x",), ("u",), lambda x, u, t, p: [u[0]], initial_state={"x": 0.0})
    with pytest.raises(ProblemError, match="shift is 6; give a whole number from 0 to 5"):
        prepare(problem, mesh=Mesh.uniform(5)).solve(shift=6)


def cart_with_a_soft_limit() -> OptimalControlProblem:
    """To x = 1 with |v| ≤ 0.8; what is beyond that is paid for."""
    return OptimalControlProblem(
        name="cart",
        states=("x", "v"),
        controls=("u", "slack"),
        dynamics=lambda x, u, t, p: [x[1], u[0] + p[0]],
        running_cost=lambda x, u, t, p: (
            10 * (x[0] - 1) ** 2 + x[1] ** 2 + 0.05 * u[0] ** 2 + 100 * u[1] + 100 * u[1] ** 2
        ),
        terminal_cost=lambda x, t, p: 20 * (x[0] - 1) ** 2 + 5 * x[1] ** 2,
        initial_state={"x": 0.0, "v": 0.0},
        path_constraints=(PathConstraint(lambda x, u, t, p: ca.vertcat(x[1] - u[1], -x[1] - u[1]), upper=0.8),),
        control_bounds={"u": (-2.0, 2.0), "slack": (0.0, 10.0)},
        parameters={"wind": 0.0},
        final_time=2.0,
    )


@pytest.mark.parametrize("solver", ["ipopt", "sqp", "fatrop"])
def test_a_controller_plans_as_from_the_first_start_and_measures_no_sizes(
    solver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is broken and held, a gust comes, and the cart comes to rest, where little is left of all sizes."""
    problem, mesh = cart_with_a_soft_limit(), Mesh.uniform(25)
    planner, anew = (prepare(problem, MultipleShooting("rk4"), mesh, which) for which in (solver, "ipopt"))
    measured = [0]

    def counted(functions: Any) -> Any:
        # Asked for once whenever the sizes along a path are computed.
        measured[0] += 1
        return first_derivatives(functions)

    state, generator = np.zeros(2), np.random.default_rng(1)
    for k in range(60):
        values = {"x": float(state[0]), "v": float(state[1])}, None, {"wind": 0.1 if 20 <= k < 30 else 0.0}
        with monkeypatch.context() as patched:
            patched.setattr("geodepth.control.solvers.scaling.path_sizes.first_derivatives", counted)
            plan = planner.solve(*values, shift=min(k, 1))
        if k % 4 == 0:
            reference = anew.solve(*values, guess={})
            # The most that a price of 100 may leave, where the cost itself is 1e-3 at rest.
            assert plan.cost == pytest.approx(reference.cost, rel=1e-5, abs=1e-8)
            assert plan.controls[0, 0] == pytest.approx(reference.controls[0, 0], abs=2e-3)
        pull = 1.15 * plan.controls[0, 0] + (0.3 if 20 <= k < 30 else 0.0)
        state = state + 0.08 * np.array([state[1] + 0.04 * pull, pull + 0.05 * generator.standard_normal()])
    # The first solve measures five times, and so does one whose path outgrew its scales: less than once a step.
    assert measured[0] < 60


def test_a_plan_that_misleads_is_left_for_the_first_guess() -> None:
    """From the local maximum of h at −1 no step raises h; from the middle of the final range, 2, one does."""
    problem = OptimalControlProblem(
        name="hill",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2,
        terminal_cost=lambda x, t, p: 100 * (x[0] + 1) ** 2,
        initial_state={"x": -1.0},
        final_state={"x": (-4.0, 8.0)},
        boundary_constraints=(BoundaryConstraint(lambda x0, xf, t0, tf, p: xf[0] ** 3 - 3 * xf[0] - p[0], lower=0.0),),
        parameters={"height": -10.0},
    )
    planner = prepare(problem, mesh=Mesh.uniform(4))
    lowest = planner.solve()
    assert lowest.cost == pytest.approx(0.0, abs=1e-6)
    misled = planner.solve(guess=lowest, parameters={"height": 5.0}, raise_on_failure=False)
    assert misled.status is Status.INFEASIBLE
    planner.solve(guess={})
    # h = 5 where x³ − 3x − 5 = 0.
    assert planner.solve(parameters={"height": 5.0}).state("x")[-1] == pytest.approx(2.2790188, abs=1e-6)
