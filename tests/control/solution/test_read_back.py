"""What a solve hands back, by closed forms: times, slopes, costates of every kind, and the way back to variables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    BoundaryConstraint,
    DirectCollocation,
    FreeParameter,
    FreeTime,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    Solution,
    solve,
)
from geodepth.control.solution.read_back import parameters_of, to_solution, variables_of
from geodepth.control.solvers.program import Program
from geodepth.control.solvers.status import Iterate, ProgramResult, Status

LINEAR = MultipleShooting("rk4", "linear")
MESH = Mesh(np.array([0.0, 0.1, 0.3, 0.6, 1.0]), movable=(2,))


def moving() -> OptimalControlProblem:
    """Two states, two controls, time and three parameters in the dynamics; the end of the horizon is free."""
    return OptimalControlProblem(
        name="moving",
        states=("x", "y"),
        controls=("u", "w"),
        dynamics=lambda x, u, t, p: [p[2] * x[1] + u[0] + t, p[0] * t - x[0] * x[1] + u[1] * p[1]],
        running_cost=lambda x, u, t, p: 1 + u[0] ** 2 + 3 * u[1] ** 2 + (p[1] - 0.7) ** 2,
        initial_state={"x": 0.2, "y": -0.1},
        final_state={"x": 1.0, "y": 0.5},
        initial_time=0.5,
        final_time=FreeTime(2.0, lower=1.5, upper=4.0),
        parameters={"slope": 0.3, "gain": FreeParameter(0.5, lower=0.1, upper=0.9), "drift": 0.4},
    )


@pytest.fixture(scope="module")
def solved() -> Solution:
    return solve(moving(), LINEAR, MESH)


def test_times_parameters_and_slopes_are_the_problems_own(solved: Solution) -> None:
    p = solved.parameters
    assert (p["slope"], p["drift"]) == (0.3, 0.4)
    assert p["gain"] != p["final_time"]
    assert solved.mesh is not None
    assert solved.mesh.movable == (2,)
    end = p["final_time"]
    np.testing.assert_allclose(solved.times, 0.5 + (end - 0.5) * solved.mesh.breakpoints, rtol=1e-14)
    # Nodes between two that move keep their share.
    s = solved.mesh.breakpoints
    assert s[1] / s[2] == pytest.approx(0.1 / 0.3, rel=1e-12)
    assert (s[3] - s[2]) / (1 - s[2]) == pytest.approx(0.3 / 0.7, rel=1e-12)
    for side in (0, 1):
        x, t, u = solved.states[side : side + 4], solved.times[side : side + 4], solved.control_values[:, side]
        wanted = [0.4 * x[:, 1] + u[:, 0] + t, 0.3 * t - x[:, 0] * x[:, 1] + u[:, 1] * p["gain"]]
        np.testing.assert_allclose(solved.slopes[:, side], np.transpose(wanted), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(solved.controls, solved.control_values.mean(axis=1), rtol=1e-12, atol=1e-12)
    assert "reason" not in solved.statistics
    assert "exact_kinks" not in solved.statistics


def test_nodes_that_a_solver_left_out_of_order_are_where_they_began() -> None:
    t = LINEAR.transcribe(moving(), replace(MESH, movable=(1, 3)))
    states, carried, controls = t.layout.split(np.clip(np.zeros(t.lower.size), t.lower, t.upper))
    carried = np.array([0.5, 2.0, 0.6, 0.4])
    assert t.carried[-2:] == ("switch 1", "switch 2")
    variables = t.layout.join(states, carried, controls)
    lost = Iterate(variables, np.zeros(t.lower.size), np.zeros(t.constraint_lower.size))
    result = ProgramResult(lost, 1.0, Status.FAILED, 3, 0.1, 0.2)
    found = to_solution(Program(t), result, t.parameter_values(), {}, LINEAR)
    assert found.mesh is not None
    np.testing.assert_array_equal(found.mesh.breakpoints, MESH.breakpoints)
    assert not found.success


def test_the_way_back_gives_what_the_solver_left(solved: Solution) -> None:
    """Movable nodes are where the solution has them, whatever mesh a transcription starts from."""
    transcription = LINEAR.transcribe(moving(), MESH)
    variables, parameters = variables_of(transcription, solved)
    assert solved.iterate is not None
    np.testing.assert_allclose(variables, solved.iterate.variables, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(parameters, parameters_of(transcription, solved))
    # Without a mesh of its own, a solution's nodes are the transcription's.
    unmoved = replace(solved, mesh=None)
    _, carried, _ = transcription.layout.split(variables_of(transcription, unmoved)[0])
    assert carried[0].tolist() == [solved.parameters["gain"], solved.parameters["final_time"], 0.3]


def test_costates_at_stages_are_those_of_the_closed_form(double_integrator: OptimalControlProblem) -> None:
    """x = 3t² − 2t³ − 1: the costate of v is −u = 12t − 6, and that of x is −12 throughout."""
    mesh = Mesh(np.array([0.0, 0.2, 0.5, 1.0]))
    solution = solve(double_integrator, DirectCollocation("radau", 3), mesh, tolerance=1e-10)
    stages = mesh.breakpoints[:-1, None] + mesh.steps[:, None] * solution.inner_points
    np.testing.assert_allclose(solution.inner_costates[..., 0], -12.0, rtol=1e-7)
    np.testing.assert_allclose(solution.inner_costates[..., 1], 12 * stages - 6, atol=1e-6)
    np.testing.assert_allclose(solution.costates[:, 1], 12 * mesh.breakpoints - 6, atol=1e-6)
    np.testing.assert_allclose(solution.inner_states[..., 1], 6 * stages - 6 * stages**2, atol=1e-7)


def drift_of_costates(solution: Solution) -> np.ndarray:
    """dλ_x/dt = 0 and dλ_v/dt = −λ_x between nodes, whatever jumps at them: what is left of both, (K, 2)."""
    front, back = solution.interval_costates[:, 0], solution.interval_costates[:, 1]
    steps = np.diff(solution.times)
    return np.stack([back[:, 0] - front[:, 0], back[:, 1] - front[:, 1] + steps * back[:, 0]], axis=1)


def double_integrator_with(**stated: Any) -> OptimalControlProblem:
    """x'' = u at the least energy."""
    return OptimalControlProblem(
        name="double integrator",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
        **stated,
    )


@pytest.mark.parametrize("method", [LINEAR, DirectCollocation("radau", 3), MultipleShooting("rk4")])
@pytest.mark.parametrize("kind", ["bound", "path constraint"])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_costates_jump_only_at_nodes(method: Any, kind: str, side: float) -> None:
    """Bryson and Denham's problem below x = 1/9, or mirrored: the costate of x is 18, 0 along the limit, then −18.

    Source: Bryson, Denham and Dreyfus (1963): 2/(9ℓ²) for the limit ℓ.
    """
    limit = side / 9
    held: dict[str, Any] = (
        {"state_bounds": {"x": (min(limit, -side), max(limit, -side))}}
        if kind == "bound"
        else {"path_constraints": [PathConstraint(lambda x, u, t, p: side * x[0], upper=1 / 9)]}
    )
    ends = {"initial_state": {"x": 0.0, "v": side}, "final_state": {"x": 0.0, "v": -side}}
    solution = solve(double_integrator_with(**ends, **held), method, Mesh.uniform(12), tolerance=1e-10)
    front, back = solution.interval_costates[:, 0], solution.interval_costates[:, 1]
    if method.control != "constant":
        assert solution.cost == pytest.approx(4.0, rel=1e-6)
        # The solver's barrier leaves multipliers of 1e-4 along the limit.
        exact = side * np.repeat([18.0, 0.0, -18.0], 4)
        np.testing.assert_allclose(front[:, 0], exact, atol=2e-3)
        np.testing.assert_allclose(back[:, 0], exact, atol=2e-3)
    if isinstance(method, MultipleShooting):
        assert np.abs(drift_of_costates(solution)).max() < 1e-9
    # Only that of x jumps.
    np.testing.assert_allclose(front[1:, 1], back[:-1, 1], atol=1e-6)


def test_boundary_constraints_leave_the_first_costate_alone() -> None:
    """The first state is held by constraints at the ends, between which the costates still follow their equation."""
    problem = double_integrator_with(
        final_state={"v": -1.0},
        boundary_constraints=[
            BoundaryConstraint(lambda x0, xf, t0, tf, p: x0[0] + 0.25 * xf[0], 0.0, 0.0),
            BoundaryConstraint(lambda x0, xf, t0, tf, p: x0[1] - xf[0], 1.0, 1.0),
        ],
        terminal_cost=lambda x, t, p: 3 * (x[0] - 1) ** 2,
    )
    solution = solve(problem, LINEAR, Mesh.uniform(4), tolerance=1e-10)
    assert np.abs(drift_of_costates(solution)).max() < 1e-7
    assert np.abs(solution.costates[0]).min() > 1e-3
    np.testing.assert_allclose(solution.costates[0], solution.interval_costates[0, 0], rtol=1e-12)
    np.testing.assert_allclose(solution.costates[1:], solution.interval_costates[:, 1], rtol=1e-12)
