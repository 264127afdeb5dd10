"""Initial weights, scaled so that the initial path is neither dead nor explosive for any L, L̃ and width."""

import math

import torch
from torch import Tensor

from geodepth.foundation.argument_checks import shown
from geodepth.foundation.machine_limits import refuse_absurd_size
from geodepth.foundation.shapes import Bool, Float
from geodepth.nets.errors import NetworkError
from geodepth.nets.shapes import Steps, Weights

from .activations import Activation
from .architecture import Architecture
from .recursion import propagate

Square = Float[Tensor, "members width width"]
"""One matrix per member, for all of its layers."""
REFERENCE_SAMPLES = 32
"""Standard normal samples that show how a network grows. Chosen by hand."""
HALVINGS = 15
"""Of the few octaves that g may lie in: 1e-4 of them are left, and 2^(1e-4 L̃) of the norm."""


def refuse_absurd_network(shape: Architecture) -> None:
    """Refuse a network whose first numbers this machine cannot hold.

    Raises
    ------
    NetworkError
        The weights, twice while a column is appended, and the states of the reference samples need more than there is.
    """
    weights = shape.members * shape.layers * shape.width * (shape.width + shape.bias)
    states = shape.members * (shape.layers + 1) * shape.width * REFERENCE_SAMPLES
    projections = shape.width * (shape.inputs + shape.outputs)
    refuse_absurd_size(
        "a network of "
        + ", ".join(
            f"{name} {shown(getattr(shape, name))}" for name in ("width", "layers", "members", "inputs", "outputs")
        ),
        8 * (2 * weights + states + projections),
        error=NetworkError,
    )


def initial_weights(
    shape: Architecture, layer_steps: Steps, activation: Activation, generator: torch.Generator | None
) -> Weights:
    """W_ℓ = h L̃ I + g max(L̃, 1) Z, the same in every layer, with independent normal entries of variance 2/w in Z.

    Parameters
    ----------
    shape : Architecture
        Width w and effective depth L̃. With a bias, a column of zeros is appended.
    layer_steps : (members, L)
        ρ, in float64.
    activation : Activation
        σ, an object of the name that `shape` has.
    generator : torch.Generator, optional
        Of Z; None is torch's global one.

    Returns
    -------
    (members, L, w, w + 1), or (members, L, w, w) without bias
        The weights, in float64.

    Notes
    -----
    Why this form.

    - A path is smooth in p, as a geodesic is, when W does not depend on the layer, and then the penalty stays bounded
      as L grows. Noise of the same effect that is independent from layer to layer has a variance proportional to L,
      and so has its penalty.
    - Of a constant W, Z alone lets a wide path collapse onto few directions, and L̃ I alone holds every direction,
      needed or not; training is slow to undo either. h = ½ ends lowest.

    Why this scale.

    - In a wide network Z has spectral radius √2, and σ passes half of the variance: with h = 0, g = 1 makes up for the
      leak on average. But growth is exponential. What is missing or too much at finite width stands in the exponent,
      multiplied by L̃, and beyond a few units of L̃ paths die or explode by orders of magnitude.
    - So g is not taken from the limit but measured: member by member, bisection finds the g with ‖A_L‖ = ‖A_0‖ for
      standard normal reference samples run through the network's own layers. That is neither dead nor explosive for
      any L, L̃ and width, by construction.
    - g is at least 1/(2 max(L̃, 1)), half the drift that a plain ResNet (L̃ = 0) gets from Z, for where nothing has to
      be made up for.
    - A narrow Z may have no growing direction, and twice the limit's g not be enough. Such a member gets h = 1 and that
      least g: the ReLU's positive part stays as it is whatever L̃ is, and Z drifts on top.
    """
    members, layers = layer_steps.shape
    width, effective_depth = shape.width, shape.effective_depth
    deviation: float = max(effective_depth, 1.0) * (2.0 / width) ** 0.5
    drift = torch.randn(members, width, width, generator=generator, dtype=torch.float64) * deviation
    hold = effective_depth * torch.eye(width, dtype=torch.float64)
    weights, dead = _balanced(drift, 0.5 * hold, layer_steps, effective_depth, activation)
    if bool(dead.any()):
        weights[dead] = hold + 0.5 * drift[dead] / max(effective_depth, 1.0)
    matrices = weights[:, None].repeat(1, layers, 1, 1)
    return torch.nn.functional.pad(matrices, (0, 1)) if shape.bias else matrices


def _balanced(
    drift: Square, hold: Tensor, layer_steps: Steps, effective_depth: float, activation: Activation
) -> tuple[Square, Bool[Tensor, " members"]]:
    """hold + g·drift with the g that keeps the reference samples' norm, and whether even the largest g loses it.

    `hold` is one matrix for all members.
    """
    members, width, _ = drift.shape
    layers = layer_steps.shape[1]
    # A generator of its own: the reference is the same for everybody, and takes nothing from the caller's stream.
    reference = torch.randn(width, REFERENCE_SAMPLES, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    start, target = reference.expand(members, *reference.shape), torch.linalg.matrix_norm(reference)

    def too_small(exponent: Float[Tensor, "members 1 1"]) -> Bool[Tensor, "members 1 1"]:
        weights = (hold + exponent.exp2() * drift)[:, None].expand(-1, layers, -1, -1)
        last = propagate(start, weights, layer_steps, effective_depth, activation)[-1]
        # A comparison with NaN is false: what overflowed counts as too large.
        small: Tensor = torch.linalg.matrix_norm(last)[:, None, None] <= target
        return small

    low = torch.full((members, 1, 1), -1.0 - math.log2(max(effective_depth, 1.0)), dtype=torch.float64)
    high = torch.full_like(low, 1.0)
    dead = too_small(high)[:, 0, 0]
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        small = too_small(middle)
        low, high = torch.where(small, middle, low), torch.where(small, high, middle)
    weights: Tensor = hold + low.exp2() * drift
    return weights, dead
