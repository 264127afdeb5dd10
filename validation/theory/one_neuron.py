"""The one path that is known in closed form: one neuron with bias, one sample, between two given activations.

Between positive ends the Lagrangian is (a' + L̃a)²/(1 + a²), whose geodesics satisfy a'' = κ²a:

    a(p) = [a₀ sinh κ(1−p) + a₁ sinh κp]/sinh κ,   κ²(a₀² + a₁² − 2a₀a₁ cosh κ)/sinh²κ = κ² − L̃²,   H = (κ² − L̃²)/(2L̃).

From a₀ < 0 to a₁ > 0 through a ReLU only the bias acts below zero: with the crossing at q and slope s there,
a = −(s/L̃) sinh L̃(q−p) before and (s/κ) sinh κ(p−q) after, s = −a₀L̃/sinh L̃q, κ² = L̃² + s².
Source: derived from the Lagrangian of Jacot and Kaiser, arXiv:2405.17573.
"""

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.argument_checks import check_number
from geodepth.validation.errors import ValidationError
from geodepth.validation.physics.path_energies import Energies, energies_at_points


@dataclass(frozen=True, slots=True, eq=False)
class OneNeuron:
    """The path at Q positions, without units.

    Attributes
    ----------
    positions : (Q,)
        p.
    measure : (Q,)
        Quadrature weights of ∫dp.
    activation : (Q,)
        a.
    velocity : (Q,)
        a'.
    momentum : (Q,)
        B = W σ(a)ᵀ⁺/L̃.
    effective_depth : float
        L̃.
    kappa : float
        κ.
    hamiltonian : float
        H.
    crossing : float or None
        Where a passes zero, None between positive ends.
    """

    positions: Float[np.ndarray, " Q"]
    measure: Float[np.ndarray, " Q"]
    activation: Float[np.ndarray, " Q"]
    velocity: Float[np.ndarray, " Q"]
    momentum: Float[np.ndarray, " Q"]
    effective_depth: float
    kappa: float
    hamiltonian: float
    crossing: float | None

    @property
    def parameter_norm(self) -> float:
        """∫‖W_p‖²dp, with the least weights that make the path."""
        return float(self.measure @ self.energies.weight_norm)

    @property
    def energies(self) -> Energies:
        """Everything that is measured of a path, measured of this one."""
        shape = (len(self.positions), 1, 1)
        a, v, b = (values.reshape(shape) for values in (self.activation, self.velocity, self.momentum))
        return energies_at_points(self.positions, self.measure, a, v, b, self.effective_depth)


def one_neuron(start: float, end: float, effective_depth: float, points: int = 401) -> OneNeuron:
    """Compute the geodesic of one neuron with ReLU and bias.

    Parameters
    ----------
    start, end : float
        a₀ and a₁, both positive, or start < 0 < end.
    effective_depth : float
        L̃ > 0.
    points : int
        Gauss-Legendre nodes on each side of zero.

    Raises
    ------
    ValidationError
        Other ends, or L̃ ≤ 0.
    """
    depth = check_number("effective_depth", effective_depth, positive=True)
    if end <= 0.0 or start == 0.0:
        raise ValidationError(f"start is {start} and end {end}; give two positive ends, or start < 0 < end")
    nodes, weights = np.polynomial.legendre.leggauss(points)
    p, measure = 0.5 * (nodes + 1.0), 0.5 * weights
    if start > 0.0:
        kappa = _kappa(start, end, depth)
        a = (start * np.sinh(kappa * (1 - p)) + end * np.sinh(kappa * p)) / np.sinh(kappa)
        v = kappa * (end * np.cosh(kappa * p) - start * np.cosh(kappa * (1 - p))) / np.sinh(kappa)
        crossing = None
    else:
        crossing, slope = _crossing(start, end, depth)
        kappa = float(np.hypot(depth, slope))
        p = np.concatenate([crossing * p, crossing + (1.0 - crossing) * p])
        measure = np.concatenate([crossing * measure, (1.0 - crossing) * measure])
        below = p < crossing
        rate = np.where(below, depth, kappa)
        a = slope / rate * np.sinh(rate * (p - crossing))
        v = slope * np.cosh(rate * (p - crossing))
    b = (v + depth * a) / (depth * (1.0 + np.maximum(a, 0.0) ** 2))
    return OneNeuron(p, measure, a, v, b, depth, kappa, (kappa**2 - depth**2) / (2.0 * depth), crossing)


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
        return float(slope(q) / kappa * np.sinh(min(kappa * (1.0 - q), 300.0)) - end)

    q = float(brentq(gap, 1e-3, 1.0 - 1e-12, xtol=1e-15, rtol=1e-15))
    return q, slope(q)
