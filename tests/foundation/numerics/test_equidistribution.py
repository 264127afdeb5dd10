"""Equal shares of a density."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.foundation.numerics.equidistribution import equal_shares, whole_shares


def test_every_interval_has_the_same_share() -> None:
    positions = np.array([0.0, 0.5, 1.0])
    # Densities 3 and 1: mass 1.5 and 0.5, so three of four shares lie in the first half.
    mass = np.array([0.0, 1.5, 2.0])
    assert equal_shares(positions, mass, 4) == pytest.approx([0, 1 / 6, 1 / 3, 0.5, 1])
    assert equal_shares(positions, mass, 2, first=0.5, last=1.5) == pytest.approx([1 / 6, 1 / 3, 0.5])


@pytest.mark.parametrize(
    ("shares", "count", "expected"),
    [
        ([0.5, 0.25, 0.25], 8, [4, 2, 2]),
        ([0.9, 0.05, 0.05], 4, [2, 1, 1]),
        ([0.34, 0.33, 0.33], 10, [4, 3, 3]),
        ([0.2, 0.8], 1, [1, 1]),
    ],
)
def test_whole_shares_leave_none_without_and_sum_up(shares: list[float], count: int, expected: list[int]) -> None:
    assert whole_shares(np.array(shares), count).tolist() == expected
