"""Each reason why a solver gives up has advice of its own."""

from typing import Any

import casadi as ca
import pytest

from geodepth.control import BoundaryConstraint, Mesh, OptimalControlProblem, PathConstraint, SolveError, Status, solve


def stated(**changes: Any) -> OptimalControlProblem:
    given: dict[str, Any] = {
        "name": "d",
        "states": ("x", "v"),
        "controls": ("u",),
        "dynamics": lambda x, u, t, p: [x[1], u[0]],
        "running_cost": lambda x, u, t, p: u[0] ** 2,
        "initial_state": {"x": 0, "v": 0},
        "final_state": {"x": 1, "v": 0},
    }
    return OptimalControlProblem(**(given | changes))


REPEATED = stated(boundary_constraints=[BoundaryConstraint(lambda x0, xf, t0, tf, p: xf[0], 1, 1)])
TWICE = stated(path_constraints=[PathConstraint(lambda x, u, t, p: ca.vertcat(x[0] - u[0], 2 * x[0] - 2 * u[0]), 0, 0)])
UNBOUNDED = stated(running_cost=lambda x, u, t, p: -(u[0] ** 2))
UNDEFINED = stated(running_cost=lambda x, u, t, p: 1 / x[1])
SLOPELESS = stated(terminal_cost=lambda x, t, p: ca.sqrt(x[1]))


@pytest.mark.parametrize(
    ("problem", "solver", "status", "reason"),
    [
        (REPEATED, "sqp", Status.DEPENDENT, "constraints depend on each other"),
        (TWICE, "ipopt", Status.OVERDETERMINED, "more equations than unknowns"),
        (TWICE, "sqp", Status.OVERDETERMINED, "equations for"),
        (UNBOUNDED, "ipopt", Status.DIVERGED, "add bounds"),
        (UNBOUNDED, "sqp", Status.DIVERGED, "add bounds"),
        (UNBOUNDED, "fatrop", Status.DIVERGED, "add bounds"),
        (UNDEFINED, "ipopt", Status.INVALID_NUMBER, "running_cost is NaN or infinite at t = 0 at the start"),
        (UNDEFINED, "sqp", Status.INVALID_NUMBER, "running_cost is NaN or infinite at t = 0 at the start"),
        (SLOPELESS, "sqp", Status.INVALID_NUMBER, "the slope of terminal_cost is NaN or infinite at t = 1"),
    ],
)
def test_advice_names_the_reason(problem: OptimalControlProblem, solver: str, status: Status, reason: str) -> None:
    with pytest.raises(SolveError) as caught:
        solve(problem, mesh=Mesh.uniform(10), solver=solver)
    assert caught.value.solution.status is status
    assert reason in str(caught.value)
    assert "try another guess" not in str(caught.value)


def test_a_problem_that_is_too_hard_keeps_its_advice() -> None:
    """|u| ≤ 1 does not reach x = 1 at rest by t = 1: nothing is undefined, and nothing depends on anything."""
    solution = solve(stated(control_bounds={"u": (-1, 1)}), mesh=Mesh.uniform(10), solver="sqp", raise_on_failure=False)
    assert solution.status is Status.FAILED
    assert solution.advice == Status.FAILED.value
