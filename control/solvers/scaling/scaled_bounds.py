"""Which bounds of a program are active at an optimum, told in scales in which all units look the same."""

from dataclasses import dataclass

import numpy as np

from geodepth.control.solvers.status import Iterate
from geodepth.control.transcription.nonlinear_program import NonlinearProgram
from geodepth.foundation.shapes import Bool, Float

from .variable_scaling import Scales

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
    def left(self) -> Float[np.ndarray, " n"]:
        """What is left to the bound that the multiplier's sign belongs to."""
        return np.asarray(np.where(self.multipliers > 0, self.upper - self.values, self.values - self.lower))

    @property
    def active(self) -> Bool[np.ndarray, " n"]:
        """Those whose multiplier is larger than what is left to its bound."""
        return np.asarray(self.equal | (np.abs(self.multipliers) > self.left))

    @property
    def undecided(self) -> Bool[np.ndarray, " n"]:
        """Those that may be active or not."""
        left = np.minimum(self.upper - self.values, self.values - self.lower)
        return np.asarray(~self.equal & (np.maximum(np.abs(self.multipliers), left) < WEAK))


def scaled_bounds(
    program: NonlinearProgram, iterate: Iterate, constraints: Float[np.ndarray, " rows"], scales: Scales
) -> tuple[ScaledBounds, ScaledBounds]:
    """The bounds of a program's variables, and those of its constraints.

    Parameters
    ----------
    program : NonlinearProgram
        Of one phase or several.
    iterate : Iterate
        Variables and multipliers.
    constraints : ndarray
        g there (rows,).
    scales : Scales
        What variables, constraints and the objective are relative to.
    """
    t = program

    def scaled(
        lower: np.ndarray, values: np.ndarray, upper: np.ndarray, size: np.ndarray, multipliers: np.ndarray
    ) -> ScaledBounds:
        return ScaledBounds(lower / size, values / size, upper / size, multipliers * size / scales.objective)

    return (
        scaled(t.lower, iterate.variables, t.upper, scales.variables, iterate.variable_multipliers),
        scaled(t.constraint_lower, constraints, t.constraint_upper, scales.constraints, iterate.constraint_multipliers),
    )
