"""Equidistribution: nodes of a mesh that give every interval the same share of a density."""

import numpy as np

from geodepth.foundation.shapes import Float, Int


def equal_shares(
    positions: Float[np.ndarray, " m"],
    mass: Float[np.ndarray, " m"],
    intervals: int,
    first: float = 0.0,
    last: float | None = None,
) -> Float[np.ndarray, " intervals+1"]:
    """The nodes between which a density has equal integrals.

    Parameters
    ----------
    positions : (m,)
        Increasing.
    mass : (m,)
        The density's integral from the first position to each of them, increasing from zero. In between it is taken to
        be linear.
    intervals : int
        How many.
    first, last : float, optional
        The mass at the first and the last node, in the density's unit; by default zero and all of it.

    Notes
    -----
    Source: Ascher, Mattheij and Russell, Numerical Solution of Boundary Value Problems for Ordinary Differential
    Equations, section 9.1.
    """
    return np.asarray(np.interp(np.linspace(first, mass[-1] if last is None else last, intervals + 1), mass, positions))


def whole_shares(shares: Float[np.ndarray, " m"], count: int) -> Int[np.ndarray, " m"]:
    """Share out a number of intervals over arcs, at least one each.

    Parameters
    ----------
    shares : (m,)
        What each arc asks for, of sum one.
    count : int
        How many there are; m, if it is less.

    Notes
    -----
    Every arc gets the whole part of its share, and those of the largest remainders one more. What an arc gets because
    it may not go without is taken from the largest.
    """
    wanted = np.asarray(shares) * count
    found = np.maximum(np.floor(wanted).astype(int), 1)
    while (left := max(count, found.size) - int(found.sum())) != 0:
        lacking = np.where((left > 0) | (found > 1), wanted - found, np.inf)
        found[int(lacking.argmax() if left > 0 else lacking.argmin())] += np.sign(left)
    return np.asarray(found)
