from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.theory.check import Status
from geodepth.validation.theory.stable_rank import stable_rank_bound, stable_rank_counterexample

Maker = Callable[..., RepresentationPath]


def test_stable_rank_bound_without_bias(make_path: Maker) -> None:
    for seed in range(5):
        linear = make_path(seed=seed, bias=False, activation="linear")
        assert stable_rank_bound(linear).status is Status.HOLDS
        relu = stable_rank_bound(make_path(seed=seed, bias=False, samples=3, width=6))
        assert relu.status is Status.HOLDS
    assert stable_rank_bound(make_path()).status is Status.NOT_APPLICABLE


def test_stable_rank_bound_is_sharp_for_orthogonal_rows() -> None:
    # Linear, A with orthogonal rows of equal length: both sides are the rank.
    path = RepresentationPath.from_weights(
        np.zeros((1, 2, 2)), [1.0], np.eye(2), np.eye(2), np.eye(2), np.eye(2), 0.5, 1.0, False, activation="linear"
    )
    check = stable_rank_bound(path)
    np.testing.assert_allclose(check.left, 2.0, rtol=1e-14)
    np.testing.assert_allclose(check.right, 2.0, rtol=1e-14)


def test_proposition_1_fails_with_a_bias() -> None:
    check = stable_rank_counterexample(2.0)
    assert check.status is Status.FAILS
    assert check.right[0] == pytest.approx(4.0 / 5.0, rel=1e-14)  # a^2/(1 + a^2)
    assert check.left[0] == 1.0
