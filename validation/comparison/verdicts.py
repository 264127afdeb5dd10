"""The verdicts: what became of a network, in words, and the order in which they are decided: `conditions` tells it."""

from collections.abc import Mapping
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


COLLAPSED = 1e-6
"""Parameter norm, relative to the truth's, below which a network's weights are zero (chosen by hand)."""


def conditions(tolerances: Tolerances | None = None) -> Mapping[Verdict, str]:
    """Under which condition each verdict is given; the first in this order that holds.

    Parameters
    ----------
    tolerances : Tolerances, optional
        What counts as equal; by default the usual.

    Returns
    -------
    mapping
        Verdict → a sentence, in the order in which they are decided.
    """
    t = tolerances or Tolerances()
    cost = f"{100 * t.cost:g} %"
    return {
        Verdict.BELOW_TRUTH: f"it costs less than the truth, by more than {t.below:g} of that cost",
        Verdict.BEST_KNOWN: f"its excess is at most {cost}, and no costlier minimum that fits it as well lies nearer",
        Verdict.LOCAL_MINIMUM: (
            f"it costs at most {cost} more than another minimum of the landscape, lies within {t.distance:g} of that, "
            "and nearer to it than to the truth; its residual is not asked"
        ),
        Verdict.COLLAPSED: f"its ∫‖W‖² is below {COLLAPSED:g} of the truth's",
        Verdict.STATIONARY_ELSEWHERE: f"its residual is at most {t.stationarity:g}",
        Verdict.NEAR_MINIMUM: f"it lies within {t.distance:g} of the nearest minimum, but costs over {cost} more",
        Verdict.ON_ITS_WAY: "none of these",
    }


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
    """Decide the verdict: the first of `conditions` that holds."""
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
