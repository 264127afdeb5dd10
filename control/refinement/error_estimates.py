"""What is wrong with a solution, interval by interval, as far as it can be seen without solving again."""

from typing import NamedTuple

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.solution import Solution
from geodepth.control.verification.between_nodes.worst_places import Place, grid_of, worst_places
from geodepth.control.verification.error_scales import cost_scale, state_scale
from geodepth.control.verification.pontryagin import minimum_gap, sample_along
from geodepth.control.verification.quick_certificate import ACCURACY
from geodepth.control.verification.resimulation import resimulate
from geodepth.foundation.shapes import Float


class IntervalErrors(NamedTuple):
    """Two relative errors of every interval; 1 where one cannot be computed.

    Attributes
    ----------
    states : (K,)
        By how much the states miss when the interval is simulated again.
    cost : (K,)
        What better controls would save, to first order, as if every interval lost as much.
    """

    states: Float[np.ndarray, " K"]
    cost: Float[np.ndarray, " K"]


def interval_errors(problem: OptimalControlProblem, solution: Solution, cost: float | None = None) -> IntervalErrors:
    """The errors of a solution's states and controls on each of its K intervals.

    Parameters
    ----------
    problem : OptimalControlProblem
        What was solved: all of it, or one of several phases.
    solution : Solution
        Its solution.
    cost : float, optional
        What errors of the cost are relative to; by default the solution's own cost.
    """
    defects = np.abs(resimulate(problem, solution).defects) / state_scale(problem, solution)
    scale = cost_scale(problem, solution) if cost is None else cost
    gaps = np.abs(minimum_gap(sample_along(problem, solution))) / scale * defects.shape[0]
    worst = np.max(defects, axis=1)
    return IntervalErrors(np.where(np.isfinite(worst), worst, 1.0), np.where(np.isfinite(gaps), gaps, 1.0))


def violations(problem: OptimalControlProblem, solution: Solution) -> list[Place]:
    """Where constraints are violated between nodes by more than a certificate lets pass: a place for each interval."""
    if not (problem.state_bounds or problem.control_bounds or problem.path_constraints):
        return []
    again = resimulate(problem, solution, grid_of(problem, solution))
    places = worst_places(problem, solution, again) or []
    return [place for place in places if place.distance > place.allowed * ACCURACY]
