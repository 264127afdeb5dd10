from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from geodepth.validation.physics.ranks import effective_rank, nuclear_rank, stable_rank


@pytest.mark.parametrize("rank", [stable_rank, nuclear_rank, effective_rank])
def test_equal_singular_values_count_as_many_as_they_are(rank: Callable[[Any], Any]) -> None:
    values = np.array([[3.0, 3.0, 3.0, 0.0], [2.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    np.testing.assert_allclose(rank(values), [3.0, 1.0, 0.0], rtol=1e-14)
    # Scale does not matter, and uneven values count as fewer than they are.
    uneven = np.array([4.0, 2.0, 1.0])
    assert 1.0 < rank(uneven) < 3.0
    np.testing.assert_allclose(rank(7.0 * uneven), rank(uneven), rtol=1e-14)


def test_ranks_of_two_values_by_hand() -> None:
    values = np.array([2.0, 1.0])
    assert stable_rank(values) == pytest.approx(5.0 / 4.0, rel=1e-15)
    assert nuclear_rank(values) == pytest.approx(9.0 / 5.0, rel=1e-15)
    assert effective_rank(values) == pytest.approx(3.0 / 2.0 ** (2.0 / 3.0), rel=1e-14)
