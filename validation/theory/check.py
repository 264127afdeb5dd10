"""The outcome of a numerical check of a theorem: both sides, the margin, and what it says."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from geodepth.foundation.shapes import Float


class Status(Enum):
    """What a check found."""

    HOLDS = "holds"
    FAILS = "fails"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """Two sides of a statement "left ≤ right" (or "left = right"), entry by entry, with the least margin.

    Attributes
    ----------
    name, statement : str
        Which statement, and what it says.
    left, right : (Q,)
        Both sides; empty where the statement is not applicable.
    margin : float
        The least of right − left for an inequality, minus the largest |right − left| for an equality.
    tolerance : float
        The statement holds where margin ≥ −tolerance.
    status : Status
    reason : str
        Why it is not applicable, or what to know about the numbers.
    """

    name: str
    statement: str
    left: Float[np.ndarray, " Q"]
    right: Float[np.ndarray, " Q"]
    margin: float
    tolerance: float
    status: Status
    reason: str = ""

    @property
    def sentence(self) -> str:
        """The outcome in one line."""
        if self.status is Status.NOT_APPLICABLE:
            return f"{self.name}: not applicable, {self.reason}"
        extra = f" ({self.reason})" if self.reason else ""
        return f"{self.name}: {self.status.value} with margin {self.margin:.3g}{extra}"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the paper: its name and its words. Its methods hold numbers against it."""

    name: str
    words: str

    def inequality(self, left: object, right: object, tolerance: float, reason: str = "") -> Check:
        """Check left ≤ right to within `tolerance`; nan on either side makes it fail."""
        a, b = _sides(left, right)
        with np.errstate(invalid="ignore"):
            gap = np.where((a == b) | (b == np.inf) | (a == -np.inf), np.where(a == b, 0.0, np.inf), b - a)
        return self._judged(a, b, float(np.min(gap)), tolerance, reason)

    def equality(self, left: object, right: object, tolerance: float, reason: str = "") -> Check:
        """Check left = right to within `tolerance`; nan on either side makes it fail."""
        a, b = _sides(left, right)
        with np.errstate(invalid="ignore"):
            gap = np.where(a == b, 0.0, np.abs(b - a))
        return self._judged(a, b, -float(np.max(gap)), tolerance, reason)

    def not_applicable(self, reason: str) -> Check:
        """A check that cannot be made, with the reason."""
        nothing = np.empty(0)
        return Check(self.name, self.words, nothing, nothing, float("nan"), 0.0, Status.NOT_APPLICABLE, reason)

    def _judged(
        self, left: Float[np.ndarray, " Q"], right: Float[np.ndarray, " Q"], margin: float, slack: float, reason: str
    ) -> Check:
        # A comparison with nan is false, so that nan never passes.
        status = Status.HOLDS if margin >= -slack else Status.FAILS
        return Check(self.name, self.words, left, right, margin + 0.0, slack, status, reason)  # no minus before zero


def _sides(left: object, right: object) -> tuple[Float[np.ndarray, " Q"], Float[np.ndarray, " Q"]]:
    a, b = np.broadcast_arrays(*(np.atleast_1d(np.asarray(side, float)) for side in (left, right)))
    return a, b
