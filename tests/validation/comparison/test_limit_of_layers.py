"""The continuous limit of truths, and the excess over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm, logm

from geodepth.validation.comparison.comparison import compare
from geodepth.validation.comparison.limit_of_layers import excess_over, extrapolate
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath

Maker = Callable[..., RepresentationPath]
DEPTH, DECAY = 3.0, 0.4


def linear_truth(layers: int) -> RepresentationPath:
    """The best path of a linear network between fixed ends A_0 = I and M: all layers alike, (I + G/L)^L = M."""
    M = 1.3 * np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])
    root = expm(np.real(logm(M)) / layers)
    weights = layers * (root - (1.0 - DEPTH / layers) * np.eye(2))
    return RepresentationPath.from_weights(
        np.tile(weights, (layers, 1, 1)), np.full(layers, 1 / layers), np.eye(2), M, np.eye(2), np.eye(2), DEPTH, DECAY,
        False, activation="linear",
    )  # fmt: skip


def test_the_limit_of_a_linear_network_is_its_closed_form() -> None:
    M = linear_truth(1).targets
    exact = DECAY / (2 * DEPTH) * np.sum((np.real(logm(M)) + DEPTH * np.eye(2)) ** 2)
    errors = []
    for layers in (8, 16, 32):
        limit = extrapolate([linear_truth(layers * factor) for factor in (1, 2, 4)])
        assert limit.regular
        assert limit.error < 0.2 * abs(limit.costs[-1] - limit.cost)
        assert abs(limit.cost - exact) < limit.error  # what it admits is more than what it misses
        assert limit.fit == pytest.approx(0.0, abs=1e-20)
        errors.append(abs(limit.cost - exact))
    # Three orders are used up: halving the steps leaves an eighth.
    assert np.polyfit(np.log([8, 16, 32]), np.log(errors), 1)[0] == pytest.approx(-3.0, abs=0.3)
    assert "on 32 layers the best path costs" in limit.sentence


def test_layers_that_come_within_a_share_of_the_continuous_path() -> None:
    limit = extrapolate([linear_truth(20 * factor) for factor in (1, 2, 4)])
    assert limit.order == pytest.approx(1.0, abs=0.05)
    for share in (0.01, 0.001):
        count = limit.layers_for(share)
        assert count is not None
        # The count is right to a layer: one fewer is outside, as the closed form of so many layers says.
        assert abs(linear_truth(count).cost / limit.cost - 1) <= share * 1.001
        assert abs(linear_truth(int(0.99 * count) - 1).cost / limit.cost - 1) > share
        assert limit.excess_on(count) == pytest.approx(linear_truth(count).cost / limit.cost - 1, rel=1e-3)
    assert "of order 1.0" in limit.sentence
    assert "comes within 1 % with" in limit.sentence
    jumped = replace(limit, costs=(limit.costs[0], limit.costs[1], limit.costs[1] - 0.1))
    assert jumped.layers_for(0.01) is None


def test_a_jump_into_another_minimum_is_said() -> None:
    limit = extrapolate([linear_truth(8 * factor) for factor in (1, 2, 4)])
    jumped = replace(limit, costs=(limit.costs[0], limit.costs[1], limit.costs[1] - 0.1))
    assert not jumped.regular
    assert "another minimum" in jumped.sentence
    # No limit, and no "±", of costs that are not those of one minimum.
    assert "±" not in jumped.sentence
    assert f"{limit.costs[0]:.6g} on 8 layers" in jumped.sentence
    assert "another minimum" not in limit.sentence


def test_excess_over_the_continuous_path(make_path: Maker) -> None:
    limit = extrapolate([linear_truth(8 * factor) for factor in (1, 2, 4)])
    truth = linear_truth(8)
    worse = replace(truth, weights=1.1 * truth.weights)
    over = excess_over(worse, limit)
    assert over.total == pytest.approx(over.fit + over.penalty, rel=1e-10)
    assert over.relative == pytest.approx(worse.cost / limit.cost - 1.0, rel=1e-10)
    comparison = compare(truth, truth, continuous=limit)
    assert comparison.continuous is not None
    assert comparison.continuous.total == pytest.approx(truth.cost - limit.cost, rel=1e-12)
    assert compare(truth, truth).continuous is None
    with pytest.raises(ValidationError, match="twice the layers"):
        extrapolate([linear_truth(8), linear_truth(16), linear_truth(24)])
