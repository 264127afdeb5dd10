"""The one place that turns arrays between control's order of axes and that of nets.

    X, Y   control and validation (d, N), one column per sample    nets (N, d), one row per sample
    A, B   control and validation (L+1, w, N)                      nets (members, L+1, N, w)
    W      control and validation (L, w, c)                        nets (members, L, w, c)

The weights act on columns in both.
"""

import numpy as np

from geodepth.foundation.shapes import Float


def samples_first(columns: Float[np.ndarray, "*s d N"]) -> Float[np.ndarray, "*s N d"]:
    """Turn arrays of control and validation into those of nets: one row per sample."""
    return columns.swapaxes(-1, -2)


def samples_last(rows: Float[np.ndarray, "*s N d"]) -> Float[np.ndarray, "*s d N"]:
    """Turn arrays of nets into those of control and validation: one column per sample."""
    return rows.swapaxes(-1, -2)
