"""When a search is over, and what its end says: whether independent searches ended at one cost.

Nothing here proves a global optimum. It is evidence for "the best path known".
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

PATIENCE = "no search found better for as long as it was asked to wait"
SOLVES = "a search reached most_solves"
TIME = "the time was over"
INTERRUPTED = "it was interrupted"


@dataclass(frozen=True, slots=True)
class Settlement:
    """How far independent searches agree on the best path, by its exact cost.

    Attributes
    ----------
    searches, agreed : int
        How many there were, and how many ended at the lowest cost, to within `precision`.
    precision : float
        Relative difference of costs that counts as none.
    spread : float
        (highest − lowest)/lowest of where they ended; infinite where one ended nowhere.
    ended : str
        What ended the search, in words.
    solves : int
        Starts of all searches.
    unseen, better : float
        Probability that one more such search ends elsewhere, and lower: posterior means under a uniform prior on the
        sizes of basins, d(d + 1)/(n(n − 1)) for d different ends of n searches, and that over d + 1.

    Notes
    -----
    Source: Boender and Rinnooy Kan, Math. Program. 37, 1987, 59-80, with whole searches as the draws.
    """

    searches: int
    agreed: int
    precision: float
    spread: float
    ended: str
    solves: int
    unseen: float
    better: float

    @property
    def settled(self) -> bool:
        """Whether all of at least two searches ended at one cost, and none was cut short."""
        return self.searches > 1 and self.agreed == self.searches and self.ended == PATIENCE

    def __str__(self) -> str:
        if self.settled:
            return f"settled to {self.precision:g}: {self.agreed} of {self.searches} independent searches ended there"
        cut = "" if self.ended == PATIENCE else f"; {self.ended}"
        if self.searches == 1:
            return f"not settled: one search alone{cut}"
        between = "" if self.agreed == self.searches else f"; {100 * self.spread:.2g} % between them"
        return f"not settled: found by {self.agreed} of {self.searches}{between}{cut}"

    @property
    def in_full(self) -> str:
        """The sentence with the Bayesian estimate, for a certificate."""
        return f"{self}; one more search would end lower with probability {self.better:.2g}"

    def record(self) -> dict[str, Any]:
        """All of it by name, with the sentence under "words", for statistics and files."""
        return asdict(self) | {"settled": self.settled, "words": str(self)}


def settlement(ends: Sequence[float], precision: float, ended: str, solves: int) -> Settlement:
    """Judge the exact costs at which independent searches ended.

    Parameters
    ----------
    ends : sequence of float
        One cost per search, infinite where a search ended nowhere.
    precision : float
        Relative difference up to which two are one.
    ended : str
        What ended the search.
    solves : int
        Starts of all searches.
    """
    ranked, distinct = sorted(ends), 0
    anchor = None
    for cost in ranked:
        if anchor is None or not cost <= anchor + precision * abs(anchor):
            anchor, distinct = cost, distinct + 1
    least, n = ranked[0], len(ranked)
    agreed = sum(cost <= least + precision * abs(least) for cost in ranked) if least < float("inf") else 0
    spread = (
        0.0 if agreed == n else float("inf") if not ranked[-1] < float("inf") else (ranked[-1] - least) / abs(least)
    )
    unseen = min(1.0, distinct * (distinct + 1) / (n * (n - 1))) if n > 1 else 1.0
    return Settlement(n, agreed, precision, spread, ended, solves, unseen, unseen / (distinct + 1))
