"""Richardson's extrapolation: the value at an endless refinement, from values at a few finite ones."""

from collections.abc import Sequence

import numpy as np

from geodepth.foundation.shapes import Float


def richardson_weights(cuts: Sequence[int]) -> Float[np.ndarray, " m"]:
    """The weights that turn values at m refinements into the value at an endless one.

    Parameters
    ----------
    cuts : sequence of int
        Into how many equal parts each refinement cuts an interval, all different.

    Notes
    -----
    A value with an expansion in the powers of 1/m is a polynomial in 1/m up to an error of order m^(−len(cuts)).
    These are Lagrange's weights at 0 on the points 1/m: they sum to one and cancel the first len(cuts) − 1 powers.
    Source: Hairer, Nørsett and Wanner, Solving Ordinary Differential Equations I, section II.9.
    """
    lengths = 1.0 / np.array(cuts)
    gaps = lengths[:, None] - lengths[None, :] + np.eye(lengths.size)
    ratios = np.where(np.eye(lengths.size) > 0, 1.0, -lengths[None, :] / gaps)
    return np.asarray(np.prod(ratios, axis=1))
