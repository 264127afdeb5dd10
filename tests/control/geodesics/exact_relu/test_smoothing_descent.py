"""The ε of a descent."""

from __future__ import annotations

import pytest

from geodepth.control.geodesics.exact_relu.smoothing_descent import smoothings_from


def test_smoothings_fall_by_thirds_down_to_the_smallest() -> None:
    assert smoothings_from(0.09, 0.01) == pytest.approx([0.09, 0.03, 0.01])
    assert smoothings_from(0.09, 0.0101) == pytest.approx([0.09, 0.03])
    assert smoothings_from(1e-4, 1e-3) == [1e-4]
