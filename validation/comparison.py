"""The verdict on a network: its path beside the true one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from .alignment import Alignment, align
from .checking import check_array, check_number
from .errors import ValidationError
from .momenta import find_momenta
from .path import RepresentationPath

if TYPE_CHECKING:
    from jaxtyping import Float


# Measured on two data sets: copies of one minimum before and after its last polish lie up to 0.03 apart, distinct
# minima 0.1 and more.
_SAME_MINIMUM = 0.05


class Verdict(Enum):
    """What became of a network, in a sentence; `Comparison.sentence` adds the numbers."""

    GLOBAL_OPTIMUM = "at the global optimum"
    LOCAL_MINIMUM = "at a local minimum of the landscape"
    STATIONARY_ELSEWHERE = "stationary, at a point that the landscape does not list"
    ON_ITS_WAY = "on its way: not stationary"
    COLLAPSED = "collapsed: its weights are zero"
    BELOW_TRUTH = "below the truth: solve the truth again from this network"


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """A path beside the truth. Costs are values of J, distances are relative (see Alignment), all without units.

    excess = cost − truth_cost = excess_fit + excess_penalty; relative_excess is excess over truth_cost. stationarity
    is the path's residual of W = L̃Bσ(A)ᵀ with the best slopes at the kinks (see find_momenta). basin is the number of
    the nearest minimum of the landscape, 1 for the best, with its distance and the path's excess over it relative to
    its cost; None without a landscape. same_steps says whether both live on the same layer steps: if not, costs differ
    by discretization too.
    """

    label: str
    cost: float
    truth_cost: float
    excess: float
    relative_excess: float
    excess_fit: float
    excess_penalty: float
    stationarity: float
    truth_stationarity: float
    alignment: Alignment
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
        if self.verdict is Verdict.ON_ITS_WAY and self.basin is not None:
            return f"{self.verdict.value}, nearest to minimum {self.basin}"
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
) -> Comparison:
    """A network's path beside the true one: excess cost, distances modulo symmetry, and a verdict.

    landscape lists the minima found while solving the truth, each (cost, weights (L, w, c)) on the truth's steps.
    Those within a distance of 0.05 of the truth are the truth itself, perhaps before its last polish; it is minimum
    number 1, the others follow by cost.
    The verdict, in this order: below the truth by more than below_tolerance; at the global optimum where the relative
    excess is within tolerance (and no costlier minimum of the landscape within tolerance lies nearer); at local
    minimum k where the cost is at most its cost within tolerance, and the path within distance_tolerance of it;
    collapsed where the parameter norm is below 1e-6 of the truth's; stationary elsewhere where the residual is within
    stationarity_tolerance; else on its way.

    Raises ValidationError where the two do not answer the same question: other data (the order of samples may
    differ), L̃, λ, activation or bias; or where a minimum's weights do not fit.
    """
    check_number("tolerance", tolerance, positive=True)
    for name in ("effective_depth", "weight_decay", "activation", "smoothing", "bias"):
        ours, theirs = getattr(truth, name), getattr(path, name)
        if ours != theirs and not (isinstance(ours, float) and np.isclose(ours, theirs, rtol=1e-6, atol=0.0)):
            raise ValidationError(f"{name} of the path is {theirs}, of the truth {ours}; compare one objective")
    path = _same_samples(truth, path)
    alignment = align(truth, path)
    scale = abs(truth.cost) if truth.cost != 0.0 else 1.0
    excess = path.cost - truth.cost
    listed = [minimum[0] for minimum in landscape]
    costs = check_array("landscape costs", listed, (None,), "one cost a minimum") if listed else np.array([])
    minima = _minima(truth, [(float(costs[k]), landscape[k][1]) for k in np.argsort(costs, kind="stable")])
    distances = [align(minimum, path).representation_distance for _, minimum in minima]
    basin = int(np.argmin(distances)) if distances else None
    draft = Comparison(
        label=path.label,
        cost=path.cost,
        truth_cost=truth.cost,
        excess=excess,
        relative_excess=excess / scale,
        excess_fit=path.fit - truth.fit,
        excess_penalty=path.penalty - truth.penalty,
        stationarity=find_momenta(path).residual,
        truth_stationarity=find_momenta(truth).residual,
        alignment=alignment,
        same_steps=len(truth.layer_steps) == len(path.layer_steps)
        and np.allclose(truth.layer_steps, path.layer_steps, rtol=0.0, atol=1e-6),
        basin=None if basin is None else basin + 1,
        basin_distance=None if basin is None else distances[basin],
        basin_excess=None if basin is None else path.cost / max(minima[basin][0], np.finfo(float).tiny) - 1.0,
        tolerance=tolerance,
        verdict=Verdict.ON_ITS_WAY,
    )
    collapsed = path.parameter_norm < 1e-6 * truth.parameter_norm
    at_minimum = (
        basin is not None
        and basin > 0
        and draft.basin_excess is not None
        and draft.basin_excess <= tolerance
        and draft.basin_distance is not None
        and draft.basin_distance <= min(distance_tolerance, alignment.representation_distance)
    )
    # A minimum as cheap as the truth is the truth, or its mirror image: global either way.
    costlier = basin is not None and minima[basin][0] > truth.cost + below_tolerance * scale
    if draft.relative_excess < -below_tolerance:
        verdict = Verdict.BELOW_TRUTH
    elif draft.relative_excess <= tolerance and not (at_minimum and costlier):
        verdict = Verdict.GLOBAL_OPTIMUM
    elif at_minimum:
        verdict = Verdict.LOCAL_MINIMUM
    elif collapsed:
        verdict = Verdict.COLLAPSED
    elif draft.stationarity <= stationarity_tolerance:
        verdict = Verdict.STATIONARY_ELSEWHERE
    else:
        verdict = Verdict.ON_ITS_WAY
    return replace(draft, verdict=verdict)


def _minima(
    truth: RepresentationPath, landscape: Sequence[tuple[float, Any]]
) -> list[tuple[float, RepresentationPath]]:
    """The truth, and after it the minima of the landscape that are not it; nothing for an empty landscape."""
    minima = [(truth.cost, truth)] if landscape else []
    for number, (cost, weights) in enumerate(landscape, 1):
        try:
            minimum = RepresentationPath.from_weights(
                weights, truth.layer_steps, truth.inputs, truth.targets, truth.embedding, truth.readout,
                truth.effective_depth, truth.weight_decay, truth.bias,
                activation=truth.activation, smoothing=truth.smoothing,
            )  # fmt: skip
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
