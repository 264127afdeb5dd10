from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from geodepth.control import RepresentationGeodesic, solve_geodesic
from geodepth.validation.comparison.comparison import compare
from geodepth.validation.comparison.verdicts import Verdict
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


@pytest.mark.parametrize(
    ("spelling", "smoothing", "name", "epsilon"),
    [
        ("relu", 0.0, "relu", 0.0), ("linear", 0.0, "linear", 0.0), ("gelu", 0.0, "gelu", 0.0),
        ("tanh", 0.0, "tanh", 0.0), ("smoothed relu:0.1", 0.0, "smoothed relu", 0.1),
        ("smoothed relu", 0.1, "smoothed relu", 0.1), ("smoothed_relu:0.1", 0.0, "smoothed relu", 0.1),
        ("relu", 0.1, "smoothed relu", 0.1),
    ],
)  # fmt: skip
def test_every_spelling_of_an_activation(
    make_path: Maker, spelling: str, smoothing: float, name: str, epsilon: float
) -> None:
    path = make_path(activation=spelling, smoothing=smoothing)
    assert (path.activation, path.smoothing) == (name, epsilon)
    assert str(path.nonlinearity) == (f"{name}:{epsilon}" if epsilon else name)
    # The first layer by hand.
    a, step = path.representations[0], path.layer_steps[0]
    sigma: dict[str, Callable[[Any], Any]] = {
        "relu": lambda x: np.maximum(x, 0.0), "linear": lambda x: x, "tanh": np.tanh,
        "gelu": lambda x: x * norm.cdf(x), "smoothed relu": lambda x: (x + np.sqrt(x**2 + epsilon**2)) / 2,
    }  # fmt: skip
    active = np.vstack([sigma[name](a), np.ones(path.samples)])
    expected = (1 - step * path.effective_depth) * a + step * path.weights[0] @ active
    np.testing.assert_allclose(path.representations[1], expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("activation", "smoothing"), [("relu", 0.0), ("smoothed relu", 0.1), ("linear", 0.0)])
def test_a_solved_geodesic_states_the_objective_of_its_path(activation: str, smoothing: float) -> None:
    generator = np.random.default_rng(0)
    geodesic = RepresentationGeodesic(
        generator.standard_normal((2, 4)), generator.standard_normal((2, 4)), 3, 2.0, 1e-2, activation=activation,
        smoothing=smoothing,
    )  # fmt: skip
    solution = solve_geodesic(geodesic, layers=5, starts=1, progress=False)
    path = RepresentationPath.from_objective(
        geodesic, solution.weights, solution.layer_steps, representations=solution.representations,
        momenta=solution.momenta, label="truth",
    )  # fmt: skip
    assert (path.activation, path.smoothing) == (activation, smoothing)
    assert path.cost == pytest.approx(solution.cost, rel=1e-12)
    assert path.stationarity < 1e-6
    again = RepresentationPath.from_objective(path, path.weights, path.layer_steps)
    np.testing.assert_allclose(again.representations, path.representations, rtol=1e-10, atol=1e-12)
    assert compare(path, again).verdict is Verdict.GLOBAL_OPTIMUM


def test_stationarity_of_networks_without_weights(make_path: Maker) -> None:
    path = make_path()
    still = replace(path, weights=0.0 * path.weights)
    assert still.stationarity == np.inf
    assert replace(still, momenta=0.0 * path.momenta).stationarity == 0.0


def test_constructed_network_is_stationary(make_stationary: Maker) -> None:
    # 8 layers of a few dozen roundings each.
    assert make_stationary().stationarity < 1e-12
    assert make_stationary(bias=False, depth=1.0).stationarity < 1e-12


def test_zero_network_decays(make_path: Maker) -> None:
    path = rebuild(make_path(), np.zeros((6, 4, 5)))
    decay = np.prod(1.0 - path.layer_steps * path.effective_depth)
    np.testing.assert_allclose(path.representations[-1], decay * path.representations[0], rtol=1e-14)
    assert path.parameter_norm == 0.0


def test_leakage_shifts_a_path_by_a_scalar(make_path: Maker) -> None:
    # Without bias, (1 - rho L) factors out of the linear recursion: each layer's map is W/(1 - rho L) up to scale.
    path = make_path(bias=False, depth=2.0)
    factors = 1.0 - path.layer_steps * 2.0
    other = RepresentationPath.from_weights(
        path.weights / factors[:, None, None], path.layer_steps, path.inputs, path.targets, path.embedding,
        path.readout, 0.0, path.weight_decay, False,
    )  # fmt: skip
    np.testing.assert_allclose(other.representations[-1] * factors.prod(), path.representations[-1], rtol=1e-12)


def test_from_arrays_accepts_its_own_path_and_computes_momenta(make_path: Maker) -> None:
    path = make_path()
    again = RepresentationPath.from_arrays(
        path.representations, path.weights, path.layer_steps, path.inputs, path.targets, path.embedding, path.readout,
        path.effective_depth, path.weight_decay, tolerance=1e-12,
    )  # fmt: skip
    np.testing.assert_array_equal(again.momenta, path.momenta)


def test_from_arrays_names_the_layer_that_is_wrong(make_path: Maker) -> None:
    path = make_path()
    wrong = path.representations.copy()
    wrong[-1] += 0.1
    with pytest.raises(ValidationError, match="at layer 6"):
        RepresentationPath.from_arrays(
            wrong, path.weights, path.layer_steps, path.inputs, path.targets, path.embedding, path.readout,
            path.effective_depth, path.weight_decay,
        )  # fmt: skip


def test_other_schemes_need_momenta(make_path: Maker) -> None:
    path = make_path()
    with pytest.raises(ValidationError, match="momenta is None"):
        RepresentationPath.from_arrays(
            path.representations, path.weights, path.layer_steps, path.inputs, path.targets, path.embedding,
            path.readout, path.effective_depth, path.weight_decay, recursion="none",
        )  # fmt: skip


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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": [[1.0, float("nan")]]}, "inputs holds nan at index (0, 1)"),
        ({"inputs": [["a", "b"]]}, "inputs holds text"),
        ({"targets": [[1.0]]}, "targets has shape (1, 1); expected"),
        ({"layer_steps": [0.5]}, "layer_steps have minimum 0.5 and sum 0.5"),
        ({"layer_steps": [-1.0]}, "layer_steps have minimum -1"),
        ({"weights": [[[1.0]]]}, "weights has shape (1, 1, 1); expected (L, w, w+1)"),
        ({"weights": [[[np.inf, 0.0]]]}, "weights holds inf"),
        ({"embedding": [[1.0, 1.0]]}, "embedding has shape (1, 2)"),
        ({"readout": [[1.0], [1.0]]}, "readout has shape (2, 1)"),
        ({"effective_depth": -1.0}, "effective_depth is -1.0; it must be finite and zero or positive"),
        ({"weight_decay": 0.0}, "weight_decay is 0.0; it must be finite and positive"),
        ({"weight_decay": "much"}, "weight_decay is 'much'"),
        ({"activation": "swish"}, "activation is 'swish'; choose one of relu, linear"),
        ({"activation": "smoothed relu:0"}, "activation is 'smoothed relu:0'; choose one of relu, linear"),
        ({"activation": "tanh", "smoothing": 0.1}, "smoothing is 0.1; give 0"),
        ({"weights": [[[1e308, 1e308]]], "inputs": [[10.0, 10.0]]}, "beyond double precision at layer 1"),
    ],
)
def test_bad_input_is_one_clear_line(change: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {
        "weights": [[[1.0, 0.0]]], "layer_steps": [1.0], "inputs": [[1.0, 2.0]], "targets": [[1.0, 2.0]],
        "embedding": [[1.0]], "readout": [[1.0]], "effective_depth": 0.5, "weight_decay": 0.1,
    }  # fmt: skip
    RepresentationPath.from_weights(**good)
    with pytest.raises(ValidationError) as caught:
        RepresentationPath.from_weights(**{**good, **change})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
