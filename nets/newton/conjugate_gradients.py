"""Trust-region subproblems by truncated conjugate gradients, many at once.

Minimize gᵀs + ½ sᵀHs over ‖s‖_M ≤ radius, preconditioned by M:

1. s ← 0, r ← g, d ← −M⁻¹r.
2. If dᵀHd ≤ 0, or the step along d would leave the ellipsoid, go along d to the boundary and stop.
3. Else go to the minimum along d, and update r ← g + Hs.
4. Stop at ‖r‖_{M⁻¹} ≤ tolerance; else d ← −M⁻¹r + β d, the next conjugate direction, and go to 2.

Source: Steihaug, SIAM Journal on Numerical Analysis 20 (1983); Nocedal and Wright, Numerical Optimization, algorithm
7.2.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from geodepth.foundation.shapes import Bool
from geodepth.nets.shapes import PerMember, Vectors

Operator = Callable[[Vectors], Vectors]
"""What multiplies every row by a matrix of its own."""


@dataclass(frozen=True, slots=True)
class Subproblem:
    """Approximate minimizers of gᵀs + ½ sᵀHs in ellipsoids, a row each.

    Attributes
    ----------
    step : (members, P)
        s.
    decrease : (members,)
        Of the model: −gᵀs − ½ sᵀHs ≥ 0.
    length : (members,)
        ‖s‖_M.
    on_boundary : (members,)
        Whether the boundary stopped the iteration, or a negative curvature led there.
    products : int
        Hessian-vector products done.
    """

    step: Vectors
    decrease: PerMember
    length: PerMember
    on_boundary: Bool[Tensor, " members"]
    products: int


def solve_subproblems(
    product: Operator, inverse: Operator, gradient: Vectors, radius: PerMember, tolerance: PerMember, iterations: int
) -> Subproblem:
    """Minimize gᵀs + ½ sᵀHs over ‖s‖_M ≤ radius in every row.

    Parameters
    ----------
    product, inverse : function
        Multiply by H, and by M⁻¹.
    gradient : (members, P)
        g.
    radius, tolerance : (members,)
        A row is done at the boundary, or at ‖g + Hs‖_{M⁻¹} ≤ tolerance. It stays as it is while others go on.
    iterations : int
        The most products.
    """
    step = torch.zeros_like(gradient)
    curved = torch.zeros_like(gradient)
    residual = gradient.clone()
    solved = inverse(residual)
    direction = -solved
    square = (residual * solved).sum(1)
    running = square.sqrt() > tolerance
    on_boundary = torch.zeros_like(running)
    # M-norms by recurrence: ‖s‖², ⟨s, d⟩ and ‖d‖², since M itself is never applied.
    size, overlap, reach = torch.zeros_like(square), torch.zeros_like(square), square.clone()
    count = 0
    while count < iterations and bool(running.any()):
        image = product(direction)
        count += 1
        bend = (direction * image).sum(1)
        length = torch.where(running, square / bend, 0.0)
        leaves = running & ((bend <= 0.0) | (size + length * (2.0 * overlap + length * reach) >= radius.square()))
        # Non-positive curvature or a step too long: go as far as the boundary, and stop there.
        length = torch.where(leaves, _to_boundary(size - radius.square(), overlap, reach), length)
        step.addcmul_(length[:, None], direction)
        curved.addcmul_(length[:, None], image)
        residual.addcmul_(length[:, None], image)
        size = size + length * (2.0 * overlap + length * reach)
        on_boundary |= leaves
        solved = inverse(residual)
        new_square = (residual * solved).sum(1)
        running = running & ~leaves & (new_square.clamp_min(0.0).sqrt() > tolerance)
        ratio = torch.where(running, new_square / square, 0.0)
        overlap = ratio * (overlap + length * reach)
        reach = torch.where(running, new_square + ratio.square() * reach, 0.0)
        direction = torch.where(running[:, None], ratio[:, None] * direction - solved, 0.0)
        square = torch.where(running, new_square, 1.0)
    decrease = -(gradient * step).sum(1) - 0.5 * (step * curved).sum(1)
    return Subproblem(step, decrease, size.clamp_min(0.0).sqrt(), on_boundary, count)


def _to_boundary(c: PerMember, b: PerMember, a: PerMember) -> PerMember:
    """The positive root of a t² + 2 b t + c, for a ≥ 0 ≥ c; 0 where a = 0."""
    root = (b.square() - a * c).clamp_min(0.0).sqrt()
    # The form without cancellation for either sign of b.
    t = torch.where(b > 0.0, -c / (b + root), (root - b) / a)
    return torch.where(a > 0.0, t, 0.0)
