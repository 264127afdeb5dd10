"""The one normalization of the stationarity residual."""

from collections.abc import Iterable

import torch
from torch import Tensor

from geodepth.nets.shapes import PerMember


def stationarity_residual(missing: PerMember, size: PerMember) -> PerMember:
    """How far networks are from stationary: the relative size of the gradient of J with respect to what it penalizes.

    Parameters
    ----------
    missing : (members,)
        Σ_ℓ ρ_ℓ ‖W_ℓ − L̃ B_ℓ σ(A_{ℓ−1})ᵀ‖_F². Where the projections are penalized, L̃ ‖E − B_0 Xᵀ‖_F² and
        L̃ ‖P − (2/(λN)) (Y − P A_L) A_Lᵀ‖_F² are added.
    size : (members,)
        Σ_ℓ ρ_ℓ ‖W_ℓ‖_F². Where the projections are penalized, L̃ (‖E‖_F² + ‖P‖_F²) is added.

    Returns
    -------
    (members,)
        √(Σ_ℓ ρ_ℓ ‖W_ℓ − L̃ B_ℓ σ(A_{ℓ−1})ᵀ‖_F²) / √(Σ_ℓ ρ_ℓ ‖W_ℓ‖_F²): zero exactly at a stationary point, which may
        have no weights at all; infinite where only the weights vanish.

    Notes
    -----
    ∂J/∂W_ℓ = (λ/L̃) ρ_ℓ (W_ℓ − L̃ B_ℓ σ(A_{ℓ−1})ᵀ). For a plain ResNet (L̃ = 0) the factor L̃ is 1. Every layer counts by
    its step ρ_ℓ, so that the residual has a limit as layers are added. Penalized projections count by L̃: then the
    weighted squares sum up to the penalty in units of λ/(2L̃), as those of the weights do.
    Source: Jacot and Kaiser, arXiv:2405.17573, section 1.3.
    """
    return (missing / size).sqrt().masked_fill(missing == 0.0, 0.0)


def residual_of(terms: Iterable[tuple[Tensor, Tensor, Tensor | float]]) -> PerMember:
    """The residual of parameters, each given with the value that makes J stationary in it, and its weight.

    Parameters
    ----------
    terms : iterable of (parameter, value, weight)
        (members, …), (members, …), and what the squares are multiplied by, such as ρ.
    """
    sums = [
        torch.stack([(weight * part.square()).flatten(1).sum(1) for part in (parameter - value, parameter)])
        for parameter, value, weight in terms
    ]
    return stationarity_residual(*torch.stack(sums).sum(0))
