"""Sizes of states that feed each other in rows: cells of a rod, stages of a column."""

import numpy as np

from geodepth.foundation.shapes import Bool, Float, Int


def fed_by_all(
    sizes: Float[np.ndarray, " n"],
    known: Bool[np.ndarray, " n"],
    rows: Int[np.ndarray, " m"],
    columns: Int[np.ndarray, " m"],
    slopes: Float[np.ndarray, " m"],
    horizon: float,
    states: int,
) -> Float[np.ndarray, " n"]:
    """The states as large as all others together keep them; 0 for what is known, and where they grow without end.

    Parameters
    ----------
    sizes : ndarray
        Of states, controls and parameters; of what is not known as the others one by one make it.
    known : ndarray
        Whose size stands.
    rows, columns, slopes : ndarray
        The dynamics' derivatives, as triplets of magnitudes.
    horizon : float
        The final time minus the initial.
    states : int
        How many of the sizes are of states.

    Notes
    -----
    With the rates d of decay, not below 1/horizon, and what x_j or u_j feeds into x_i, F_ij = |∂f_i/∂x_j|, that is
    d s = F s over the states that are not known. They end where d − F has an inverse without a negative entry
    (Berman and Plemmons, Nonnegative Matrices in the Mathematical Sciences, theorem 6.2.3).
    """
    table = np.zeros((states, sizes.size))
    table[rows, columns] = slopes
    decay = np.maximum(np.diag(table), 1 / horizon)
    np.fill_diagonal(table[:, :states], 0.0)
    sought = ~known[:states] & (sizes[:states] > 0)
    found = np.zeros(sizes.size)
    if np.any(sought):
        given = table[sought] @ np.where(np.append(sought, np.zeros(sizes.size - states, dtype=bool)), 0.0, sizes)
        matrix = np.diag(decay[sought]) - table[np.ix_(sought, np.flatnonzero(sought))]
        try:
            inverse = np.linalg.inv(matrix)
        except np.linalg.LinAlgError:
            return found
        # Of such a matrix alone the inverse has no negative entry, but rounding.
        if np.all(inverse >= -1e-9 * np.max(np.abs(inverse))):
            found[:states][sought] = np.maximum(inverse @ given, 0.0)
    return found
