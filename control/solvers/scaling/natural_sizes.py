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
"""How many times more than its slope tells a variable may change a rate; what does more is bent (chosen by hand)."""
TINY, HALVINGS = 1e-100, 12
"""From this share of what slopes tell a size is sought, by so many halvings of its logarithm: to a tenth of itself."""


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
    Near zero, slopes tell far too large sizes of what enters by its square, or by its product with what is near zero
    too. So variables are moved by these sizes, one by one and then all at once. Where a rate changes by more than
    matters, they become smaller.
    """
    there = np.where(np.isfinite(natural.matters), natural.matters, natural.driven)
    raised = np.flatnonzero(np.isfinite(there) & (NOISE * there > sizes))
    if not raised.size:
        return sizes
    low, high = np.where(sizes > 0, sizes, TINY * there)[raised], there[raised]
    limits = np.tile(np.where(natural.quick > 0, BENT * natural.quick, np.inf), (raised.size + 1, 1))
    # What a state does to itself is no matter to others.
    states = raised < natural.quick.size
    limits[np.flatnonzero(states), raised[states]] = np.inf
    limits[-1, raised[states]] = np.inf
    alone = _largest(low, high, lambda found: np.any(rate_changes(np.diag(found), raised) > limits[:-1], axis=1))
    all_at_once = raised.size * limits[-1:]
    found = _largest(low, alone, lambda found: np.any(rate_changes(found[None], raised) > all_at_once, axis=1))
    noise = np.zeros(sizes.size)
    noise[raised] = NOISE * found
    return np.asarray(np.maximum(sizes, noise))


def _largest(
    low: Float[np.ndarray, " m"],
    high: Float[np.ndarray, " m"],
    beyond: Callable[[Float[np.ndarray, " m"]], Bool[np.ndarray, " m"]],
) -> Float[np.ndarray, " m"]:
    """The largest sizes from `low` to `high` that are not beyond a limit; one answer for all makes them grow as one."""
    found = beyond(high)
    if not np.any(found):
        return high
    least, most = np.log(low), np.log(high)
    for _ in range(HALVINGS):
        middle = (least + most) / 2
        over = beyond(np.exp(middle))
        least, most = np.where(over, least, middle), np.where(over, middle, most)
    return np.asarray(np.where(found, np.exp(least), high))
