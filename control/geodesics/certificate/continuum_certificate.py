"""What the continuous path next to a solution adds to its certificate: the drift of H, and whether two methods agree.

For a ReLU the path of the exact one comes first (exact_continuum.py). Where its kinks do not settle, of a smoothed one:

1. Up to wN = 16: the extremal next to the solution by the indirect method; then Gauss collocation from there, on every
   second node.
2. Up to wN = 64: the limit of networks, to 1e-6; then the indirect method from there.
3. Beyond, the indirect method's dense matrices are left out, and H is that of the limit.
4. Compare cost and path of the two methods, and say what was done, and what was not and why.
"""

from dataclasses import Field, dataclass, replace
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np

from geodepth.control.geodesics.continuum.continuous_limit import continuous_limit
from geodepth.control.geodesics.continuum.exact_path import exact_path
from geodepth.control.geodesics.continuum.indirect.extremal import Extremal
from geodepth.control.geodesics.continuum.indirect.solve_indirect import PathWithMomenta, solve_indirect
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Path, Steps, Weights
from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.control.geodesics.transcribed.smoothed_solves import smooth_minimum
from geodepth.foundation.blas_threads import one_blas_thread
from geodepth.foundation.shapes import Float

from .exact_continuum import with_continuum
from .geodesic_certificate import GeodesicCertificate

SMOOTHING = 0.03
"""ε of the ReLU, in units of A; chosen by hand, among the ε of the homotopy."""
EXTREMAL_TOLERANCE, AGREEMENT_TOLERANCE = 1e-9, 1e-10
"""Of the indirect method, relative, as for the exact ReLU, and of the direct one, as a KKT residual scaled by 1/λ: with
1e-7 and 1e-9 two methods agreed to 4e-8 on three problems, with these to 1.7e-9 on five, at two ε each."""
FIRST_INTERVALS, MOST_INTERVALS = 60, 480
"""Of the indirect method's first mesh next to a limit of networks, which has far more than order eight needs, and of
its last: those for the exact ReLU."""
LARGEST_DIRECT = 16
"""wN up to which direct collocation, dense in its stages, takes seconds."""
LARGEST_INDIRECT = 64
"""wN up to which the indirect method, dense in (A, B), takes a minute."""


class CertifiedPath(PathWithMomenta, Protocol):
    """What is certified: a dataclass with the fields of `GeodesicSolution` that are read here."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def geodesic(self) -> RepresentationGeodesic: ...

    @property
    def weights(self) -> Weights: ...

    @property
    def layer_steps(self) -> Steps: ...

    @property
    def certificate(self) -> GeodesicCertificate: ...


Certified = TypeVar("Certified", bound=CertifiedPath)


@dataclass(frozen=True, slots=True)
class _Findings:
    """Which methods saw the continuous path or why they did not, the drift of H, and how far the methods are apart."""

    words: str
    drift: float | None = None
    apart: float | None = None


@one_blas_thread
def certify_continuous(solution: Certified, smoothing: float | None = None) -> Certified:
    """The solution with what its continuous path adds to the certificate.

    Parameters
    ----------
    solution : GeodesicSolution
        Of any scheme.
    smoothing : float, optional
        ε by which a ReLU is smoothed, in units of A. None resolves the kinks of the exact ReLU, and smooths it by 0.03
        where they do not settle.

    Returns
    -------
    GeodesicSolution
        Its certificate has `hamiltonian_drift` and `second_method`, where they were found; `continuum` says what was
        done, and what was not and why.
    """
    known, geodesic, words = solution.certificate, solution.geodesic, ""
    if smoothing is None and geodesic.has_kinks:
        if known.equation_defect is not None:
            return solution
        exact = exact_path(geodesic, solution.layer_steps, solution.weights)
        if exact.extremal is not None:
            return replace(solution, certificate=with_continuum(known, exact.extremal))
        words = f"; kinks not resolved: {exact.reason}"
    small = solution.representations[0].size <= LARGEST_DIRECT
    found = (_by_collocation if small else _by_limit)(solution, SMOOTHING if smoothing is None else smoothing)
    certificate = replace(
        known,
        hamiltonian_drift=known.hamiltonian_drift if found.drift is None else found.drift,
        second_method=found.apart,
        continuum=found.words + words,
    )
    return replace(solution, certificate=certificate)


def _by_collocation(solution: CertifiedPath, smoothing: float) -> _Findings:
    """The extremal next to the solution, and Gauss collocation from there."""
    extremal = _extremal(solution.geodesic, solution, smoothing)
    if not extremal.converged:
        return _Findings(f"indirect method: {extremal.reason.value}")
    positions = np.unique(np.append(extremal.positions[::2], 1.0))
    middles = extremal.sample((positions[1:] + positions[:-1]) / 2)[2]
    problem = PathProblem(solution.geodesic, np.diff(positions), "gauss", "fatrop", AGREEMENT_TOLERANCE)
    direct = smooth_minimum(problem, middles, (extremal.smoothing,))
    if not direct.converged:
        return _Findings(f"Gauss collocation: {direct.reason}", extremal.drift)
    apart = _apart(extremal, positions, direct.representations, direct.cost)
    return _Findings("indirect method, and Gauss collocation", extremal.drift, apart)


def _by_limit(solution: CertifiedPath, smoothing: float) -> _Findings:
    """The limit of networks, and the extremal next to it."""
    geodesic, size = solution.geodesic, solution.representations[0].size
    limit = continuous_limit(geodesic, solution.layer_steps, solution.weights, smoothing)
    if not np.isfinite(limit.cost_change):
        return _Findings(f"limit of networks: {limit.reason}")
    if not limit.reached:
        # Cost and path are known, and H as well as it is constant: no start for a second method that asks for more.
        return _Findings(f"limit of networks, cost to {limit.cost_change:.0e}: {limit.reason}", limit.drift)
    if size > LARGEST_INDIRECT:
        words = f"limit of networks; no second method, w·N = {size} is above {LARGEST_INDIRECT}"
        return _Findings(words, limit.drift)
    extremal = _extremal(geodesic, limit, smoothing, FIRST_INTERVALS)
    if not extremal.converged:
        return _Findings(f"limit of networks; indirect method: {extremal.reason.value}", limit.drift)
    apart = _apart(extremal, limit.positions, limit.representations, limit.cost)
    return _Findings("indirect method, and the limit of networks", extremal.drift, apart)


def _extremal(
    geodesic: RepresentationGeodesic, start: PathWithMomenta, smoothing: float, intervals: int | None = None
) -> Extremal:
    return solve_indirect(
        geodesic, start, smoothing, EXTREMAL_TOLERANCE, intervals=intervals, most_intervals=MOST_INTERVALS
    )


def _apart(extremal: Extremal, positions: Float[np.ndarray, " K+1"], path: Path, cost: float) -> float:
    """The larger of the relative differences in path and in cost."""
    expected = extremal.sample(positions)[0]
    apart = float(np.abs(path - expected).max() / max(float(np.abs(expected).max()), 1e-300))
    return max(apart, abs(cost - extremal.cost) / extremal.cost)
