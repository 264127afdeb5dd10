"""A network's path beside the true one: excess cost, distances modulo symmetry, physics, and the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geodepth.validation.argument_checks import check_number
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.momenta import settle_momenta

from .alignment import Alignment, align
from .landscape import Landscape
from .limit_of_layers import ContinuousTruth, Excess, excess_over
from .physics_gap import PhysicsGap
from .same_question import check_comparable
from .verdicts import COLLAPSED, Findings, Tolerances, Verdict, decide


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """A path beside the truth. Costs are values of J, distances are relative (see `Alignment`), all without units.

    Attributes
    ----------
    label : str
        The path's.
    cost, truth_cost : float
        J of both.
    excess : float
        cost − truth_cost = excess_fit + excess_penalty.
    relative_excess : float
        excess over truth_cost.
    excess_fit, excess_penalty : float
        Shares of the excess.
    continuous : Excess or None
        Over the continuous path, None where that is not known.
    stationarity, truth_stationarity : float
        Residual of W = L̃Bσ(A)ᵀ with the best slopes at the kinks (see `find_momenta`).
    alignment : Alignment
        Distances, with neurons matched.
    physics : PhysicsGap
    same_steps : bool
        Whether both live on the same layer steps; if not, costs differ by discretization too.
    basin : int or None
        Number of the nearest minimum of the landscape, 1 for the best; None, like the next two, without a landscape.
    basin_distance, basin_excess : float or None
        Of the path from that minimum, and over it relative to its cost.
    tolerance : float
        Relative excess that counted as none.
    verdict : Verdict
    """

    label: str
    cost: float
    truth_cost: float
    excess: float
    relative_excess: float
    excess_fit: float
    excess_penalty: float
    continuous: Excess | None
    stationarity: float
    truth_stationarity: float
    alignment: Alignment
    physics: PhysicsGap
    same_steps: bool
    basin: int | None
    basin_distance: float | None
    basin_excess: float | None
    tolerance: float
    verdict: Verdict

    @property
    def phrase(self) -> str:
        """The verdict in a few words, with the number of the minimum that it is about."""
        if self.verdict is Verdict.LOCAL_MINIMUM:
            return f"at local minimum number {self.basin}"
        if self.verdict is Verdict.BEST_KNOWN and self.alignment.representation_distance > 0.1:
            return f"{self.verdict.value} in cost, by another path"
        if self.verdict is Verdict.NEAR_MINIMUM:
            which = "the best path known" if self.basin in (None, 1) else f"local minimum number {self.basin}"
            return f"near {which}, but not settled in it"
        if self.verdict is Verdict.ON_ITS_WAY and self.basin is not None:
            return f"{self.verdict.value}, nearest to minimum {self.basin}"
        if self.verdict is Verdict.BELOW_TRUTH and not self.same_steps:
            return "below a truth on other layer steps: solve the truth on this network's own"
        return str(self.verdict.value)

    @property
    def sentence(self) -> str:
        """The verdict with its numbers, in one line."""
        return f"{self.phrase} (relative excess {self.relative_excess:.2g}, residual {self.stationarity:.2g})"


def compare(
    truth: RepresentationPath,
    path: RepresentationPath,
    landscape: Sequence[tuple[float, Any]] = (),
    tolerance: float = 1e-3,
    *,
    below_tolerance: float = 1e-6,
    stationarity_tolerance: float = 1e-2,
    distance_tolerance: float = 0.1,
    continuous: ContinuousTruth | None = None,
) -> Comparison:
    """Compare a network's path with the true one.

    Parameters
    ----------
    truth, path : RepresentationPath
        Of one question; the order of samples may differ.
    landscape : sequence of (float, (L, w, c))
        The minima found while solving the truth, each with its cost and its weights on the truth's steps. The truth is
        number 1, with all that lie next to it; the others follow by cost.
    tolerance : float
        Relative excess up to which a cost is that of a minimum.
    below_tolerance : float
        Relative cost by which a path must undercut the truth to count as below it.
    stationarity_tolerance : float
        Residual of W = L̃Bσ(A)ᵀ up to which a path is stationary.
    distance_tolerance : float
        Relative distance up to which one path lies near another.
    continuous : ContinuousTruth, optional
        The continuous path, to compare costs with besides.

    Raises
    ------
    ValidationError
        The two do not answer the same question: other data, L̃, λ, activation or bias. Or a minimum's weights do not
        fit, or a tolerance is negative.

    Notes
    -----
    The verdict is the first of these that holds: below the truth, at the best path known, at a local minimum,
    collapsed, stationary elsewhere, near a minimum, on its way. The page "Words of a verdict" has the conditions. A
    local minimum is known by cost and distance: the residual is asked for only where the landscape does not list it.
    Beside a truth on other layer steps, "below" may be discretization alone, and says so.
    """
    tolerances = Tolerances(
        cost=check_number("tolerance", tolerance, positive=True),
        below=check_number("below_tolerance", below_tolerance, positive=False),
        stationarity=check_number("stationarity_tolerance", stationarity_tolerance, positive=False),
        distance=check_number("distance_tolerance", distance_tolerance, positive=False),
    )
    path = check_comparable(truth, path)
    alignment, over = align(truth, path), excess_over(path, truth)
    basin = Landscape.of(truth, landscape).nearest_to(path)
    settled, settled_truth = settle_momenta(path), settle_momenta(truth)
    found = Findings(
        excess=over.relative,
        stationarity=settled.stationarity,
        collapsed=path.parameter_norm < COLLAPSED * truth.parameter_norm,
        distance=alignment.representation_distance,
        basin=basin,
        # A minimum as cheap as the truth is the truth, or its mirror image: the best known either way.
        costlier=basin is not None and basin.cost > truth.cost + tolerances.below * abs(truth.cost),
    )
    return Comparison(
        label=path.label,
        cost=path.cost,
        truth_cost=truth.cost,
        excess=over.total,
        relative_excess=over.relative,
        excess_fit=over.fit,
        excess_penalty=over.penalty,
        continuous=None if continuous is None else excess_over(path, continuous),
        stationarity=found.stationarity,
        truth_stationarity=settled_truth.stationarity,
        alignment=alignment,
        physics=PhysicsGap.between(settled_truth, settled),
        same_steps=len(truth.layer_steps) == len(path.layer_steps)
        and np.allclose(truth.layer_steps, path.layer_steps, rtol=0.0, atol=1e-6),
        basin=None if basin is None else basin.number,
        basin_distance=None if basin is None else basin.distance,
        basin_excess=None if basin is None else basin.excess,
        tolerance=tolerances.cost,
        verdict=decide(found, tolerances),
    )
