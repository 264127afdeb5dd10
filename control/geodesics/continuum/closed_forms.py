"""∫‖W‖² of the geodesics that are known in closed form.

- One neuron with bias, one sample, between fixed ends: a'' = κ²a (foundation/numerics/one_neuron_geodesic.py).
- A linear network without bias, N = w, A₁ = M A₀ fixed, M normal with a real logarithm: W_p = log M + L̃I for all p.
"""

import numpy as np

from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.foundation.numerics.one_neuron_geodesic import one_neuron_geodesic

ROUNDOFF = 1e-10
"""By which M may miss to be normal, relative to its square; and the least |P| that is not zero."""


def closed_form_norm(geodesic: RepresentationGeodesic) -> float | None:
    """∫‖W_p‖²dp of the continuous geodesic, or None where no closed form is known."""
    if not geodesic.end.fixed or geodesic.samples != geodesic.width or geodesic.readout.shape[0] != geodesic.width:
        return None
    linear = geodesic.activation_at().is_linear
    if np.linalg.cond(geodesic.readout) > 1 / ROUNDOFF or not (linear or geodesic.has_kinks):
        return None
    start, end = geodesic.initial_representations, np.linalg.solve(geodesic.readout, geodesic.targets)
    if geodesic.width == 1 and geodesic.bias:
        ends = float(start[0, 0]), float(end[0, 0])
        if geodesic.effective_depth == 0 or 0.0 in ends:
            return None
        return one_neuron_geodesic(*ends, geodesic.effective_depth, relu=not linear).parameter_norm
    if linear and not geodesic.bias and np.linalg.cond(start) < 1 / ROUNDOFF:
        return _linear(np.linalg.solve(start.T, end.T).T, geodesic.effective_depth)
    return None


def _linear(matrix: np.ndarray, depth: float) -> float | None:
    """‖log M + L̃I‖_F² of a normal matrix without eigenvalues at or below zero."""
    from scipy.linalg import logm

    values = np.linalg.eigvals(matrix)
    normal = np.linalg.norm(matrix @ matrix.T - matrix.T @ matrix) <= ROUNDOFF * np.linalg.norm(matrix) ** 2
    if not normal or np.any((values.real <= 0) & (np.abs(values.imag) <= ROUNDOFF * np.abs(values))):
        return None
    return float(np.sum((np.real(logm(matrix)) + depth * np.eye(len(matrix))) ** 2))
