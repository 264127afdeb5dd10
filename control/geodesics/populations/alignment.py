"""Neurons of two paths matched, so that weights of both can be mixed: permuted neurons are the same network."""

import numpy as np

from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Path, Weights
from geodepth.foundation.shapes import Int


def free_neurons(geodesic: RepresentationGeodesic) -> Int[np.ndarray, " f"]:
    """Those that neither the embedding nor the readout touches: they can be permuted without any change."""
    return np.flatnonzero(~(geodesic.embedding.any(axis=1) | geodesic.readout.any(axis=0)))


def aligned(geodesic: RepresentationGeodesic, model: Path, weights: Weights, path: Path) -> Weights:
    """Weights with their free neurons in the order in which they follow those of another path most closely.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        The problem of both.
    model : (L + 1, w, N)
        The representations to be followed.
    weights : (L, w, c)
        W_ℓ to be reordered.
    path : (L + 1, w, N)
        Their representations.

    Returns
    -------
    (L, w, c)
        The same network, its neurons permuted by a linear assignment of least distance over the whole path.
    """
    from scipy.optimize import linear_sum_assignment

    free = free_neurons(geodesic)
    order = np.arange(geodesic.columns)
    overlap = np.einsum("lin,ljn->ij", model[:, free], path[:, free])
    sizes = np.sum(path[:, free] ** 2, axis=(0, 2))
    order[free] = free[linear_sum_assignment(sizes - 2.0 * overlap)[1]]
    return np.asarray(weights[:, order[: geodesic.width]][:, :, order])
