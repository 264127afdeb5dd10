"""Checks of what a user gives: taken in its plain type, or refused in one line of the room's own error and words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodepth.foundation.argument_checks import ArgumentChecks, shown
from geodepth.foundation.errors import InputError


class OwnError(InputError):
    """A room's own."""


CHECKS = ArgumentChecks(OwnError)
anything: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9), st.lists(st.floats()), st.binary()
)


@given(anything)
def test_anything_is_taken_or_refused_in_one_line(value: Any) -> None:
    for check in (
        lambda: CHECKS.number("size", value, above=0.0, most=5.0),
        lambda: CHECKS.count("size", value, 1, 5),
        lambda: CHECKS.choice("size", value, ("small", "large")),
        lambda: CHECKS.flag("size", value),
        lambda: CHECKS.array("size", value, (None,), "(N,)"),
    ):
        try:
            taken = check()
        except OwnError as refusal:
            message = str(refusal)
            assert message.startswith("size ")
            assert "\n" not in message
        else:
            assert type(taken) in (float, int, bool, np.ndarray)


@pytest.mark.parametrize("value", [2, 2.0, np.float32(2.0), np.int64(2), np.array(2.0)])
def test_numbers_come_back_as_floats(value: Any) -> None:
    assert type(CHECKS.number("n", value)) is float


@pytest.mark.parametrize(
    ("bounds", "taken", "refused", "words"),
    [
        ({}, [-1e300, 0.0], [math.nan, math.inf, True, "1", None, 1j], "give a finite number"),
        ({"above": 0.0}, [1e-300], [0.0, -1.0], "give a finite number above 0"),
        ({"least": 0.0}, [0.0], [-1e-9], "give a finite number of at least 0"),
        ({"least": 0.0, "most": 1.0}, [0.0, 1.0], [-0.1, 1.1], "give a number in [0, 1]"),
        ({"above": 0.0, "below": 1.0}, [0.5], [0.0, 1.0], "give a number in (0, 1)"),
        ({"below": 1.0, "wanted": "less than one"}, [-9.0], [1.0], "give less than one"),
    ],
)
def test_bounds_of_numbers(bounds: Any, taken: list[Any], refused: list[Any], words: str) -> None:
    for value in taken:
        assert CHECKS.number("n", value, **bounds) == value
    for value in refused:
        with pytest.raises(OwnError) as caught:
            CHECKS.number("n", value, **bounds)
        assert str(caught.value) == f"n is {value!r}; {words}"


def test_counts() -> None:
    assert type(CHECKS.count("n", np.int8(3))) is int
    for value, words in (
        (0, "n is 0; give a whole number of at least 1"),
        (True, "n is True; give a whole number of at least 1"),
        (2.0, "n is 2.0; give a whole number of at least 1, of the type integer"),
    ):
        with pytest.raises(OwnError) as caught:
            CHECKS.count("n", value)
        assert str(caught.value) == words
    with pytest.raises(OwnError, match=r"n is 9; give a whole number from 2 to 8$"):
        CHECKS.count("n", 9, 2, 8)


def test_a_room_speaks_in_its_own_words() -> None:
    checks = ArgumentChecks(OwnError, give="expected", choose="expected")
    with pytest.raises(OwnError, match=r"n is 0; expected a whole number of at least 1$"):
        checks.count("n", 0)
    with pytest.raises(OwnError, match=r"kind is 'x'; expected one of a, b$"):
        checks.choice("kind", "x", ("a", "b"))
    with pytest.raises(OwnError, match=r"on is 1; expected True or False$"):
        checks.flag("on", 1)


def test_arrays_are_private_copies() -> None:
    own = np.ones((2, 3), dtype=np.float32)
    array = CHECKS.array("a", own, (2, None), "(2, N)")
    own[:] = 5.0
    assert array.dtype == np.float64
    np.testing.assert_array_equal(array, 1.0)
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0] = 2.0


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([[1.0], [2.0, 3.0]], "a is ragged or not an array"),
        ([["x", "y"]], "a holds text or objects (e.g. 'x'); give real numbers, (2, N)"),
        ([[1j, 0.0]], "a holds numbers of type complex128"),
        ([[1.0, 2.0]], "a has shape (1, 2); expected (2, N), here (2, any)"),
        (np.ones((2, 0)), "a is empty, of shape (2, 0)"),
        ([[1.0], [math.nan]], "a holds nan at index (1, 0); every entry must be finite"),
    ],
)
def test_arrays_that_cannot_be_used(value: Any, words: str) -> None:
    with pytest.raises(OwnError) as caught:
        CHECKS.array("a", value, (2, None), "(2, N)")
    assert words in str(caught.value)


def test_values_are_shown_on_one_short_line() -> None:
    assert shown([1, 2]) == "[1, 2]"
    assert len(shown("x" * 1000)) == 60
    assert "\n" not in shown(np.eye(9))


@pytest.mark.parametrize("taken", [lambda a, b: 0, lambda *all_: 0, lambda a, b=1, *, c=2: 0, max, divmod])
def test_functions_that_take_so_many_arguments(taken: Any) -> None:
    CHECKS.function("call", taken, 2, "a function of two")


@pytest.mark.parametrize("refused", [3, None, lambda: 0, lambda a: 0, lambda a, b, c: 0, lambda a, *, b: 0])
def test_functions_that_take_others_are_told(refused: Any) -> None:
    with pytest.raises(InputError, match=r"call is .*; give a function of two"):
        CHECKS.function("call", refused, 2, "a function of two")
