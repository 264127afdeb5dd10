"""The tight solver of a refinement stays in its minimum."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from geodepth.control import Mesh, MultipleShooting, OptimalControlProblem, solve
from geodepth.control.refinement.tight_solver import TightSolver
from geodepth.control.transcription.transcription import Method

from .test_refine import fastest


def test_a_fatrop_solve_that_leaves_for_elsewhere_is_made_again_by_ipopt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its restarts have no multipliers: on the hang glider one jumped to a bound of the range, 60 % away."""
    problem, method = fastest(), MultipleShooting()
    asked: list[str] = []

    def jumping(problem: OptimalControlProblem, by: Method, mesh: Mesh, solver: str, *rest: Any, **more: Any) -> Any:
        asked.append(solver)
        found = solve(problem, by, mesh, "ipopt", *rest, **more)
        return dataclasses.replace(found, cost=2 * found.cost) if solver == "fatrop" else found

    coarse = solve(problem, method, Mesh.uniform(10))
    monkeypatch.setattr("geodepth.control.refinement.tight_solver.solve", jumping)
    finer = TightSolver(problem, "fatrop", 1e-6).solve(method, Mesh.uniform(20), coarse)
    assert asked == ["fatrop", "ipopt"]
    assert finer.cost == pytest.approx(2.0, rel=1e-2)  # 2 s, to the length of an interval around the switch
