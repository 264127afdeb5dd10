"""Checks of what the user gives: each returns the value in double precision, or raises one ValidationError."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from geodepth.foundation.shapes import Float

from .errors import ValidationError


def check_array(name: str, value: Any, shape: Sequence[int | None], layout: str) -> Float[np.ndarray, "*shape"]:
    """A private float64 copy of `value`, read-only.

    shape gives the expected size of every axis, None where any size of at least one will do; layout says it in words
    for the message, for example "(d_in, N), one column a sample". Raises ValidationError where the value is not
    numeric, not finite, empty, complex, or of another shape.
    """
    try:
        given = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise ValidationError(f"{name} is ragged or not an array ({_one_line(error)}); give {layout}") from None
    if given.dtype.kind in "OUSV":
        example = given.reshape(-1)[:1].tolist()
        found = f"e.g. {example[0]!r}" if example else "none at all"
        raise ValidationError(f"{name} holds text or objects ({found}); give real numbers, {layout}")
    if given.dtype.kind not in "fiub":
        raise ValidationError(f"{name} holds numbers of type {given.dtype}; give real numbers, {layout}")
    if given.ndim != len(shape) or any(
        want is not None and want != got for want, got in zip(shape, given.shape, strict=True)
    ):
        raise ValidationError(f"{name} has shape {given.shape}; expected {layout}{_sizes(shape)}")
    if given.size == 0:
        raise ValidationError(f"{name} is empty, of shape {given.shape}; give at least one entry on every axis")
    array = np.array(given, dtype=np.float64, order="C")
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValidationError(
            f"{name} holds {array[where]} at index {where}; every entry must be finite, so remove or fill it"
        )
    array.flags.writeable = False
    return array


def check_number(name: str, value: Any, *, positive: bool) -> float:
    """`value` as a finite float, greater than zero if `positive`, else at least zero. Raises ValidationError."""
    wanted = "positive" if positive else "zero or positive"
    if isinstance(value, bool | str | bytes) or value is None:
        raise ValidationError(f"{name} is {value!r}; give one {wanted} number")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValidationError(f"{name} is {_short(value)}; give one {wanted} number") from None
    if not math.isfinite(number) or number < 0.0 or (positive and number == 0.0):
        raise ValidationError(f"{name} is {number}; it must be finite and {wanted}")
    return number


def check_count(name: str, value: Any, minimum: int = 1) -> int:
    """`value` as a whole number of at least `minimum`. Raises ValidationError."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < minimum:
        raise ValidationError(f"{name} is {_short(value)}; give a whole number of at least {minimum}")
    return int(value)


def check_choice(name: str, value: Any, choices: Sequence[str]) -> str:
    """`value` where it is one of `choices`. Raises ValidationError."""
    if not isinstance(value, str) or value not in choices:
        raise ValidationError(f"{name} is {_short(value)}; choose one of {', '.join(choices)}")
    return value


def _sizes(shape: Sequence[int | None]) -> str:
    if all(size is None for size in shape):
        return ""
    return f", here ({', '.join('any' if size is None else str(size) for size in shape)})"


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
