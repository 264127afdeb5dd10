"""Niches of a population: paths that are alike may not fill it as long as there are others."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control.geodesics.certificate.geodesic_certificate import GeodesicCertificate
from geodepth.control.geodesics.populations.population import Population, distances
from geodepth.control.geodesics.search.outcome import Ended, StartOutcome
from geodepth.control.geodesics.transcribed.smooth_point import SmoothPoint

LAYERS, WIDTH, SAMPLES = 8, 3, 4


def end(cost: float, path: np.ndarray) -> Ended:
    weights = np.zeros((LAYERS, 1, WIDTH, WIDTH + 1))
    outcome = StartOutcome("", weights, path, cost, GeodesicCertificate(cost, -np.inf, 0.0), converged=True, reason="")
    return Ended(outcome, SmoothPoint(weights, path, path, cost, 0.03))


def path(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(LAYERS + 1, WIDTH, SAMPLES))


def test_permuted_neurons_are_at_no_distance_and_a_scaled_path_is_at_that_of_its_square() -> None:
    """‖K − f²K‖/max(‖K‖, f²‖K‖) = 1 − 1/f² for f > 1."""
    first = path(0)
    found = distances([end(1.0, first), end(1.0, first[:, [2, 0, 1]]), end(1.0, 2.0 * first)])
    assert found[0, 1] == pytest.approx(0.0, abs=1e-7)
    assert found[0, 2] == found[2, 0] == pytest.approx(0.75)


def test_a_worse_minimum_of_another_niche_stays() -> None:
    crowd, other = path(0), path(1)
    population = Population(6)
    for number in range(6):
        population.enter(end(1.0 + 0.01 * number, crowd))
    assert population.enter(end(2.0, other))  # in place of the worst of the crowd, which has more than its share
    assert [member.point.cost for member in population.members] == pytest.approx([1.0, 1.01, 1.02, 1.03, 1.04, 2.0])
    assert population.enter(end(1.5, other))
    assert population.enter(end(1.6, path(2)))
    costs = [member.point.cost for member in population.members]
    assert costs == pytest.approx([1.0, 1.01, 1.02, 1.5, 1.6, 2.0])
    assert not population.enter(end(1.025, crowd))
    assert population.enter(end(0.9, crowd))  # a new best takes the place of its own niche's worst
    assert population.best == 0.9
    assert 2.0 in [member.point.cost for member in population.members]


def test_without_other_niches_the_best_fill_it() -> None:
    population = Population(3)
    for cost in (1.0, 1.3, 1.1, 1.2):
        population.enter(end(cost, path(0)))
    assert [member.point.cost for member in population.members] == [1.0, 1.1, 1.2]
