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
    """Two sides of the cost, and what kind of point the path is. It is rolled out, so the recursion holds exactly.

    upper: cost of this path in the exact network; lower: cost of the local minimum of the relaxed problem next to it,
    whose feasible set contains the exact one, or −inf where it was not solved; stationarity: relative residual of
    W_ℓ = L̃B_ℓσ(A_{ℓ−1})ᵀ with Clarke's generalized derivative on kinks (Euler only, else NaN); kinks: inputs of the
    ReLU that rest at zero; strongly_stationary: every kink's multipliers have the right sign; strict_minimum: and the
    Hessian on the pieces is positive definite. None where it is not known.
    """

    upper: float
    lower: float
    stationarity: float
    kinks: int | None = None
    strongly_stationary: bool | None = None
    strict_minimum: bool | None = None

    @property
    def bracket(self) -> float:
        """|upper − lower|/upper: zero is best; infinite where there is no lower side."""
        return abs(self.upper - self.lower) / self.upper if self.upper > 0 else float("nan")

    def __str__(self) -> str:
        rows = [
            ("cost (exact network)", f"{self.upper:.10g}"),
            ("relaxed cost", f"{self.lower:.10g}"),
            ("relative bracket", f"{self.bracket:.2e}"),
            ("stationarity residual", f"{self.stationarity:.2e}"),
            ("inputs on the kink", _word(self.kinks)),
            ("strongly stationary", _word(self.strongly_stationary)),
            ("strict local minimum", _word(self.strict_minimum)),
        ]
        return "\n".join(f"{name:24}{value}" for name, value in rows)


def _word(value: bool | int | None) -> str:
    if value is None:
        return "not known"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


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
