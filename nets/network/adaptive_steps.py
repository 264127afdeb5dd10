"""Layer steps that follow the representations, so that every layer changes them by the same relative amount.

The whole algorithm, of which the paper gives the line with c_ℓ, undamped as here:

1. ρ_ℓ ← 1/L.
2. In every epoch, update W by Adam.
3. After each epoch that is a multiple of `every`, and start · epochs ≤ epoch ≤ stop · epochs:
    a. change_ℓ ← ‖A_ℓ − A_{ℓ−1}‖_F / ‖A_ℓ‖_F, over all samples, with the present W, and c_ℓ = change_ℓ/ρ_ℓ.
    b. r_ℓ ← 1/c_ℓ; in general ρ_ℓ^(1−damping) · (1/c_ℓ)^damping.
    c. ρ_ℓ ← clip(s · r_ℓ, smallest/L, largest/L), with s such that Σρ_ℓ = 1.
    d. W_ℓ stays with its layer ("keep"), or is taken from the old W_p at the new place ("interpolate").
    e. Forget the best iterate so far: objectives on other steps do not compare.
4. Gradient descent on the final ρ, from the best iterate.

Source: Jacot and Kaiser, arXiv:2405.17573, section 4.2. `training/train.py` carries the epochs out.
"""

import torch
from torch import Tensor

from geodepth.nets.adaptive_options import AdaptiveSteps
from geodepth.nets.shapes import Paths, Steps

LEAST_CHANGE = 1e-12
"""A relative change below it counts as this: a layer that does nothing must not ask for an infinite step. Chosen by
hand."""
BISECTIONS = 60
"""For the factor s of the bounds, by geometric means: they leave nothing of its bracket in double precision."""


def relative_changes(representations: Paths) -> Steps:
    """‖A_ℓ − A_{ℓ−1}‖_F / ‖A_ℓ‖_F for ℓ = 1…L.

    Parameters
    ----------
    representations : (members, L + 1, a, b)
        A_0…A_L; the last two dimensions, neurons and samples in any order, are summed.
    """
    after = representations[:, 1:]
    moved: Tensor = torch.linalg.vector_norm(after - representations[:, :-1], dim=(-2, -1))
    size = torch.linalg.vector_norm(after, dim=(-2, -1))
    # A collapsed path (size 0) must not make NaN.
    tiny = torch.finfo(representations.dtype).tiny ** 0.5
    changes: Tensor = moved / size.clamp_min(tiny)
    return changes.clamp_min(LEAST_CHANGE)


def adaptive(representations: Paths, layer_steps: Steps, options: AdaptiveSteps) -> Steps:
    """One update of the adaptive steps, all members at once.

    Parameters
    ----------
    representations : (members, L + 1, a, b)
        A_0…A_L.
    layer_steps : (members, L)
        The present ρ.
    options : AdaptiveSteps
        Damping and bounds.

    Notes
    -----
    With damping d and bounds (section 4.2 of the paper has neither):

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
    return bounded(layer_steps * powers, options.smallest / layers, options.largest / layers)


def bounded(proposal: Steps, lower: float, upper: float) -> Steps:
    """clip(s · proposal, lower, upper), with s such that each row sums to 1. Needs lower · L ≤ 1 ≤ upper · L.

    The sum grows with s, so bisection finds it, by geometric means in a bracket that saturates all the bounds. A last
    normalization removes rounding.
    """
    low, high = lower / proposal.amax(1, keepdim=True), upper / proposal.amin(1, keepdim=True)
    for _ in range(BISECTIONS):
        middle = (low * high).sqrt()
        short = (middle * proposal).clamp(lower, upper).sum(1, keepdim=True) < 1.0
        low, high = torch.where(short, middle, low), torch.where(short, high, middle)
    steps = ((low * high).sqrt() * proposal).clamp(lower, upper)
    return steps / steps.sum(1, keepdim=True)
