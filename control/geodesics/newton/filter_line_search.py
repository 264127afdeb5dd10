"""From one iterate to the next: the longest of some lengths of a Newton step that the filter accepts.

1. Try the lengths 1, ½, ¼, …
2. Where the full step is refused and left more defects than there were, correct it to second order: solve again, with
   the defects that it left added, up to twice.
3. If no length is accepted, still take the full step when it halves the KKT residual.

Source: Wächter and Biegler, Math. Program. 106, 2006, Algorithm A.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.statement.shapes import OutputRows, WeightRows

from .linearization import Iterate, Linearization, Shifted, Step, linearize
from .newton_step import LinearSolver, newton_step
from .shooting_model import Evaluation, ShootingModel

HALVINGS, CORRECTIONS = 12, 2  # as the prototype that this method comes from; IPOPT allows four corrections
LEAST_PROGRESS = 0.99  # of the violation before, above which a further correction is not worth its solve, as in IPOPT
# All of these are the source's, without unit: γ_θ, γ_φ and η_φ, then δ, s_θ and s_φ, and the largest and the small
# violation, as multiples of the first.
THETA_SHRINK, OBJECTIVE_SHRINK, ARMIJO = 1e-5, 1e-8, 1e-8
SWITCH_FACTOR, SWITCH_THETA, SWITCH_SLOPE = 1.0, 1.1, 2.3
LARGEST_VIOLATION, SMALL_VIOLATION = 1e4, 1e-4
ROUNDOFF = 1e-15 * 10  # ten units in the last place of what is compared, as IPOPT


class Filter:
    """Pairs (violation θ, objective φ) that later iterates must improve on in one or the other."""

    def __init__(self, violation: float) -> None:
        self._largest = LARGEST_VIOLATION * max(1.0, violation)
        self._small = SMALL_VIOLATION * max(1.0, violation)
        self._pairs: list[tuple[float, float]] = []

    def accepts(
        self, violation: float, objective: float, trial_violation: float, trial_objective: float, slope: float
    ) -> bool:
        """Whether a trial point is acceptable from (violation, objective).

        `slope` is α ∇φᵀd, by which the objective should fall along a step of length α. If the step promises more
        descent than there is violation, the trial must meet Armijo's condition, and the filter stays as it is.
        Otherwise it must improve θ or φ, and the current pair enters the filter.
        """
        if not (math.isfinite(trial_violation) and math.isfinite(trial_objective)):
            return False
        # Near a solution both differences are roundoff.
        slack_objective, slack_violation = ROUNDOFF * abs(objective), ROUNDOFF * (1.0 + abs(objective))
        if trial_violation > self._largest or self._dominates(
            trial_violation - slack_violation, trial_objective - slack_objective
        ):
            return False
        descent = slope < 0 and (-slope) ** SWITCH_SLOPE > SWITCH_FACTOR * violation**SWITCH_THETA
        if descent and violation <= self._small:
            return trial_objective <= objective + ARMIJO * slope + slack_objective
        smaller = trial_violation <= (1.0 - THETA_SHRINK) * violation + slack_violation
        better = trial_objective <= objective - OBJECTIVE_SHRINK * violation + slack_objective
        if smaller or better:
            self._pairs.append(((1.0 - THETA_SHRINK) * violation, objective - OBJECTIVE_SHRINK * violation))
            return True
        return False

    def _dominates(self, violation: float, objective: float) -> bool:
        return any(violation >= pair[0] and objective >= pair[1] for pair in self._pairs)


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A point that was tried, what it is worth, and the length of the step that led to it."""

    iterate: Iterate
    evaluation: Evaluation
    length: float

    @staticmethod
    def after(point: Linearization, step: Step, length: float) -> Trial:
        """The point after a step of this length."""
        moved = point.iterate.moved(step, length)
        return Trial(moved, point.model.evaluate(moved.states, moved.weights), length)

    @staticmethod
    def rolled_out(model: ShootingModel, weights: WeightRows, eta: OutputRows) -> Trial:
        """The point that these weights roll out to, every defect zero, with the multipliers of the adjoint sweep."""
        states = model.rollout(weights)
        evaluation = model.evaluate(states, weights)
        multipliers = model.adjoint(states, weights, model.end.force(evaluation.mismatch, eta))
        return Trial(Iterate(states, weights, multipliers, eta), evaluation, 0.0)


def line_search(shifted: Shifted, step: Step, solver: LinearSolver, filter_: Filter) -> Trial | None:
    """The first length that the filter accepts, the full step also with second-order corrections, or None.

    The full step is still taken when it halves the KKT residual: close to a solution, roundoff in the objective can
    hide from the filter what the residual shows.
    """
    point = shifted.point
    model, current = point.model, point.evaluation
    slope = _slope(point, step)
    length = 1.0
    full: Trial | None = None
    for halving in range(HALVINGS + 1):
        trial = Trial.after(point, step, length)
        full = full or trial
        if _accepts(filter_, current, trial.evaluation, length * slope):
            return trial
        if halving == 0 and trial.evaluation.violation >= current.violation:
            corrected = _correct(shifted, trial.evaluation, solver, filter_, slope)
            if corrected is not None:
                return corrected
        length *= 0.5
    assert full is not None
    if np.isfinite(full.evaluation.violation):
        residual = linearize(model, full.iterate, full.evaluation).residual
        if residual < 0.5 * point.residual:
            return full
    return None


def _correct(shifted: Shifted, first: Evaluation, solver: LinearSolver, filter_: Filter, slope: float) -> Trial | None:
    """Second-order corrections: the step with the defects that the full step left added to those it removed."""
    point = shifted.point
    model, current = point.model, point.evaluation
    defects, mismatch, latest = current.defects, current.mismatch, first
    for _ in range(CORRECTIONS):
        if not np.isfinite(latest.violation):
            return None
        defects = defects + latest.defects
        mismatch = mismatch + latest.mismatch if model.end.fixed else mismatch
        trial = Trial.after(point, newton_step(shifted, solver, defects, mismatch), 1.0)
        if _accepts(filter_, current, trial.evaluation, slope):
            return trial
        if trial.evaluation.violation > LEAST_PROGRESS * latest.violation:
            return None
        latest = trial.evaluation
    return None


def _accepts(filter_: Filter, current: Evaluation, trial: Evaluation, slope: float) -> bool:
    return filter_.accepts(current.violation, current.objective, trial.violation, trial.objective, slope)


def _slope(point: Linearization, step: Step) -> float:
    """∇(objective)ᵀ step."""
    model, iterate = point.model, point.iterate
    slope = float(np.vdot(model.penalties * iterate.weights, step.weights))
    return slope + model.end.slope(point.evaluation.mismatch, step.states[-1])
