"""The ODE view: a network's weights as a function W_p of the position p, and the same function on other layers.

A Leaky ResNet discretizes ∂_p A = −L̃ A + W_p σ(A) by Euler's method. Its matrices W_ℓ are taken as the values of W_p at
the middles of their intervals, p_ℓ − ρ_ℓ/2, linear in between and constant beyond the first and the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from geodepth.foundation.shapes import Float

from .errors import NetworkError, as_tensor
from .layer_steps import evaluate, midpoints
from .leaky_resnet import LeakyResNet

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def weights_at(network: LeakyResNet, positions: ArrayLike | Tensor) -> Float[Tensor, "members points width columns"]:
    """W_p of every member at `positions` in [0, 1], (points,) or (members, points).

    Raises NetworkError for positions outside [0, 1] or of another shape.
    """
    places = as_tensor("positions", positions, torch.float64, network.weights.device)
    if places.ndim == 0 or places.ndim > 2 or (places.ndim == 2 and places.shape[0] != network.members):
        raise NetworkError(
            f"positions has shape {tuple(places.shape)}; expected (points,) or ({network.members}, points); reshape it"
        )
    if bool(((places < 0.0) | (places > 1.0)).any()):
        raise NetworkError("positions has values outside [0, 1]; expected shares of the depth; divide by the whole")
    places = places.expand(network.members, -1).contiguous()
    return evaluate(network.weights.detach(), midpoints(network.layer_steps), places)


def rediscretize(network: LeakyResNet, layers: int, layer_steps: ArrayLike | Tensor | None = None) -> LeakyResNet:
    """The network with `layers` layers, equidistant or on `layer_steps`, whose weights are W_p at their middles.

    As `layers` grows, the representations of smooth weights converge to the solution of the ODE like 1/layers. Raises
    NetworkError as LeakyResNet does, also for equidistant steps with layers ≤ effective_depth.
    """
    refined = LeakyResNet(
        network.inputs,
        network.outputs,
        network.width,
        layers,
        network.effective_depth,
        network.members,
        network.projections,
        network.activation,
        network.bias,
        layer_steps,
        network.embedding,
        network.readout,
        network.weights.dtype,
        network.weights.device,
        # A generator of its own, so that torch's global one stays as it was.
        torch.Generator(),
    )
    with torch.no_grad():
        refined.weights.copy_(
            evaluate(network.weights, midpoints(network.layer_steps), midpoints(refined.layer_steps).contiguous())
        )
    refined.set_scaling(network.scaling)
    return refined
