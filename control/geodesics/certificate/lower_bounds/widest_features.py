"""How far apart the ReLUs of two samples can be, once both have moved alike.

Θ(h)² = max over |d| ≤ h of Σ_k f_k(|d_k|), f_k(t) = clip(max(u_k, v_k) + t, 0, |u_k − v_k|)²: a knapsack, the square of
|d| shared out among the neurons. Two bounds from above, of which the smaller counts:

- Weak duality (`_by_prices`): for every μ ≥ 0 it is at most μh² + Σ_k max_t [f_k(t) − μt²]. It is near where many
  neurons share h. Where one must be raised before it shows anything, f_k is not concave in t², and it is far.
- Dynamic programming (`_by_shares`): neuron by neuron, on radii jη. If the first k neurons have |d| ≤ jη and neuron k
  has (i − 1)η < t ≤ iη, the others have no more than the next radius above η√(j² − (i − 1)²), and f_k, which rises, is
  at most f_k(iη). Every neuron is given at most one η too much.
"""

from functools import cache

import numpy as np

from geodepth.foundation.shapes import Float

PRICES = np.append(np.geomspace(1e-3, 1.0, 40), 1.0 + np.geomspace(1e-3, 1e3, 80))
"""The μ that are tried: any give a valid bound. Chosen by hand."""
RADII = 400
"""Of the dynamic programme, ten to a cell of h; chosen by hand."""


def widest_features(
    u: Float[np.ndarray, " w"], v: Float[np.ndarray, " w"], heights: Float[np.ndarray, " I"]
) -> Float[np.ndarray, " I"]:
    """Θ(h) from above: how far apart the ReLUs of two samples can be after both moved by the same |d| ≤ h.

    Parameters
    ----------
    u, v : (w,)
        The samples.
    heights : (I,)
        h.
    """
    top, low = np.maximum(u, v), np.minimum(u, v)
    squared = np.minimum(_by_prices(top, low, heights), _by_shares(top, low, heights))
    return np.asarray(np.sqrt(np.minimum(squared, np.sum((top - low) ** 2))))


def _by_prices(top: np.ndarray, low: np.ndarray, heights: np.ndarray) -> Float[np.ndarray, " I"]:
    """The bound on Θ² by weak duality.

    Notes
    -----
    With length = top − low and t ≥ 0, clip(top + t, 0, length)² − μt² is convex below and above the root top/(μ − 1) of
    its derivative if μ < 1, concave between the kinks if μ > 1: its largest value is at t = 0, at the root, or where
    all of the length is above zero.
    """
    top, low = top[:, None], low[:, None]
    length = top - low
    best = np.clip(top, 0.0, length) ** 2 + 0.0 * PRICES
    best = np.maximum(best, np.where(low < 0.0, length**2 - PRICES * low**2, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        root = top / (PRICES - 1.0)
        inside = (PRICES > 1.0) & (top > 0.0) & (root <= -low)
        best = np.maximum(best, np.where(inside, top**2 * PRICES / (PRICES - 1.0), 0.0))
    return np.asarray(np.min(best.sum(axis=0)[:, None] + PRICES[:, None] * heights**2, axis=0))


def _by_shares(top: np.ndarray, low: np.ndarray, heights: np.ndarray) -> Float[np.ndarray, " I"]:
    """The bound on Θ² by dynamic programming over the neurons."""
    hidden = (low < 0.0) & (top > low)
    shown = np.sum((top[~hidden] - low[~hidden]) ** 2)
    highest = float(np.linalg.norm(low[hidden]))  # from here on all is above zero
    if highest == 0.0:
        return np.full(heights.shape, shown)
    radii = np.linspace(0.0, highest, RADII + 1)
    best = np.full(radii.size, shown)
    for most, least in zip(top[hidden], low[hidden], strict=True):
        of_neuron = np.clip(most + radii, 0.0, most - least) ** 2
        best = np.max(best[_others()] + np.where(_within(), of_neuron, -np.inf), axis=1)
    reached = np.searchsorted(radii, np.minimum(heights, highest) * (1.0 - 1e-12))
    return np.asarray(best[reached])


@cache
def _others() -> np.ndarray:
    """The radius that is left to the others, by j and i: the next above √(j² − (i − 1)²)."""
    j, i = np.indices((RADII + 1, RADII + 1))
    left = np.maximum(j**2 - np.maximum(i - 1, 0) ** 2, 0)
    root = np.sqrt(left).astype(int)
    return np.asarray(root + (root**2 < left))


@cache
def _within() -> np.ndarray:
    """Whether iη is no larger than jη, by j and i."""
    j, i = np.indices((RADII + 1, RADII + 1))
    return np.asarray(i <= j)
