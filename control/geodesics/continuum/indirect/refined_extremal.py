"""From a path that Newton's method can finish to an extremal of known accuracy, by ever finer meshes.

1. Solve to rounding on the present mesh.
2. Stop when the cost changes, and H drifts, by no more than the tolerance.
3. Otherwise equidistribute more nodes along the path, and begin again.
"""

from dataclasses import dataclass, replace

import numpy as np

from geodepth.control.model.errors import CHECKS

from .collocated_path import CollocatedPath
from .collocation_newton import CollocationNewton
from .crossings import inconsistent
from .extremal import Extremal, IndirectReason
from .remeshing import on_intervals

GROWTH, MESHES = 1.6, 8
"""Each mesh has this many times the intervals of the last, so that at order 8 its error is 43 times smaller, and there
are so many meshes at most; chosen by hand."""
ROUNDING = 1e-13
"""Residual asked for, relative to max(1, |A|, |B|), so that the cost's change is the discretization's alone."""
SOLVED = 1e-8
"""Residual, relative too, above which the mesh counts as not solved; chosen by hand, far above rounding."""


@dataclass(frozen=True, slots=True)
class ExtremalGoal:
    """When an extremal is good enough.

    Attributes
    ----------
    tolerance : float
        Of the relative change of the cost between two meshes, and of the relative drift of H.
    most_intervals : int
        Of a mesh.

    Raises
    ------
    ProblemError
        For numbers that cannot be used.
    """

    tolerance: float
    most_intervals: int

    def __post_init__(self) -> None:
        wanted = "a number between 1e-13 and 1, such as 1e-9"
        CHECKS.number("tolerance", self.tolerance, least=ROUNDING, below=1.0, wanted=wanted)
        CHECKS.count("most_intervals", self.most_intervals, 2)


def refined_extremal(newton: CollocationNewton, path: CollocatedPath, goal: ExtremalGoal) -> Extremal:
    """The extremal next to a path on the sides that it has, or the last iterate with the reason for stopping short."""
    before, change = np.nan, np.inf
    for _ in range(MESHES):
        path, residual = newton.solve(path, ROUNDING)
        found = Extremal(path, residual, newton.iterations, IndirectReason.CONVERGED, change)
        if residual > SOLVED:
            return replace(found, reason=IndirectReason.NEWTON)
        change = abs(found.cost - before) / max(abs(found.cost), 1e-300)
        found = replace(found, cost_change=change)
        if change <= goal.tolerance and found.drift <= goal.tolerance:
            return found
        before, intervals = found.cost, int(np.ceil(GROWTH * (path.positions.size - 1)))
        if intervals > goal.most_intervals:
            break
        path = on_intervals(path, intervals)
        if path.sides is not None and inconsistent(path):
            return Extremal(path, residual, newton.iterations, IndirectReason.SLIDING, change)
    return Extremal(path, residual, newton.iterations, IndirectReason.MESH, change)
