"""The one path that is known in closed form: one neuron with bias, one sample, between two given activations.

Where the activation is linear, and for a ReLU above zero, the Lagrangian is (a' + L̃a)²/(1 + a²), whose geodesics
satisfy a'' = κ²a:

    a(p) = [a₀ sinh κ(1−p) + a₁ sinh κp]/sinh κ,   κ²(a₀² + a₁² − 2a₀a₁ cosh κ)/sinh²κ = κ² − L̃²,   H = (κ² − L̃²)/(2L̃).

Below zero only the bias of a ReLU acts, and κ = L̃. Through the kink, with the crossing at q and slope s there,
a = (s/r) sinh r(p−q), with r = L̃ below zero and r = κ above, κ² = L̃² + s².
Source: derived from the Lagrangian of Jacot and Kaiser, arXiv:2405.17573.
"""

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Float

LARGEST_EXPONENT = 300.0
"""Of a sinh whose sign alone counts."""


@dataclass(frozen=True, slots=True)
class OneNeuronGeodesic:
    """The path from a₀ to a₁.

    Attributes
    ----------
    start, end : float
        a₀ and a₁.
    effective_depth : float
        L̃ > 0.
    relu : bool
        Whether the activation is a ReLU; else it is linear.
    kappa : float
        κ; L̃ for a ReLU that stays below zero.
    crossing : float or None
        q, where a ReLU's path passes zero.
    slope : float
        s, its slope there.
    """

    start: float
    end: float
    effective_depth: float
    relu: bool
    kappa: float
    crossing: float | None = None
    slope: float = 0.0

    @property
    def hamiltonian(self) -> float:
        """H along the path."""
        return (self.kappa**2 - self.effective_depth**2) / (2.0 * self.effective_depth)

    def at(self, positions: Float[np.ndarray, " m"]) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]:
        """a and a' at positions in [0, 1]."""
        p = np.asarray(positions)
        if self.crossing is None:
            rate, ends = self.kappa, (self.start, self.end)
            a = (ends[0] * np.sinh(rate * (1 - p)) + ends[1] * np.sinh(rate * p)) / np.sinh(rate)
            return a, rate * (ends[1] * np.cosh(rate * p) - ends[0] * np.cosh(rate * (1 - p))) / np.sinh(rate)
        rates = np.where((p < self.crossing) == (self.start < 0), self.effective_depth, self.kappa)
        turns = rates * (p - self.crossing)
        return self.slope / rates * np.sinh(turns), self.slope * np.cosh(turns)

    def quadrature(self, points: int = 401) -> tuple[Float[np.ndarray, " Q"], Float[np.ndarray, " Q"]]:
        """Gauss–Legendre positions and weights of ∫dp, `points` of them on each side of the crossing."""
        nodes, weights = np.polynomial.legendre.leggauss(points)
        p, measure = 0.5 * (nodes + 1.0), 0.5 * weights
        if self.crossing is None:
            return p, measure
        q = self.crossing
        return np.concatenate([q * p, q + (1.0 - q) * p]), np.concatenate([q * measure, (1.0 - q) * measure])

    @property
    def parameter_norm(self) -> float:
        """∫‖W_p‖²dp, with the least weights that make the path."""
        p, measure = self.quadrature()
        a, v = self.at(p)
        active = np.maximum(a, 0.0) if self.relu else a
        return float(measure @ ((v + self.effective_depth * a) ** 2 / (1.0 + active**2)))


def one_neuron_geodesic(start: float, end: float, effective_depth: float, relu: bool = True) -> OneNeuronGeodesic:
    """The geodesic of one neuron with bias.

    Parameters
    ----------
    start, end : float
        a₀ and a₁, neither of them zero.
    effective_depth : float
        L̃ > 0.
    relu : bool
        Whether the activation is a ReLU; else it is linear.
    """
    depth = effective_depth
    if not relu or min(start, end) > 0.0:
        return OneNeuronGeodesic(start, end, depth, relu, _kappa(start, end, depth))
    if max(start, end) < 0.0:
        return OneNeuronGeodesic(start, end, depth, relu, depth)
    # A path and its reverse are extremals of the same Lagrangian, up to a total derivative.
    q, slope = _crossing(min(start, end), max(start, end), depth)
    kappa = float(np.hypot(depth, slope))
    q, slope = (1.0 - q, -slope) if start > 0.0 else (q, slope)
    return OneNeuronGeodesic(start, end, depth, relu, kappa, q, slope)


def _kappa(start: float, end: float, depth: float) -> float:
    """The κ > 0 that solves its condition."""
    from scipy.optimize import brentq

    def gap(kappa: float) -> float:
        mixed = start**2 + end**2 - 2.0 * start * end * np.cosh(kappa)
        return float(kappa**2 * mixed / np.sinh(kappa) ** 2 - kappa**2 + depth**2)

    # Positive at 0, where it is (a₁ − a₀)² + L̃², and negative from some κ on, where all but −κ² dies out.
    top = 2.0 * (depth + 1.0)
    while gap(top) > 0.0:
        top *= 2.0
    return float(brentq(gap, 1e-6, top, xtol=1e-15, rtol=1e-15))


def _crossing(start: float, end: float, depth: float) -> tuple[float, float]:
    """Where a passes zero, and its slope there."""
    from scipy.optimize import brentq

    def slope(q: float) -> float:
        return float(-start * depth / np.sinh(depth * q))

    def gap(q: float) -> float:
        kappa = np.hypot(depth, slope(q))
        # The exponent may be in the hundreds for q near 0; the sign is all that counts there.
        return float(slope(q) / kappa * np.sinh(min(kappa * (1.0 - q), LARGEST_EXPONENT)) - end)

    q = float(brentq(gap, 1e-3, 1.0 - 1e-12, xtol=1e-15, rtol=1e-15))
    return q, slope(q)
