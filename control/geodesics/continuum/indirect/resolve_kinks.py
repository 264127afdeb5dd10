"""The exact ReLU's extremal: every crossing of the kink is a node of the mesh, and inputs may rest on the kink.

1. Take the crossings as the smoothed path has them; solve with their positions as unknowns, until they do not change.
2. If they do not settle, go to sharper smoothed extremals, and find inputs that stay near the kink for long.
3. Solve with these rests, at the places where they were found or as they tend to for ε → 0.
4. Let go of what rests without a gate in [0, 1], and solve again.
5. Refine the mesh of the first that settles (refined_extremal.py).

Where raising σ(A_in) raises the cost, (WᵀB)_in < 0, the path is pushed away from zero on either side of it, as from
the edge of a roof. A minimum balances there, A_in = A'_in = 0, with σ' between 0 and 1: a sliding arc of Filippov's, a
singular arc of the control problem. A'_in = L̃Σ_m B_im K_mn = 0 is one equation for B_in, and its derivative gives σ'.
So an entry has two conditions, which hold until the exit, whose place the rest of the path decides. In a network as
many layers have that input at zero, and their Clarke multipliers converge to σ'.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from geodepth.control.geodesics.continuum.hamiltonian_system import HamiltonianSystem
from geodepth.control.model.errors import ProblemError
from geodepth.foundation.blas_threads import one_blas_thread

from .collocated_path import CollocatedPath
from .collocation_newton import CollocationNewton
from .crossings import REST_MARGIN, find_crossings, inconsistent
from .extremal import Extremal, IndirectReason
from .refined_extremal import ExtremalGoal, refined_extremal
from .remeshing import remeshed
from .rests import Rest, find_rests, limiting_rests, mended_rests
from .solve_indirect import solve_indirect

SHARPER = (1e-3, 3e-4)
"""The ε, in units of A, along which rests are told from crossings: these are as short as ε, those are not."""
SHARP_TOLERANCE = 1e-5
"""Of these extremals' cost and H, relative: they are only looked at. Chosen by hand."""
REACHES = (3.0, 1.0, 8.0)
"""How many ε an input that rests may be away from zero, the likeliest first; chosen by hand."""
MOST_FIRST = 80
"""Intervals of the first mesh with rests, at most: that of a sharply smoothed path is far finer than what is smooth
between the ends of its rests needs. Chosen by hand."""
CROSSING_ROUNDS, REST_ROUNDS = 6, 3
"""How often crossings, or rests, are looked for anew; chosen by hand."""
SOLVED, NEAR = 1e-11, 1e-7
"""Residual that is asked for in each round, and the one that will do, relative to max(1, |A|, |B|); chosen by hand."""


@one_blas_thread
def resolve_kinks(extremal: Extremal, tolerance: float = 1e-9, most_intervals: int = 320) -> Extremal:
    """The exact ReLU's extremal next to a smoothed one, with a node on every crossing of the kink.

    Parameters
    ----------
    extremal : Extremal
        Of the smoothed ReLU; a sharper ε is a better start.
    tolerance : float
        Of the relative change of the cost between two meshes, and of the relative drift of H.
    most_intervals : int
        Of the last mesh.

    Returns
    -------
    Extremal
        Where neither crossings nor rests settle, its `reason` is SLIDING, and the smoothed extremal is the best known.

    Raises
    ------
    ProblemError
        For an activation without kinks, and numbers that cannot be used.

    Notes
    -----
    A crossing's position is an unknown of Newton's method, and A[neuron, sample] = 0 there its equation. Where inputs
    come to rest on the kink instead, so are the ends of the rest; A = 0 and A' = 0 at its entry are the equations, and
    in between the gate σ' is the number in [0, 1] that keeps A'' = 0 (`HamiltonianSystem.gates`). Rests are found on a
    sharper smoothed extremal.
    """
    geodesic = extremal.geodesic
    if not geodesic.has_kinks:
        raise ProblemError(f"activation is {geodesic.activation!r}, which has no kinks; the extremal is exact as it is")
    goal = ExtremalGoal(tolerance, most_intervals)
    crossed = _settled(extremal, (), goal)
    if crossed.reason is not IndirectReason.SLIDING or geodesic.end.fixed:
        return crossed
    coarse = sharp = extremal
    for smoothing in (e for e in SHARPER if e < extremal.smoothing):
        stages = len(extremal.method.nodes)
        finer = solve_indirect(geodesic, sharp, smoothing, SHARP_TOLERANCE, stages, None, most_intervals)
        if finer.reason is IndirectReason.NEWTON:
            break
        coarse, sharp = sharp, finer
    for rests in _likely_rests(coarse, sharp):
        rested = _settled(sharp, rests, goal)
        if rested.reason is not IndirectReason.SLIDING:
            return rested
    return crossed


def _likely_rests(coarse: Extremal, sharp: Extremal) -> Iterator[list[Rest]]:
    """Rests on the sharper of two smoothed extremals, extrapolated and as they are, for every reach that finds some."""
    for reach in REACHES:
        before, rests = (find_rests(e.collocated, reach * e.smoothing) for e in (coarse, sharp))
        if sharp is not coarse:
            yield from filter(None, [limiting_rests(before, rests, (coarse.smoothing, sharp.smoothing))])
        yield from filter(None, [rests])


def _settled(extremal: Extremal, rests: Sequence[Rest], goal: ExtremalGoal) -> Extremal:
    path = replace(extremal.collocated, system=HamiltonianSystem(extremal.geodesic, 0.0))
    return settled_kinks(CollocationNewton(extremal.iterations), path, rests, goal)


def settled_kinks(
    newton: CollocationNewton,
    path: CollocatedPath,
    rests: Sequence[Rest],
    goal: ExtremalGoal,
    margin: float = REST_MARGIN,
) -> Extremal:
    """The exact extremal with these rests, and with crossings as the path says, until these do not change any more.

    Parameters
    ----------
    newton : CollocationNewton
        Who solves, and counts.
    path : CollocatedPath
        The start, with the exact ReLU's system.
    rests : sequence of Rest
        Where inputs stay on the kink, as far as it is known.
    goal : ExtremalGoal
        When the extremal is good enough.
    margin : float
        How near to a rest, in p, a change of sign is its end and no crossing.
    """
    for _ in range(REST_ROUNDS if rests else CROSSING_ROUNDS):
        crossings, sides = find_crossings(path, rests, margin)
        intervals = path.positions.size - 1
        path = remeshed(path, crossings, sides, min(intervals, MOST_FIRST) if rests else intervals)
        try:
            path, residual = newton.solve(path, SOLVED)
        except np.linalg.LinAlgError:
            # Events that do not exist make no equations: two at one place, or the rest of inputs that coincide.
            residual = np.inf
        if residual > NEAR:
            break
        if not inconsistent(path):
            return refined_extremal(newton, path, goal)
        if rests:
            mended = mended_rests(path)
            if mended is None:
                break
            path, rests = mended
    return Extremal(path, residual, newton.iterations, IndirectReason.SLIDING)
