"""From one iterate to the next: regularization until the reduced Hessian is positive definite, then the line search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Float

from .filter import Filter
from .linearization import Iterate, Linearization, LinearSolver, Step, linearize, newton_step
from .shooting_model import Evaluation, ShootingModel

HALVINGS = 12
CORRECTIONS = 2


class Regularization:
    """The sequence of shifts μ tried: none first, then where the last success says that it will be needed.

    In the nonconvex phase a start at μ_last/3 wastes fewer factorizations than one at zero; a residual that fell
    tenfold says that the convex phase has begun, and zero is tried at once.
    """

    FIRST, FIRST_JUMP, JUMP, DECAY, NEGLIGIBLE, LARGEST = 6.0, 100.0, 4.0, 3.0, 0.01, 1e12

    def __init__(self) -> None:
        self.shift = 0.0
        self._last = 0.0
        self._raises = 0

    def restart(self, fell: bool) -> None:
        """Choose the first shift of an iteration; `fell`: the residual fell at least tenfold in the last one."""
        self._raises = 0
        self.shift = 0.0 if fell or self._last / self.DECAY < self.NEGLIGIBLE else self._last / self.DECAY

    def increase(self) -> bool:
        """Take the next shift; False when there is none left."""
        if self.shift == 0.0:
            self.shift = self.FIRST if self._last == 0.0 else max(self.NEGLIGIBLE, self._last / self.DECAY)
        else:
            self._raises += 1
            self.shift *= self.FIRST_JUMP if self._raises == 1 and self._last == 0.0 else self.JUMP
        return self.shift <= self.LARGEST

    def succeed(self) -> None:
        """Remember the shift that worked."""
        if self.shift > 0.0 or self._last < self.NEGLIGIBLE:
            self._last = self.shift


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """An accepted point."""

    iterate: Iterate
    evaluation: Evaluation
    length: float


def line_search(point: Linearization, step: Step, solver: LinearSolver, shift: float, filter_: Filter) -> Trial | None:
    """The first of the lengths 1, ½, … that the filter accepts, the full step also with second-order corrections.

    If none is, the full step is still taken when it halves the KKT residual: close to a solution, roundoff in the
    objective can hide from the filter what the residual shows.
    """
    model, current = point.model, point.evaluation
    slope = _slope(point, step)
    length = 1.0
    full: Trial | None = None
    for halving in range(HALVINGS + 1):
        trial = _move(point, step, length)
        full = full or trial
        if _accepts(filter_, current, trial.evaluation, length * slope):
            return trial
        if halving == 0 and trial.evaluation.violation >= current.violation:
            corrected = _correct(point, trial.evaluation, solver, shift, filter_, slope)
            if corrected is not None:
                return corrected
        length *= 0.5
    assert full is not None
    if np.isfinite(full.evaluation.violation):
        residual = linearize(model, full.iterate, full.evaluation).residual
        if residual < 0.5 * point.residual:
            return full
    return None


def _correct(
    point: Linearization, first: Evaluation, solver: LinearSolver, shift: float, filter_: Filter, slope: float
) -> Trial | None:
    """Second-order corrections: the step with the defects that the full step left added to those it removed."""
    model, current = point.model, point.evaluation
    defects, mismatch, latest = current.defects, current.mismatch, first
    for _ in range(CORRECTIONS):
        if not np.isfinite(latest.violation):
            return None
        defects = defects + latest.defects
        mismatch = mismatch + latest.mismatch if model.fixed else mismatch
        trial = _move(point, newton_step(point, solver, shift, defects, mismatch), 1.0)
        if _accepts(filter_, current, trial.evaluation, slope):
            return trial
        if trial.evaluation.violation > 0.99 * latest.violation:
            return None
        latest = trial.evaluation
    return None


def _accepts(filter_: Filter, current: Evaluation, trial: Evaluation, slope: float) -> bool:
    return filter_.accepts(current.violation, current.objective, trial.violation, trial.objective, slope)


def _slope(point: Linearization, step: Step) -> float:
    """∇(objective)ᵀ step."""
    model, iterate = point.model, point.iterate
    slope = float(np.vdot(model.penalties * iterate.weights, step.weights))
    if not model.fixed:
        force = model.final_force(point.evaluation.mismatch, iterate.eta)
        slope += float(np.vdot(force, step.states[-1]))
    return slope


def _move(point: Linearization, step: Step, length: float) -> Trial:
    old = point.iterate
    states = old.states.copy()
    states[1:] += length * step.states
    weights = old.weights + length * step.weights
    pins = None if old.pins is None or step.pins is None else old.pins + length * step.pins
    iterate = Iterate(states, weights, old.multipliers + length * step.multipliers, old.eta + length * step.eta, pins)
    return Trial(iterate, point.model.evaluate(states, weights), length)


def restore(model: ShootingModel, weights: Float[np.ndarray, "L c w"], eta: Float[np.ndarray, "N d_out"]) -> Trial:
    """The point that these weights roll out to, every defect zero, with the multipliers of the adjoint sweep."""
    states = model.rollout(weights)
    evaluation = model.evaluate(states, weights)
    multipliers = model.adjoint(states, weights, model.final_force(evaluation.mismatch, eta))
    return Trial(Iterate(states, weights, multipliers, eta), evaluation, 0.0)
