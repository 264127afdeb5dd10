"""Which side an input takes after a step."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic
from geodepth.control.geodesics.exact_relu.choice_of_sides import first_pieces, gain, next_pieces
from geodepth.control.geodesics.exact_relu.pieces import Pieces
from geodepth.control.geodesics.newton.linearization import Iterate
from geodepth.control.geodesics.newton.shooting_model import shooting_model


@pytest.mark.parametrize(("value", "side"), [(-1e-14, 1), (-1e-6, -1)])
def test_roundoff_is_no_crossing(value: float, side: int) -> None:
    """An input that other kinks hold at zero, on a ridge (M < 0), stays on its side; one that crossed changes it."""
    geodesic = RepresentationGeodesic(np.array([[1.0]]), np.array([[1.0]]), 1, 1.0, 1e-2)
    model = shooting_model(geodesic, np.full(2, 0.5), 1e-3)
    sides = np.ones((2, 1, 1), dtype=np.int8)
    pieces = Pieces.exact(sides)
    states = np.array([1.0, value, 1.0]).reshape(3, 1, 1)
    ridge = Iterate(states, np.ones((2, 2, 1)), -np.ones((2, 1, 1)), np.zeros((1, 1)), np.zeros(sides.shape))
    assert gain(model, ridge)[1, 0, 0] < 0
    following, _ = next_pieces(model, pieces, ridge, 0.0)
    assert following.sides[1, 0, 0] == side


def test_undecided_inputs_of_growing_activations_start_on_the_kink_but_data_does_not() -> None:
    geodesic = RepresentationGeodesic(np.array([[1.0]]), np.array([[1.0]]), 1, 1.0, 1e-2)
    model = shooting_model(geodesic, np.full(3, 1 / 3), 1e-2)
    # Undecided at the data, undecided, decided: the smoothed slope of 0 is 1/2, and that of −1 is 0.
    states = np.array([0.0, 0.0, -1.0, 1.0]).reshape(4, 1, 1)
    start = Iterate(states, np.ones((3, 2, 1)), np.ones((3, 1, 1)), np.zeros((1, 1)), np.zeros((3, 1, 1)))
    growth = gain(model, start)
    assert np.all(growth > 0)
    pieces, pinned = first_pieces(model, start)
    assert pieces.sides.ravel().tolist() == [-1, 0, -1]
    assert pinned.pins is not None
    np.testing.assert_allclose(pinned.pins.ravel(), [0.0, growth[1, 0, 0] / 2, 0.0], rtol=1e-12)
    # Where the activation falls, a kink would be a ridge.
    ridge = Iterate(states, start.weights, -start.multipliers, start.eta, start.pins)
    assert first_pieces(model, ridge)[0].sides.ravel().tolist() == [-1, -1, -1]
