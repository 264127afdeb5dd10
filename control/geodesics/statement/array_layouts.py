"""The one place of control that reorders arrays: matrices of the paper, vectors of a program, samples first.

A geodesic holds matrices as the paper does, a sample or a weight's column in each column: A (L+1, w, N), W (L, w, c).
Programs of CasADi order their states and controls column after column. The structured linear algebra keeps samples, and
the columns of weights, before neurons: (L+1, N, w) and (L, c, w).
"""

import numpy as np

from geodepth.foundation.shapes import Float


def stacked(matrices: Float[np.ndarray, "... rows columns"]) -> Float[np.ndarray, "... size"]:
    """Each matrix as one vector, column after column: states (…, wN) of A, controls (…, wc) of W."""
    return np.swapaxes(matrices, -1, -2).reshape(*matrices.shape[:-2], -1)


def unstacked(vectors: Float[np.ndarray, "... size"], rows: int) -> Float[np.ndarray, "... rows columns"]:
    """The matrices with that many rows whose columns the vectors hold, one after the other."""
    return np.swapaxes(vectors.reshape(*vectors.shape[:-1], -1, rows), -1, -2).copy()


def swapped(matrices: Float[np.ndarray, "... rows columns"]) -> Float[np.ndarray, "... columns rows"]:
    """Samples first from neurons first, or back: every matrix transposed, in memory too."""
    return np.ascontiguousarray(np.swapaxes(matrices, -1, -2))
