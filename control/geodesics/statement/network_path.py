"""The path of a network with given weights: what every judgement of a geodesic asks of it, computed once.

1. Roll the weights out: A_ℓ = (1 − ρ_ℓL̃)A_{ℓ−1} + ρ_ℓ W_ℓ σ(A_{ℓ−1}), A_0 = E X.
2. Pull the momenta back: B_{ℓ−1} = (1 − ρ_ℓL̃)B_ℓ + ρ_ℓ σ'(A_{ℓ−1}) ∘ [W_ℓᵀB_ℓ]_{first w rows}, B_L = −(1/λ)∂C/∂A_L.
3. Compare each matrix with the one that stationarity asks for, W_ℓ = L̃ B_ℓ σ(A_{ℓ−1})ᵀ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geodepth.foundation.shapes import Float

from .representation_geodesic import RepresentationGeodesic
from .shapes import Layer, Path, Steps, Weights


# No slots: what is computed once is kept in the instance's dictionary.
@dataclass(frozen=True, eq=False)
class NetworkPath:
    """Weights of the L-layer network with the representations and momenta that belong to them.

    Attributes
    ----------
    geodesic : RepresentationGeodesic
        The problem, of width w and N samples; c = w + 1 columns with a bias, else w.
    steps : (L,)
        The layer steps ρ_ℓ.
    weights : (L, w, c)
        W_ℓ.
    representations : (L + 1, w, N)
        A_ℓ, from A_0 = E X on.
    momenta : (L + 1, w, N)
        B_ℓ = −(1/λ)∂C/∂A_ℓ, where C is the data term.
    smoothing : float
        ε of σ_ε; 0 stands for the geodesic's own activation.
    """

    geodesic: RepresentationGeodesic
    steps: Steps
    weights: Weights
    representations: Path
    momenta: Path
    smoothing: float = 0.0

    @staticmethod
    def of_weights(
        geodesic: RepresentationGeodesic,
        steps: Steps,
        weights: Weights,
        smoothing: float = 0.0,
        slopes: Float[np.ndarray, "L w N"] | None = None,
        final_momentum: Layer | None = None,
    ) -> NetworkPath:
        """The path that these weights roll out to, with the momenta of the adjoint recursion.

        Parameters
        ----------
        geodesic, steps, weights, smoothing
            As in the attributes.
        slopes : (L, w, N), optional
            σ'(A_{ℓ−1}) where it is not unique: elements of Clarke's generalized derivative on the kinks.
        final_momentum : (w, N), optional
            B_L where the data term does not give it: Pᵀ times the multipliers of a fixed end.
        """
        path = geodesic.propagate(weights, steps, smoothing)
        momenta = geodesic.momenta(weights, path, steps, smoothing, final_momentum, slopes)
        return NetworkPath(geodesic, steps, weights, path, momenta, smoothing)

    @cached_property
    def features(self) -> Float[np.ndarray, "L c N"]:
        """σ(A_{ℓ−1}) with its row of ones, the input of layer ℓ."""
        return np.stack([self.geodesic.features(a, self.smoothing) for a in self.representations[:-1]])

    @cached_property
    def fit(self) -> float:
        """The data term of the last representations."""
        return self.geodesic.fit(self.representations[-1])

    @cached_property
    def penalty(self) -> float:
        """λ/(2L̃) Σ ρ_ℓ‖W_ℓ‖_F²."""
        return self.geodesic.penalty(self.weights, self.steps)

    @cached_property
    def cost(self) -> float:
        """J: the penalty, and the data term of a penalized end."""
        return self.geodesic.end.cost(self.fit) + self.penalty

    @cached_property
    def end_error(self) -> float:
        """max|P A_L − Y| of a fixed end, zero for a penalized one."""
        return self.geodesic.end.error(self.representations[-1])

    @cached_property
    def stationarity(self) -> float:
        """The relative residual of W_ℓ = L̃ B_ℓ σ(A_{ℓ−1})ᵀ over all layers: zero at a stationary point.

        Notes
        -----
        √(Σ_ℓ ρ_ℓ‖W_ℓ − L̃B_ℓσ(A_{ℓ−1})ᵀ‖_F²) / √(Σ_ℓ ρ_ℓ‖W_ℓ‖_F²), with 1 in place of L̃ for L̃ = 0. It is 0 where both
        sides vanish, and infinite where only W does. Since ∂J/∂W_ℓ = (λ/L̃)ρ_ℓ(W_ℓ − L̃B_ℓσ(A_{ℓ−1})ᵀ), momenta with
        slopes from Clarke's generalized derivative make zero say that 0 is in the generalized gradient of J.
        Source: Jacot and Kaiser, arXiv:2405.17573, section 2.
        """
        depth = self.geodesic.effective_depth if self.geodesic.effective_depth > 0 else 1.0
        missing = self.weights - np.matmul(depth * self.momenta[1:], np.swapaxes(self.features, 1, 2))
        left, size = (
            math.sqrt(np.dot(self.steps, np.sum(part**2, axis=(1, 2)))) for part in (missing, np.asarray(self.weights))
        )
        if size > 0.0:
            return left / size
        return 0.0 if left == 0.0 else math.inf


def stationarity_residual(
    geodesic: RepresentationGeodesic,
    weights: Weights,
    representations: Path,
    momenta: Path,
    smoothing: float = 0.0,
    layer_steps: Steps | None = None,
) -> float:
    """How far a network is from stationary: the relative residual of W_ℓ = L̃ B_ℓ σ(A_{ℓ−1})ᵀ.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        The problem.
    weights : (L, w, c)
        W_ℓ.
    representations, momenta : (L + 1, w, N)
        A_ℓ and B_ℓ.
    smoothing : float
        ε of σ_ε; 0 stands for the geodesic's own activation.
    layer_steps : (L,), optional
        ρ_ℓ; equal ones if they are left out.

    Notes
    -----
    The equation is that of `NetworkPath.stationarity`.
    """
    count = len(weights)
    steps = np.full(count, 1.0 / count) if layer_steps is None else np.asarray(layer_steps, dtype=float)
    return NetworkPath(geodesic, steps, weights, representations, momenta, smoothing).stationarity
