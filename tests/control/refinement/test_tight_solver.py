"""The tight solver of a refinement stays in its minimum."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from geodepth.control import DirectCollocation, Mesh, MultipleShooting, OptimalControlProblem, Solution, Status, solve
from geodepth.control.problems import load
from geodepth.control.refinement.tight_solver import TightSolver
from geodepth.control.transcription.transcription import Method

from .test_refine import fastest

Changed = Callable[[Solution], Solution]


def asked_solvers(monkeypatch: pytest.MonkeyPatch, of_fatrop: Changed = lambda found: found) -> list[tuple[str, int]]:
    """Which solver every solve asks, and for how many intervals; what "fatrop" finds is ipopt's, changed."""
    asked: list[tuple[str, int]] = []

    def noted(problem: OptimalControlProblem, by: Method, mesh: Mesh, solver: str, *rest: Any, **more: Any) -> Any:
        asked.append((solver, mesh.intervals))
        found = solve(problem, by, mesh, "ipopt", *rest, **more)
        return of_fatrop(found) if solver == "fatrop" else found

    monkeypatch.setattr("geodepth.control.refinement.tight_solver.solve", noted)
    return asked


def test_a_fatrop_solve_that_leaves_for_elsewhere_is_made_again_by_ipopt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its restarts have no multipliers: on the hang glider one jumped to a bound of the range, 60 % away."""
    problem, method = fastest(), MultipleShooting()
    coarse = solve(problem, method, Mesh.uniform(10))
    asked = asked_solvers(monkeypatch, lambda found: dataclasses.replace(found, cost=2 * found.cost))
    finer = TightSolver(problem, "fatrop", 1e-6).solve(method, Mesh.uniform(20), coarse)
    assert asked == [("fatrop", 20), ("ipopt", 20)]
    assert finer.cost == pytest.approx(2.0, rel=1e-2)  # 2 s, to the length of an interval around the switch


def test_what_fatrop_does_not_solve_tightly_is_solved_tightly_by_ipopt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loose solve by fatrop leaves an error for every bound: on Jacobson and Lele's problem 1e-6 of the cost."""
    problem, method = fastest(), MultipleShooting()
    coarse = solve(problem, method, Mesh.uniform(10))
    asked = asked_solvers(monkeypatch, lambda found: dataclasses.replace(found, status=Status.FAILED))
    finer = TightSolver(problem, "fatrop", 1e-6).solve(method, Mesh.uniform(20), coarse)
    assert asked == [("fatrop", 20), ("ipopt", 20)]
    assert finer.success
    assert finer.statistics["tolerance"] == pytest.approx(1e-10)  # of 1e-6, for the sum of hundreds of bounds


def test_a_program_that_takes_long_to_build_for_fatrop_is_solved_by_ipopt(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, chain = asked_solvers(monkeypatch), load("chain-of-masses")
    for intervals in (20, 300):  # 40 states and, at the nodes, 2 control values: 6.7e5 and 1.5e8 entries times K
        found = TightSolver(chain.build(), "fatrop", 1e-6).solve(chain.method, Mesh.uniform(intervals), None)
        assert found.success
    assert asked == [("fatrop", 20), ("ipopt", 300)]
    assert found.cost == pytest.approx(
        chain.reference, rel=1e-6
    )  # the fourth power of 20/300, of a chain's period of 6


def test_large_dense_blocks_are_left_to_ipopt(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, chain = asked_solvers(monkeypatch), load("chain-of-masses")
    for method in (MultipleShooting("rk4"), DirectCollocation("radau", 3)):  # 41 and 163 variables an interval
        assert TightSolver(chain.build(), "fatrop", 1e-6).solve(method, Mesh.uniform(10), None).success
    assert asked == [("fatrop", 10), ("ipopt", 10)]
