"""IPOPT's exact stage: whom it is for, and that it ends where our own exact stage does."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, solve_geodesic
from geodepth.control.geodesics.search.finish_by_relaxation import finish_by_relaxation, unfinished
from geodepth.control.geodesics.search.one_start import run_start
from geodepth.control.geodesics.search.outcome import Ended
from geodepth.control.geodesics.search.settings import SearchSettings
from geodepth.control.geodesics.search.starts import random_starts
from geodepth.control.geodesics.transcribed.path_problem import PathProblem

from ...conftest import teacher_data

STEPS = np.full(5, 0.2)


def settings(solver: str, candidates: int) -> SearchSettings:
    inputs, targets = teacher_data()
    problem = PathProblem(RepresentationGeodesic(inputs, targets, 4, 2.0, 1e-2), STEPS, solver=solver)
    return SearchSettings(problem, 3, 0, 1.0, (), 0, candidates, None)


def ended(asked: SearchSettings) -> list[Ended]:
    return [run_start(asked.problem, start) for start in random_starts(asked)]


def test_the_best_few_of_a_general_solver_are_finished() -> None:
    found = ended(settings("fatrop", 2))
    ranked = sorted((e for e in found if e.point.converged), key=lambda e: e.outcome.cost)
    for candidates in (0, 1, 2):
        chosen = unfinished(settings("fatrop", candidates), found)
        assert {e.outcome.origin for e in chosen} == {e.outcome.origin for e in ranked[:candidates]}


def test_a_bracket_of_our_own_leaves_nothing_to_finish() -> None:
    asked = settings("structured", 2)
    found = ended(asked)
    assert min(found, key=lambda e: e.outcome.cost).outcome.certificate.bracket <= 1e-6
    assert unfinished(asked, found) == []


def test_it_ends_where_our_own_exact_stage_does() -> None:
    """Two solvers, two derivations of the exact ReLU: the same cost, to the bracket that both of them close."""
    asked = settings("fatrop", 1)
    (best,) = unfinished(asked, ended(asked))
    relaxed = finish_by_relaxation(asked.problem, best)
    ours = run_start(settings("structured", 1).problem, random_starts(asked)[int(relaxed.origin.split()[1])]).outcome
    assert relaxed.converged
    assert relaxed.certificate.bracket <= 1e-6
    assert relaxed.cost == pytest.approx(ours.cost, rel=1e-6)
    assert relaxed.cost == pytest.approx(asked.problem.geodesic.objective(relaxed.weights[:, 0], STEPS), rel=1e-12)


def test_all_of_it_through_solve_geodesic() -> None:
    asked = settings("fatrop", 1)
    geodesic = asked.problem.geodesic
    general, own = (
        solve_geodesic(geodesic, layer_steps=STEPS, starts=3, solver=solver, exact_candidates=1, progress=False)
        for solver in ("fatrop", "structured")
    )
    assert general.cost == pytest.approx(own.cost, rel=1e-6)
    assert general.certificate.bracket <= 1e-6
