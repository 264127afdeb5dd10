from __future__ import annotations

from collections.abc import Callable
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
    assert compare(path, again).verdict is Verdict.BEST_KNOWN


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
