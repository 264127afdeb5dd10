"""Which side an input takes after a step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic
from geodepth.control.geodesics.exact_relu.choice_of_sides import first_pieces, gain, next_pieces, relaxed_pieces
from geodepth.control.geodesics.exact_relu.pieces import Pieces
from geodepth.control.geodesics.newton.linearization import Iterate
from geodepth.control.geodesics.newton.shooting_model import ShootingModel, shooting_model


def row_of(samples: int, activation: str = "relu") -> ShootingModel:
    """Two layers of one neuron at L̃ = 1, ρ = ½."""
    ones = np.ones((1, samples))
    geodesic = RepresentationGeodesic(ones, ones, 1, 1.0, 1e-2, activation)
    return shooting_model(geodesic, np.full(2, 0.5), 1e-2)


def at(growth: Any, inputs: Any, pins: Any) -> Iterate:
    """An iterate of `row_of` with these M, A and ν in both layers: W = 2 and P = M, so that ρ W P = M."""
    samples = len(growth)
    states = np.ones((3, samples, 1))
    states[:2, :, 0] = inputs
    both = np.tile(np.array(growth, dtype=float), (2, 1))[:, :, None]
    held = np.tile(np.array(pins, dtype=float), (2, 1))[:, :, None]
    return Iterate(states, np.full((2, 2, 1), 2.0), both, np.zeros((samples, 1)), held)


STEPS_OF_SIDES = {
    # (side, A, M, ν) before, and (side, ν) after.
    "held between its multipliers": ((0, 0.0, 2.0, 1.0), (0, 1.0)),
    "released upwards": ((0, 0.0, 2.0, 2.1), (1, 0.0)),
    "held up to roundoff above": ((0, 0.0, 2.0, 2.0 + 1e-11), (0, 2.0 + 1e-11)),
    "released above roundoff": ((0, 0.0, 2.0, 2.0 + 1e-9), (1, 0.0)),
    "released downwards": ((0, 0.0, 2.0, -0.1), (-1, 0.0)),
    "held up to roundoff below": ((0, 0.0, 2.0, -1e-11), (0, -1e-11)),
    "released below roundoff": ((0, 0.0, 2.0, -1e-9), (-1, 0.0)),
    # On a ridge the cost falls both ways: at M − ν upwards, at ν downwards.
    "from a ridge to the steeper side above": ((0, 0.0, -2.0, -0.9), (1, 0.0)),
    "from a ridge to the steeper side below": ((0, 0.0, -2.0, -1.1), (-1, 0.0)),
    "from a ridge whatever its multiplier": ((0, 0.0, -1e-9, -2e-10), (1, 0.0)),
    "of no effect": ((0, 0.0, -1e-11, 0.0), (0, 0.0)),
    "stays above": ((1, 0.5, 2.0, 0.0), (1, 0.0)),
    "stays below": ((-1, -0.5, 2.0, 0.0), (-1, 0.0)),
    "down onto the kink, with the slope of above": ((1, -0.5, 2.0, 0.0), (0, 2.0)),
    "up onto the kink, with the slope of below": ((-1, 0.5, 2.0, 0.0), (0, 0.0)),
    "down over a ridge": ((1, -0.5, -2.0, 0.0), (-1, 0.0)),
    "up over a ridge": ((-1, 0.5, -2.0, 0.0), (1, 0.0)),
    "down where nothing has an effect": ((1, -0.5, -1e-11, 0.0), (0, -1e-11)),
    # Roundoff is relative to the largest input, which is 2 here.
    "not over by roundoff": ((1, -1.9e-12, 2.0, 0.0), (1, 0.0)),
    "over beyond roundoff": ((1, -2.1e-12, 2.0, 0.0), (0, 2.0)),
    "the largest": ((1, 2.0, 2.0, 0.0), (1, 0.0)),
}


def test_each_input_takes_the_side_that_its_multiplier_asks_for() -> None:
    before, after = (np.array(rows, dtype=float) for rows in zip(*STEPS_OF_SIDES.values(), strict=True))
    model, sides = row_of(len(before)), np.tile(before[:, 0].astype(np.int8), (2, 1))[:, :, None]
    iterate = at(before[:, 2], before[:, 1], before[:, 3])
    np.testing.assert_allclose(gain(model, iterate)[:, :, 0], np.tile(before[:, 2], (2, 1)), rtol=1e-14)
    pieces, pinned = next_pieces(model, Pieces.exact(sides), iterate, 0.0)
    assert pinned.pins is not None
    found = {
        name: (int(side), float(pin))
        for name, side, pin in zip(STEPS_OF_SIDES, pieces.sides[1, :, 0], pinned.pins[1, :, 0], strict=True)
    }
    assert found == {name: (int(side), pin) for name, (_, (side, pin)) in STEPS_OF_SIDES.items()}
    assert not pieces.lifted.any()
    # Data does not cross, whatever else it does.
    data = np.where(before[:, 0] == 0, after[:, 0], before[:, 0])
    np.testing.assert_array_equal(pieces.sides[0, :, 0], data)
    np.testing.assert_array_equal(pinned.states, iterate.states)


def test_the_relaxation_lifts_where_a_larger_activation_pays() -> None:
    """M below zero by more than roundoff lifts; a lifted input is let down where M is above it by as much."""
    growth = np.array([-1.0, -1e-9, -1e-11, 1e-11, 1e-9, 1.0])
    model, iterate = row_of(6), at(growth, np.ones(6), np.zeros(6))
    sides = np.ones((2, 6, 1), dtype=np.int8)
    low, high = [True, True, False, False, False, False], [True, True, True, True, False, False]
    first = relaxed_pieces(model, Pieces.exact(sides), iterate)
    assert first.lifted[1, :, 0].tolist() == low
    # Data is not lifted, and no kink.
    assert not first.lifted[0].any()
    assert not relaxed_pieces(model, Pieces.exact(0 * sides), iterate).lifted.any()
    for known, expected in ((np.zeros(sides.shape, dtype=bool), low), (np.ones(sides.shape, dtype=bool), high)):
        following, _ = next_pieces(model, Pieces(sides, known), iterate, 1e-3)
        assert following.lifted[1, :, 0].tolist() == expected
        assert not following.lifted[0].any()
        held, _ = next_pieces(model, Pieces(sides, known), iterate, 0.0)
        np.testing.assert_array_equal(held.lifted, known)
    # What comes onto the kink is let down with it.
    crossed, _ = next_pieces(
        model, Pieces(sides, np.ones(sides.shape, dtype=bool)), at(growth, -np.ones(6), 0 * growth), 1e-3
    )
    assert crossed.sides[1, :, 0].tolist() == [-1, -1, 0, 0, 0, 0]
    assert crossed.lifted[1, :, 0].tolist() == low


@pytest.mark.parametrize(("slope", "side"), [(0.019, -1), (0.021, 0), (0.979, 0), (0.981, 1)])
def test_a_smoothed_slope_within_two_percent_of_a_side_is_decided(slope: float, side: int) -> None:
    """σ'_ε = (1 + a/√(a² + ε²))/2 with ε = 0.01: a = ε k/√(1 − k²), k = 2σ' − 1."""
    k = 2 * slope - 1
    value = 1e-2 * k / np.sqrt(1 - k**2)
    model = row_of(2)
    pieces, pinned = first_pieces(model, at([3.0, 3.0], [value, 1.0], [9.0, 9.0]))
    assert pieces.sides[1, :, 0].tolist() == [side, 1]
    assert pinned.pins is not None
    np.testing.assert_allclose(pinned.pins[1, :, 0], [3 * slope if side == 0 else 0.0, 0.0], rtol=1e-9)
    assert pieces.sides[0, :, 0].tolist() == [1 if value > 0 else -1, 1]


def test_a_linear_activation_has_one_side() -> None:
    model, iterate = row_of(3, "linear"), at([1.0, -1.0, 1.0], [-1.0, 0.0, 1.0], [1.0, 1.0, 1.0])
    pieces, pinned = first_pieces(model, iterate)
    np.testing.assert_array_equal(pieces.sides, np.ones((2, 3, 1)))
    np.testing.assert_array_equal(pinned.pins, np.zeros((2, 3, 1)))
    assert next_pieces(model, pieces, iterate, 0.0) == (pieces, iterate)


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
