"""How a path has to end: the loss of P A_L added to J, or P A_L = Y as a constraint."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.foundation.shapes import Float

from .shapes import Layer, Targets

SAME = 1e-9  # relative to the largest target: two numbers are equal up to roundoff of the data
WAYS_OUT = "change the targets, or penalize the end (endpoint='penalized')"


@dataclass(frozen=True, slots=True, eq=False)
class PenalizedEnd:
    """Any end is allowed, and J holds its loss.

    Attributes
    ----------
    readout : (d_out, w)
        P.
    targets : (d_out, N)
        Y, one column per sample.
    """

    readout: Float[np.ndarray, "d_out w"]
    targets: Targets
    name: ClassVar[str] = "penalized"
    fixed: ClassVar[bool] = False

    def cost(self, fit: float) -> float:
        """What J holds of a data term `fit`."""
        return fit

    def error(self, final: Layer) -> float:
        """By how much the last representations miss what is asked of them: nothing is."""
        return 0.0

    def said_of(self, final: Layer) -> str:
        """What a start that failed has to say of its end, after its reason."""
        return ""

    def multipliers(self, momentum: Layer) -> Targets:
        """η, the multipliers of P A_L = Y, of a path with this momentum B_L: none."""
        return np.zeros_like(self.targets)

    def check(self, start: Layer, features: Float[np.ndarray, "c N"] | None) -> None:
        """Raise ProblemError for an end that no weights whatever meet: there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class FixedEnd(PenalizedEnd):
    """P A_L = Y is a constraint with multipliers η, and J is the penalty alone."""

    name: ClassVar[str] = "fixed"
    fixed: ClassVar[bool] = True

    def cost(self, fit: float) -> float:
        """What J holds of a data term `fit`: nothing."""
        return 0.0

    def error(self, final: Layer) -> float:
        """max|P A_L − Y|."""
        return float(np.abs(self.readout @ final - self.targets).max())

    def said_of(self, final: Layer) -> str:
        """What a start that failed has to say of its end, after its reason."""
        return f" It misses the fixed end by {self.error(final):.1e}; more neurons or layers may meet it."

    def multipliers(self, momentum: Layer) -> Targets:
        """η of B_L = −Pᵀη, in least squares, which also serves momenta that are not those of a solution."""
        return np.asarray(np.linalg.lstsq(self.readout.T, -momentum, rcond=None)[0])

    def check(self, start: Layer, features: Float[np.ndarray, "c N"] | None) -> None:
        """Find an end that no weights whatever meet, before any solve and proven.

        Parameters
        ----------
        start : (w, N)
            A_0.
        features : (c, N) or None
            σ(A_0) of a linear activation, with its row of ones if there is a bias; None for other activations.

        Raises
        ------
        ProblemError
            For targets outside the range of the readout, samples that start as one and should end apart, and targets
            that are no linear (with a bias, affine) function of the inputs where the activation is linear.
        """
        size = SAME * max(float(np.abs(self.targets).max()), 1e-300)
        final = np.linalg.lstsq(self.readout, self.targets, rcond=None)[0]
        if (missed := self.error(final)) > size:
            raise ProblemError(
                f"targets are not in the range of readout, by {missed:.1e}, and the end is fixed; {WAYS_OUT}"
            )
        twins = _twins(start, self.targets, size)
        if twins is not None:
            raise ProblemError(
                f"targets of samples {twins[0]} and {twins[1]} differ, and the end is fixed, but these samples start "
                f"from the same representation and stay together; {WAYS_OUT}"
            )
        if features is not None:
            linear = np.linalg.lstsq(features.T, self.targets.T, rcond=None)[0].T @ features
            if (missed := float(np.abs(linear - self.targets).max())) > size:
                kind = "affine" if len(features) > len(start) else "linear"
                raise ProblemError(
                    f"targets are no {kind} function of the inputs, by {missed:.1e}, and the end is fixed; {WAYS_OUT}, "
                    "or take activation='relu'"
                )


Endpoint = PenalizedEnd | FixedEnd
ENDPOINTS: dict[str, type[Endpoint]] = {kind.name: kind for kind in (PenalizedEnd, FixedEnd)}


def _twins(start: Layer, targets: Targets, size: float) -> tuple[int, int] | None:
    """The first two samples that start at the same entries, bit for bit, and have different targets."""
    first: dict[bytes, int] = {}
    for sample, column in enumerate(np.ascontiguousarray(start.T) + 0.0):
        other = first.setdefault(column.tobytes(), sample)
        if np.abs(targets[:, other] - targets[:, sample]).max() > size:
            return other, sample
    return None
