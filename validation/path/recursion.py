"""The recursions of the discrete network: its representations forwards, its momenta backwards."""

from __future__ import annotations

import numpy as np

from geodepth.foundation.shapes import Float

from .activation import features, slope


def propagate(
    initial: Float[np.ndarray, "w N"],
    weights: Float[np.ndarray, "L w c"],
    layer_steps: Float[np.ndarray, " L"],
    effective_depth: float,
    activation: str = "relu",
    smoothing: float = 0.0,
) -> Float[np.ndarray, "L+1 w N"]:
    """A_ℓ = (1 − ρ_ℓL̃) A_{ℓ−1} + ρ_ℓ W_ℓ σ(A_{ℓ−1}) from A_0; a bias is the last of c = w + 1 columns.

    Source: Jacot and Kaiser, arXiv:2405.17573, the definition of a Leaky ResNet with layer steps ρ_ℓ.
    """
    bias = weights.shape[2] == weights.shape[1] + 1
    path = np.empty((len(layer_steps) + 1, *initial.shape))
    path[0] = initial
    for layer, (step, matrix) in enumerate(zip(layer_steps, weights, strict=True)):
        active = features(path[layer], activation, smoothing, bias)
        path[layer + 1] = (1.0 - step * effective_depth) * path[layer] + step * (matrix @ active)
    return path


def final_momentum(
    representation: Float[np.ndarray, "w N"],
    targets: Float[np.ndarray, "d_out N"],
    readout: Float[np.ndarray, "d_out w"],
    weight_decay: float,
) -> Float[np.ndarray, "w N"]:
    """B_L = (2/(λN)) Pᵀ(Y − P A_L), the data term's pull on the last representation."""
    residual = targets - readout @ representation
    return np.asarray((2.0 / (weight_decay * targets.shape[1])) * (readout.T @ residual))


def adjoint(
    final: Float[np.ndarray, "w N"],
    representations: Float[np.ndarray, "L+1 w N"],
    weights: Float[np.ndarray, "L w c"],
    layer_steps: Float[np.ndarray, " L"],
    effective_depth: float,
    activation: str = "relu",
    smoothing: float = 0.0,
) -> Float[np.ndarray, "L+1 w N"]:
    """B_{ℓ−1} = (1 − ρ_ℓL̃) B_ℓ + ρ_ℓ σ'(A_{ℓ−1}) ∘ [W_ℓᵀ B_ℓ] over the first w rows, from B_L = final.

    B_ℓ = −(1/λ) ∂C/∂A_ℓ, C the data term; this is backpropagation, with slope 0 on the kink of the exact ReLU.
    Source: Jacot and Kaiser, arXiv:2405.17573, the Hamiltonian reformulation, discretized.
    """
    width = weights.shape[1]
    momenta = np.empty_like(representations)
    momenta[-1] = final
    for layer in range(len(layer_steps) - 1, -1, -1):
        step, matrix = layer_steps[layer], weights[layer][:, :width]
        gate = slope(representations[layer], activation, smoothing)
        momenta[layer] = (1.0 - step * effective_depth) * momenta[layer + 1]
        momenta[layer] += step * gate * (matrix.T @ momenta[layer + 1])
    return momenta
