from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from geodepth.foundation.numerics.one_neuron_geodesic import one_neuron_geodesic
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.turnpike import find_turnpike, turnpike_of_speeds

Maker = Callable[..., RepresentationPath]


@pytest.mark.parametrize("level", [0.05, 0.1, 0.3])
@pytest.mark.parametrize("depth", [8.0, 16.0, 30.0])
def test_one_neuron_in_closed_form(depth: float, level: float, given_path: Maker) -> None:
    # O1 with a₀ = a₁: |a'| ∝ sinh κ|p − ½|, so the arc lasts 2 asinh(θ sinh κ/2)/κ, and the way to it is the rest.
    geodesic = one_neuron_geodesic(1.0, 1.0, depth)
    p = np.linspace(0.0, 1.0, 4002)  # an odd number of layers, so that one has the resting point in its middle
    found = find_turnpike(given_path(geodesic.at(p)[0].reshape(-1, 1, 1), p, depth), level)
    time = 2.0 * np.arcsinh(level * np.sinh(geodesic.kappa / 2.0)) / geodesic.kappa
    rate = np.log(1.0 / level) / (0.5 - 0.5 * time)
    # The first speed is that of the first layer's middle, a half step late: 1/8000 of some hundredths.
    assert found.time == pytest.approx(time, abs=3e-4)
    assert (found.start, found.end) == pytest.approx((0.5 - 0.5 * time, 0.5 + 0.5 * time), abs=3e-4)
    assert found.slowest == pytest.approx(0.5, abs=1e-12)
    assert (found.entry_rate, found.exit_rate) == pytest.approx((rate, rate), rel=1e-3)


def test_the_time_off_the_arc_is_that_of_two_decays() -> None:
    # O1: the rates tend to κ → L̃, so L̃(1 − time) → 2 log(1/θ), up to e^{−L̃}/θ.
    p = np.linspace(0.0, 1.0, 20001)
    for depth in (15.0, 30.0):
        found = turnpike_of_speeds(p, np.abs(one_neuron_geodesic(0.8, 0.8, depth).at(p)[1]))
        assert depth * (1.0 - found.time) == pytest.approx(2.0 * np.log(10.0), rel=2e-4)
        assert found.entry_rate / depth == pytest.approx(1.0, rel=2e-4)


def test_a_path_that_lets_go_is_on_its_arc_until_the_end(make_path: Maker) -> None:
    # O4, discrete: A_ℓ = (1 − ρL̃)^ℓ A_0, so the speed falls by one factor a layer, from the middle of the first.
    layers, depth = 40, 10.0
    path = RepresentationPath.from_weights(
        np.zeros((layers, 2, 3)), np.full(layers, 1.0 / layers), np.eye(2), np.eye(2), np.eye(2), np.eye(2), depth, 1e-2
    )
    found, rate = find_turnpike(path), -np.log(1.0 - depth / layers) * layers
    assert found.entry_rate == pytest.approx(rate, rel=1e-12)
    assert found.start == pytest.approx(0.5 / layers + np.log(10.0) / rate, rel=1e-12)
    assert found.end == 1.0
    assert np.isnan(found.exit_rate)


def test_a_straight_line_has_no_arc(given_path: Maker) -> None:
    p = np.array([0.0, 0.3, 0.5, 1.0])
    found = find_turnpike(given_path(p[:, None, None] * np.ones((1, 2, 3)), p))
    assert found.time == 0.0
    assert np.isnan([found.entry_rate, found.exit_rate]).all()


def test_a_rest_between_two_bursts() -> None:
    # Speeds 8, 1, 1/8 … fall by 8 a place; the level 1/4 of 8 lies log(4)/log(8) = 2/3 of the way to the second place.
    p = np.linspace(0.0, 1.0, 7)
    found = turnpike_of_speeds(p, np.array([8.0, 1.0, 0.0, 0.0, 0.125, 1.0, 8.0]), 0.25)
    assert (found.start, found.end) == pytest.approx((2.0 / 18.0, 1.0 - 2.0 / 18.0), abs=1e-12)
    assert found.entry_rate == pytest.approx(np.log(8.0) * 6.0, rel=1e-12)
    assert found.exit_rate == pytest.approx(np.log(8.0) * 6.0, rel=1e-12)


@pytest.mark.parametrize(
    ("speed", "level", "words"),
    [([1.0, 2.0], 1.0, "level is 1"), ([1.0, -2.0], 0.1, "speed holds -2"), ([1.0], 0.1, "speed"),
     ([1.0, 2.0], 0.0, "level")],
)  # fmt: skip
def test_what_is_no_motion(speed: list[float], level: float, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        turnpike_of_speeds(np.array([0.0, 1.0]), np.array(speed), level)
