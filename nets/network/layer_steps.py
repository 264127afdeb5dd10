"""Layer steps ρ_ℓ: how depth is shared out among the layers. Σρ_ℓ = 1, p_ℓ = ρ_1 + … + ρ_ℓ.

Equidistant and irregular steps are fixed beforehand. Adaptive steps follow the representations, so that every layer
changes them by the same relative amount ‖A_ℓ − A_{ℓ−1}‖_F/‖A_ℓ‖_F (Jacot & Kaiser, arXiv:2405.17573, section 4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from geodepth.foundation.shapes import Float

from .errors import NetworkError, check_choice, check_integer, check_number


def equidistant(layers: int) -> Float[Tensor, " layers"]:
    """ρ_ℓ = 1/L, in float64. Raises NetworkError unless `layers` is a positive integer."""
    layers = check_integer("layers", layers, 1)
    return torch.full((layers,), 1.0 / layers, dtype=torch.float64)


def irregular(layers: int, amplitude: float = 0.5) -> Float[Tensor, " layers"]:
    """Larger steps in the middle: ρ_ℓ ∝ 1/L + (a/L)(1/4 − |ℓ/L − 1/2|), ℓ = 1…L, in float64, normalized to sum to 1.

    The paper's formula (section 4.1) sums to one only for even L, hence the normalization.
    Raises NetworkError unless 0 ≤ amplitude < 1 and `layers` is a positive integer.
    """
    layers = check_integer("layers", layers, 1)
    amplitude = check_number("amplitude", amplitude, 0.0)
    if amplitude >= 1.0:
        raise NetworkError(f"amplitude is {amplitude:g}; expected a number in [0, 1); choose a smaller amplitude")
    fraction = torch.arange(1, layers + 1, dtype=torch.float64) / layers
    steps = (1.0 + amplitude * (0.25 - (fraction - 0.5).abs())) / layers
    return steps / steps.sum()


@dataclass(frozen=True, slots=True)
class AdaptiveSteps:
    """How adaptive steps are updated during training.

    The whole algorithm, of which the paper (arXiv:2405.17573, section 4.2) gives the line with c_ℓ, undamped as here:

        ρ_ℓ ← 1/L
        for epoch in 1 … epochs:
            update W by Adam
            if epoch is a multiple of `every`, and start · epochs ≤ epoch ≤ stop · epochs:
                change_ℓ ← ‖A_ℓ − A_{ℓ−1}‖_F / ‖A_ℓ‖_F        over all samples, with the present W;  c_ℓ = change_ℓ/ρ_ℓ
                r_ℓ ← 1/c_ℓ                                   in general ρ_ℓ^(1−damping) · (1/c_ℓ)^damping
                ρ_ℓ ← clip(s · r_ℓ, smallest/L, largest/L)    s such that Σρ_ℓ = 1
                W_ℓ stays with its layer ("keep"), or is taken from the old W_p at the new place ("interpolate")
                forget the best iterate so far: objectives on other steps do not compare
        gradient descent on the final ρ, from the best iterate

    What benchmarks/layer_steps.py measures (1000 epochs, ten teachers of rank 2, four members each, L = 6 and 12 at
    L̃ = 3, L = 20 at L̃ = 10): undamped updates end lowest in all three. Teacher by teacher their objective is that of
    equidistant steps by −10 % ± 7 %, −4 % ± 7 % and −8 % ± 13 % (95 % intervals over teachers), with damping 0.5 by −5,
    0 and −5 %, with 0.2 by +2, +3 and −4 %; their test error by −9 % ± 9 %, −8 % ± 4 % and 0 % ± 11 %. The changes end
    equal to 0.6 to 1.1 %, with 0.2 to 1.5 to 2.3 %, against 17 to 43 % for equidistant steps.

    start, stop   the updates happen between these fractions of the Adam epochs; afterwards the steps are frozen, so
                  that training ends on a fixed objective
    every         epochs between updates
    damping       exponent d in (0, 1] of ρ_ℓ ← ρ_ℓ change_ℓ^(−d); 1 is the paper's undamped rule
    smallest, largest   bounds on ρ_ℓ as multiples of 1/L
    weights       "keep" leaves W_ℓ with its layer when p_ℓ moves; "interpolate" evaluates the old W_p, linear between
                  the old layers' midpoints, at the new midpoints

    Raises NetworkError for values outside their range.
    """

    start: float = 0.0
    stop: float = 0.7
    every: int = 10
    damping: float = 1.0
    smallest: float = 0.1
    largest: float = 4.0
    weights: str = "keep"

    def __post_init__(self) -> None:
        check_number("start", self.start, 0.0, 1.0)
        check_number("stop", self.stop, 0.0, 1.0)
        if self.start > self.stop:
            raise NetworkError(f"start is {self.start:g}, after stop {self.stop:g}; expected start ≤ stop; swap them")
        check_integer("every", self.every, 1)
        check_number("damping", self.damping, 0.0, 1.0, open_below=True)
        check_number("smallest", self.smallest, 0.0, 1.0, open_below=True)
        check_number("largest", self.largest, 1.0)
        check_choice("weights", self.weights, ("keep", "interpolate"))

    def due(self, epoch: int, epochs: int) -> bool:
        """Whether the steps are updated after `epoch` of `epochs` updates of the weights."""
        return epoch % self.every == 0 and self.start * epochs <= epoch <= self.stop * epochs and 0 < epoch < epochs


def relative_changes(representations: Float[Tensor, "members points a b"]) -> Float[Tensor, "members layers"]:
    """‖A_ℓ − A_{ℓ−1}‖_F / ‖A_ℓ‖_F for ℓ = 1…L, from A_0…A_L along dimension 1; the last two dimensions are summed."""
    after = representations[:, 1:]
    moved: Tensor = torch.linalg.vector_norm(after - representations[:, :-1], dim=(-2, -1))
    size = torch.linalg.vector_norm(after, dim=(-2, -1))
    # A collapsed path (size 0) must not make NaN; a layer that does nothing must not ask for an infinite step.
    tiny = torch.finfo(representations.dtype).tiny ** 0.5
    changes: Tensor = moved / size.clamp_min(tiny)
    return changes.clamp_min(1e-12)


def adaptive(
    representations: Float[Tensor, "members points a b"],
    layer_steps: Float[Tensor, "members layers"],
    options: AdaptiveSteps,
) -> Float[Tensor, "members layers"]:
    """One update of the adaptive steps, all members at once (section 4.2 of the paper, with damping and bounds).

        c_ℓ = ‖A_ℓ − A_{ℓ−1}‖_F / (ρ_ℓ ‖A_ℓ‖_F)              the relative rate of change in layer ℓ
        r_ℓ = ρ_ℓ^(1−d) · (c_ℓ⁻¹)^d                            d = 1 is the paper's rule, d < 1 a damped one
            = ρ_ℓ^(1−d) · (ρ_ℓ/change_ℓ)^d = ρ_ℓ change_ℓ^(−d)
        find s such that Σ_ℓ clip(s r_ℓ, smallest/L, largest/L) = 1
        ρ_ℓ ← clip(s r_ℓ, smallest/L, largest/L)

    Without active bounds, its fixed points are exactly the steps with equal relative changes.
    """
    layers = layer_steps.shape[1]
    changes = relative_changes(representations).to(layer_steps.dtype)
    # Member by member: a vectorized power differs in its last bit from the scalar one that ends an odd row, and members
    # shall not depend on their neighbours.
    powers = torch.stack([row**-options.damping for row in changes])
    proposal = layer_steps * powers
    return bounded(proposal, options.smallest / layers, options.largest / layers)


def bounded(proposal: Float[Tensor, "members layers"], lower: float, upper: float) -> Float[Tensor, "members layers"]:
    """clip(s·proposal, lower, upper) with s such that each row sums to 1. Needs lower·L ≤ 1 ≤ upper·L.

    The sum grows with s, so bisection finds it, by geometric means in a bracket that saturates all the bounds: 60 leave
    nothing of it in double precision. A last normalization removes rounding.
    """
    low, high = lower / proposal.amax(1, keepdim=True), upper / proposal.amin(1, keepdim=True)
    for _ in range(60):
        middle = (low * high).sqrt()
        short = (middle * proposal).clamp(lower, upper).sum(1, keepdim=True) < 1.0
        low, high = torch.where(short, middle, low), torch.where(short, high, middle)
    steps = ((low * high).sqrt() * proposal).clamp(lower, upper)
    return steps / steps.sum(1, keepdim=True)


def interpolate(
    values: Float[Tensor, "members layers rows columns"],
    old: Float[Tensor, "members layers"],
    new: Float[Tensor, "members points"],
) -> Float[Tensor, "members points rows columns"]:
    """Layer quantities moved from the steps `old` to the steps `new`: linear in p between the layers' midpoints.

    Before the first and after the last midpoint the nearest layer's value holds. The two may differ in length.
    """
    middles, wanted = midpoints(old).contiguous(), midpoints(new).contiguous()
    return evaluate(values, middles, wanted)


def midpoints(layer_steps: Float[Tensor, "members layers"]) -> Float[Tensor, "members layers"]:
    """p_ℓ − ρ_ℓ/2, where a layer's weights are thought to sit."""
    return layer_steps.cumsum(1) - 0.5 * layer_steps


def evaluate(
    values: Float[Tensor, "members layers rows columns"],
    places: Float[Tensor, "members layers"],
    wanted: Float[Tensor, "members points"],
) -> Float[Tensor, "members points rows columns"]:
    """Piecewise-linear interpolation at `wanted` of `values` at increasing `places`; constant beyond the ends."""
    if places.shape[1] == 1:
        return values.expand(-1, wanted.shape[1], -1, -1).clone()
    right = torch.searchsorted(places, wanted).clamp(1, places.shape[1] - 1)
    left = right - 1
    start, end = places.gather(1, left), places.gather(1, right)
    share = ((wanted - start) / (end - start)).clamp(0.0, 1.0)[..., None, None].to(values.dtype)
    shape = (-1, -1, *values.shape[2:])
    return torch.lerp(
        values.gather(1, left[..., None, None].expand(shape)),
        values.gather(1, right[..., None, None].expand(shape)),
        share,
    )


def check_layer_steps(steps: Tensor, members: int, layers: int) -> Float[Tensor, "members layers"]:
    """Steps of shape (L,) or (members, L) as (members, L); raises NetworkError unless positive and summing to one."""
    expected = f"({layers},) or ({members}, {layers})"
    if tuple(steps.shape) not in {(layers,), (members, layers)}:
        raise NetworkError(f"layer_steps has shape {tuple(steps.shape)}; expected {expected}; pass one step a layer")
    steps = steps.expand(members, layers).clone()
    smallest = float(steps.min())
    if not smallest > 0.0:
        raise NetworkError(f"layer_steps has the value {smallest:g}; expected positive steps; remove such layers")
    excess = float((steps.sum(1) - 1.0).abs().max())
    # Steps that were stored in single precision sum to one to a few units of 6e-8 a layer.
    if not math.isfinite(excess) or excess > 1e-6 * math.sqrt(layers):
        raise NetworkError(
            f"layer_steps sums to {1.0 + excess:g} or differs so from 1; expected 1; divide it by its sum"
        )
    return steps
