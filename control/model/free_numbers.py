"""Numbers that the optimizer chooses: free times and free parameters, each with a guess and bounds."""

import math
from dataclasses import dataclass

import numpy as np

from .bounds import without_far
from .errors import CHECKS, ProblemError

LARGEST = 10**300
"""Of a whole number, so that it is one in floating point too."""


@dataclass(frozen=True, slots=True)
class FreeNumber:
    """A number that the optimizer chooses.

    Attributes
    ----------
    guess : float
        Where it starts, within the bounds.
    lower, upper : float
        The bounds; infinite where nothing is said, or where their magnitude is at least 1e19.
    """

    guess: float
    lower: float = -math.inf
    upper: float = math.inf

    def __post_init__(self) -> None:
        kind, guess, lower, upper = type(self).__name__, self.guess, self.lower, self.upper
        for which, value in (("guess", guess), ("lower", lower), ("upper", upper)):
            whole = isinstance(value, int | np.integer) and not isinstance(value, bool) and abs(value) <= LARGEST
            if not whole and not isinstance(value, float | np.floating):
                raise CHECKS.refusal(f"{kind}: {which}", value, "a number")
        for which, side in zip(("lower", "upper"), without_far(lower, upper), strict=True):
            object.__setattr__(self, which, float(side))
        if lower > upper:
            raise ProblemError(f"{kind}: the lower bound {lower} must not exceed the upper bound {upper}")
        if not (math.isfinite(guess) and lower <= guess <= upper):
            raise ProblemError(f"{kind}: the guess {guess} must be finite and lie within its bounds ({lower}, {upper})")


class FreeTime(FreeNumber):
    """An initial or final time that the optimizer chooses, within bounds, from a guess.

    Attributes
    ----------
    guess : float
        Where the optimizer starts, in the problem's unit of time.
    lower, upper : float
        Its bounds, infinite where there are none.
    """

    __slots__ = ()


class FreeParameter(FreeNumber):
    """A scalar parameter that the optimizer chooses, within bounds, from a guess.

    Attributes
    ----------
    guess : float
        Where the optimizer starts.
    lower, upper : float
        Its bounds, infinite where there are none.
    """

    __slots__ = ()
