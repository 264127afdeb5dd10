"""The schemes by which a geodesic's path is discretized: the network itself (Euler), and three for the continuous path.

"euler" is the L-layer network, one matrix a layer. "rk4" takes weights linear on each interval, (L, 2, w, c) at its
ends; "gauss" (order 6) and "radau" (order 5) are direct collocation with three points an interval, (L, 3, w, c): states
cubic and weights quadratic in p inside it.
"""

from __future__ import annotations

import numpy as np

from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.transcription.direct_collocation import DirectCollocation
from geodepth.control.transcription.explicit_integrators import rk4
from geodepth.control.transcription.implicit_integrators import ImplicitRungeKutta, gauss_legendre, radau_iia
from geodepth.control.transcription.layout import Method
from geodepth.control.transcription.multiple_shooting import MultipleShooting
from geodepth.foundation.shapes import Float

POINTS = 3
_RK4 = rk4()
METHODS: dict[str, Method] = {
    "euler": MultipleShooting("euler", control="constant"),
    "rk4": MultipleShooting(_RK4, control="linear"),
    "gauss": DirectCollocation("gauss", POINTS),
    "radau": DirectCollocation("radau", POINTS),
}
SCHEMES = tuple(METHODS)
COLLOCATIONS = {"gauss": gauss_legendre(POINTS), "radau": radau_iia(POINTS)}
CONTROL_POINTS = {"euler": (0.0,), "rk4": (0.0, 1.0)} | {name: step.nodes for name, step in COLLOCATIONS.items()}
"""Fractions of an interval at which a scheme holds its weights; a collocation holds the states there too."""
# The stage equations are piecewise linear for the exact ReLU: Newton ends at once unless a stage sits on a kink.
STAGE_STEPS, STAGE_TOLERANCE = 30, 1e-13


def penalty(
    geodesic: RepresentationGeodesic,
    weights: Float[np.ndarray, "L points w c"],
    layer_steps: Float[np.ndarray, " L"],
    scheme: str,
) -> float:
    """λ/(2L̃)∫‖W_p‖²dp of weights as the scheme holds them, by its own quadrature (exact on each interval for RK4)."""
    if scheme not in COLLOCATIONS:
        return geodesic.penalty(weights, layer_steps)
    squares = np.sum(weights**2, axis=(-2, -1)) @ COLLOCATIONS[scheme].weights
    return float(geodesic.weight_decay * geodesic.penalty_scale * np.dot(layer_steps, squares))


def mean_weights(weights: Float[np.ndarray, "L points w c"], scheme: str) -> Float[np.ndarray, "L w c"]:
    """The mean of the weights over each interval."""
    if scheme not in COLLOCATIONS:
        return np.asarray(weights.mean(axis=1))
    return np.asarray(np.einsum("k,lkij->lij", COLLOCATIONS[scheme].weights, weights))


def simulate(
    geodesic: RepresentationGeodesic,
    layer_steps: Float[np.ndarray, " L"],
    weights: Float[np.ndarray, "L points w c"],
    scheme: str,
    smoothing: float = 0.0,
) -> Float[np.ndarray, "L+1 w N"]:
    """The path of these weights with the real activation, by the scheme that they were optimized for."""
    if scheme == "euler":
        return geodesic.propagate(weights[:, 0], layer_steps, smoothing)
    path = np.empty((layer_steps.size + 1, geodesic.width, geodesic.samples))
    path[0] = geodesic.initial_representations
    for layer, (step, values) in enumerate(zip(layer_steps, weights, strict=True)):
        if scheme in COLLOCATIONS:
            path[layer + 1] = _collocate(geodesic, COLLOCATIONS[scheme], path[layer], step, values, smoothing)
            continue

        def rate(a: np.ndarray, fraction: float, ends: np.ndarray = values) -> np.ndarray:
            matrix = (1 - fraction) * ends[0] + fraction * ends[-1]
            return np.asarray(matrix @ geodesic.features(a, smoothing) - geodesic.effective_depth * a)

        path[layer + 1] = _RK4.advance(rate, path[layer], step)
    return path


def _collocate(
    geodesic: RepresentationGeodesic,
    method: ImplicitRungeKutta,
    start: Float[np.ndarray, "w N"],
    step: float,
    weights: Float[np.ndarray, "s w c"],
    smoothing: float,
) -> Float[np.ndarray, "w N"]:
    """The end of one interval: the stage equations Σ_r D[j, r]X_r = ρ(−L̃X_j + W_jσ(X_j)), each sample's by Newton."""
    slopes, width, count = method.slopes, geodesic.width, len(method.nodes)
    square = weights[:, :, :width]
    stages = np.repeat(start[None], count, axis=0)
    for _ in range(STAGE_STEPS):
        features = np.stack([geodesic.features(stage, smoothing) for stage in stages])
        rates = np.matmul(weights, features) - geodesic.effective_depth * stages
        left = slopes[:, :1, None] * start + np.einsum("jr,rin->jin", slopes[:, 1:], stages) - step * rates
        gates = geodesic.slopes(stages, smoothing)
        jacobian = np.einsum("jr,ik->jirk", slopes[:, 1:], np.eye(width))[None].repeat(geodesic.samples, axis=0)
        for j in range(count):
            jacobian[:, j, :, j] += step * geodesic.effective_depth * np.eye(width)
            jacobian[:, j, :, j] -= step * square[j] * gates[j].T[:, None, :]
        size = count * width
        change = np.linalg.solve(
            jacobian.reshape(-1, size, size), left.transpose(2, 0, 1).reshape(geodesic.samples, size, 1)
        )
        stages = stages - change.reshape(geodesic.samples, count, width).transpose(1, 2, 0)
        if np.abs(change).max() <= STAGE_TOLERANCE * max(1.0, float(np.abs(stages).max())):
            break
    return np.asarray(np.einsum("r,rin->in", method.extrapolation, np.concatenate([start[None], stages])))
