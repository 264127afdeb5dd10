"""The outcome of a numerical check of a theorem: both sides, the margin, and what it says."""

from __future__ import annotations

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

    margin is the least of right − left for an inequality, minus the largest |right − left| for an equality; the
    statement holds where margin ≥ −tolerance. reason says why it is not applicable, or what to know about the numbers.
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


def inequality(name: str, statement: str, left: object, right: object, tolerance: float, reason: str = "") -> Check:
    """A check of left ≤ right to within tolerance; nan on either side makes it fail."""
    a, b = np.broadcast_arrays(np.atleast_1d(np.asarray(left, float)), np.atleast_1d(np.asarray(right, float)))
    with np.errstate(invalid="ignore"):
        gap = np.where((a == b) | (b == np.inf) | (a == -np.inf), np.where(a == b, 0.0, np.inf), b - a)
    return _judge(name, statement, a, b, float(np.min(gap)), tolerance, reason)


def equality(name: str, statement: str, left: object, right: object, tolerance: float, reason: str = "") -> Check:
    """A check of left = right to within tolerance; nan on either side makes it fail."""
    a, b = np.broadcast_arrays(np.atleast_1d(np.asarray(left, float)), np.atleast_1d(np.asarray(right, float)))
    with np.errstate(invalid="ignore"):
        gap = np.where(a == b, 0.0, np.abs(b - a))
    return _judge(name, statement, a, b, -float(np.max(gap)), tolerance, reason)


def not_applicable(name: str, statement: str, reason: str) -> Check:
    """A check that cannot be made, with the reason."""
    nothing = np.empty(0)
    return Check(name, statement, nothing, nothing, float("nan"), 0.0, Status.NOT_APPLICABLE, reason)


def _judge(
    name: str, statement: str, left: Float[np.ndarray, " Q"], right: Float[np.ndarray, " Q"], margin: float,
    tolerance: float, reason: str,
) -> Check:  # fmt: skip
    # A comparison with nan is false, so that nan never passes.
    status = Status.HOLDS if margin >= -tolerance else Status.FAILS
    return Check(name, statement, left, right, margin, tolerance, status, reason)
