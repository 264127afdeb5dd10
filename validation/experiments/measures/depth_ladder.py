"""The way to a large effective depth: from a small one, doubling it, each path the start of the next.

Trained from random weights at a large L̃, a network is far from stationary: what layer ℓ does to the output decays or
grows like e^{L̃p} behind it, so gradients and momenta span many orders of magnitude. At a small L̃ training is easy, and
a path carries over: in the time τ = L̃p its ends keep their course, and more time is spent in the bottleneck.
"""

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.path_energies import compute_energies

LOWEST = 2.5
"""L̃ at which the way begins, at most (chosen by hand)."""


def rungs(effective_depth: float, lowest: float = LOWEST) -> list[float]:
    """L̃/2^k, …, L̃/2, L̃, rising, from the first that is no more than `lowest`: a way that depends on its end alone."""
    way = [effective_depth]
    while way[0] > lowest:
        way.insert(0, 0.5 * way[0])
    return way


def deepened(path: RepresentationPath, effective_depth: float) -> Float[np.ndarray, "L w c"]:
    """Weights for a larger L̃ on the same layer steps: W/L̃ as a function of τ = L̃p, with a stop at the bottleneck.

    Parameters
    ----------
    path : RepresentationPath
        At its own L̃.
    effective_depth : float
        The larger L̃.

    Returns
    -------
    (L, w, c)
        A start for training or for the optimizer, no solution.

    Notes
    -----
    The stop is at the layer whose cost of identity is the least. Before and behind it W/L̃ is the path's own at the same
    τ from either end. In between it is the stop's, which nearly holds the states where there is a bottleneck.
    """
    old = path.effective_depth
    middle = path.positions[:-1] + 0.5 * path.layer_steps
    energies = compute_energies(path)
    stop = float(path.positions[int(np.argmin(energies.relative.cost_of_identity))])
    forth, back = middle * effective_depth / old, 1.0 - (1.0 - middle) * effective_depth / old
    place = np.where(forth < stop, forth, np.where(back > stop, back, stop))
    flat = path.weights.reshape(len(middle), -1)
    moved = np.stack([np.interp(place, middle, column) for column in flat.T], axis=1)
    found: np.ndarray = moved.reshape(path.weights.shape) * (effective_depth / old)
    return found
