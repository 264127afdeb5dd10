from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.validation.comparison.comparison import compare
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.momenta import find_momenta, settle_momenta

Maker = Callable[..., RepresentationPath]


def kinked(slope: float, decay: float = 0.05) -> tuple[RepresentationPath, Any]:
    """A two-layer network of one neuron and two samples, stationary with the given slope where A_1 = 0.

    Plain ResNet with bias, rho = 1/2: choose B_2, let W_2 = B_2 s(A_1)^T, B_1 = B_2 + W_2[0] s o B_2 / 2 and
    W_1 = B_1 s(A_0)^T, with A_0 so that A_1 = (0, 1): a fixed point in A_0, found by iteration.
    """
    B2 = np.array([[0.3, 0.4]])
    A1 = np.array([[0.0, 1.0]])
    S1 = np.vstack([np.maximum(A1, 0.0), np.ones((1, 2))])
    W2 = B2 @ S1.T
    B1 = B2 + 0.5 * np.array([[slope, 1.0]]) * (W2[:, :1].T @ B2)
    A0 = A1.copy()
    for _ in range(200):
        S0 = np.vstack([np.maximum(A0, 0.0), np.ones((1, 2))])
        W1 = B1 @ S0.T
        A0 = A1 - 0.5 * W1 @ S0
    A2 = A1 + 0.5 * W2 @ S1
    path = RepresentationPath.from_weights(
        np.stack([W1, W2]), [0.5, 0.5], A0, A2 + decay * B2, [[1.0]], [[1.0]], 0.0, decay
    )
    return path, B1


@pytest.mark.parametrize("slope", [0.0, 0.37, 1.0])
def test_the_slope_of_a_planted_kink_is_found(slope: float) -> None:
    path, B1 = kinked(slope)
    assert abs(path.representations[1, 0, 0]) < 1e-14
    if slope > 0.0:  # backpropagation takes another slope (0, or 1 where rounding leaves A_1 above zero)
        assert path.stationarity > 1e-2 or slope == 1.0
    found = find_momenta(path)
    assert found.kinks == 1
    # The optimizer works inside the bounds, and stops about 1e-6 short of a slope that is exactly 0 or 1.
    assert found.residual < 1e-5
    np.testing.assert_allclose(found.momenta[1], B1, atol=1e-5)


def test_no_slope_makes_other_weights_stationary() -> None:
    path, _ = kinked(0.5)
    wrong = RepresentationPath.from_weights(
        path.weights * [[[1.0, 1.0]], [[2.0, 1.0]]], path.layer_steps, path.inputs, path.targets, path.embedding,
        path.readout, 0.0, path.weight_decay,
    )  # fmt: skip
    assert find_momenta(wrong).residual > 0.05


def test_momenta_of_a_solver_are_kept_where_they_are_better() -> None:
    path, B1 = kinked(0.4)
    given = replace(path, momenta=np.stack([path.momenta[0], B1, path.momenta[2]]))
    np.testing.assert_array_equal(settle_momenta(given, kink_tolerance=0.0).momenta, given.momenta)


def test_nothing_is_chosen_where_there_is_no_kink(make_path: Maker) -> None:
    for options in ({"activation": "linear"}, {"smoothing": 0.1}):
        found = find_momenta(make_path(**options), kink_tolerance=10.0)
        assert found.kinks == 0
    path = make_path()
    np.testing.assert_array_equal(find_momenta(path, kink_tolerance=0.0).momenta, path.momenta)
    with pytest.raises(ValidationError, match="kink_tolerance is -1"):
        find_momenta(path, -1.0)


def test_the_verdict_uses_the_settled_residual() -> None:
    path, _ = kinked(0.37)
    comparison = compare(path, path)
    assert path.stationarity > 1e-2
    assert max(comparison.stationarity, comparison.truth_stationarity) < 1e-5
