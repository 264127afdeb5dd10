"""First-order updates of a (members, parameters) matrix, elementwise, so that members never mix."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from geodepth.foundation.shapes import Float


def adam_update(
    parameters: Float[Tensor, "members P"],
    gradient: Float[Tensor, "members P"],
    first: Float[Tensor, "members P"],
    second: Float[Tensor, "members P"],
    update: int,
    rate: float,
    betas: tuple[float, float] = (0.9, 0.999),
    epsilon: float = 1e-10,
) -> None:
    """One update of Adam (Kingma & Ba, arXiv:1412.6980, algorithm 1), in place; `update` counts from 1.

    ε is smaller than the usual 1e-8: gradients of J carry the factor λρ/L̃, and close to a stationary point they are
    below 1e-8 themselves.
    """
    first.lerp_(gradient, 1.0 - betas[0])
    second.mul_(betas[1]).addcmul_(gradient, gradient, value=1.0 - betas[1])
    spread = second.sqrt().div_(math.sqrt(1.0 - betas[1] ** update)).add_(epsilon)
    parameters.addcdiv_(first, spread, value=-rate / (1.0 - betas[0] ** update))


def clip_rows(gradient: Float[Tensor, "members P"], largest: float) -> None:
    """Shorten, in place, every row whose norm is above `largest` to that norm."""
    norms = torch.linalg.vector_norm(gradient, dim=1, keepdim=True)
    gradient.mul_((largest / norms).clamp(max=1.0))


def scheduled_rate(schedule: str, rate: float, final_fraction: float, done: float) -> float:
    """The learning rate after the share `done` of the epochs, from `rate` down to `final_fraction` of it.

    "cosine": half a cosine; "linear": a straight line; "constant": `rate` throughout.
    """
    if schedule == "constant":
        return rate
    remaining = 0.5 * (1.0 + math.cos(math.pi * done)) if schedule == "cosine" else 1.0 - done
    return rate * (final_fraction + (1.0 - final_fraction) * remaining)


def descent_update(
    parameters: Float[Tensor, "members P"],
    gradient: Float[Tensor, "members P"],
    objective: Float[Tensor, " members"],
    anchor: Float[Tensor, "members P"],
    anchor_gradient: Float[Tensor, "members P"],
    anchor_objective: Float[Tensor, " members"],
    rates: Float[Tensor, " members"],
) -> None:
    """One step of gradient descent that never goes uphill, each member with a rate of its own, in place.

    `gradient` and `objective` belong to `parameters`, a trial. A member whose objective is not above its anchor's
    takes the trial as its new anchor and a 5 % larger rate; another goes back to its anchor with half the rate. The
    next trial is one step from the anchor. Comparison with NaN is false, so a trial that blew up is refused too.
    """
    accepted = objective <= anchor_objective
    column = accepted[:, None]
    torch.where(column, parameters, anchor, out=anchor)
    torch.where(column, gradient, anchor_gradient, out=anchor_gradient)
    torch.where(accepted, objective, anchor_objective, out=anchor_objective)
    rates.mul_(torch.where(accepted, 1.05, 0.5).to(rates.dtype))
    torch.addcmul(anchor, rates[:, None], anchor_gradient, value=-1.0, out=parameters)
