"""A plan moved on by a step is the plan a step later, in primal and dual, where the horizon's end is out of reach."""

import pytest

from geodepth.control import (
    DirectCollocation,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    ProblemError,
    prepare,
)
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
