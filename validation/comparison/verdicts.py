"""The verdicts: what became of a network, in words, and the order in which they are decided.

1. Below the truth.
2. At the best path known, where the excess is within tolerance and no costlier minimum lies nearer within tolerance.
3. At a local minimum, where the cost is at most the minimum's within tolerance, and the path near it.
4. Collapsed.
5. Stationary elsewhere.
6. Near a minimum.
7. On its way.
"""

from dataclasses import dataclass
from enum import Enum

from .landscape import Basin


class Verdict(Enum):
    """What became of a network, in a sentence; `Comparison.sentence` adds the numbers."""

    BEST_KNOWN = "at the best path known"
    LOCAL_MINIMUM = "at a local minimum of the landscape"
    STATIONARY_ELSEWHERE = "stationary, at a point that the landscape does not list"
    NEAR_MINIMUM = "near a minimum, but not settled in it"
    ON_ITS_WAY = "on its way: not stationary"
    COLLAPSED = "collapsed: its weights are zero"
    BELOW_TRUTH = "below the truth: solve the truth again from this network"


@dataclass(frozen=True, slots=True)
class Tolerances:
    """What counts as equal; every number is relative, and chosen by hand.

    Attributes
    ----------
    cost : float
        Excess up to which a cost is that of a minimum.
    below : float
        By how much a cost must undercut the truth's to count as lower.
    stationarity : float
        Residual of W = L̃Bσ(A)ᵀ up to which a network is stationary.
    distance : float
        Distance of two paths up to which one lies near the other.
    """

    cost: float = 1e-3
    below: float = 1e-6
    stationarity: float = 1e-2
    distance: float = 0.1


@dataclass(frozen=True, slots=True)
class Findings:
    """What the verdict is decided from.

    Attributes
    ----------
    excess : float
        Relative to the truth's cost.
    stationarity : float
        Residual of W = L̃Bσ(A)ᵀ, relative.
    collapsed : bool
        Whether the weights are zero.
    distance : float
        Of the path from the truth.
    basin : Basin or None
        The nearest minimum, None without a landscape.
    costlier : bool
        Whether that minimum costs more than the truth.
    """

    excess: float
    stationarity: float
    collapsed: bool
    distance: float
    basin: Basin | None
    costlier: bool


def decide(found: Findings, tolerances: Tolerances) -> Verdict:
    """Decide the verdict, in the order of the file's head."""
    basin = found.basin
    nearest = found.distance if basin is None else basin.distance
    at_minimum = (
        basin is not None
        and basin.number > 1
        and basin.excess <= tolerances.cost
        and nearest <= min(tolerances.distance, found.distance)
    )
    if found.excess < -tolerances.below:
        return Verdict.BELOW_TRUTH
    if found.excess <= tolerances.cost and not (at_minimum and found.costlier):
        return Verdict.BEST_KNOWN
    if at_minimum:
        return Verdict.LOCAL_MINIMUM
    if found.collapsed:
        return Verdict.COLLAPSED
    if found.stationarity <= tolerances.stationarity:
        return Verdict.STATIONARY_ELSEWHERE
    return Verdict.NEAR_MINIMUM if nearest <= tolerances.distance else Verdict.ON_ITS_WAY
