"""Coverage: what its estimates mean, by hand and on average."""

from __future__ import annotations

import math

import numpy as np
import pytest

from geodepth.control import GeodesicMinimum
from geodepth.control.geodesics.search.coverage import coverage


def landscape(*counts: int) -> list[GeodesicMinimum]:
    """Minima found by so many random starts each, best first, and one more by a network."""
    names = iter(range(sum(counts)))
    found = [tuple(f"start {next(names)}" for _ in range(count)) for count in counts]
    found[0] = (*found[0], "warm start 0")
    return [GeodesicMinimum(1.0 + k, np.zeros((1, 1, 1, 1)), origins) for k, origins in enumerate(found)]


def test_coverage_by_hand() -> None:
    """Ten starts on minima found 5, 3, 1 and 1 times: f₁/n = 2/10; 4·5/(10·9); 4·9/(10 − 6) = 9 minima."""
    found = coverage(landscape(5, 3, 1, 1))
    assert (found.starts, found.distinct, found.best_found) == (10, 4, 5)
    assert found.unseen == pytest.approx(0.2)
    assert found.bayesian_unseen == pytest.approx(20 / 90)
    assert found.minima == pytest.approx(9.0)
    assert found.better == pytest.approx(4 / 90)
    assert (1 - found.better_bound) ** 10 == pytest.approx(0.05)
    assert math.isinf(coverage(landscape(1, 1, 1)).minima)
    assert "too few starts" in str(coverage(landscape(1, 1, 1)))


def test_coverage_is_calibrated() -> None:
    """Drawn from basins of known sizes, the estimates of the unseen share are right on average (Good's theorem).

    2000 landscapes of 12 starts: the standard error of the mean is below 0.13/√2000 = 0.003.
    """
    generator = np.random.default_rng(0)
    sizes = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
    good, truth, covered = [], [], 0
    for _ in range(2000):
        draws = generator.choice(5, size=12, p=sizes)
        labels, counts = np.unique(draws, return_counts=True)
        estimate = coverage(landscape(*counts.tolist()))
        good.append(estimate.unseen)
        truth.append(1.0 - sizes[labels].sum())
        # Basins are ranked by their labels: better ones than the best found are those before it.
        covered += sizes[: labels[0]].sum() <= estimate.better_bound
    # Good's estimate, of n draws, is unbiased for the unseen share after n − 1: between that and this lies one draw.
    assert np.mean(good) == pytest.approx(np.mean(truth), abs=0.02)
    assert covered / 2000 >= 0.95
