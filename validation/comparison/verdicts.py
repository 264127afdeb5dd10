"""The verdicts: what became of a network, in words, and the order in which they are decided."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What became of a network, in a sentence; `Comparison.sentence` adds the numbers."""

    GLOBAL_OPTIMUM = "at the global optimum"
    LOCAL_MINIMUM = "at a local minimum of the landscape"
    STATIONARY_ELSEWHERE = "stationary, at a point that the landscape does not list"
    NEAR_MINIMUM = "near a minimum, but not settled in it"
    ON_ITS_WAY = "on its way: not stationary"
    COLLAPSED = "collapsed: its weights are zero"
    BELOW_TRUTH = "below the truth: solve the truth again from this network"


@dataclass(frozen=True, slots=True)
class Tolerances:
    """What counts as equal.

    cost: relative excess up to which a cost is that of a minimum; below: by how much a cost must undercut the truth's
    to count as lower; stationarity: residual of W = L̃Bσ(A)ᵀ up to which a network is stationary; distance: relative
    distance of two paths up to which one lies near the other.
    """

    cost: float = 1e-3
    below: float = 1e-6
    stationarity: float = 1e-2
    distance: float = 0.1


@dataclass(frozen=True, slots=True)
class Findings:
    """What the verdict is decided from. excess and basin_excess are relative to the truth and to the nearest minimum;
    distance is the path's from the truth, basin_distance from the nearest minimum. costlier: that minimum is another
    one than the truth, and costs more."""

    excess: float
    stationarity: float
    collapsed: bool
    distance: float
    basin: int | None
    basin_distance: float | None
    basin_excess: float | None
    costlier: bool


def decide(found: Findings, tolerances: Tolerances) -> Verdict:
    """The verdict, in this order: below the truth; at the global optimum where the excess is within tolerance and no
    costlier minimum within tolerance lies nearer; at local minimum k where the cost is at most its cost within
    tolerance, and the path near it; collapsed; stationary elsewhere; near a minimum; on its way."""
    nearest = found.distance if found.basin_distance is None else found.basin_distance
    at_minimum = (
        found.basin is not None
        and found.basin > 1
        and found.basin_excess is not None
        and found.basin_excess <= tolerances.cost
        and nearest <= min(tolerances.distance, found.distance)
    )
    if found.excess < -tolerances.below:
        return Verdict.BELOW_TRUTH
    if found.excess <= tolerances.cost and not (at_minimum and found.costlier):
        return Verdict.GLOBAL_OPTIMUM
    if at_minimum:
        return Verdict.LOCAL_MINIMUM
    if found.collapsed:
        return Verdict.COLLAPSED
    if found.stationarity <= tolerances.stationarity:
        return Verdict.STATIONARY_ELSEWHERE
    return Verdict.NEAR_MINIMUM if nearest <= tolerances.distance else Verdict.ON_ITS_WAY
