"""Nodes on switches: of the problem as stated, also where states rest on their bounds."""

from __future__ import annotations

import math
from typing import Any

import pytest

from geodepth.control import DirectCollocation, Mesh, MultipleShooting, OptimalControlProblem, Solution, solve
from geodepth.control.refinement.switch_times import with_nodes_on_switches
from geodepth.control.refinement.tight_solver import TightSolver
from geodepth.control.transcription.transcription import Method
from geodepth.foundation.time_limits import ends_within, time_left


def waiting() -> OptimalControlProblem:
    """Minimize ∫ x (1.5 − 2 t): λ = (1 − t)(0.5 − t), so x waits on its bound until 0.5 and then grows; −1/48."""
    return OptimalControlProblem(
        name="waiting",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        running_cost=lambda x, u, t, p: x[0] * (1.5 - 2 * t),
        initial_state={"x": 0.0},
        state_bounds={"x": (0.0, math.inf)},
        control_bounds={"u": (0.0, 1.0)},
    )


@pytest.mark.parametrize("method", [DirectCollocation("radau", 3), MultipleShooting("rk4")], ids=str)
def test_a_state_that_rests_on_its_bound_while_its_control_is_held_has_multipliers(
    method: Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held at zero by its control and its bound at once, x left no inside, and the solver multipliers of 1e9."""
    problem = waiting()
    coarse = solve(problem, method, Mesh.uniform(11), effort="once")
    solved: list[Solution] = []

    def noted(*given: Any, **more: Any) -> Any:
        solved.append(solve(*given, **more))
        return solved[-1]

    monkeypatch.setattr("geodepth.control.refinement.tight_solver.solve", noted)
    found = with_nodes_on_switches(TightSolver(problem, "ipopt", 1e-8), coarse)
    # The one solve with movable nodes is taken for one of the problem as stated.
    assert len(solved) == 1
    assert found.cost == pytest.approx(-1 / 48, rel=1e-7)
    assert found.mesh is not None
    assert min(abs(found.mesh.breakpoints - 0.5)) < 1e-6
    assert found.iterate is not None
    # λ and the integrals of λ that hold u are below 1.
    assert max(abs(found.iterate.variable_multipliers)) < 1.0


def test_movable_nodes_leave_most_of_the_time_to_the_meshes(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = waiting()
    coarse = solve(problem, mesh=Mesh.uniform(11), effort="once")
    left: list[float] = []

    def noted(*given: Any, **more: Any) -> Any:
        left.append(time_left())
        return solve(*given, **more)

    monkeypatch.setattr("geodepth.control.refinement.tight_solver.solve", noted)
    for seconds in (None, 1000.0):
        with ends_within(seconds):
            with_nodes_on_switches(TightSolver(problem, "ipopt", 1e-8), coarse)
    assert left[0] == math.inf
    assert 200.0 < left[1] <= 250.0
