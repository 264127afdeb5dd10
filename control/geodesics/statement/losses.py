"""The data terms of a geodesic: value, gradient and curvature in the network's outputs Z = P A_1, in NumPy and CasADi.

All are sums over samples, which the geodesic divides by N. Outputs and targets here hold one row per sample.
"""

from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.foundation.shapes import Float

from .shapes import OutputRows, Targets

PROBABILITY_ROUNDOFF = 1e-9  # by which a column of probabilities may miss the sum of one


class SquaredLoss:
    """‖Y − Z‖²."""

    name = "squared"

    def check(self, targets: Targets, fixed_end: bool) -> None:
        """Accept any targets, and any end."""

    def value(self, outputs: OutputRows, targets: OutputRows) -> float:
        """The loss, summed over samples."""
        return float(np.sum((outputs - targets) ** 2))

    def gradient(self, outputs: OutputRows, targets: OutputRows) -> OutputRows:
        """∂loss/∂Z = 2(Z − Y)."""
        return np.asarray(2.0 * (outputs - targets))

    def curvature(self, outputs: OutputRows) -> Float[np.ndarray, "n d d"]:
        """∂²loss/∂Z² = 2I, once for all samples: (1, d, d)."""
        return np.asarray(2.0 * np.eye(outputs.shape[1]))[None]

    def expression(self, outputs: Any, targets: Float[np.ndarray, "d N"]) -> Any:
        """The loss as a CasADi expression of outputs (d, N), one column per sample."""
        return ca.sumsqr(outputs - ca.DM(targets))


class CrossEntropyLoss:
    """−Σ_k Y_k log softmax(Z)_k, of targets that are probabilities, one-hot for classes."""

    name = "cross-entropy"

    def check(self, targets: Targets, fixed_end: bool) -> None:
        """Raise ProblemError for targets that are no probabilities, or a fixed end, which leaves it without meaning."""
        if fixed_end:
            raise ProblemError(
                "loss is 'cross-entropy', which a fixed endpoint leaves without meaning; penalize the end"
            )
        if np.any(targets < 0) or np.any(np.abs(targets.sum(axis=0) - 1.0) > PROBABILITY_ROUNDOFF):
            raise ProblemError(
                "targets are not probabilities (columns of entries ≥ 0 that sum to 1), as cross-entropy needs; "
                "give one-hot targets, not centred ones"
            )

    def value(self, outputs: OutputRows, targets: OutputRows) -> float:
        """The loss, summed over samples."""
        # Relative to the highest, since targets sum to one: a small loss keeps its digits.
        below = outputs - outputs.max(axis=1, keepdims=True)
        return float(np.sum(np.log(np.exp(below).sum(axis=1))) - np.vdot(targets, below))

    def gradient(self, outputs: OutputRows, targets: OutputRows) -> OutputRows:
        """∂loss/∂Z = softmax(Z) − Y."""
        return np.asarray(softmax(outputs) - targets)

    def curvature(self, outputs: OutputRows) -> Float[np.ndarray, "n d d"]:
        """∂²loss/∂Z² of every sample: diag(s) − ssᵀ with s = softmax(Z), (N, d, d)."""
        s = softmax(outputs)
        hessian = -s[:, :, None] * s[:, None, :]
        diagonal = np.arange(s.shape[1])
        hessian[:, diagonal, diagonal] += s
        return np.asarray(hessian)

    def expression(self, outputs: Any, targets: Float[np.ndarray, "d N"]) -> Any:
        """The loss as a CasADi expression of outputs (d, N), one column per sample."""
        total: Any = -ca.sum2(ca.sum1(ca.DM(targets) * outputs))
        for column in ca.horzsplit(outputs):
            total += ca.logsumexp(column)
        return total


Loss = SquaredLoss | CrossEntropyLoss
LOSSES: dict[str, Loss] = {loss.name: loss for loss in (SquaredLoss(), CrossEntropyLoss())}


def softmax(outputs: OutputRows) -> OutputRows:
    """exp(Z)/Σexp(Z), row by row.

    SciPy's takes the same steps, but its import is most of what importing this package would cost.
    """
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
