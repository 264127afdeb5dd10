"""The ODE view: a network's weights as a function W_p of the position p, and the same function on other layers.

A Leaky ResNet discretizes ∂_p A = −L̃ A + W_p σ(A) by Euler's method. Its matrices W_ℓ are taken as the values of W_p at
the middles of their intervals, p_ℓ − ρ_ℓ/2, linear in between and constant beyond the first and the last.
"""

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from geodepth.foundation.shapes import Float
from geodepth.nets.errors import NetworkError
from geodepth.nets.shapes import Steps, Weights
from geodepth.nets.tensor_checks import as_tensor, check_shape

from .leaky_resnet import LeakyResNet


def weights_at(network: LeakyResNet, positions: ArrayLike | Tensor) -> Float[Tensor, "members points width columns"]:
    """W_p of every member.

    Parameters
    ----------
    network : LeakyResNet
        Gives W_p.
    positions : (points,) or (members, points)
        p in [0, 1].

    Raises
    ------
    NetworkError
        For positions outside [0, 1] or of another shape.
    """
    places = as_tensor("positions", positions, torch.float64, network.weights.device)
    check_shape("positions", places, ("points",), (network.members, "points"))
    if bool(((places < 0.0) | (places > 1.0)).any()):
        raise NetworkError("positions has values outside [0, 1]; expected shares of the depth; divide by the whole")
    places = places.expand(network.members, -1).contiguous()
    return _linear_between(network.weights.detach(), _midpoints(network.layer_steps), places)


def rediscretize(network: LeakyResNet, layers: int, layer_steps: ArrayLike | Tensor | None = None) -> LeakyResNet:
    """The network with other layers, whose weights are W_p at their middles.

    As `layers` grows, the representations of smooth weights converge to the solution of the ODE like 1/layers.

    Parameters
    ----------
    network : LeakyResNet
        Gives W_p, and all that the new network shares with it.
    layers : int
        The new L.
    layer_steps : (layers,) or (members, layers), optional
        The new ρ; None for equidistant steps.

    Raises
    ------
    NetworkError
        As LeakyResNet does, also for equidistant steps with layers ≤ effective_depth.
    """
    refined = network.with_changes(layers=layers, layer_steps=layer_steps)
    with torch.no_grad():
        refined.weights.copy_(interpolate(network.weights, network.layer_steps, refined.layer_steps))
    return refined


def interpolate(values: Weights, old: Steps, new: Steps) -> Weights:
    """Layer quantities moved from the steps `old` to the steps `new`: linear in p between the layers' midpoints.

    Before the first and after the last midpoint the nearest layer's value holds. The two may differ in length.
    """
    return _linear_between(values, _midpoints(old).contiguous(), _midpoints(new).contiguous())


def _midpoints(layer_steps: Steps) -> Steps:
    """p_ℓ − ρ_ℓ/2, where a layer's weights are thought to sit."""
    return layer_steps.cumsum(1) - 0.5 * layer_steps


def _linear_between(values: Weights, places: Steps, wanted: Steps) -> Weights:
    """Piecewise-linear interpolation at `wanted` of `values` at increasing `places`; constant beyond the ends."""
    if places.shape[1] == 1:
        return values.expand(-1, wanted.shape[1], -1, -1).clone()
    right = torch.searchsorted(places, wanted).clamp(1, places.shape[1] - 1)
    left = right - 1
    start, end = places.gather(1, left), places.gather(1, right)
    share = ((wanted - start) / (end - start)).clamp(0.0, 1.0)[..., None, None].to(values.dtype)
    shape = (-1, -1, *values.shape[2:])
    before, after = (values.gather(1, index[..., None, None].expand(shape)) for index in (left, right))
    return torch.lerp(before, after, share)
