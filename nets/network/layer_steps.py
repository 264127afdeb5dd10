"""Layer steps ρ_ℓ that are fixed beforehand: how depth is shared out among the layers.

Σρ_ℓ = 1, and p_ℓ = ρ_1 + … + ρ_ℓ is the position of layer ℓ. Steps that follow the representations are in
`adaptive_steps.py`.
"""

import math

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from geodepth.foundation.shapes import Float
from geodepth.nets.argument_checks import checks
from geodepth.nets.errors import NetworkError
from geodepth.nets.shapes import Steps
from geodepth.nets.tensor_checks import as_tensor, check_shape

SUM_TOLERANCE = 1e-6
"""What the sum of one layer's steps may differ from 1 by, and √L times as much for L layers: those that were stored in
single precision are off by a few units of 6e-8 each."""


def equidistant(layers: int) -> Float[Tensor, " layers"]:
    """Equal steps, ρ_ℓ = 1/L, in float64.

    Parameters
    ----------
    layers : int
        L.

    Raises
    ------
    NetworkError
        Unless `layers` is a positive integer.
    """
    layers = checks.count("layers", layers)
    return torch.full((layers,), 1.0 / layers, dtype=torch.float64)


def irregular(layers: int, amplitude: float = 0.5) -> Float[Tensor, " layers"]:
    """Larger steps in the middle: ρ_ℓ ∝ 1/L + (a/L)(1/4 − |ℓ/L − 1/2|), ℓ = 1…L, in float64, normalized to sum to 1.

    Parameters
    ----------
    layers : int
        L.
    amplitude : float
        a, with 0 ≤ a < 1.

    Raises
    ------
    NetworkError
        For an amplitude out of range, or unless `layers` is a positive integer.

    Notes
    -----
    The formula sums to one only for even L, hence the normalization.
    Source: Jacot and Kaiser, arXiv:2405.17573, section 4.1.
    """
    layers = checks.count("layers", layers)
    amplitude = checks.number("amplitude", amplitude, least=0.0, below=1.0)
    fraction = torch.arange(1, layers + 1, dtype=torch.float64) / layers
    steps = (1.0 + amplitude * (0.25 - (fraction - 0.5).abs())) / layers
    return steps / steps.sum()


def check_layer_steps(given: ArrayLike | Tensor | None, members: int, layers: int, effective_depth: float) -> Steps:
    """The steps of every member, in float64 on the CPU: those given, or equidistant ones for None.

    Parameters
    ----------
    given : (L,) or (members, L), optional
        Positive steps that sum to one.
    effective_depth : float
        L̃. Equidistant steps need L > L̃, since a layer with ρL̃ > 1 flips the sign of what leaks.

    Raises
    ------
    NetworkError
        For steps of another shape, that are not positive, or that do not sum to one; for None, unless L > L̃.
    """
    if given is None:
        if layers <= effective_depth:
            raise NetworkError(
                f"layers is {layers} and effective_depth is {effective_depth:g}, with equidistant steps; expected at "
                f"least {math.floor(effective_depth) + 1} layers, or your own layer_steps"
            )
        return equidistant(layers).expand(members, -1).clone()
    steps = as_tensor("layer_steps", given, torch.float64, torch.device("cpu"))
    steps = check_shape("layer_steps", steps, (layers,), (members, layers)).expand(members, layers).clone()
    if not bool((steps > 0.0).all()):
        raise NetworkError(
            f"layer_steps has the value {float(steps.min()):g}; expected one positive finite step for each layer"
        )
    sums = steps.sum(1)
    worst = int((sums - 1.0).abs().argmax())
    if not bool((sums[worst] - 1.0).abs() <= SUM_TOLERANCE * math.sqrt(layers)):
        raise NetworkError(
            f"layer_steps sum to {float(sums[worst]):.6g}; expected 1: divide them by their sum so that they sum to 1"
        )
    return steps
