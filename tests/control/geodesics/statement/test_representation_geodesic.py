"""The statement of a geodesic: one spelling of its activation, digests that do not move, ends and losses as objects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.control import ProblemError, RepresentationGeodesic
from geodepth.control.geodesics.statement.losses import LOSSES

INPUTS = np.array([[1.0, -0.5, 2.0], [0.5, 1.0, -1.0]])
TARGETS = np.array([[1.0, 0.0, 0.25], [0.0, 1.0, 0.75]])


def geodesic(**settings: Any) -> RepresentationGeodesic:
    return RepresentationGeodesic(INPUTS, TARGETS, 3, 2.0, 1e-2, **settings)


@pytest.mark.parametrize(
    ("settings", "digest"),
    [
        ({}, "7a26a5b6f1a3fb9f"),
        ({"activation": "linear", "bias": False}, "288501c1d367c64e"),
        ({"activation": "smoothed relu", "smoothing": 0.1}, "bac775ffdf62b6ba"),
        ({"endpoint": "fixed"}, "5c99a70e213e7e94"),
        ({"loss": "cross-entropy"}, "48a1c55afd7fdb20"),
    ],
)
def test_digests_are_those_of_version_0_1(settings: dict[str, Any], digest: str) -> None:
    """Files and journals name a problem by its digest, as the version before the rooms computed it."""
    assert geodesic(**settings).digest() == digest


@pytest.mark.parametrize("smoothing", [0.1, 0.0])
def test_a_smoothed_relu_is_written_with_its_smoothing_or_beside_it(smoothing: float) -> None:
    """The one spelling and the two arguments state the same problem."""
    one = geodesic(activation="smoothed relu:0.1", smoothing=smoothing)
    other = geodesic(activation="smoothed relu", smoothing=0.1)
    assert (one.activation, one.smoothing, one.digest()) == ("smoothed relu", 0.1, other.digest())
    assert str(one.activation_at()) == "smoothed relu:0.1"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"activation": "smoothed relu:0.1", "smoothing": 0.2}, "smoothing is 0.2"),
        ({"activation": "smoothed relu"}, "smoothing is 0.0"),
        ({"activation": "linear", "smoothing": 0.1}, "smoothing is 0.1"),
        ({"activation": "gelu"}, "activation is 'gelu'"),
        ({"loss": "hinge"}, "loss is 'hinge'"),
        ({"loss": "cross-entropy", "endpoint": "fixed"}, "a fixed endpoint leaves without meaning"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError) as error:
        geodesic(**settings)
    assert words in str(error.value)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_agrees_with_its_differences(name: str) -> None:
    """Gradient and curvature against central differences, which lose 1e-16/h to roundoff and h² to truncation."""
    loss, outputs, width = LOSSES[name], np.random.default_rng(0).normal(size=(3, 2)), 1e-5
    targets = TARGETS.T
    gradient, curvature = loss.gradient(outputs, targets), loss.curvature(outputs)
    for place in np.ndindex(outputs.shape):
        up, down = outputs.copy(), outputs.copy()
        up[place] += width
        down[place] -= width
        slope = (loss.value(up, targets) - loss.value(down, targets)) / (2 * width)
        assert gradient[place] == pytest.approx(slope, abs=1e-9)
        column = (loss.gradient(up, targets) - loss.gradient(down, targets))[place[0]] / (2 * width)
        block = curvature[place[0] % len(curvature)]
        np.testing.assert_allclose(block[:, place[1]], column, atol=1e-9)


def test_an_end_gives_its_multipliers_back() -> None:
    """B_L = −Pᵀη of a fixed end; a penalized one has none."""
    rng = np.random.default_rng(0)
    readout, eta = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    fixed = geodesic(endpoint="fixed", readout=readout).end
    np.testing.assert_allclose(fixed.multipliers(-readout.T @ eta), eta, rtol=1e-12)
    assert not geodesic(readout=readout).end.multipliers(-readout.T @ eta).any()
    final = rng.normal(size=(3, 3))
    assert fixed.error(final) == np.abs(readout @ final - TARGETS).max()
    assert (fixed.cost(3.0), geodesic().end.cost(3.0), geodesic().end.error(final)) == (0.0, 3.0, 0.0)


GOOD: dict[str, Any] = {
    "inputs": np.ones((2, 3)),
    "targets": np.ones((1, 3)),
    "width": 3,
    "effective_depth": 1.0,
    "weight_decay": 1e-3,
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"inputs": np.array([[1.0, np.nan, 0.0]])}, "inputs holds nan at index (0, 1)"),
        ({"inputs": np.ones((2, 4))}, "inputs hold 4 samples and targets 3"),
        ({"inputs": "data"}, "inputs"),
        ({"inputs": np.zeros((0, 3))}, "inputs is empty, of shape (0, 3)"),
        ({"width": 1}, "width is 1, smaller than the 2 rows of inputs"),
        ({"width": 2.5}, "width is 2.5"),
        ({"effective_depth": -1.0}, "effective_depth is -1.0"),
        ({"weight_decay": -1e-3}, "weight_decay is -0.001"),
        ({"weight_decay": 0.0}, "weight_decay is 0.0; give a finite number above 0"),
        ({"activation": "sine"}, "activation is 'sine'"),
        ({"endpoint": "open"}, "endpoint is 'open'"),
        ({"embedding": np.ones((3, 3))}, "embedding has shape (3, 3); it must be (3, 2)"),
    ],
)
def test_bad_problems_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError) as error:
        RepresentationGeodesic(**(GOOD | change))
    assert words in str(error.value)
    assert "\n" not in str(error.value)
