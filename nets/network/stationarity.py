"""The one normalization of the stationarity residual."""

from geodepth.nets.shapes import PerMember


def stationarity_residual(missing: PerMember, size: PerMember) -> PerMember:
    """How far networks are from stationary: the relative size of the gradient of J with respect to the weights.

    Parameters
    ----------
    missing : (members,)
        Σ_ℓ ρ_ℓ ‖W_ℓ − L̃ B_ℓ σ(A_{ℓ−1})ᵀ‖_F².
    size : (members,)
        Σ_ℓ ρ_ℓ ‖W_ℓ‖_F².

    Returns
    -------
    (members,)
        √(Σ_ℓ ρ_ℓ ‖W_ℓ − L̃ B_ℓ σ(A_{ℓ−1})ᵀ‖_F²) / √(Σ_ℓ ρ_ℓ ‖W_ℓ‖_F²): zero exactly at a stationary point, which may
        have no weights at all; infinite where only the weights vanish.

    Notes
    -----
    ∂J/∂W_ℓ = (λ/L̃) ρ_ℓ (W_ℓ − L̃ B_ℓ σ(A_{ℓ−1})ᵀ). For a plain ResNet (L̃ = 0) the factor L̃ is 1. Every layer counts by
    its step ρ_ℓ, so that the residual has a limit as layers are added.
    Source: Jacot and Kaiser, arXiv:2405.17573, section 1.3.
    """
    return (missing / size).sqrt().masked_fill(missing == 0.0, 0.0)
