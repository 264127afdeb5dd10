"""Stationarity in Clarke's sense: the momenta that given slopes on the kinks imply, and what they leave of ∂J/∂W."""

from __future__ import annotations

import numpy as np

from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.foundation.shapes import Float


def clarke_residual(
    geodesic: RepresentationGeodesic,
    layer_steps: Float[np.ndarray, " L"],
    weights: Float[np.ndarray, "L w c"],
    path: Float[np.ndarray, "L+1 w N"],
    slopes: Float[np.ndarray, "L w N"],
    final: Float[np.ndarray, "w N"],
) -> tuple[Float[np.ndarray, "L+1 w N"], float]:
    """Momenta for given slopes of σ, and ‖∂J/∂W‖_F/‖∂penalty/∂W‖_F with them, ∂J/∂W_ℓ/λ = 2κρW_ℓ − ρB_ℓσ(A_{ℓ−1})ᵀ.

    With slopes from Clarke's generalized derivative, zero says that 0 is in the generalized gradient of J.
    """
    momenta = np.empty_like(path)
    momenta[-1] = final
    gradient, scale = 0.0, 0.0
    for layer in range(len(layer_steps) - 1, -1, -1):
        step, matrix = layer_steps[layer], weights[layer]
        penalty = 2.0 * geodesic.penalty_scale * step * matrix
        gradient += float(np.sum((penalty - step * momenta[layer + 1] @ geodesic.features(path[layer]).T) ** 2))
        scale += float(np.sum(penalty**2))
        back = slopes[layer] * (matrix[:, : geodesic.width].T @ momenta[layer + 1])
        momenta[layer] = (1.0 - step * geodesic.effective_depth) * momenta[layer + 1] + step * back
    return momenta, float(np.sqrt(gradient / max(scale, 1e-300)))
