"""The errors of the control tower, and the checks of arguments that raise them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from geodepth.foundation.argument_checks import ArgumentChecks
from geodepth.foundation.errors import InputError


class ControlError(Exception):
    """Any error that this package raises on purpose."""


class ProblemError(ControlError, InputError):
    """Something the user gave cannot be used: the message names it, what was seen, and what to do."""


CHECKS = ArgumentChecks(ProblemError)
"""Checks of numbers, counts, choices and flags that raise ProblemError."""


def is_range(lower: Any, upper: Any) -> bool:
    """Whether finite numbers fit between the bounds (arrays likewise); NaN makes it false."""
    return bool(np.all((lower <= upper) & (lower < math.inf) & (upper > -math.inf)))
