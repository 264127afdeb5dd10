"""Defects, and the Lagrangian's derivatives layer by layer, compiled.

Samples are major, as in the model: A is (N, w), W is (c, w), features are (N, c).
"""

import numpy as np

from geodepth.control.geodesics.statement.shapes import LayersRows, PathRows, WeightRows
from geodepth.foundation.shapes import Float

from .compiled import compiled


@compiled
def defects_of(
    states: PathRows,
    weights: WeightRows,
    features: Float[np.ndarray, "L N c"],
    steps: Float[np.ndarray, "L"],
    leaks: Float[np.ndarray, "L"],
    defects: LayersRows,
) -> float:
    """Fill in c_ℓ = A_ℓ − (1 − ρL̃)A_{ℓ−1} − ρ W_ℓ σ(A_{ℓ−1}) of all layers; the sum of absolute values."""
    layers, samples, width = defects.shape
    total = 0.0
    for layer in range(layers):
        np.dot(features[layer], weights[layer], defects[layer])
        for n in range(samples):
            row, before, after = defects[layer, n], states[layer, n], states[layer + 1, n]
            for a in range(width):
                row[a] = after[a] - leaks[layer] * before[a] - steps[layer] * row[a]
                total += abs(row[a])
    return total


@compiled
def derivatives(
    weights: WeightRows,
    multipliers: LayersRows,
    features: Float[np.ndarray, "L N c"],
    gates: LayersRows,
    curvatures: LayersRows,
    steps: Float[np.ndarray, "L"],
    leaks: Float[np.ndarray, "L"],
    penalties: Float[np.ndarray, "L"],
    transfer: Float[np.ndarray, "L w w"],
    bends: LayersRows,
    forces: LayersRows,
    weight_gradient: WeightRows,
    state_gradient: LayersRows,
) -> float:
    """Fill in ρWᵀ, D, ρP, ∇_W and, but for what acts on A_L from outside, ∇_A; the mean absolute multiplier."""
    layers, samples, width = multipliers.shape
    columns, total = weights.shape[1], 0.0
    for layer in range(layers):
        rho, leak, multiplier, bend = steps[layer], leaks[layer], multipliers[layer], bends[layer]
        for b in range(width):
            for a in range(width):
                transfer[layer, b, a] = rho * weights[layer, b, a]
        np.dot(multiplier, transfer[layer].T, bend)
        np.dot(features[layer].T, multiplier, weight_gradient[layer])
        for i in range(columns):
            for a in range(width):
                gradient = rho * weight_gradient[layer, i, a]
                weight_gradient[layer, i, a] = gradient + penalties[layer] * weights[layer, i, a]
        for n in range(samples):
            for b in range(width):
                own, pulled = multiplier[n, b], bend[n, b]
                total += abs(own)
                forces[layer, n, b] = rho * own
                state_gradient[layer, n, b] = -own
                if layer > 0:
                    state_gradient[layer - 1, n, b] += leak * own + gates[layer, n, b] * pulled
                bend[n, b] = curvatures[layer, n, b] * pulled
    return total / multipliers.size
