"""The errors of the control tower: what the user can mend, and what a solver could not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .solution import Solution


class ControlError(Exception):
    """Any error that this package raises on purpose."""


class ProblemError(ControlError, ValueError):
    """Something the user gave cannot be used: the message names it, what was seen, and what to do."""


def check_number(which: str, value: object, lower: float, upper: float, wanted: str) -> None:
    """Raise ProblemError unless value is a number strictly between lower and upper."""
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not number or not lower < value < upper:  # type: ignore[operator]
        raise ProblemError(f"{which} is {value!r}; give {wanted}")


class SolveError(ControlError, RuntimeError):
    """A solver stopped short. The last iterate is in `solution`, and its status carries advice."""

    def __init__(self, message: str, solution: Solution) -> None:
        super().__init__(message)
        self.solution = solution
