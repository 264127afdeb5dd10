"""Layer steps against the paper's formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from geodepth.nets import NetworkError, equidistant, irregular


def test_equidistant_steps_sum_to_one() -> None:
    assert torch.equal(equidistant(8), torch.full((8,), 0.125, dtype=torch.float64))


@pytest.mark.parametrize("layers", [7, 8])
def test_irregular_steps_are_the_papers_formula(layers: int) -> None:
    a = 0.7
    raw = np.array([1 / layers + a / layers * (0.25 - abs(i / layers - 0.5)) for i in range(1, layers + 1)])
    if layers % 2 == 0:
        assert raw.sum() == pytest.approx(1.0, abs=1e-15)  # the paper's claim, for even L
    else:
        assert abs(raw.sum() - 1.0) > 1e-4  # and why normalization is needed
    np.testing.assert_allclose(irregular(layers, a).numpy(), raw / raw.sum(), rtol=1e-14)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: equidistant(0), "layers is 0"),
        (lambda: irregular(5, 1.0), "amplitude is 1"),
        (lambda: irregular(5, -0.1), "amplitude is -0.1"),
    ],
)
def test_bad_options_are_named(make: Any, word: str) -> None:
    with pytest.raises(NetworkError) as caught:
        make()
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)
