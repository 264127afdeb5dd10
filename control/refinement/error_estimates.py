"""What is wrong with a solution, interval by interval, as far as it can be seen without solving again."""

from collections.abc import Iterable
from typing import NamedTuple

import casadi as ca
import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.read_back import variables_of
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.interpolation import lagrange
from geodepth.control.transcription.transcription import Transcription
from geodepth.control.verification.between_nodes.cost_between_nodes import worth_between_nodes
from geodepth.control.verification.between_nodes.worst_places import Place, bounded_values, grid_of, worst_places
from geodepth.control.verification.error_scales import cost_scale, solution_sizes, state_scale
from geodepth.control.verification.pontryagin import minimum_gap, sample_along
from geodepth.control.verification.quick_certificate import ACCURACY
from geodepth.control.verification.resimulation import Resimulation, resimulate
from geodepth.foundation.shapes import Bool, Float

NEARLY = 1 / 16
"""Share of what a certificate lets pass, from which a violation keeps its interval from being merged (chosen by hand):
in one of twice the length it would be four times as large at least."""
JUMP = 1e-2
"""Of a control from one interval to the next, relative to its size, from which the node between them is needed (chosen
by hand): polynomials that follow a smooth control meet more nearly."""


class IntervalErrors(NamedTuple):
    """Relative errors of every interval, 1 where one cannot be computed; and what they come to.

    Attributes
    ----------
    states : (K,)
        By how much the states miss when the interval is simulated again.
    cost : (K,)
        The largest of what better controls would save, what mending the violations inside would cost, and by how much
        the cost is not what it is when simulated again: to first order, as if every interval lost as much.
    needed : (K,) of bool
        Whether its nodes are: a control jumps at one of them, or a constraint is nearly violated inside. While they are
        there, no error says so.
    places : list of Place
        Where constraints are violated between nodes by more than a certificate lets pass.
    between : float
        What mending all violations would cost.
    """

    states: Float[np.ndarray, " K"]
    cost: Float[np.ndarray, " K"]
    needed: Bool[np.ndarray, " K"]
    places: list[Place]
    between: float

    @property
    def simulable(self) -> bool:
        """Whether every interval, simulated again, ends where a certificate lets it end: a jump inside may not show in
        the cost."""
        return bool(np.max(self.states, initial=0.0) <= ACCURACY)


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
    assert solution.method is not None
    assert solution.mesh is not None
    again = resimulate(problem, solution, grid_of(problem, solution))
    scale = cost_scale(problem, solution) if cost is None else cost
    worst = np.max(np.abs(again.defects) / state_scale(problem, solution), axis=1)
    gaps = np.abs(minimum_gap(sample_along(problem, solution))) / scale
    transcription = solution.method.transcribe(problem, solution.mesh)
    worth = worth_between_nodes(problem, solution, again, transcription) / scale
    missed = np.abs(again.costs - _interval_costs(transcription, solution) + _worth_of_defects(solution, again)) / scale
    lost = np.max([gaps, worth, missed], axis=0) * gaps.size
    places, needed = _places(problem, solution, again), _next_to_jumps(problem, solution)
    needed[[place.interval for place in places if place.beyond(NEARLY * ACCURACY)]] = True
    return IntervalErrors(
        np.where(np.isfinite(worst), worst, 1.0),
        np.where(np.isfinite(lost), lost, 1.0),
        needed,
        [place for place in places if place.beyond(ACCURACY)],
        float(np.sum(worth)),
    )


def nothing_hidden(errors: Iterable[IntervalErrors], tolerance: float) -> bool:
    """Whether a cost that halving does not change any more is to be believed.

    Not while constraints are violated between nodes by more than a certificate lets pass, or by what is worth more than
    the tolerance: equal intervals, halved, may put no node where a path touches its bound. Nor while an interval ends
    elsewhere when it is simulated again: a control that jumps inside of it may cost nothing there.

    Parameters
    ----------
    errors : iterable of IntervalErrors
        Of the solution, one for each phase.
    tolerance : float
        Of the cost, relative.
    """
    now = list(errors)
    kept = all(each.simulable and not each.places for each in now)
    return kept and not sum(each.between for each in now) > tolerance


def violations(problem: OptimalControlProblem, solution: Solution) -> list[Place]:
    """Where constraints are violated between nodes by more than a certificate lets pass: a place for each interval."""
    if not bounded_values(problem).names:
        return []
    again = resimulate(problem, solution, grid_of(problem, solution))
    return [place for place in _places(problem, solution, again) if place.beyond(ACCURACY)]


def _places(problem: OptimalControlProblem, solution: Solution, again: Resimulation) -> list[Place]:
    return (worst_places(problem, solution, again) or []) if bounded_values(problem).names else []


def _interval_costs(transcription: Transcription, solution: Solution) -> Float[np.ndarray, " K"]:
    """What the running cost comes to in every interval, as the method integrates it."""
    t = transcription
    costs = ca.Function("costs", [t.variables, t.parameters], [t.interval_costs])
    return np.array(costs(*variables_of(t, solution))).ravel()


def _worth_of_defects(solution: Solution, again: Resimulation) -> Float[np.ndarray, " K"]:
    """What it would cost to go on from where each interval ends when simulated again."""
    return np.asarray(np.sum(solution.costates[1:] * again.defects, axis=1))


def _next_to_jumps(problem: OptimalControlProblem, solution: Solution) -> Bool[np.ndarray, " K"]:
    """The intervals at whose nodes a control jumps."""
    ends = np.einsum("es,ksu->eku", lagrange(solution.control_points, (0.0, 1.0)), solution.control_values)
    jumps = np.abs(ends[0, 1:] - ends[1, :-1]) > JUMP * solution_sizes(problem, solution).controls
    at = np.any(jumps, axis=1)
    return np.asarray(np.append(at, False) | np.append(False, at))
