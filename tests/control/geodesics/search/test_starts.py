"""Where a search begins: random starts by their noise and seed, and given weights twice."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodepth.control import RepresentationGeodesic, initial_weights, solve_geodesic
from geodepth.control.geodesics.search.one_start import run_start
from geodepth.control.geodesics.search.settings import SearchSettings
from geodepth.control.geodesics.search.starts import Start, random_starts, warm_starts_of
from geodepth.control.geodesics.transcribed.path_problem import PathProblem

from ...conftest import teacher_data

STARTS = 2
SETTINGS: dict[str, Any] = {"layers": 8, "starts": STARTS, "seed": 1, "progress": False}


def problem() -> RepresentationGeodesic:
    inputs, targets = teacher_data()
    return RepresentationGeodesic(inputs, targets, width=4, effective_depth=3.0, weight_decay=1e-3)


def test_noise_is_that_of_the_random_starts() -> None:
    """Each start of the landscape is the one solved from those weights alone."""
    solution = solve_geodesic(problem(), noise=3.0, **SETTINGS)
    costs, steps = solution.statistics["start_costs"], solution.layer_steps
    for i in range(STARTS):
        weights = initial_weights(problem(), steps, np.random.default_rng([SETTINGS["seed"], i]), scale=3.0)
        ended = run_start(PathProblem(problem(), steps), Start(f"start {i}", weights))
        assert costs[f"start {i}"] == ended.outcome.cost
    assert costs != solve_geodesic(problem(), **SETTINGS).statistics["start_costs"]


def test_more_starts_leave_the_first_ones_as_they_are() -> None:
    """Start i depends on (seed, i) alone; given weights make two starts each, at ever smaller ε."""
    steps = np.full(4, 0.25)
    given = initial_weights(problem(), steps, np.random.default_rng(5))

    def asked(starts: int) -> SearchSettings:
        return SearchSettings(PathProblem(problem(), steps), starts, 7, 1.0, (given,), 0, 2, None)

    few, many = (random_starts(asked(count)) for count in (2, 4))
    assert [start.origin for start in many] == ["start 0", "start 1", "start 2", "start 3"]
    for one, other in zip(few, many, strict=False):
        np.testing.assert_array_equal(one.weights, other.weights)
    late, later = warm_starts_of(asked(0))
    assert (late.origin, later.origin) == ("warm start 0", "warm start 0, small ε")
    assert max(later.smoothings) < min(late.smoothings) < max(many[0].smoothings)
    np.testing.assert_array_equal(late.weights, given)
