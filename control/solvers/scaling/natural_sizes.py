"""The sizes at which variables matter to the dynamics, and those that the dynamics give them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from geodepth.foundation.shapes import Bool, Float, Int

NOISE = 1e-6
"""What stays below this share of the size at which it would matter is noise around zero (chosen by hand)."""
SWINGS = 2.0
"""How often a state changes by its size within the horizon: there and back."""
BENT = 2.0
"""How many times more or less than its slope tells a variable may change a rate; else it is bent (chosen by hand)."""
PARTS = np.array([1.0, 0.125, 0.015625])
"""Of that size, at which this is seen (chosen by hand): far out a cosine may happen to do what its slope tells."""
TINY, MOST_PLACES, LEAST_PLACES = 1e-100, 2048, 64
"""From this share of what slopes tell a size is sought, at so many places (chosen by hand): some in every power of ten
where noise is as small as squares of it can be told, fewer where many variables are sought."""


class Natural(NamedTuple):
    """Of states, controls and parameters (n,), ∞ where unknown.

    Attributes
    ----------
    matters : ndarray
        The size at which each, alone, would matter to a state.
    driven : ndarray
        The size that the others would give it.
    quick : ndarray
        What matters to a state (nx,): by this its rate changes. 0 where its size is not known.
    """

    matters: Float[np.ndarray, " n"]
    driven: Float[np.ndarray, " n"]
    quick: Float[np.ndarray, " nx"]


def natural_sizes(
    sizes: Float[np.ndarray, " n"],
    fastest: Float[np.ndarray, " nx"],
    rows: Int[np.ndarray, " m"],
    columns: Int[np.ndarray, " m"],
    slopes: Float[np.ndarray, " m"],
    horizon: float,
) -> Natural:
    """What the dynamics' derivatives say of sizes.

    Parameters
    ----------
    sizes : ndarray
        Of states, controls and parameters; 0 where unknown.
    fastest : ndarray
        The largest rates of the states along the path.
    rows, columns, slopes : ndarray
        The dynamics' derivatives, as triplets of magnitudes.
    horizon : float
        The final time minus the initial.

    Notes
    -----
    A state changes by its size twice within the horizon, or faster where the dynamics say so. A variable matters if it
    alone can do this. A state becomes as large as the others make it within the horizon, or until it decays.
    """
    nx, known = fastest.size, sizes > 0
    effect = slopes * sizes[columns]
    quick = np.where(known[:nx], SWINGS * sizes[:nx] / horizon, 0.0)
    np.maximum.at(quick, rows, effect)
    quick = np.where(known[:nx], quick, 0.0)
    usable = known[rows] & (slopes > 0) & (rows != columns)
    matters = np.full(sizes.size, np.inf)
    np.minimum.at(matters, columns[usable], quick[rows[usable]] / slopes[usable])
    own = rows == columns
    decay = np.zeros(nx)
    decay[rows[own]] = slopes[own]
    driven = fastest.copy()
    np.maximum.at(driven, rows[~own], effect[~own])
    driven *= np.minimum(horizon, np.divide(1.0, decay, out=np.full(nx, np.inf), where=decay > 0))
    given = np.full(sizes.size, np.inf)
    given[:nx] = np.where(driven > 0, driven, np.inf)
    return Natural(matters, given, quick)


def above_noise(
    sizes: Float[np.ndarray, " n"],
    natural: Natural,
    rate_changes: Callable[[np.ndarray, np.ndarray], Float[np.ndarray, "k nx"]],
) -> Float[np.ndarray, " n"]:
    """The sizes, none below its noise: a share of that at which it would matter.

    Parameters
    ----------
    sizes : ndarray
        Of states, controls and parameters; 0 where unknown.
    natural : Natural
        What slopes tell of them.
    rate_changes : function
        Of moves (k, m) of m variables, and which these are: by how much the rates change at most (k, nx).

    Notes
    -----
    Near zero, slopes tell far too large sizes of what enters by its square or a cosine, or by its product with what is
    near zero too. So variables are moved by these sizes, one by one. Where no rate changes by what matters, or one by
    far more, the least size counts at which one does; none, where none does. Then all are moved at once, and become
    smaller together where a rate changes by more than matters.
    """
    there = np.where(np.isfinite(natural.matters), natural.matters, natural.driven)
    raised = np.flatnonzero(np.isfinite(there) & (NOISE * there > sizes))
    if not raised.size:
        return sizes
    low, high = np.log(np.where(sizes > 0, sizes, TINY * there)[raised]), np.log(there[raised])
    limits = np.tile(np.where(natural.quick > 0, natural.quick, np.inf), (raised.size, 1))
    # What a state does to itself is no matter to others.
    states = raised < natural.quick.size
    limits[np.flatnonzero(states), raised[states]] = np.inf
    others = np.max(limits, axis=0)

    def felt(moved: Float[np.ndarray, "k m"], which: Bool[np.ndarray, " m"]) -> Float[np.ndarray, "k m"]:
        """What each variable alone does, moved by so much, relative to what matters."""
        moves = (moved[:, :, None] * np.eye(moved.shape[1])).reshape(-1, moved.shape[1])
        change = rate_changes(moves, raised[which]) / np.tile(limits[which], (len(moved), 1))
        return np.asarray(np.max(change, axis=1, initial=0.0).reshape(moved.shape))

    straight = felt(np.exp(high) * PARTS[:, None], np.ones(raised.size, dtype=bool)) / PARTS[:, None]
    # What only others give a size need not matter.
    bent = np.isfinite(natural.matters[raised]) & np.any((straight > BENT) | (straight < 1 / BENT), axis=0)
    alone = high.copy()
    if np.any(bent):
        start, width = low[bent], (high - low)[bent]
        alone[bent] = start + width * _first(lambda t: felt(np.exp(start + t * width), bent) > 1 / BENT, start.size)

    def beyond(tried: Float[np.ndarray, "k 1"]) -> Bool[np.ndarray, "k 1"]:
        change = rate_changes(np.nan_to_num(np.exp(low + tried * (alone - low))), raised) / others
        return np.asarray(np.max(change, axis=1, keepdims=True) > BENT * raised.size)

    share = _first(beyond, 1)[0] if beyond(np.ones((1, 1)))[0, 0] else 1.0
    noise = np.zeros(sizes.size)
    noise[raised] = NOISE * np.nan_to_num(np.exp(low + share * (alone - low)))
    return np.asarray(np.maximum(sizes, noise))


def _first(reached: Callable[[np.ndarray], Bool[np.ndarray, "k m"]], count: int) -> Float[np.ndarray, " m"]:
    """The least shares of 1 at which something is reached, NaN where it never is."""
    places = max(LEAST_PLACES, MOST_PLACES // count)
    shares = np.tile(np.arange(1, places + 1)[:, None] / places, (1, count))
    found = reached(shares)
    return np.where(np.any(found, axis=0), shares[np.argmax(found, axis=0), 0], np.nan)
