"""The ladder of effective depths: its rungs, and paths that are carried from one to the next."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from geodepth.validation import Dataset, RepresentationPath
from geodepth.validation.bridge.paths import path_of_member
from geodepth.validation.experiments.measures.depth_ladder import deepened, rungs
from geodepth.validation.experiments.measures.networks import ensemble
from geodepth.validation.experiments.measures.problems import Problem

DATA = {"name": "teacher", "dimensions": [3, 1, 3], "samples": 8, "test_samples": 20, "seed": 0}
SMALL: dict[str, Any] = {
    "data": DATA, "width": 4, "layers": 6, "effective_depth": 2.0, "weight_decay": 0.01, "epochs": 40,
    "dtype": "float64", "seeds": [3, 5],
}  # fmt: skip


def untrained_path() -> tuple[RepresentationPath, Dataset]:
    """Of one network, and its data."""
    problem = Problem.of(SMALL)
    data = problem.dataset(0)
    return path_of_member(ensemble(problem, data, [3]), 0, data, problem.decay), data


def test_the_ladder_depends_on_its_end_alone() -> None:
    assert rungs(2.0) == [2.0]
    assert rungs(20.0) == [2.5, 5.0, 10.0, 20.0]
    for depth in (1.0, 2.6, 7.0, 30.0):
        way = rungs(depth)
        assert way[-1] == depth
        assert way[0] <= 2.5
        assert all(after == 2.0 * before for before, after in pairwise(way))


def test_a_deepened_path_keeps_its_course_at_both_ends() -> None:
    """W/L̃ at the same τ = L̃p from either end, and the same L̃ gives the same path."""
    path, _ = untrained_path()
    assert deepened(path, 2.0) == pytest.approx(path.weights)
    longer = deepened(path, 4.0)
    # At twice the L̃ layer 1 covers the first two in τ; six layers, so its middle is where layers 1 and 2 meet.
    assert longer[0] / 4.0 == pytest.approx(0.5 * (path.weights[0] + path.weights[1]) / 2.0, abs=1e-12)
    assert longer[-1] / 4.0 == pytest.approx(0.5 * (path.weights[-1] + path.weights[-2]) / 2.0, abs=1e-12)
