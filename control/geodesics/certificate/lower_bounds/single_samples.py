"""The lower bound by one sample at a time, with a bias.

Notation: c_ℓ = 1 − ρ_ℓL̃, s_ℓ = ‖W_ℓ‖_F.

1. J* ≥ (1/N)Σ_n J_n*, J_n* the optimum of sample n alone: every path of all serves each.
2. With q = ‖a‖ and a bias, ‖σ(a)‖² + 1 ≤ q² + 1, so q_ℓ ≤ |c_ℓ|q_{ℓ−1} + ρ_ℓs_ℓ√(q_{ℓ−1}² + 1), and for all ν ≥ 0

    Σρ_ℓs_ℓ² ≥ (ν/2) log((1 + q_L²)/(1 + q_0²)) − Σ_ℓ max_{t, s}[(ν/2) log(1 − t² + (|c_ℓ|t + ρ_ℓs)²) − ρ_ℓs²],

   t = q/√(1 + q²) in [0, 1]; the maximum is in closed form (`largest_gains`).
3. The data term is at least (‖y_n‖ − ‖P‖q_L)₊², or for cross-entropy log(1 + (d−1)e^{−√2‖P‖q_L}).
4. Take the minimum over γ = ½ log(1 + q_L²) (`PathToBound.least_over_ends`).

Without a bias: `sample_differences.bound_without_bias`.
"""

import numpy as np

from geodepth.foundation.shapes import Float

from .path_to_bound import PathToBound

MULTIPLIERS = np.geomspace(1e-2, 1e2, 200)
"""The ν that are tried, in units of 1 + L̃: any give a valid bound. Chosen by hand."""
LEAST_MULTIPLIER = 1e-2
"""Of the best ν of a long path; chosen by hand."""
NEGLIGIBLE_EXPONENT = 40.0
"""A cross-entropy below e^{−40} counts as nothing."""


def bound_with_bias(path: PathToBound, sample: int) -> float:
    """The bound on J_n* with a bias, by the logarithm of 1 + ‖a‖²."""
    geodesic = path.geodesic
    y, depth = geodesic.targets[:, sample], geodesic.effective_depth
    size, norm = float(np.linalg.norm(y)), float(np.linalg.norm(geodesic.readout, 2))
    first = float(np.sum(geodesic.initial_representations[:, sample] ** 2))
    # Up to here nothing is subtracted: the best ν of a path with long to go.
    leaks = 1.0 if path.steps is None else 1.0 - np.max(path.steps) * depth / 2.0
    nu = np.append(MULTIPLIERS * (1.0 + depth), max(4.0 * depth * leaks, LEAST_MULTIPLIER))
    offsets = -largest_gains(path, nu) - nu / 2 * np.log1p(first)

    def cross_entropy(half_log: np.ndarray) -> np.ndarray:
        q = np.sqrt(np.expm1(2.0 * half_log))
        return np.asarray(np.log1p((y.size - 1) * np.exp(-np.sqrt(2.0) * norm * q)))

    def squared(half_log: np.ndarray) -> np.ndarray:
        return np.asarray(np.maximum(size - norm * np.sqrt(np.expm1(2.0 * half_log)), 0.0) ** 2)

    if geodesic.loss == "cross-entropy":
        misfit, furthest = cross_entropy, NEGLIGIBLE_EXPONENT / max(np.sqrt(2.0) * norm, 1e-12)
    elif norm == 0.0:
        return geodesic.end.cost(size**2)
    else:
        misfit, furthest = squared, size / norm
    return path.least_over_ends(nu, offsets[None], 0.5 * np.log1p(furthest**2), misfit, 1.0, first=0.0).value


def largest_gains(path: PathToBound, nu: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Σ_ℓ max over t and s of (ν/2) log(1 − t² + (ct + ρs)²) − ρs²; ν(ν/4 − L̃)₊ for the continuous path.

    Notes
    -----
    Inside, t = cρs/(1 − c²), and the logarithm's argument is 1 + ρ²s²/(1 − c²); at t = 1 it is (c + ρs)².
    """
    if path.steps is None:
        return np.asarray(nu * np.maximum(nu / 4.0 - path.geodesic.effective_depth, 0.0))
    total = np.zeros_like(nu)
    for step, leak, count in path.kinds():
        edge = np.inf if leak == 0 else max(1.0 - leak**2, 0.0) / (leak * step)
        s = np.maximum((np.sqrt(leak**2 + 2 * step * nu) - leak) / (2 * step), edge)
        gain = np.full_like(nu, -np.inf)
        if np.isfinite(edge):
            gain = nu * np.log(leak + step * s) - step * s**2
        if edge > 0:
            k = step**2 / (1.0 - leak**2)
            squared = np.clip(nu / (2 * step) - 1.0 / k, 0.0, edge**2)
            gain = np.maximum(gain, nu / 2 * np.log1p(k * squared) - step * squared)
        total += count * gain
    return total
