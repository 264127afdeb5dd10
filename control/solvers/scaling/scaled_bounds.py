"""Which bounds of a program are active at an optimum, told in scales in which all units look the same."""

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Bool, Float

WEAK = 1e-4
"""Where both the multiplier of a bound and what is left to it are smaller, relative to the path's sizes, it is not
decided whether the bound is active: interior points leave both at the square root of their tolerance (1e-8)."""


@dataclass(frozen=True, slots=True)
class ScaledBounds:
    """Values between bounds, with their multipliers, all scaled.

    Attributes
    ----------
    lower, values, upper : ndarray
        Over their sizes (n,).
    multipliers : ndarray
        Times these sizes, over that of the cost (n,).
    """

    lower: Float[np.ndarray, " n"]
    values: Float[np.ndarray, " n"]
    upper: Float[np.ndarray, " n"]
    multipliers: Float[np.ndarray, " n"]

    @property
    def equal(self) -> Bool[np.ndarray, " n"]:
        """Where both bounds are one."""
        return np.asarray(self.lower == self.upper)

    @property
    def active(self) -> Bool[np.ndarray, " n"]:
        """Those whose multiplier is larger than what is left to the bound of its sign."""
        left = np.where(self.multipliers > 0, self.upper - self.values, self.values - self.lower)
        return np.asarray(self.equal | (np.abs(self.multipliers) > left))

    @property
    def undecided(self) -> Bool[np.ndarray, " n"]:
        """Those that may be active or not."""
        left = np.minimum(self.upper - self.values, self.values - self.lower)
        return np.asarray(~self.equal & (np.maximum(np.abs(self.multipliers), left) < WEAK))

    @property
    def violation(self) -> float:
        """The largest."""
        beyond = np.maximum(self.lower - self.values, self.values - self.upper)
        return float(np.max(beyond, initial=0.0))
