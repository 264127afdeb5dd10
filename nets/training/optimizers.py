"""First-order updates of a training's state, entry by entry, so that members never mix."""

import math

import torch

from geodepth.nets.calculus.adjoint import Adjoint
from geodepth.nets.shapes import Vectors

from .state import TrainingState

BETAS = (0.9, 0.999)
"""Adam's decay rates per update, as in its paper."""
EPSILON = 1e-10
"""Adam's ε, in units of the gradient. It is smaller than the usual 1e-8: gradients of J carry the factor λρ/L̃, and
close to a stationary point they are below 1e-8 themselves."""
FASTER, SLOWER = 1.05, 0.5
"""What a rate of the descent is multiplied by, after a trial that did not rise and after one that did. Chosen by
hand."""


def adam_update(state: TrainingState, gradient: Vectors, rate: float) -> None:
    """One update of Adam, in place. Its last pass but one is written into `gradient`.

    Notes
    -----
    Source: Kingma and Ba, arXiv:1412.6980, algorithm 1.
    """
    state.updates += 1
    state.first_moment.lerp_(gradient, 1.0 - BETAS[0])
    state.second_moment.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1.0 - BETAS[1])
    # √v/√c + ε = (√v + ε√c)/√c, with c = 1 − β₂^k: one pass less over all parameters.
    root = math.sqrt(1.0 - BETAS[1] ** state.updates)
    spread = torch.sqrt(state.second_moment, out=gradient).add_(EPSILON * root)
    state.parameters.addcdiv_(state.first_moment, spread, value=-rate * root / (1.0 - BETAS[0] ** state.updates))


def clip_rows(gradient: Vectors, largest: float) -> None:
    """Shorten, in place, every row whose norm is above `largest` to that norm."""
    norms = torch.linalg.vector_norm(gradient, dim=1, keepdim=True)
    gradient.mul_((largest / norms).clamp(max=1.0))


def scheduled_rate(schedule: str, rate: float, final_fraction: float, done: float) -> float:
    """The learning rate after the share `done` of the epochs, from `rate` down to `final_fraction` of it.

    Parameters
    ----------
    schedule : str
        "cosine": half a cosine. "linear": a straight line. "constant": `rate` throughout.
    """
    if schedule == "constant":
        return rate
    remaining = 0.5 * (1.0 + math.cos(math.pi * done)) if schedule == "cosine" else 1.0 - done
    return rate * (final_fraction + (1.0 - final_fraction) * remaining)


def descent_update(state: TrainingState, adjoint: Adjoint) -> None:
    """One step of gradient descent that never goes uphill, each member with a rate of its own, in place.

    1. Try the step from the anchor, which is `state.parameters`, along its gradient.
    2. A member whose objective is not above its anchor's takes the trial as its new anchor, and a 5 % larger rate.
    3. Another stays at its anchor with half the rate. Comparison with NaN is false, so a trial that blew up is refused.
    """
    torch.addcmul(state.parameters, state.rates[:, None], state.anchor_gradient, value=-1.0, out=adjoint.parameters)
    adjoint.evaluate()
    accepted = adjoint.objective <= state.anchor_objective
    column = accepted[:, None]
    torch.where(column, adjoint.parameters, state.parameters, out=state.parameters)
    torch.where(column, adjoint.gradient, state.anchor_gradient, out=state.anchor_gradient)
    torch.where(accepted, adjoint.objective, state.anchor_objective, out=state.anchor_objective)
    state.rates.mul_(torch.where(accepted, FASTER, SLOWER).to(state.rates.dtype))
