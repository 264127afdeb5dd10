"""Equal shares of a density."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.foundation.numerics.equidistribution import equal_shares


def test_every_interval_has_the_same_share() -> None:
    positions = np.array([0.0, 0.5, 1.0])
    # Densities 3 and 1: mass 1.5 and 0.5, so three of four shares lie in the first half.
    mass = np.array([0.0, 1.5, 2.0])
    assert equal_shares(positions, mass, 4) == pytest.approx([0, 1 / 6, 1 / 3, 0.5, 1])
    assert equal_shares(positions, mass, 2, first=0.5, last=1.5) == pytest.approx([1 / 6, 1 / 3, 0.5])
