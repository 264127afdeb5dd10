"""Where path constraints push: the intervals in which they have multipliers."""

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.solution import Solution
from geodepth.control.verification.error_scales import cost_scale, solution_sizes
from geodepth.foundation.shapes import Bool

PUSHES = 1e-6
"""What a constraint's own size times its multiplier must be, relative to the cost's size (chosen by hand): solvers
leave less to constraints that are not met."""


def held_intervals(problem: OptimalControlProblem, solution: Solution) -> Bool[np.ndarray, " K"]:
    """Whether a path constraint pushes in each interval.

    Parameters
    ----------
    problem : OptimalControlProblem
        What was solved.
    solution : Solution
        Its solution; where it holds no multipliers, none are known to push.

    Notes
    -----
    On a coarse mesh a short arc on a constraint has no interval of which both nodes are on it; its multipliers are
    there all the same.
    """
    held = np.zeros(solution.times.size - 1, dtype=bool)
    if solution.iterate is None or solution.method is None or solution.mesh is None:
        return held
    if not problem.functions.path.numel_out(0):
        return held
    rows = solution.method.transcribe(problem, solution.mesh).path_rows
    assert rows is not None
    size = solution_sizes(problem, solution).path[rows.expressions]
    pushes = np.abs(solution.iterate.constraint_multipliers[rows.rows]) * size
    there = rows.intervals[pushes > PUSHES * cost_scale(problem, solution)]
    held[np.minimum(there, held.size - 1)] = True
    return held
