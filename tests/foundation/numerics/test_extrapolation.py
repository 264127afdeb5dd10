"""Richardson's extrapolation: which powers its weights keep and cancel."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.foundation.numerics.extrapolation import richardson_weights


@pytest.mark.parametrize("cuts", [(1, 2), (1, 2, 4), (2, 3, 4, 5, 6)])
def test_the_weights_keep_constants_and_cancel_the_first_powers(cuts: tuple[int, ...]) -> None:
    weights, lengths = richardson_weights(cuts), 1.0 / np.array(cuts)
    # Weights of up to 65 in size, each power with a few roundings.
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    for power in range(1, len(cuts)):
        assert weights @ lengths**power == pytest.approx(0.0, abs=1e-12)


def test_two_values_are_extrapolated_as_ever() -> None:
    assert richardson_weights((1, 2)).tolist() == [-1.0, 2.0]
