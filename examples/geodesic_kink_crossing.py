"""A neuron that crosses the kink of its ReLU, and where.

One neuron with a bias goes from −1 to 1. While it is negative only the bias acts, a'' = L̃²a; once it is positive the
path bends otherwise. A continuous scheme finds the path of the exact ReLU: where it crosses is an unknown of
its own, and a node of the mesh. The closed form says what it should find.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from geodepth.control import GeodesicSolution, RepresentationGeodesic, solve_geodesic

START, END, DEPTH = -1.0, 1.0, 3.0


def closed_form() -> float:
    """Where the path crosses zero: q with a₁ = (s/κ) sinh κ(1−q), s = −a₀L̃/sinh L̃q, κ² = L̃² + s²."""

    def miss(q: float) -> float:
        s = -START * DEPTH / np.sinh(DEPTH * q)
        kappa = np.sqrt(DEPTH**2 + s**2)
        return float(s / kappa * np.sinh(kappa * (1 - q)) - END)

    return float(brentq(miss, 0.05, 0.95, xtol=1e-15))


def main() -> GeodesicSolution:
    neuron = RepresentationGeodesic(np.array([[START]]), np.array([[END]]), 1, DEPTH, 1.0, endpoint="fixed")
    for layers in (20, 40, 80):
        network = solve_geodesic(neuron, layers=layers, starts=1, progress=False)
        print(f"network of {layers} layers:  ∫‖W‖² = {network.parameter_norm:.9f}")
    path = solve_geodesic(neuron, layers=20, scheme="gauss", starts=1, progress=False)
    crossing = path.positions[np.abs(path.representations[:, 0, 0]).argmin()]
    print(f"continuous path:       ∫‖W‖² = {path.parameter_norm:.9f}, by {path.certificate.continuum}")
    print(f"it crosses zero at p = {crossing:.12f}; closed form: {closed_form():.12f}")
    assert abs(crossing - closed_form()) < 1e-9
    return path


if __name__ == "__main__":
    main()
