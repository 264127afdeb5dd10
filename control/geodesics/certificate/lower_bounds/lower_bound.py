"""Rigorous lower bounds on the global optimum of a geodesic, for a network of given steps or for the continuous path.

1. Bound J by differences of samples (sample_differences.py), for several Laplacians of the samples and for pairs, whose
   first layers have to make them visible to the ReLUs (first_layers.py); keep the largest.
2. Bound J by one sample at a time (single_samples.py): every path of all serves each, so J* ≥ (1/N)Σ_n J_n*, with J_n*
   the optimum of sample n alone.
3. Both are valid for every path: take the larger, less a margin for rounding.
"""

from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.statement.layer_steps import check_layer_steps
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Steps

from .path_to_bound import PathToBound
from .sample_differences import bound_by_laplacian, bound_by_pairs, bound_without_bias, laplacians
from .single_samples import bound_with_bias

SAFETY = 1e-9
"""By which a bound is lowered, relative: far above the rounding of these sums."""


@dataclass(frozen=True, slots=True)
class LowerBound:
    """No path whatever costs less than `value`.

    Attributes
    ----------
    value : float
        The larger of the other two, in the unit of J.
    differences : float
        The bound by differences of samples; 0 where it says nothing.
    single_samples : float
        The bound by single samples; 0 where it says nothing.
    """

    value: float
    differences: float
    single_samples: float

    def gap(self, cost: float) -> float:
        """(cost − value)/cost, of a path whose cost is known: at most so much can be saved."""
        return (cost - self.value) / cost if cost > 0 else 0.0


def lower_bound(geodesic: RepresentationGeodesic, layer_steps: Steps | None = None) -> LowerBound:
    """A rigorous lower bound on J over all paths.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        The problem.
    layer_steps : (L,), optional
        ρ_ℓ of the network whose J is bounded; without them it is the J of the continuous problem.

    Raises
    ------
    ProblemError
        For steps that do not fit.

    Notes
    -----
    For cross-entropy the differences say nothing, and the single samples use −log softmax ≥ log(1 + (d−1)e^{−√2‖z‖}).
    For a smoothed ReLU, whose σ(0) > 0, only differences count. The proofs are in the docstrings of the two files.
    """
    steps = None if layer_steps is None else check_layer_steps(geodesic, len(layer_steps), layer_steps)
    path = PathToBound(geodesic, steps)
    differences = singles = 0.0
    if geodesic.loss == "squared":
        share = 1.0 / geodesic.samples
        differences = max((bound_by_laplacian(path, matrix, share) for matrix in laplacians(geodesic)), default=0.0)
        differences = max(differences, bound_by_pairs(path))
    if not geodesic.smoothing and (geodesic.bias or geodesic.loss == "squared"):
        bound_of_sample = bound_with_bias if geodesic.bias else bound_without_bias
        bounds = [bound_of_sample(path, n) for n in range(geodesic.samples)]
        # With a fixed end every bound is on the same penalty: the largest holds, not only the mean.
        singles = max(bounds) if geodesic.end.fixed else float(np.mean(bounds))
    safe = [max(0.0, bound * (1 - SAFETY)) for bound in (differences, singles)]
    return LowerBound(max(safe), *safe)
