"""Trust-region subproblems by truncated conjugate gradients, many at once.

Steihaug, SIAM Journal on Numerical Analysis 20 (1983); Nocedal & Wright, Numerical Optimization, algorithm 7.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Bool, Float


@dataclass(frozen=True, slots=True)
class Subproblem:
    """Approximate minimizers of gᵀs + ½ sᵀHs in balls, a row each.

    step        (members, P)
    decrease    (members,), of the model: −gᵀs − ½ sᵀHs ≥ 0
    on_boundary (members,), whether the ball's boundary stopped the iteration (or a negative curvature led there)
    products    Hessian-vector products done
    """

    step: Float[Tensor, "members P"]
    decrease: Float[Tensor, " members"]
    on_boundary: Bool[Tensor, " members"]
    products: int


def solve_subproblems(
    product: Callable[[Float[Tensor, "members P"]], Float[Tensor, "members P"]], gradient: Float[Tensor, "members P"],
    radius: Float[Tensor, " members"], tolerance: Float[Tensor, " members"], iterations: int,
) -> Subproblem:
    """Minimize gᵀs + ½ sᵀHs over ‖s‖ ≤ radius in every row, until ‖g + Hs‖ ≤ tolerance or `iterations` products.

    A row that is done stays as it is while others go on.
    """
    step = torch.zeros_like(gradient)
    curved = torch.zeros_like(gradient)
    residual = gradient.clone()
    direction = -residual
    square = residual.square().sum(1)
    running = square.sqrt() > tolerance
    on_boundary = torch.zeros_like(running)
    count = 0
    while count < iterations and bool(running.any()):
        image = product(direction)
        count += 1
        bend = (direction * image).sum(1)
        length = torch.where(running, square / bend, 0.0)
        trial = torch.addcmul(step, length[:, None], direction)
        leaves = running & ((bend <= 0.0) | (torch.linalg.vector_norm(trial, dim=1) >= radius))
        # Non-positive curvature or a step out of the ball: go as far as the ball allows, and stop there.
        length = torch.where(leaves, _to_boundary(step, direction, radius), length)
        step.addcmul_(length[:, None], direction)
        curved.addcmul_(length[:, None], image)
        residual.addcmul_(length[:, None], image)
        on_boundary |= leaves
        new_square = residual.square().sum(1)
        running = running & ~leaves & (new_square.sqrt() > tolerance)
        ratio = torch.where(running, new_square / square, 0.0)
        direction = torch.where(running[:, None], ratio[:, None] * direction - residual, 0.0)
        square = torch.where(running, new_square, 1.0)
    decrease = -(gradient * step).sum(1) - 0.5 * (step * curved).sum(1)
    return Subproblem(step, decrease, on_boundary, count)


def _to_boundary(
    step: Float[Tensor, "members P"], direction: Float[Tensor, "members P"], radius: Float[Tensor, " members"]
) -> Float[Tensor, " members"]:
    """The positive t with ‖step + t·direction‖ = radius; 0 for a zero direction."""
    a = direction.square().sum(1)
    b = (step * direction).sum(1)
    c = step.square().sum(1) - radius.square()
    root = (b.square() - a * c).clamp_min(0.0).sqrt()
    # The form without cancellation for either sign of b; c ≤ 0 within the ball.
    t = torch.where(b > 0.0, -c / (b + root), (root - b) / a)
    return torch.where(a > 0.0, t, 0.0)
