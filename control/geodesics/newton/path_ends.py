"""The end of a path as the structured solver sees it: a loss in the objective, or P A_L = Y held by multipliers η.

Arrays hold samples first; the mismatch is P A_L − Y, (N, d_out). All is scaled by 1/λ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from geodepth.control.geodesics.statement.losses import Loss
from geodepth.control.geodesics.statement.shapes import LayerRows, OutputRows
from geodepth.foundation.shapes import Float


@dataclass(frozen=True, slots=True, eq=False)
class LossAtEnd:
    """φ(A_L), a multiple of the loss of P A_L; multipliers η are carried along, and mean nothing.

    Attributes
    ----------
    readout : (d_out, w)
        P.
    targets : (N, d_out)
        Y.
    loss : Loss
        Of outputs and targets, summed over samples.
    scale : float
        Its factor in J/λ, 1/(λN).
    """

    readout: Float[np.ndarray, "d_out w"]
    targets: OutputRows
    loss: Loss
    scale: float
    fixed: ClassVar[bool] = False

    def mismatch(self, final: LayerRows) -> OutputRows:
        """P A_L − Y."""
        return np.asarray(final @ self.readout.T - self.targets)

    def objective(self, mismatch: OutputRows) -> float:
        """What the end adds to J/λ."""
        return self.scale * self.loss.value(mismatch + self.targets, self.targets)

    def violation(self, mismatch: OutputRows) -> float:
        """What the end adds to the sum of violated constraints."""
        return 0.0

    def residual(self, mismatch: OutputRows) -> float:
        """The end's largest violated constraint."""
        return 0.0

    def gradient(self, mismatch: OutputRows) -> OutputRows:
        """∂φ/∂(P A_L)."""
        return np.asarray(self.scale * self.loss.gradient(mismatch + self.targets, self.targets))

    def force(self, mismatch: OutputRows, eta: OutputRows) -> LayerRows:
        """What P_L must equal: ∇φ(A_L)."""
        return np.asarray(self.gradient(mismatch) @ self.readout)

    def load(self, mismatch: OutputRows, eta: OutputRows, stiffness: float) -> LayerRows:
        """The force on A_L in the linear system."""
        return self.force(mismatch, eta)

    def curvature(self, final: LayerRows, regularization: float) -> Float[np.ndarray, "n d d"]:
        """The curvature in P A_L; n = 1 if all samples have the same."""
        return np.asarray(self.scale * self.loss.curvature(final @ self.readout.T))

    def slope(self, mismatch: OutputRows, change: LayerRows) -> float:
        """The objective's derivative along a change of A_L."""
        return float(np.vdot(self.force(mismatch, mismatch), change))

    def stiffness(self, regularization: float) -> float:
        """1/δ of a constraint: there is none."""
        return 0.0

    def softened(self, growth: float) -> LossAtEnd:
        """A loss with `growth` times this weight."""
        return LossAtEnd(self.readout, self.targets, self.loss, growth * self.scale)


@dataclass(frozen=True, slots=True, eq=False)
class HeldEnd(LossAtEnd):
    """P A_L = Y, imposed by η⁺ = η + (P A_L − Y)/δ.

    Attributes
    ----------
    softness : float
        δ, in the units of A_L per unit of force.
    """

    softness: float
    fixed: ClassVar[bool] = True

    def objective(self, mismatch: OutputRows) -> float:
        """See LossAtEnd.objective."""
        return 0.0

    def violation(self, mismatch: OutputRows) -> float:
        """See LossAtEnd.violation: Σ|P A_L − Y|."""
        return float(np.abs(mismatch).sum())

    def residual(self, mismatch: OutputRows) -> float:
        """See LossAtEnd.residual."""
        return float(np.abs(mismatch).max())

    def force(self, mismatch: OutputRows, eta: OutputRows) -> LayerRows:
        """What P_L must equal: Pᵀη."""
        return np.asarray(eta @ self.readout)

    def load(self, mismatch: OutputRows, eta: OutputRows, stiffness: float) -> LayerRows:
        """See LossAtEnd.load."""
        return np.asarray((eta + stiffness * mismatch) @ self.readout)

    def curvature(self, final: LayerRows, regularization: float) -> Float[np.ndarray, "n d d"]:
        """See LossAtEnd.curvature: 1/δ."""
        return np.asarray(self.stiffness(regularization) * np.eye(self.readout.shape[0])[None])

    def slope(self, mismatch: OutputRows, change: LayerRows) -> float:
        """See LossAtEnd.slope."""
        return 0.0

    def stiffness(self, regularization: float) -> float:
        """1/δ: weights that a regularization makes stiffer need a stiffer end to be moved by it."""
        return (1.0 + regularization) / self.softness
