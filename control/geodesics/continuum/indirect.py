"""The indirect method: a geodesic as the solution of Pontryagin's two-point boundary-value problem in (A, B).

Started from a direct solution, it shares with that neither discretization nor solver: where both agree, the path is an
extremal of the continuous problem. For the exact ReLU every crossing of the kink becomes a node of the mesh, at a
position that Newton's method finds along with the path (`resolve_kinks`).

Inputs can also rest on the kink. Where raising σ(A_in) raises the cost, (WᵀB)_in < 0, the path is pushed away from zero
on either side of it, as from the edge of a roof; a minimum balances there, A_in = A'_in = 0, with σ' between 0 and 1 (a
sliding arc of Filippov's, a singular arc of the control problem). A'_in = L̃Σ_m B_im K_mn = 0 is one equation for B_in,
and its derivative gives σ': so an entry has two conditions, which hold until the exit, whose place the rest of the path
decides. In a network as many layers have that input at zero, and their Clarke multipliers converge to σ'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.control.geodesics.statement.activations import SMOOTHINGS
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.model.errors import ProblemError
from geodepth.control.transcription.implicit_integrators import ImplicitRungeKutta, gauss_legendre
from geodepth.foundation.blas_threads import one_blas_thread
from geodepth.foundation.shapes import Float

from .boundary_value import BoundaryValueProblem, Collocated, Crossing
from .extremal_mesh import (
    Rest,
    carried_over,
    density,
    find_crossings,
    find_rests,
    inconsistent,
    limiting_rests,
    mended_rests,
    remesh,
    sample_rows,
)
from .hamiltonian_system import RESTING, HamiltonianSystem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from geodepth.control.geodesics.solution import GeodesicSolution

    from .continuous_limit import ContinuousLimit

SHARPER = (1e-3, 3e-4)
"""The ε along which rests are told from crossings: these are as short as ε, those are not."""
SHARP_TOLERANCE = 1e-5
REACHES = (3.0, 1.0, 8.0)
MOST_FIRST = 80
FIRST_INTERVALS, GROWTH, ROUNDS, SIDE_ROUNDS, REST_ROUNDS = 20, 1.6, 8, 6, 3


class IndirectReason(Enum):
    """Why the indirect method stopped; the value is a sentence with advice."""

    CONVERGED = "An extremal of the continuous problem, to the tolerance."
    NEWTON = "Newton's method did not converge from this start; give a finer direct solution, or a larger smoothing."
    MESH = "The extremal was found, but not to the tolerance on the largest mesh; raise most_intervals."
    SLIDING = "Neither crossings of the kink nor rests on it settle from this start; keep the smoothed extremal."


@dataclass(frozen=True, slots=True, eq=False)
class Extremal:
    """A path and its momenta that satisfy the Hamiltonian system, as piecewise polynomials; or the last iterate.

    cost J, fit and parameter_norm ∫‖W‖²dp are those of the continuous problem with the activation σ_ε, ε = `smoothing`
    (0: the exact one). residual: of Newton's method, relative to max(1, |A|, |B|); cost_change: |ΔJ|/J against the mesh
    before the last, an estimate of the discretization's error. crossings: where inputs of the exact ReLU pass zero,
    come to rest there, or leave; `rests` puts the last two together.
    """

    geodesic: RepresentationGeodesic
    smoothing: float
    positions: Float[np.ndarray, " K+1"]
    representations: Float[np.ndarray, "K+1 w N"]
    momenta: Float[np.ndarray, "K+1 w N"]
    weights: Float[np.ndarray, "K+1 w c"]
    energies: Float[np.ndarray, " K+1"]
    cost: float
    fit: float
    parameter_norm: float
    crossings: tuple[Crossing, ...]
    residual: float
    cost_change: float
    iterations: int
    converged: bool
    reason: IndirectReason
    method: ImplicitRungeKutta
    collocated: Collocated

    @property
    def energy(self) -> float:
        """The mean of the Hamiltonian H along the path; −(2/L̃)H tends to the bottleneck rank."""
        return float(self.energies.mean())

    @property
    def drift(self) -> float:
        """(max H − min H)/max|H| over nodes and stages: zero on an exact extremal."""
        system = HamiltonianSystem(self.geodesic, self.smoothing)
        at = self.collocated
        inside = system.energy(at.stages.reshape(-1, at.nodes.shape[1]), at.stage_sides())
        every = np.concatenate([self.energies, inside])
        return float(np.ptp(every) / max(float(np.abs(every).max()), 1e-300))

    def sample(self, at: Float[np.ndarray, " m"]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A (m, w, N), B (m, w, N) and W = L̃Bσ(A)ᵀ (m, w, c) at positions in [0, 1], by the polynomials."""
        rows, sides = sample_rows(self.collocated, self.method, np.asarray(at, dtype=float))
        system = HamiltonianSystem(self.geodesic, self.smoothing)
        a, b = system.split(rows)
        return a.transpose(0, 2, 1), b.transpose(0, 2, 1), system.weights(rows, sides)

    def gates(self, at: Float[np.ndarray, " m"]) -> Float[np.ndarray, "m w N"]:
        """σ'(A) at positions in [0, 1]; where an input rests on its kink, the number in [0, 1] that keeps it there."""
        rows, sides = sample_rows(self.collocated, self.method, np.asarray(at, dtype=float))
        found = HamiltonianSystem(self.geodesic, self.smoothing).gates(rows, sides)
        return np.asarray(found.transpose(0, 2, 1))

    @property
    def rests(self) -> tuple[Rest, ...]:
        """Where inputs of the exact ReLU stay on the kink, by their beginning."""
        found: list[Rest] = []
        sides = self.collocated.sides
        if sides is None:
            return ()
        for n, i in np.argwhere(np.any(sides == RESTING, axis=0)):
            on = np.concatenate([[False], sides[:, n, i] == RESTING, [False]])
            for first, last in np.flatnonzero(np.diff(on.astype(np.int8))).reshape(-1, 2):
                found.append(Rest(int(i), int(n), float(self.positions[first]), float(self.positions[last])))
        return tuple(sorted(found, key=lambda rest: rest.start))

    def to_xarray(self) -> Any:
        """The path at its nodes as an xarray.Dataset with named dimensions (needs the extra `geodepth[xarray]`)."""
        import xarray

        return xarray.Dataset(
            {
                "representation": (("p", "neuron", "sample"), self.representations),
                "momentum": (("p", "neuron", "sample"), self.momenta),
                "weight": (("p", "neuron", "column"), self.weights),
                "energy": (("p",), self.energies),
            },
            coords={"p": self.positions},
            attrs={"cost": self.cost, "smoothing": self.smoothing, "problem": repr(self.geodesic)},
        )

    def plot(self) -> Figure:
        """Singular values of A_p and W_p, and the Hamiltonian, along p, as a Matplotlib figure."""
        from geodepth.control.geodesics.plots import plot_extremal

        return plot_extremal(self)


@one_blas_thread
def solve_indirect(
    geodesic: RepresentationGeodesic,
    start: GeodesicSolution | Extremal | ContinuousLimit,
    smoothing: float = 0.01,
    tolerance: float = 1e-9,
    stages: int = 4,
    intervals: int | None = None,
    most_intervals: int = 320,
) -> Extremal:
    """The smoothed extremal next to `start`, by Gauss collocation on meshes refined until the cost stands still.

    start: a direct solution of any scheme, or another extremal; smoothing ε > 0 of the ReLU (other activations have
    none, or their own). Where Newton's method does not get there at once, a larger ε comes first. It ends when the
    relative change of the cost between two meshes and the relative drift of H are below `tolerance`; each mesh is
    equidistributed along the path before it. `reason` tells of stopping short. Raises ProblemError for arguments that
    cannot be used.
    """
    if geodesic.has_kinks and not (np.isfinite(smoothing) and smoothing > 0):
        raise ProblemError(f"smoothing is {smoothing!r}; give a positive ε, and resolve_kinks for the exact ReLU")
    _check(tolerance, most_intervals)
    smoothing = smoothing if geodesic.has_kinks else geodesic.smoothing
    method = gauss_legendre(stages)
    guess = _first(geodesic, start, method, intervals)
    ladder = [e for e in SMOOTHINGS if e > smoothing] if not geodesic.activation_at().is_linear else []
    system = HamiltonianSystem(geodesic, smoothing)
    count = 0
    for first in range(len(ladder), -1, -1):
        # The target itself first; after a failure one value of ε more each time.
        iterate, done = guess, True
        for value in (*ladder[first:], smoothing):
            problem = BoundaryValueProblem(HamiltonianSystem(geodesic, value), method)
            iterate, residual = problem.solve(iterate, 1e-9)
            count += problem.iterations
            done = residual <= 1e-7
            if not done:
                break
        if done:
            return _refined(system, method, iterate, tolerance, most_intervals, count)
    return _extremal(system, method, iterate, residual, np.inf, count, IndirectReason.NEWTON)


@one_blas_thread
def resolve_kinks(extremal: Extremal, tolerance: float = 1e-9, most_intervals: int = 320) -> Extremal:
    """The exact ReLU's extremal next to a smoothed one, with a node on every crossing of the kink.

    A crossing's position is an unknown of Newton's method, and A[neuron, sample] = 0 there its equation. Where inputs
    come to rest on the kink instead, so are the ends of the rest; A = 0 and A' = 0 at its entry are the equations, and
    in between the gate σ' is the number in [0, 1] that keeps A'' = 0 (`HamiltonianSystem.gates`). Rests are found on a
    sharper smoothed extremal. Where neither settles, `reason` is SLIDING, and the smoothed extremal is the best that is
    known. Raises ProblemError for an activation without kinks.
    """
    geodesic = extremal.geodesic
    if not geodesic.has_kinks:
        raise ProblemError(f"activation is {geodesic.activation!r}, which has no kinks; the extremal is exact as it is")
    _check(tolerance, most_intervals)
    crossed = _settled(extremal, (), tolerance, most_intervals)
    if crossed.reason is not IndirectReason.SLIDING or geodesic.end.fixed:
        return crossed
    coarse = sharp = extremal
    for smoothing in (e for e in SHARPER if e < extremal.smoothing):
        stages = len(extremal.method.nodes)
        finer = solve_indirect(geodesic, sharp, smoothing, SHARP_TOLERANCE, stages, None, most_intervals)
        if finer.reason is IndirectReason.NEWTON:
            break
        coarse, sharp = sharp, finer
    system, tried = HamiltonianSystem(geodesic, 0.0), []
    for reach in REACHES:
        rests, before = (find_rests(system, e.collocated, e.method, reach * e.smoothing) for e in (sharp, coarse))
        if sharp is not coarse:
            tried.append(limiting_rests(before, rests, (coarse.smoothing, sharp.smoothing)))
        tried.append(rests)
    for rests in filter(None, tried):
        rested = _settled(sharp, rests, tolerance, most_intervals)
        if rested.reason is not IndirectReason.SLIDING:
            return rested
    return crossed


def _settled(extremal: Extremal, rests: Sequence[Rest], tolerance: float, most_intervals: int) -> Extremal:
    """The exact extremal with these rests, and with crossings as the path says, until these do not change any more."""
    method = extremal.method
    system = HamiltonianSystem(extremal.geodesic, 0.0)
    iterate, count = extremal.collocated, extremal.iterations
    for _ in range(REST_ROUNDS if rests else SIDE_ROUNDS):
        crossings, sides = find_crossings(system, iterate, method, rests)
        # The mesh of a sharply smoothed path is far finer than what is smooth between the ends of its rests needs.
        intervals = min(iterate.positions.size - 1, MOST_FIRST) if rests else iterate.positions.size - 1
        fresh = remesh(iterate, density(system, iterate, method), crossings, intervals)
        iterate = carried_over(iterate, fresh, sides, method)
        problem = BoundaryValueProblem(system, method)
        try:
            iterate, residual = problem.solve(iterate, 1e-11)
        except np.linalg.LinAlgError:
            # Events that do not exist make no equations: two at one place, or the rest of inputs that coincide.
            residual = np.inf
        count += problem.iterations
        if residual > 1e-7:
            break
        if not inconsistent(system, iterate, method):
            return _refined(system, method, iterate, tolerance, most_intervals, count)
        if rests:
            mended = mended_rests(system, iterate, method)
            if mended is None:
                break
            iterate, rests = mended
    return _extremal(system, method, iterate, residual, np.inf, count, IndirectReason.SLIDING)


def _refined(
    system: HamiltonianSystem,
    method: ImplicitRungeKutta,
    iterate: Collocated,
    tolerance: float,
    most_intervals: int,
    count: int,
) -> Extremal:
    """Meshes equidistributed along the path, each finer than the last, until cost and H stand still."""
    before, change, residual = np.nan, np.inf, np.inf
    for _ in range(ROUNDS):
        problem = BoundaryValueProblem(system, method)
        iterate, residual = problem.solve(iterate, 1e-13)
        count += problem.iterations
        if residual > 1e-8:
            return _extremal(system, method, iterate, residual, change, count, IndirectReason.NEWTON)
        found = _extremal(system, method, iterate, residual, change, count, IndirectReason.CONVERGED)
        change = abs(found.cost - before) / max(abs(found.cost), 1e-300)
        found = _extremal(system, method, iterate, residual, change, count, IndirectReason.CONVERGED)
        if change <= tolerance and found.drift <= tolerance:
            return found
        before, intervals = found.cost, int(np.ceil(GROWTH * (iterate.positions.size - 1)))
        if intervals > most_intervals:
            break
        events = [(c.position, c.neuron, c.sample, c.kind) for c in iterate.crossings]
        fresh = remesh(iterate, density(system, iterate, method), events, intervals)
        sides = None if iterate.sides is None else iterate.sides[[0, *(c.node for c in iterate.crossings)]]
        iterate = carried_over(iterate, fresh, sides, method)
        if iterate.sides is not None and inconsistent(system, iterate, method):
            return _extremal(system, method, iterate, residual, change, count, IndirectReason.SLIDING)
    return _extremal(system, method, iterate, residual, change, count, IndirectReason.MESH)


def _extremal(
    system: HamiltonianSystem,
    method: ImplicitRungeKutta,
    at: Collocated,
    residual: float,
    change: float,
    count: int,
    reason: IndirectReason,
) -> Extremal:
    geodesic = system.geodesic
    a, b = system.split(at.nodes)
    node_sides = None if at.sides is None else np.concatenate([at.sides, at.sides[-1:]])
    inner = system.weights(at.stages.reshape(-1, at.nodes.shape[1]), at.stage_sides())
    squares = np.sum(inner**2, axis=(1, 2)).reshape(at.stages.shape[:2])
    norm = float(np.diff(at.positions) @ squares @ method.weights)
    fit = geodesic.fit(a[-1].T)
    penalty = geodesic.weight_decay * geodesic.penalty_scale * norm
    return Extremal(
        geodesic=geodesic,
        smoothing=system.smoothing,
        positions=at.positions,
        representations=np.ascontiguousarray(a.transpose(0, 2, 1)),
        momenta=np.ascontiguousarray(b.transpose(0, 2, 1)),
        weights=system.weights(at.nodes, node_sides),
        energies=system.energy(at.nodes, node_sides),
        cost=penalty + geodesic.end.cost(fit),
        fit=fit,
        parameter_norm=norm,
        crossings=at.crossings,
        residual=residual,
        cost_change=change,
        iterations=count,
        converged=reason is IndirectReason.CONVERGED,
        reason=reason,
        method=method,
        collocated=at,
    )


def _first(
    geodesic: RepresentationGeodesic,
    start: GeodesicSolution | Extremal | ContinuousLimit,
    method: ImplicitRungeKutta,
    intervals: int | None,
) -> Collocated:
    """The start's path and momenta on the first mesh: its own positions, or `intervals` with equal shares of them."""
    if start.representations.shape[1:] != (geodesic.width, geodesic.samples):
        raise ProblemError(
            f"start has representations of shape {start.representations.shape[1:]} at each p; "
            f"this geodesic has ({geodesic.width}, {geodesic.samples})"
        )
    size = max(FIRST_INTERVALS, start.positions.size - 1) if intervals is None else intervals
    old = np.asarray(start.positions)
    positions = np.interp(np.linspace(0, 1, size + 1), np.linspace(0, 1, old.size), old)
    rows = np.concatenate(
        [np.swapaxes(part, 1, 2).reshape(old.size, -1) for part in (start.representations, start.momenta)], axis=1
    )
    inner = positions[:-1, None] + np.diff(positions)[:, None] * np.array(method.nodes)
    nodes, stages = (
        np.stack([np.interp(where.ravel(), old, column) for column in rows.T], axis=1) for where in (positions, inner)
    )
    return Collocated(positions, nodes, stages.reshape(size, len(method.nodes), -1), None, ())


def _check(tolerance: float, most_intervals: int) -> None:
    if not (isinstance(tolerance, int | float) and 1e-13 <= tolerance < 1):
        raise ProblemError(f"tolerance is {tolerance!r}; give a number between 1e-13 and 1, such as 1e-9")
    if isinstance(most_intervals, bool) or not isinstance(most_intervals, int) or most_intervals < 2:
        raise ProblemError(f"most_intervals is {most_intervals!r}; give a whole number of at least 2")
