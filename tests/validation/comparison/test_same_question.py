from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.validation.comparison.comparison import compare
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath

from .variants import distances, with_weights

Maker = Callable[..., RepresentationPath]


def test_invariance_under_the_order_of_samples(make_path: Maker) -> None:
    truth = make_path(samples=8)
    other = with_weights(truth, truth.weights + 0.02 * np.random.default_rng(1).standard_normal(truth.weights.shape))
    order = np.random.default_rng(2).permutation(8)
    shuffled = RepresentationPath.from_weights(
        other.weights, other.layer_steps, other.inputs[:, order], other.targets[:, order], other.embedding,
        other.readout, other.effective_depth, other.weight_decay,
    )  # fmt: skip
    plain, mixed = compare(truth, other), compare(truth, shuffled)
    np.testing.assert_allclose(distances(mixed), distances(plain), rtol=1e-10)
    assert mixed.excess == pytest.approx(plain.excess, rel=1e-10)
    assert mixed.verdict is plain.verdict


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"effective_depth": 2.5}, "effective_depth of the path is 2.5, of the truth 2.0"),
        ({"weight_decay": 0.5}, "weight_decay of the path is 0.5"),
        ({"activation": "linear"}, "activation of the path is linear, of the truth relu"),
        ({"smoothing": 0.1}, "smoothing of the path is 0.1"),
    ],
)
def test_paths_of_another_objective_are_refused(make_path: Maker, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        compare(make_path(), replace(make_path(), **change))


def test_paths_of_other_data_are_refused(make_path: Maker) -> None:
    with pytest.raises(ValidationError, match="other samples than the truth"):
        compare(make_path(seed=0), make_path(seed=1))
    with pytest.raises(ValidationError, match="compare one data set"):
        compare(make_path(samples=5), make_path(samples=6))
