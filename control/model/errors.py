"""The errors of the control tower, and the checks of what a user gave."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from geodepth.foundation.errors import InputError


class ControlError(Exception):
    """Any error that this package raises on purpose."""


class ProblemError(ControlError, InputError):
    """Something the user gave cannot be used: the message names it, what was seen, and what to do."""


def check_number(which: str, value: object, lower: float, upper: float, wanted: str) -> None:
    """Raise ProblemError unless value is a number strictly between lower and upper."""
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not number or not lower < value < upper:  # type: ignore[operator]
        raise ProblemError(f"{which} is {value!r:.80}; give {wanted}")


def check_count(which: str, value: object, least: int = 1, most: int | None = None) -> int:
    """The whole number, if it is one from `least` to `most`; otherwise raises ProblemError."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):  # type: ignore[operator]
        wanted = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise ProblemError(f"{which} is {value!r:.80}; give a whole number {wanted}")
    return int(value)  # type: ignore[call-overload, no-any-return]


def is_range(lower: Any, upper: Any) -> bool:
    """Whether finite numbers fit between the bounds (arrays likewise); NaN makes it false."""
    return bool(np.all((lower <= upper) & (lower < math.inf) & (upper > -math.inf)))
