"""Initial weights, scaled so that the initial path is neither dead nor explosive for any L, L̃ and width."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from jaxtyping import Float


def initial_weights(
    members: int, layers: int, width: int, effective_depth: float, bias: bool, generator: torch.Generator | None
) -> Float[Tensor, "members layers width columns"]:
    """W_ℓ = L̃ I + Z, with the same Z in every layer, its entries independent normal of variance 2/w; no bias.

    Why. The leak alone shrinks a path by e^(−L̃), and independent random layers that make up for it do so only on
    average: their products fluctuate by orders of magnitude once L̃ exceeds a few units and the width is small. L̃ I
    holds the path instead. With κ = ρ_ℓ L̃ a layer is

        A_ℓ = [(1 − κ) A_{ℓ−1} + κ σ(A_{ℓ−1})] + ρ_ℓ Z σ(A_{ℓ−1}).

    Not explosive: for 0 ≤ κ ≤ 1 and |σ(a)| ≤ |a| (ReLU, linear, tanh, GELU) the bracket is no larger than A_{ℓ−1}, so
    ‖A_L‖ ≤ Π(1 + ρ_ℓ‖Z‖₂) ‖A_0‖ ≤ e^‖Z‖₂ ‖A_0‖, whatever L and L̃ are, and ‖Z‖₂ is about 2√2 for any width.
    Not dead: for the ReLU the bracket keeps positive entries as they are, where the leak alone would lose e^(−L̃).
    Z is the drift of a plain ResNet (L̃ = 0): |Z σ(a)|² has the mean of |a|², for a symmetric about zero, so over the
    unit range of p it moves the path by about its own size. A Z that does not depend on the layer makes a path that is
    smooth in p, as a geodesic is, and a penalty that stays bounded as L grows; noise of the same effect that is
    independent from layer to layer has a variance proportional to L, and so a penalty proportional to L.
    """
    drift = torch.randn(members, 1, width, width, generator=generator, dtype=torch.float64) * (2.0 / width) ** 0.5
    weights = (drift + effective_depth * torch.eye(width, dtype=torch.float64)).repeat(1, layers, 1, 1)
    return torch.nn.functional.pad(weights, (0, 1)) if bias else weights


def initial_projections(
    members: int, rows: int, columns: int, generator: torch.Generator | None
) -> Float[Tensor, "*members rows columns"]:
    """The padded identity (rows, columns) when `members` is 0; else random, entries of variance 1/columns.

    With that variance a projection keeps the mean square of its input's entries.
    """
    if members == 0:
        return torch.eye(rows, columns, dtype=torch.float64)
    entries = torch.randn(members, rows, columns, generator=generator, dtype=torch.float64)
    return entries.mul_(columns**-0.5)
