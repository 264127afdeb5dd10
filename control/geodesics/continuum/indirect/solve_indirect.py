"""The indirect method: a geodesic as the solution of Pontryagin's two-point boundary-value problem in (A, B).

Started from a direct solution, it shares with that neither discretization nor solver: where both agree, the path is an
extremal of the continuous problem.

1. Put the start's path and momenta on a first mesh.
2. Solve by Newton's method at the ε asked for (collocation_newton.py).
3. Where that fails, begin at one larger ε more, and follow ε down.
4. Refine the mesh until cost and H settle (refined_extremal.py).

For the exact ReLU: resolve_kinks.py.
"""

from dataclasses import replace
from typing import Protocol

import numpy as np

from geodepth.control.geodesics.continuum.hamiltonian_system import HamiltonianSystem
from geodepth.control.geodesics.statement.activations import SMOOTHINGS
from geodepth.control.geodesics.statement.array_layouts import stacked
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.model.errors import ProblemError
from geodepth.control.transcription.implicit_integrators import gauss_legendre
from geodepth.foundation.blas_threads import one_blas_thread
from geodepth.foundation.shapes import Float

from .collocated_path import CollocatedPath, positions_inside
from .collocation_newton import CollocationNewton
from .extremal import Extremal, IndirectReason
from .refined_extremal import ExtremalGoal, refined_extremal

FIRST_INTERVALS = 20
"""Of the first mesh, at least; chosen by hand."""
ON_THE_WAY, NEAR = 1e-9, 1e-7
"""Residual that is asked for at every ε, and the one that will do, relative to max(1, |A|, |B|); chosen by hand."""


class PathWithMomenta(Protocol):
    """What the indirect method can start from: a direct solution, an extremal, or a limit of networks.

    Attributes
    ----------
    positions : (K + 1,)
        From 0 to 1.
    representations, momenta : (K + 1, w, N)
        A and B there.
    """

    @property
    def positions(self) -> Float[np.ndarray, " K+1"]: ...

    @property
    def representations(self) -> Float[np.ndarray, "K+1 w N"]: ...

    @property
    def momenta(self) -> Float[np.ndarray, "K+1 w N"]: ...


@one_blas_thread
def solve_indirect(
    geodesic: RepresentationGeodesic,
    start: PathWithMomenta,
    smoothing: float = 0.01,
    tolerance: float = 1e-9,
    stages: int = 4,
    intervals: int | None = None,
    most_intervals: int = 320,
) -> Extremal:
    """The smoothed extremal next to `start`, by Gauss collocation on meshes refined until the cost settles.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        The problem.
    start : GeodesicSolution, Extremal or ContinuousLimit
        A direct solution of any scheme, another extremal, or a limit of networks.
    smoothing : float
        ε > 0 of the ReLU, in units of A; other activations have none, or their own.
    tolerance : float
        Of the relative change of the cost between two meshes, and of the relative drift of H.
    stages : int
        Of the Gauss collocation.
    intervals : int, optional
        Of the first mesh; by default those of the start, and 20 at least.
    most_intervals : int
        Of the last mesh.

    Returns
    -------
    Extremal
        Its `reason` tells of stopping short.

    Raises
    ------
    ProblemError
        For arguments that cannot be used.
    """
    if geodesic.has_kinks and not (np.isfinite(smoothing) and smoothing > 0):
        raise ProblemError(f"smoothing is {smoothing!r}; give a positive ε, and resolve_kinks for the exact ReLU")
    goal, newton = ExtremalGoal(tolerance, most_intervals), CollocationNewton()
    smoothing = smoothing if geodesic.has_kinks else geodesic.smoothing
    guess = first_path(HamiltonianSystem(geodesic, smoothing), start, stages, intervals)
    ladder = [] if geodesic.activation_at().is_linear else [e for e in SMOOTHINGS if e > smoothing]
    for first in range(len(ladder), -1, -1):
        # The target itself first; after a failure one value of ε more each time.
        path = guess
        for value in (*ladder[first:], smoothing):
            path, residual = newton.solve(replace(path, system=HamiltonianSystem(geodesic, value)), ON_THE_WAY)
            if residual > NEAR:
                break
        else:
            return refined_extremal(newton, path, goal)
    path = replace(path, system=guess.system)
    return Extremal(path, residual, newton.iterations, IndirectReason.NEWTON)


def first_path(system: HamiltonianSystem, start: PathWithMomenta, stages: int, intervals: int | None) -> CollocatedPath:
    """The start's path and momenta on the first mesh: its own positions, or `intervals` with equal shares of them.

    Parameters
    ----------
    system : HamiltonianSystem
        Of the path to be.
    start : PathWithMomenta
        Whose nodes are joined by straight lines.
    stages, intervals
        As `solve_indirect` takes them.
    """
    shape = (system.geodesic.width, system.geodesic.samples)
    if start.representations.shape[1:] != shape:
        raise ProblemError(
            f"start has representations of shape {start.representations.shape[1:]} at each p; this geodesic has {shape}"
        )
    method, old = gauss_legendre(stages), np.asarray(start.positions)
    size = max(FIRST_INTERVALS, old.size - 1) if intervals is None else intervals
    positions = np.interp(np.linspace(0, 1, size + 1), np.linspace(0, 1, old.size), old)
    rows = np.concatenate([stacked(start.representations), stacked(start.momenta)], axis=1)
    inner = positions_inside(positions, method.nodes)
    nodes, inside = (
        np.stack([np.interp(where.ravel(), old, column) for column in rows.T], axis=1) for where in (positions, inner)
    )
    return CollocatedPath(system, method, positions, nodes, inside.reshape(*inner.shape, -1))
