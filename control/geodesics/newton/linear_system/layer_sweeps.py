"""Changes of the states carried forward through all layers, and forces on them carried back.

F_ℓ = (1 − ρL̃)I + ρ W[:, :w] diag(σ'), sample by sample.
"""

import numpy as np

from geodepth.control.geodesics.newton.layer_loops.compiled import compiled
from geodepth.control.geodesics.newton.linearization import Linearization
from geodepth.control.geodesics.statement.shapes import LayersRows
from geodepth.foundation.shapes import Float


def carry_forward(point: Linearization, changes: LayersRows) -> LayersRows:
    """x_ℓ = F_ℓ x_{ℓ−1} + `changes`_ℓ for ℓ = 2 … L, from x_1 = `changes`_1; in place."""
    _carry_forward(point.gates, point.transfer, point.model.leaks.reshape(-1), changes)
    return changes


def carry_back(point: Linearization, forces: LayersRows) -> LayersRows:
    """q_{ℓ−1} = F_ℓᵀ q_ℓ + `forces`_{ℓ−1} down to ℓ = 2, from q_L = `forces`_L; in place."""
    _carry_back(point.gates, point.transfer, point.model.leaks.reshape(-1), forces)
    return forces


@compiled
def _carry_forward(
    gates: LayersRows, transfer: Float[np.ndarray, "L w w"], leaks: Float[np.ndarray, "L"], changes: LayersRows
) -> None:
    layers, samples, width = changes.shape
    for layer in range(1, layers):
        for n in range(samples):
            for a in range(width):
                total = leaks[layer] * changes[layer - 1, n, a]
                for b in range(width):
                    total += transfer[layer, b, a] * gates[layer, n, b] * changes[layer - 1, n, b]
                changes[layer, n, a] += total


@compiled
def _carry_back(
    gates: LayersRows, transfer: Float[np.ndarray, "L w w"], leaks: Float[np.ndarray, "L"], forces: LayersRows
) -> None:
    layers, samples, width = forces.shape
    for layer in range(layers - 1, 0, -1):
        for n in range(samples):
            for b in range(width):
                total = 0.0
                for a in range(width):
                    total += transfer[layer, b, a] * forces[layer, n, a]
                forces[layer - 1, n, b] += gates[layer, n, b] * total + leaks[layer] * forces[layer, n, b]
