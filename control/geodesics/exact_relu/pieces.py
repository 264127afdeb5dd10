"""The exact ReLU piece by piece: each input on its positive side, its negative side, or held on the kink.

On a kink the input is an equality constraint, A = 0, with a multiplier ν in place of σ'·M, where M = ρW[:, :w]ᵀP is
what the Lagrangian gains with σ. A local minimum of the exact problem is one of these smooth problems' in which no
side is left and 0 ≤ ν ≤ M on every kink: both ways off it the cost rises, the multipliers of S ≥ 0 and T ≥ 0 in
A = S − T being ν and M − ν. Where M < 0 a kink is a ridge, and never held.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from geodepth.control.geodesics.newton.shooting_model import SOFTNESS, ShootingModel
from geodepth.control.geodesics.statement.shapes import LayersRows, Path
from geodepth.foundation.shapes import Bool, Int8

ON_KINK = 1e-8
"""|A| below this fraction of the largest is on a kink: above what Newton's method leaves, 1e-10, and below inputs that
rest off it (chosen by hand)."""


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """The side of every input, and where the relaxation lifts σ.

    Attributes
    ----------
    sides : (L, N, w) of int8
        1 (σ = A), −1 (σ = 0) or 0 (A = 0), for A_0 … A_{L−1}.
    lifted : (L, N, w) of bool
        Where Scholtes' relaxation S∘T ≤ ε²/4 is taken at its upper limit, σ_ε.
    """

    sides: Int8[np.ndarray, "L N w"]
    lifted: Bool[np.ndarray, "L N w"]

    @staticmethod
    def exact(sides: Int8[np.ndarray, "L N w"]) -> Pieces:
        """These sides, with nothing lifted."""
        return Pieces(sides, np.zeros(sides.shape, dtype=bool))

    def key(self) -> bytes:
        """Equal for equal pieces."""
        return self.sides.tobytes() + self.lifted.tobytes()


@dataclass(frozen=True, slots=True, eq=False)
class PiecewiseModel(ShootingModel):
    """A ShootingModel whose ReLU is replaced by its pieces.

    Attributes
    ----------
    activation : Activation
        σ_ε of the lifted inputs.
    pieces : Pieces
        Which piece each input is on.
    """

    pieces: Pieces

    def activate(self, states: np.ndarray, layer: int | None = None) -> np.ndarray:
        """σ of each input's piece."""
        sides, lifted = self._pick(layer)
        exact = np.where(sides > 0, states, 0.0)
        if not lifted.any():
            return exact
        return np.where(lifted, self.activation.value(states), exact)

    def gate(self, states: np.ndarray, layer: int | None = None) -> np.ndarray:
        """σ'; zero on kinks, whose share of the adjoint is ν."""
        sides, lifted = self._pick(layer)
        exact = (sides > 0).astype(float)
        if not lifted.any():
            return exact
        return np.where(lifted, self.activation.slope(states), exact)

    def bend(self, states: np.ndarray, layer: int | None = None) -> np.ndarray:
        """σ''."""
        _, lifted = self._pick(layer)
        if not lifted.any():
            return np.zeros_like(states)
        return np.where(lifted, self.activation.curvature(states), 0.0)

    def pin_stiffness(self, regularization: float) -> LayersRows:
        """1/δ on the kinks, with δ a fraction SOFTNESS of what one layer's weights yield to a force there."""
        compliance = float(np.mean(self.steps / self.penalties)) * self.softness_scale
        return np.where(self.pieces.sides == 0, (1.0 + regularization) / (SOFTNESS * compliance), 0.0)

    @property
    def softness_scale(self) -> float:
        """ρ‖features‖² of one sample at the start."""
        return float(np.mean(self.steps) * (np.sum(self.start**2) / self.samples + self.bias_share))

    def _pick(self, layer: int | None) -> tuple[np.ndarray, np.ndarray]:
        sides, lifted = self.pieces.sides, self.pieces.lifted
        return (sides, lifted) if layer is None else (sides[layer], lifted[layer])


def piecewise_model(base: ShootingModel, pieces: Pieces, smoothing: float = 0.0) -> PiecewiseModel:
    """The pieces of a model's exact ReLU; lifted inputs get σ_ε, ε = `smoothing`."""
    known = {field.name: getattr(base, field.name) for field in fields(ShootingModel)}
    known |= {"activation": base.activation.smoothed(smoothing), "smoothing": smoothing}
    return PiecewiseModel(**known, pieces=pieces)


def sides_of(path: Path) -> Int8[np.ndarray, "L w N"]:
    """1, −1, or 0 on the kink, for the inputs A_0 … A_{L−1} of a path."""
    inner = path[:-1]
    near = np.abs(inner) <= ON_KINK * max(1e-300, float(np.abs(path).max()))
    return np.where(near, 0, np.sign(inner)).astype(np.int8)
