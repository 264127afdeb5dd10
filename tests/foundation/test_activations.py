"""Activations: one spelling there and back, older spellings read, derivatives against differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodepth.foundation.activations import ACTIVATIONS, Activation, parse_activation
from geodepth.foundation.argument_checks import ArgumentChecks
from geodepth.foundation.errors import InputError

ALL = [Activation(name, 0.3 if name == "smoothed relu" else 0.0) for name in ACTIVATIONS]


@given(st.sampled_from(ACTIVATIONS), st.floats(1e-300, 1e300))
def test_what_is_written_is_what_is_read(name: str, smoothing: float) -> None:
    activation = Activation(name, smoothing if name == "smoothed relu" else 0.0)
    assert parse_activation(str(activation)) == activation
    assert parse_activation(activation) == activation
    assert parse_activation(activation.name, activation.smoothing) == activation


def test_the_spelling() -> None:
    assert [str(one) for one in ALL] == ["relu", "linear", "smoothed relu:0.3", "gelu", "tanh"]
    assert str(Activation("smoothed relu", np.float64(0.1))) == "smoothed relu:0.1"


@pytest.mark.parametrize(
    ("text", "smoothing", "expected"),
    [
        ("smoothed_relu:0.03", None, "smoothed relu:0.03"),  # network files of the first version
        ("smoothed_relu", None, "smoothed relu:0.1"),
        ("smoothed relu", None, "smoothed relu:0.1"),
        ("smoothed relu", 0.2, "smoothed relu:0.2"),  # control's keyword arguments
        ("smoothed relu:0.2", 0.0, "smoothed relu:0.2"),
        ("smoothed relu:0.2", 0.2, "smoothed relu:0.2"),
        ("relu", 0.2, "smoothed relu:0.2"),  # path files of the first version
        ("relu", 0.0, "relu"),
        ("tanh", 0.0, "tanh"),
    ],
)
def test_older_spellings_are_read(text: str, smoothing: float | None, expected: str) -> None:
    assert str(parse_activation(text, smoothing)) == expected


class OwnError(InputError):
    """A room's own."""


@pytest.mark.parametrize(
    ("given", "smoothing", "words"),
    [
        ("swish", None, "activation is 'swish'; choose one of relu, linear, smoothed relu:EPSILON"),
        (3, None, "activation is 3"),
        ("relu:0.1", None, "activation is 'relu:0.1'"),
        ("smoothed relu:zero", None, "activation is 'smoothed relu:zero'"),
        ("smoothed relu:-1", None, "activation is 'smoothed relu:-1'"),
        ("smoothed relu:inf", None, "activation is 'smoothed relu:inf'"),
        ("smoothed relu", 0.0, "smoothing is 0.0; give a number above 0"),
        ("smoothed relu:0.2", 0.3, "smoothing is 0.3; give 0.2"),
        ("tanh", 0.1, "smoothing is 0.1; give 0, since it belongs to 'smoothed relu', not to 'tanh'"),
        ("relu", -0.1, "smoothing is -0.1"),
        ("relu", "much", "smoothing is 'much'"),
    ],
)
def test_what_is_no_activation_is_refused_in_one_line(given: Any, smoothing: Any, words: str) -> None:
    with pytest.raises(OwnError) as caught:
        parse_activation(given, smoothing, checks=ArgumentChecks(OwnError))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_room_allows_what_it_can_compute() -> None:
    allowed = ("relu", "linear")
    assert parse_activation("linear", allowed=allowed).is_linear
    with pytest.raises(InputError, match=r"activation is 'tanh'; choose one of relu, linear$"):
        parse_activation("tanh", allowed=allowed)
    with pytest.raises(InputError, match=r"smoothing is 0\.1"):
        parse_activation("relu", 0.1, allowed=allowed)


@pytest.mark.parametrize(("name", "smoothing"), [("swish", 0.0), ("relu", 0.1), ("smoothed relu", 0.0)])
def test_a_record_that_contradicts_itself_is_refused(name: str, smoothing: float) -> None:
    with pytest.raises(InputError):
        Activation(name, smoothing)


@pytest.mark.parametrize("activation", ALL, ids=str)
def test_derivatives_are_those_of_the_value(activation: Activation) -> None:
    a = np.linspace(-3.0, 3.0, 41) + 0.01  # no point within a step of the kink
    h = 1e-4
    # A central difference is off by h²/6 of a third derivative, at most 60 for ε = 0.3 (ε^-2 and a factor).
    slope = (activation.value(a + h) - activation.value(a - h)) / (2 * h)
    np.testing.assert_allclose(activation.slope(a), slope, rtol=0, atol=1e-7)
    curvature = (activation.slope(a + h) - activation.slope(a - h)) / (2 * h)
    np.testing.assert_allclose(activation.curvature(a), curvature, rtol=0, atol=1e-6)


def test_known_values() -> None:
    a = np.array([-1.0, 0.0, 2.0])
    relu = Activation("relu")
    np.testing.assert_array_equal(relu.value(a), [0.0, 0.0, 2.0])
    np.testing.assert_array_equal(relu.slope(a), [0.0, 0.0, 1.0])
    smoothed = relu.smoothed(0.5)
    np.testing.assert_allclose(smoothed.value(a), [0.5 * (1.25**0.5 - 1), 0.25, 0.5 * (2 + 4.25**0.5)], rtol=1e-15)
    # Φ(1) = 0.841344746068543 (Abramowitz and Stegun, table 26.1).
    np.testing.assert_allclose(Activation("gelu").value(np.array([1.0, -1.0])), [0.841344746068543, -0.158655253931457])
    np.testing.assert_array_equal(Activation("linear").value(a), a)


def test_smoothing_moves_only_the_relu() -> None:
    assert str(Activation("relu").smoothed(0.1)) == "smoothed relu:0.1"
    assert str(Activation("smoothed relu", 0.3).smoothed(0.1)) == "smoothed relu:0.1"
    assert Activation("smoothed relu", 0.3).smoothed(0.0) == Activation("relu")
    assert [Activation(name).smoothed(0.1).name for name in ("linear", "gelu", "tanh")] == ["linear", "gelu", "tanh"]
    assert [one.has_kinks for one in ALL] == [True, False, False, False, False]
    assert [one.is_linear for one in ALL] == [False, True, False, False, False]
