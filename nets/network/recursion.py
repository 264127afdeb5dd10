"""The recursion A_ℓ = (1 − ρ_ℓ L̃) A_{ℓ−1} + ρ_ℓ W_ℓ σ(A_{ℓ−1}), as automatic differentiation sees it.

Training has its own, in buffers made once: `calculus/adjoint.py`.
"""

import torch

from geodepth.nets.shapes import States, Steps, Weights

from .activations import Activation


def propagate(
    start: States, weights: Weights, layer_steps: Steps, effective_depth: float, activation: Activation
) -> list[States]:
    """A_0 … A_L from A_0, samples as columns. Weights with one column more than rows have a bias in the last."""
    width = start.shape[1]
    steps = layer_steps.to(weights.dtype)[..., None, None]
    scaled = (steps * weights).unbind(1)
    keep = (1.0 - effective_depth * steps).unbind(1)
    path = [start]
    for kept, layer in zip(keep, scaled, strict=True):
        state = path[-1]
        carried = kept * state if layer.shape[-1] == width else torch.addcmul(layer[..., width:], kept, state)
        path.append(torch.baddbmm(carried, layer[..., :width], activation.value(state)))
    return path
