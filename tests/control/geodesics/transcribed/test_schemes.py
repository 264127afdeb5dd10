"""The schemes: orders measured on a path whose exact end is known, quadratures, and the network as one of them."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic
from geodepth.control.geodesics.transcribed.schemes import SCHEMES, Scheme

DEPTH = 1.5


def neuron() -> RepresentationGeodesic:
    """One linear neuron without bias: ∂a = (W − L̃)a, so that a_1 = a_0 exp(∫W − L̃)."""
    return RepresentationGeodesic(np.array([[0.7]]), np.array([[1.0]]), 1, DEPTH, 1e-2, activation="linear", bias=False)


def weights_of(scheme: Scheme, layers: int) -> np.ndarray:
    """W_p = 1 + p at the scheme's points."""
    positions = (np.arange(layers)[:, None] + np.array(scheme.fractions)) / layers
    return np.asarray((1.0 + positions)[:, :, None, None])


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_order_of_the_path(scheme: Scheme) -> None:
    """The relative error at the end falls with the step, between the two finest meshes, as the order says."""
    exact, errors = 0.7 * np.exp(4.0 * 1.5 - DEPTH), []
    for layers in (32, 64) if scheme.order <= 4 else (8, 16):
        path = scheme.simulate(neuron(), np.full(layers, 1.0 / layers), 4.0 * weights_of(scheme, layers))
        errors.append(abs(float(path[-1, 0, 0]) / exact - 1.0))
    # At these steps the next term of the error is a few hundredths of the first.
    assert np.log2(errors[0] / errors[1]) == pytest.approx(scheme.order, abs=0.3)


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_penalty_and_mean_are_those_of_the_scheme(scheme: Scheme) -> None:
    """∫(1 + p)² = 7/3 and interval means: exact for weights linear in p, but for Euler's left ends."""
    layers, geodesic = 5, neuron()
    steps, weights = np.full(layers, 1.0 / layers), weights_of(scheme, layers)
    penalty = scheme.penalty(geodesic, weights, steps) / (geodesic.weight_decay * geodesic.penalty_scale)
    means = scheme.mean_weights(weights)[:, 0, 0]
    left = 1.0 + np.arange(layers) / layers
    expected = (steps @ left**2, left) if scheme.is_network else (7 / 3, left + 0.5 / layers)
    assert penalty == pytest.approx(expected[0], rel=1e-12)
    np.testing.assert_allclose(means, expected[1], rtol=1e-12)


def test_euler_is_the_network() -> None:
    rng = np.random.default_rng(0)
    geodesic = RepresentationGeodesic(rng.normal(size=(2, 5)), rng.normal(size=(1, 5)), 3, 2.0, 1e-2)
    steps, weights = np.array([0.2, 0.5, 0.3]), rng.normal(size=(3, 1, 3, 4))
    path = SCHEMES["euler"].simulate(geodesic, steps, weights)
    assert np.array_equal(path, geodesic.propagate(weights[:, 0], steps))
    assert [name for name, scheme in SCHEMES.items() if scheme.is_network] == ["euler"]
