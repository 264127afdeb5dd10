"""What is known of a geodesic's cost and of how stationary its path is, measured apart from the solver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .problem import RepresentationGeodesic

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True, slots=True)
class GeodesicCertificate:
    """Two sides of the cost, and how stationary the path is.

    upper: cost of a feasible path; lower: cost of the relaxed problem in the same minimum, or −inf where it was not
    solved; stationarity: ‖W_ℓ − L̃B_ℓσ(A_{ℓ−1})ᵀ‖/‖W‖ over all layers, with the exact activation and the solver's
    multipliers (Euler only). The path itself is rolled out from its weights, so it satisfies the recursion exactly.
    """

    upper: float
    lower: float
    stationarity: float

    @property
    def bracket(self) -> float:
        """(upper − lower)/upper: zero is best; infinite where there is no lower side."""
        return abs(self.upper - self.lower) / self.upper if self.upper > 0 else float("nan")

    def __str__(self) -> str:
        return "\n".join(
            [
                f"cost (exact network)      {self.upper:.10g}",
                f"relaxed cost              {self.lower:.10g}",
                f"relative bracket          {self.bracket:.2e}",
                f"stationarity residual     {self.stationarity:.2e}",
            ]
        )


def stationarity_residual(
    geodesic: RepresentationGeodesic,
    weights: Float[np.ndarray, "L w c"],
    representations: Float[np.ndarray, "L+1 w N"],
    momenta: Float[np.ndarray, "L+1 w N"],
    smoothing: float = 0.0,
) -> float:
    """‖W_ℓ − L̃B_ℓσ(A_{ℓ−1})ᵀ‖_F/‖W_ℓ‖_F over all layers at once: zero at a stationary point of the discrete network.

    Source: Jacot and Kaiser, arXiv:2405.17573, section 2; for L̃ = 0 the factor is one.
    """
    scale = geodesic.effective_depth if geodesic.effective_depth > 0 else 1.0
    implied = np.stack(
        [scale * b @ geodesic.features(a, smoothing).T for a, b in zip(representations[:-1], momenta[1:], strict=True)]
    )
    return float(np.linalg.norm(weights - implied) / max(float(np.linalg.norm(weights)), 1e-300))
