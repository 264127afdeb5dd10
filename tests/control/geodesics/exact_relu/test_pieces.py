"""The smooth problem of given sides: σ and its derivatives piece by piece, and kinks that are held."""

from __future__ import annotations

import numpy as np

from geodepth.control import RepresentationGeodesic
from geodepth.control.geodesics.exact_relu.pieces import Pieces, piecewise_model, sides_of
from geodepth.control.geodesics.newton.shooting_model import SOFTNESS, shooting_model
from geodepth.foundation.activations import Activation

STEPS = np.full(2, 0.5)
SIDES = np.array([[[1, -1]], [[0, 1]]], dtype=np.int8)  # two layers, one sample, two neurons
STATES = np.array([[[2.0, 3.0]], [[0.5, -1.0]]])


def test_each_input_is_on_its_piece_whatever_its_sign() -> None:
    geodesic = RepresentationGeodesic(np.ones((2, 1)), np.ones((1, 1)), 2, 1.0, 1e-2)
    base = shooting_model(geodesic, STEPS, 0.1)
    exact = piecewise_model(base, Pieces.exact(SIDES))
    np.testing.assert_array_equal(exact.activate(STATES), [[[2.0, 0.0]], [[0.0, -1.0]]])
    np.testing.assert_array_equal(exact.gate(STATES), [[[1.0, 0.0]], [[0.0, 1.0]]])
    assert not exact.bend(STATES).any()
    np.testing.assert_array_equal(exact.gate(STATES[1], 1), exact.gate(STATES)[1])
    np.testing.assert_array_equal(exact.pin_stiffness(0.0) > 0, SIDES == 0)
    np.testing.assert_allclose(exact.pin_stiffness(0.3001), 1.3001 * exact.pin_stiffness(0.0), rtol=1e-14)
    assert not base.pin_stiffness(0.0).any()

    lifted = np.zeros(SIDES.shape, dtype=bool)
    lifted[1, 0, 1] = True
    relaxed, smooth = piecewise_model(base, Pieces(SIDES, lifted), 0.2), Activation("smoothed relu", 0.2)
    for ours, theirs in (
        (relaxed.activate, smooth.value),
        (relaxed.gate, smooth.slope),
        (relaxed.bend, smooth.curvature),
    ):
        assert ours(STATES)[1, 0, 1] == theirs(STATES)[1, 0, 1]
    np.testing.assert_array_equal(relaxed.activate(STATES)[0], exact.activate(STATES)[0])


def test_sides_of_a_path_count_roundoff_as_the_kink() -> None:
    path = np.array([[[1.0], [-1e-3]], [[1e-10], [-1.0]], [[5.0], [5.0]]])
    np.testing.assert_array_equal(sides_of(path), [[[1], [-1]], [[0], [-1]]])
    # Relative to the largest of all, A_L included; of a path of zeros every input is on its kink.
    edge = np.array([[[9e-8], [-9e-8]], [[1.1e-7], [-1.1e-7]], [[-10.0], [1.0]]])
    np.testing.assert_array_equal(sides_of(edge), [[[0], [0]], [[1], [-1]]])
    np.testing.assert_array_equal(sides_of(np.zeros((3, 2, 1))), np.zeros((2, 2, 1)))


def test_a_kink_is_as_stiff_as_the_weights_yield_softly() -> None:
    """1/δ with δ = SOFTNESS · mean(ρ/(2κρ)) · mean ρ · ‖features‖² of one sample at the start, κ = 1/(2L̃)."""
    geodesic = RepresentationGeodesic(np.array([[1.0, 2.0], [0.0, 2.0]]), np.ones((1, 2)), 2, 4.0, 1e-2)
    steps = np.array([0.25, 0.75])
    model = piecewise_model(shooting_model(geodesic, steps, 0.1), Pieces.exact(np.zeros((2, 2, 2), np.int8)))
    # Samples of squares 1 and 8, a one for the bias, and a mean step of one half.
    assert model.softness_scale == 0.5 * (4.5 + 1.0)
    np.testing.assert_allclose(model.pin_stiffness(0.0), 1.0 / (SOFTNESS * 4.0 * 0.5 * 5.5), rtol=1e-14)
    assert model.smoothing == 0.0


def test_pieces_are_told_apart_by_their_sides_and_lifts() -> None:
    lifted = np.zeros(SIDES.shape, dtype=bool)
    lifted[0, 0, 0] = True
    keys = {Pieces.exact(SIDES).key(), Pieces.exact(-SIDES).key(), Pieces(SIDES, lifted).key()}
    assert len(keys) == 3
    assert Pieces.exact(SIDES).key() == Pieces.exact(SIDES.copy()).key()


def test_samples_that_repeat_change_no_softness() -> None:
    data = np.array([[1.0, -2.0], [0.5, 3.0]])
    scales = []
    for inputs in (data, np.hstack([data, data, data])):
        geodesic = RepresentationGeodesic(inputs, np.ones((1, inputs.shape[1])), 2, 1.0, 1e-2)
        held = Pieces.exact(np.zeros((2, inputs.shape[1], 2), np.int8))
        model = piecewise_model(shooting_model(geodesic, STEPS, 0.1), held)
        scales.append(model.softness_scale)
    np.testing.assert_allclose(scales[1], scales[0], rtol=1e-14)
