"""The verdict on a network: its path beside the true one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.argument_checks import check_array, check_number
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.energies import compute_energies
from geodepth.validation.physics.momenta import settle_momenta
from geodepth.validation.physics.phases import Phases, find_phases

from .alignment import Alignment, align
from .limit_of_layers import ContinuousTruth, Excess, excess_over
from .verdicts import Findings, Tolerances, Verdict, decide

# Measured on two data sets: copies of one minimum before and after its last polish lie up to 0.03 apart, distinct
# minima 0.1 and more.
_SAME_MINIMUM = 0.05


@dataclass(frozen=True, slots=True)
class PhysicsGap:
    """What a path's physics lacks to the truth's, path minus truth, after settling both momenta at the kinks.

    hamiltonian: of the median of −(2/L̃)H over p, in ranks. rank: of the bottleneck rank k*; start and end: of the
    bottleneck's ends in p; these three are None for L̃ = 0, where there are no phases.
    """

    hamiltonian: float
    rank: int | None
    start: float | None
    end: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """A path beside the truth. Costs are values of J, distances are relative (see Alignment), all without units.

    excess = cost − truth_cost = excess_fit + excess_penalty; relative_excess is excess over truth_cost; continuous is
    the excess over the continuous path, None where that is not known. stationarity is the path's residual of
    W = L̃Bσ(A)ᵀ with the best slopes at the kinks (see find_momenta). basin is the number of the nearest minimum of
    the landscape, 1 for the best, with its distance and the path's excess over it relative to its cost; None without a
    landscape. same_steps says whether both live on the same layer steps: if not, costs differ by discretization too.
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
        if self.verdict is Verdict.GLOBAL_OPTIMUM and self.alignment.representation_distance > 0.1:
            return f"{self.verdict.value} in cost, by another path"
        if self.verdict is Verdict.NEAR_MINIMUM:
            which = "the global optimum" if self.basin in (None, 1) else f"local minimum number {self.basin}"
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
    """A network's path beside the true one: excess cost, distances modulo symmetry, and a verdict.

    landscape lists the minima found while solving the truth, each (cost, weights (L, w, c)) on the truth's steps.
    Those within a distance of 0.05 of the truth are the truth itself, perhaps before its last polish; it is minimum
    number 1, the others follow by cost. continuous, where known, is the continuous path to compare costs with besides.
    The order in which the verdict is decided is in `decide`; a network is collapsed where its parameter norm is below
    1e-6 of the truth's. Beside a truth on other layer steps, "below" may be discretization alone, and says so.

    Raises ValidationError where the two do not answer the same question: other data (the order of samples may
    differ), L̃, λ, activation or bias; or where a minimum's weights do not fit.
    """
    tolerances = Tolerances(
        cost=check_number("tolerance", tolerance, positive=True),
        below=check_number("below_tolerance", below_tolerance, positive=False),
        stationarity=check_number("stationarity_tolerance", stationarity_tolerance, positive=False),
        distance=check_number("distance_tolerance", distance_tolerance, positive=False),
    )
    path = check_comparable(truth, path)
    alignment = align(truth, path)
    over = excess_over(path, truth)
    minima = _minima(truth, _sorted(landscape))
    distances = [align(minimum, path).representation_distance for _, minimum in minima]
    basin = int(np.argmin(distances)) if distances else None
    basin_cost = truth.cost if basin is None else minima[basin][0]
    settled, settled_truth = settle_momenta(path), settle_momenta(truth)
    found = Findings(
        excess=over.relative,
        stationarity=settled.stationarity,
        collapsed=path.parameter_norm < 1e-6 * truth.parameter_norm,
        distance=alignment.representation_distance,
        basin=None if basin is None else basin + 1,
        basin_distance=None if basin is None else distances[basin],
        basin_excess=None if basin is None else path.cost / max(basin_cost, np.finfo(float).tiny) - 1.0,
        # A minimum as cheap as the truth is the truth, or its mirror image: global either way.
        costlier=basin_cost > truth.cost + tolerances.below * abs(truth.cost),
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
        physics=_physics_gap(settled_truth, settled),
        same_steps=len(truth.layer_steps) == len(path.layer_steps)
        and np.allclose(truth.layer_steps, path.layer_steps, rtol=0.0, atol=1e-6),
        basin=found.basin,
        basin_distance=found.basin_distance,
        basin_excess=found.basin_excess,
        tolerance=tolerances.cost,
        verdict=decide(found, tolerances),
    )


def check_comparable(truth: RepresentationPath, path: RepresentationPath) -> RepresentationPath:
    """The path with its samples in the truth's order. Raises ValidationError unless both answer one question: the same
    samples, L̃, λ, activation, smoothing and bias."""
    for name in ("effective_depth", "weight_decay", "smoothing", "activation", "bias"):
        ours, theirs = getattr(truth, name), getattr(path, name)
        if ours != theirs and not (isinstance(ours, float) and np.isclose(ours, theirs, rtol=1e-6, atol=0.0)):
            raise ValidationError(f"{name} of the path is {theirs}, of the truth {ours}; compare one objective")
    return _same_samples(truth, path)


def _sorted(landscape: Sequence[tuple[float, Any]]) -> list[tuple[float, Any]]:
    if not landscape:
        return []
    costs = check_array("landscape costs", [minimum[0] for minimum in landscape], (None,), "one cost a minimum")
    return [(float(costs[k]), landscape[k][1]) for k in np.argsort(costs, kind="stable")]


def _physics_gap(truth: RepresentationPath, path: RepresentationPath) -> PhysicsGap:
    """Both with settled momenta."""
    energies = [compute_energies(one) for one in (truth, path)]
    ours, theirs = (float(np.median(energy.scaled_hamiltonian)) for energy in energies)
    if truth.effective_depth == 0.0:
        return PhysicsGap(theirs - ours, None, None, None)
    found: list[Phases] = [find_phases(one, energy) for one, energy in zip((truth, path), energies, strict=True)]
    return PhysicsGap(
        theirs - ours, found[1].rank - found[0].rank, found[1].start - found[0].start, found[1].end - found[0].end
    )


def _minima(
    truth: RepresentationPath, landscape: Sequence[tuple[float, Any]]
) -> list[tuple[float, RepresentationPath]]:
    """The truth, and after it the minima of the landscape that are not it; nothing for an empty landscape."""
    minima = [(truth.cost, truth)] if landscape else []
    for number, (cost, weights) in enumerate(landscape, 1):
        try:
            minimum = RepresentationPath.from_objective(truth, weights, truth.layer_steps)
        except ValidationError as error:
            raise ValidationError(f"landscape minimum {number}: {error}") from None
        if align(truth, minimum).representation_distance > _SAME_MINIMUM:
            minima.append((cost, minimum))
    return minima


def _same_samples(truth: RepresentationPath, path: RepresentationPath) -> RepresentationPath:
    """The path with its samples in the truth's order. Raises ValidationError where they are other samples."""
    ours = np.concatenate([truth.inputs, truth.targets])
    theirs = np.concatenate([path.inputs, path.targets])
    if truth.inputs.shape != path.inputs.shape or ours.shape != theirs.shape:
        raise ValidationError(
            f"the path belongs to data of shapes {path.inputs.shape} and {path.targets.shape}, the truth to "
            f"{truth.inputs.shape} and {truth.targets.shape}; compare one data set"
        )
    # Data that went through single precision agree to about 1e-7 of their size.
    slack = 1e-5 * float(np.abs(ours).max()) if ours.any() else 1e-12
    if np.abs(ours - theirs).max() <= slack:
        return path
    from scipy.optimize import linear_sum_assignment

    order = linear_sum_assignment(_squared_gaps(ours, theirs))[1]
    gap = float(np.abs(ours - theirs[:, order]).max())
    if gap > slack:
        raise ValidationError(
            f"the path belongs to other samples than the truth (they differ by {gap:.3g}); compare one data set"
        )
    return replace(
        path, inputs=path.inputs[:, order], targets=path.targets[:, order],
        representations=path.representations[:, :, order], momenta=path.momenta[:, :, order],
    )  # fmt: skip


def _squared_gaps(left: Float[np.ndarray, "d N"], right: Float[np.ndarray, "d N"]) -> Float[np.ndarray, "N N"]:
    return np.asarray(np.sum((left[:, :, None] - right[:, None, :]) ** 2, axis=0))
