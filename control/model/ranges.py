"""Pairs (lower, upper) that a statement gives by name: which of them are ranges."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .bounds import is_range, without_far
from .errors import CHECKS, ProblemError


def check_range(which: str, pair: Any, wanted: str = "a pair of numbers (lower, upper)") -> None:
    """Raise ProblemError unless a pair is a range.

    Parameters
    ----------
    which : str
        The argument, for messages.
    pair : object
        What was given.
    wanted : str, optional
        What to ask for where it is no pair of numbers.

    Raises
    ------
    ProblemError
        It is no pair of numbers, or no finite number fits between them.
    """
    try:
        first, last = (one_side(side) for side in pair)
    except (TypeError, ValueError):
        raise CHECKS.refusal(which, pair, wanted) from None
    if not is_range(*without_far(first, last)):
        raise ProblemError(
            f"{which} is ({first}, {last}); the lower bound must not exceed the upper, and a finite number must fit "
            "between them"
        )


def check_ranges(which: str, given: Mapping[str, Any]) -> None:
    """Raise ProblemError unless all values of a mapping are ranges; `which` is the argument that gives them."""
    for name, pair in given.items():
        check_range(f"{which}[{name!r}]", pair)


def one_side(side: Any) -> float:
    """A bound as a number, whose infinities, and NaN, are left to the range. Raises ProblemError for anything else."""
    return float(side) if isinstance(side, float | np.floating) else CHECKS.number("a bound", side)
