"""No truth lies above a network that it judges.

1. Look for networks whose cost lies below the truth's, by more than `BELOW`.
2. Where there are any, solve the truth again from them and from itself. Go to 1, at most `MOST_ROUNDS` times.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import numpy as np

from geodepth.foundation.shapes import Float

BELOW = 1e-9
"""Relative cost by which a network counts as below the truth: above the rounding of two sums (chosen by hand)."""
MOST_ROUNDS = 3
"""Rounds of solving; a network's own basin is reached in the first, the others are for what is found there."""


class Costly(Protocol):
    """What has a cost J."""

    @property
    def cost(self) -> float:
        """J, a pure number."""
        ...


class Weighted(Costly, Protocol):
    """What has a cost and weights."""

    @property
    def weights(self) -> Float[np.ndarray, "L w c"]:
        """W, on the layer steps of the truth."""
        ...


T = TypeVar("T", bound=Costly)
N = TypeVar("N", bound=Weighted)


def never_above(truth: T, networks: Sequence[N], solve_from: Callable[[T, Sequence[N]], T]) -> T:
    """Solve a truth again until no network lies below it.

    Parameters
    ----------
    truth : object with a cost
        The truth so far.
    networks : sequence of objects with cost and weights
        Of the same problem and layer steps.
    solve_from : function
        From the truth and the networks below it, a truth that is no worse than any of them.

    Returns
    -------
    object
        The truth, as it is where no network lies below it.
    """
    for _ in range(MOST_ROUNDS):
        below = [network for network in networks if network.cost < truth.cost * (1.0 - BELOW)]
        if not below:
            break
        truth = solve_from(truth, below)
    return truth
