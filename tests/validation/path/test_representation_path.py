from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath

Maker = Callable[..., RepresentationPath]


def rebuild(path: RepresentationPath, weights: Any = None, **options: Any) -> RepresentationPath:
    return RepresentationPath.from_weights(
        path.weights if weights is None else weights, path.layer_steps, path.inputs, path.targets, path.embedding,
        path.readout, path.effective_depth, path.weight_decay, path.bias, **options,
    )  # fmt: skip


def test_one_layer_by_hand() -> None:
    # One layer, rho = 1, leakage 1/2, sample columns (1, -2): A_1 = A_0/2 + W (relu(A_0); 1) = (1/2 + 2 + 3, -1 + 3).
    path = RepresentationPath.from_weights(
        [[[2.0, 3.0]]], [1.0], [[1.0, -2.0]], [[5.0, 2.5]], [[1.0]], [[1.0]], effective_depth=0.5, weight_decay=0.1
    )
    np.testing.assert_allclose(path.representations[1], [[5.5, 2.0]], rtol=1e-15)
    # fit = ((-0.5)^2 + 0.5^2)/2, penalty = 0.1/(2*0.5) * (4 + 9)
    assert path.fit == pytest.approx(0.25, rel=1e-15)
    assert path.parameter_norm == pytest.approx(13.0, rel=1e-15)
    assert path.cost == pytest.approx(0.25 + 1.3, rel=1e-15)
    # B_1 = 2/(0.1*2) (Y - A_1) = 10 (-0.5, 0.5); B_0 = B_1/2 + gate*2*B_1, gate = (1, 0)
    np.testing.assert_allclose(path.momenta[1], [[-5.0, 5.0]], rtol=1e-14)
    np.testing.assert_allclose(path.momenta[0], [[-12.5, 2.5]], rtol=1e-14)
    # L B sigma(A_0)^T = 0.5 * (-5*1 + 5*0, -5 + 5) = (-2.5, 0)
    np.testing.assert_allclose(path.stationary_weights, [[[-2.5, 0.0]]], rtol=1e-14)
    assert path.stationarity == pytest.approx(np.hypot(4.5, 3.0) / np.sqrt(13.0), rel=1e-14)


def test_plain_resnet_has_its_own_penalty() -> None:
    path = RepresentationPath.from_weights(
        [[[2.0]]], [1.0], [[1.0]], [[4.0]], [[1.0]], [[1.0]], effective_depth=0.0, weight_decay=0.5, bias=False
    )
    # A_1 = 1 + 2 = 3; J = 1 + 0.5/2 * 4; B_1 = 2/0.5 * 1 = 4, and W = B sigma(A)^T asks for 4
    assert path.cost == pytest.approx(2.0, rel=1e-15)
    # |2 - 4| over the weights' own size, 2
    assert path.stationarity == pytest.approx(1.0, rel=1e-15)
    assert path.penalty_scale == 0.5


@pytest.mark.parametrize("activation", ["relu", "linear", "smoothed relu:0.3", "gelu", "tanh"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("depth", [0.0, 3.0])
def test_momenta_are_the_gradient(make_path: Maker, activation: str, bias: bool, depth: float) -> None:
    # dJ/dW_l = lambda rho_l / L (W_l - L B_l sigma^T), against central differences of J.
    path = make_path(bias=bias, depth=depth, activation=activation)
    scale = 2.0 * path.penalty_scale * path.weight_decay * path.layer_steps[:, None, None]
    gradient = scale * (path.weights - path.stationary_weights)
    h = 1e-5
    generator = np.random.default_rng(7)
    for _ in range(12):
        place = tuple(int(generator.integers(size)) for size in path.weights.shape)
        ends = []
        for sign in (1.0, -1.0):
            moved = path.weights.copy()
            moved[place] += sign * h
            ends.append(rebuild(path, moved, activation=activation).cost)
        # Central differences: h^2 times the third derivative, and eps*J/h = 1e-10 of rounding.
        assert (ends[0] - ends[1]) / (2 * h) == pytest.approx(gradient[place], rel=1e-5, abs=1e-8)


def test_stationarity_of_networks_without_weights(make_path: Maker) -> None:
    path = make_path()
    still = replace(path, weights=0.0 * path.weights)
    assert still.stationarity == np.inf
    assert replace(still, momenta=0.0 * path.momenta).stationarity == 0.0


def test_constructed_network_is_stationary(make_stationary: Maker) -> None:
    # 8 layers of a few dozen roundings each.
    assert make_stationary().stationarity < 1e-12
    assert make_stationary(bias=False, depth=1.0).stationarity < 1e-12


def test_from_arrays_accepts_its_own_path_and_computes_momenta(make_path: Maker) -> None:
    path = make_path()
    again = RepresentationPath.from_arrays(
        path.representations, path.weights, path.layer_steps, path.inputs, path.targets, path.embedding, path.readout,
        path.effective_depth, path.weight_decay, tolerance=1e-12,
    )  # fmt: skip
    np.testing.assert_array_equal(again.momenta, path.momenta)


def test_from_network_arrays_turns_the_axes_and_mends_single_precision(make_path: Maker) -> None:
    path = make_path()
    kept = path.representations.transpose(0, 2, 1).astype(np.float32)
    again = RepresentationPath.from_network_arrays(
        kept, path.weights, path.layer_steps, path.inputs.T, path.targets.T, path.embedding, path.readout,
        path.effective_depth, path.weight_decay,
    )  # fmt: skip
    np.testing.assert_array_equal(again.representations, path.representations)
    assert again.cost == path.cost
    with pytest.raises(ValidationError, match="differ from the network's own recursion"):
        RepresentationPath.from_network_arrays(
            kept[:, ::-1], path.weights, path.layer_steps, path.inputs.T, path.targets.T, path.embedding, path.readout,
            path.effective_depth, path.weight_decay,
        )  # fmt: skip


def test_predict_and_error_on_the_training_data(make_path: Maker) -> None:
    path = make_path()
    np.testing.assert_array_equal(path.predict(path.inputs), path.outputs)
    assert path.error(path.inputs, path.targets) == path.fit


def test_permuted_samples_have_the_same_cost(make_path: Maker) -> None:
    path = make_path(samples=7)
    order = np.random.default_rng(3).permutation(7)
    other = RepresentationPath.from_weights(
        path.weights, path.layer_steps, path.inputs[:, order], path.targets[:, order], path.embedding, path.readout,
        path.effective_depth, path.weight_decay,
    )  # fmt: skip
    assert other.cost == pytest.approx(path.cost, rel=1e-14)
    assert other.stationarity == pytest.approx(path.stationarity, rel=1e-12)


def test_arrays_cannot_be_changed(make_path: Maker) -> None:
    with pytest.raises(ValueError, match="read-only"):
        make_path().weights[0, 0, 0] = 1.0
