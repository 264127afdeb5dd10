"""Smooth notions of rank, from singular values."""

import numpy as np

from geodepth.foundation.shapes import Float


def stable_rank(singular_values: Float[np.ndarray, "*points m"]) -> Float[np.ndarray, "*points"]:
    """‖M‖_F²/‖M‖_op² = Σs²/max s², between 1 and the rank; 0 for the zero matrix."""
    return _ratio(np.sum(singular_values**2, axis=-1), np.max(singular_values, axis=-1) ** 2)


def nuclear_rank(singular_values: Float[np.ndarray, "*points m"]) -> Float[np.ndarray, "*points"]:
    """‖M‖_*²/‖M‖_F² = (Σs)²/Σs², between 1 and the rank, the stable rank of the paper's Proposition 1; 0 for zero.

    Source: Jacot and Kaiser, arXiv:2405.17573, Proposition 1.
    """
    return _ratio(np.sum(singular_values, axis=-1) ** 2, np.sum(singular_values**2, axis=-1))


def effective_rank(singular_values: Float[np.ndarray, "*points m"]) -> Float[np.ndarray, "*points"]:
    """exp(−Σ q log q) of q = s/Σs, between 1 and the rank; 0 for the zero matrix.

    Source: O. Roy and M. Vetterli, "The effective rank", EUSIPCO 2007.
    """
    total = np.sum(singular_values, axis=-1)
    share = singular_values / np.where(total > 0.0, total, 1.0)[..., None]
    entropy = -np.sum(share * np.log(np.where(share > 0.0, share, 1.0)), axis=-1)
    return np.asarray(np.where(total > 0.0, np.exp(entropy), 0.0))


def _ratio(above: Float[np.ndarray, "*points"], below: Float[np.ndarray, "*points"]) -> Float[np.ndarray, "*points"]:
    return np.asarray(np.where(below > 0.0, above / np.where(below > 0.0, below, 1.0), 0.0))
