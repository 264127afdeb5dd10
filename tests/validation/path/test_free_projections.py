"""What learned projections make free: they stand outside the penalty, so a path may shrink and let the readout grow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from geodepth.validation.path.representation_path import RepresentationPath

Maker = Callable[..., RepresentationPath]


def test_a_linear_function_costs_nothing(make_path: Maker) -> None:
    # W = 0 leaves A_1 = Π(1 − ρL̃) E X, and the readout undoes the factor.
    inputs, M = np.random.default_rng(0).standard_normal((2, 7)), np.array([[2.0, 0.4], [0.1, -0.7]])
    steps, embedding = make_path().layer_steps, np.eye(4, 2)
    readout = M @ np.linalg.pinv(embedding) / np.prod(1.0 - 2.0 * steps)
    path = RepresentationPath.from_weights(
        np.zeros((6, 4, 5)), steps, inputs, M @ inputs, embedding, readout, effective_depth=2.0, weight_decay=1e-2
    )
    assert path.fit == pytest.approx(0.0, abs=1e-25)
    assert path.penalty == 0.0


@pytest.mark.parametrize("shrink", [0.5, 1e-3])
def test_a_smaller_path_pays_less_for_its_biases_and_the_same_for_its_weights(shrink: float, make_path: Maker) -> None:
    # ReLU is homogeneous: E → sE, b → sb and P → P/s with the same weights give the same outputs.
    path = make_path(samples=6)
    weights = path.weights * np.array([1.0, 1.0, 1.0, 1.0, shrink])
    smaller = RepresentationPath.from_weights(
        weights, path.layer_steps, path.inputs, path.targets, shrink * path.embedding, path.readout / shrink,
        path.effective_depth, path.weight_decay,
    )  # fmt: skip
    np.testing.assert_allclose(smaller.outputs, path.outputs, rtol=1e-9, atol=1e-12)
    biases, rest = path.weights[:, :, -1], path.weights[:, :, :-1]
    expected = path.layer_steps @ (np.sum(rest**2, axis=(1, 2)) + shrink**2 * np.sum(biases**2, axis=1))
    assert smaller.parameter_norm == pytest.approx(expected, rel=1e-12)
    assert smaller.cost < path.cost
