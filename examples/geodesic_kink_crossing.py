"""A neuron that crosses the kink of its ReLU, and where.

One neuron with a bias goes from −1 to 1. While it is negative only the bias acts, a'' = L̃²a; once it is positive the
path bends otherwise. The direct method smooths the kink; the indirect method then resolves it: the position of the
crossing becomes an unknown of its own, and a node of the mesh. The closed form says what it should find.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from geodepth.control import Extremal, RepresentationGeodesic, resolve_kinks, solve_geodesic, solve_indirect

START, END, DEPTH = -1.0, 1.0, 3.0


def closed_form() -> float:
    """Where the path crosses zero: q with a₁ = (s/κ) sinh κ(1−q), s = −a₀L̃/sinh L̃q, κ² = L̃² + s²."""

    def miss(q: float) -> float:
        s = -START * DEPTH / np.sinh(DEPTH * q)
        kappa = np.sqrt(DEPTH**2 + s**2)
        return float(s / kappa * np.sinh(kappa * (1 - q)) - END)

    return float(brentq(miss, 0.05, 0.95, xtol=1e-15))


def main() -> Extremal:
    neuron = RepresentationGeodesic(np.array([[START]]), np.array([[END]]), 1, DEPTH, 1.0, endpoint="fixed")
    network = solve_geodesic(neuron, layers=40, starts=1, progress=False)
    print(f"network of 40 layers:  ∫‖W‖² = {network.parameter_norm:.9f}")
    for smoothing in (0.1, 0.03, 0.01):
        extremal = solve_indirect(neuron, network, smoothing)
        print(f"smoothed by ε = {smoothing:4}:  ∫‖W‖² = {extremal.parameter_norm:.9f}, drift of H {extremal.drift:.0e}")
    exact = resolve_kinks(extremal)
    (crossing,) = exact.crossings
    print(f"exact ReLU:            ∫‖W‖² = {exact.parameter_norm:.9f}, drift of H {exact.drift:.0e}")
    print(f"it crosses zero at p = {crossing.position:.12f}; closed form: {closed_form():.12f}")
    return exact


if __name__ == "__main__":
    main()
