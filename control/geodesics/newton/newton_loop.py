"""The Newton iteration of one solve.

1. Linearize at the iterate; stop if the KKT residual is below the tolerance, or if only rounding is left of it.
2. Factorize the reduced Hessian, with a growing shift μ until it is positive definite (regularization.py).
3. Take the Newton step (newton_step.py) at the longest length that the filter accepts (filter_line_search.py); if none
   is accepted, raise μ up to twice more.
4. If that fails too, roll the representations out from the weights, which is exactly feasible, with a fresh filter, and
   go on from there, at most three times in all.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .filter_line_search import ROUNDOFF, Filter, Trial, line_search
from .linearization import Linearization, linearize
from .newton_step import LinearSolver, newton_step
from .regularization import Regularization
from .shooting_model import ShootingModel
from .slope_duals import SlopeDuals
from .structured_result import Progress, StructuredReason

RESTORATIONS = 3  # rolls from the weights in one solve (chosen by hand; few solves need one)
SHIFTS_PER_ITERATION = 2  # further increases of μ after a failed line search, before restoration, as the prototype
FELL = 0.1  # a residual that fell to this share says that the convex phase has begun
STILL = 4  # unshifted full steps in a row that changed neither cost nor residual (chosen by hand)


@dataclass(slots=True, eq=False)
class NewtonLoop:
    """The loop, its counters, and what it keeps from one iterate to the next.

    Attributes
    ----------
    solver : LinearSolver
        Of the reduced system.
    max_iterations : int
        Of all runs together.
    callback : callable or None
        Called with a `Progress` at every iterate.
    weight_decay : float
        λ, for costs in J's units.
    duals : SlopeDuals or None
        Slopes as unknowns of their own.
    iterations, factorizations : int
        How many there were, in all runs.
    """

    solver: LinearSolver
    max_iterations: int
    callback: Callable[[Progress], None] | None
    weight_decay: float
    duals: SlopeDuals | None
    iterations: int = 0
    factorizations: int = 0
    _regularization: Regularization = field(default_factory=Regularization)

    def run(self, model: ShootingModel, trial: Trial, tolerance: float) -> tuple[Trial, StructuredReason]:
        """Iterate from `trial` to a KKT residual below `tolerance`."""
        if not (np.isfinite(trial.evaluation.objective) and np.isfinite(trial.evaluation.violation)):
            return trial, StructuredReason.NOT_FINITE
        filter_ = Filter(trial.evaluation.violation)
        previous, restorations, still = np.inf, 0, 0
        self._forget_slopes()
        while True:
            point = linearize(model, trial.iterate, trial.evaluation)
            if self.duals is not None:
                point = self.duals.bent(point)
            self._report(point, trial)
            if point.residual < tolerance:
                return trial, StructuredReason.CONVERGED
            if self.iterations >= self.max_iterations:
                return trial, StructuredReason.ITERATIONS
            self.iterations += 1
            accepted = self._advance(point, filter_, point.residual < FELL * previous < np.inf)
            still = still + 1 if accepted is not None and self._stands(trial, accepted, point.residual, previous) else 0
            if still == STILL:
                return trial, StructuredReason.ROUNDING
            previous = point.residual
            if accepted is not None:
                if self.duals is not None:
                    self.duals.follow(point, accepted.iterate)
                trial = accepted
                continue
            restorations += 1
            rolled = Trial.rolled_out(model, trial.iterate.weights, trial.iterate.eta)
            if restorations > RESTORATIONS or not np.isfinite(rolled.evaluation.violation):
                return trial, StructuredReason.NO_STEP
            trial, filter_ = rolled, Filter(rolled.evaluation.violation)
            self._forget_slopes()

    def _stands(self, before: Trial, after: Trial, residual: float, previous: float) -> bool:
        """Whether a full Newton step on a positive definite Hessian changed nothing but digits that are rounding."""
        slack = ROUNDOFF * (1.0 + abs(before.evaluation.objective))
        same = abs(after.evaluation.objective - before.evaluation.objective) <= slack
        feasible = max(before.evaluation.violation, after.evaluation.violation) <= slack
        unshifted = self._regularization.shift == 0.0 and after.length == 1.0
        return unshifted and same and feasible and residual > 0.5 * previous

    def _forget_slopes(self) -> None:
        if self.duals is not None:
            self.duals.forget()

    def _advance(self, point: Linearization, filter_: Filter, fell: bool) -> Trial | None:
        """Factorize with growing shifts until a step is accepted."""
        regularization, refusals = self._regularization, 0
        regularization.restart(fell)
        while True:
            self.factorizations += 1
            shifted = point.shifted(regularization.shift)
            if self.solver.factor(shifted):
                step = newton_step(shifted, self.solver, point.evaluation.defects, point.evaluation.mismatch)
                accepted = line_search(shifted, step, self.solver, filter_)
                if accepted is not None:
                    regularization.succeed()
                    return accepted
                refusals += 1
            if refusals > SHIFTS_PER_ITERATION or not regularization.increase():
                return None

    def _report(self, point: Linearization, trial: Trial) -> None:
        if self.callback is not None:
            self.callback(
                Progress(
                    smoothing=point.model.smoothing * point.model.unit,
                    iteration=self.iterations,
                    cost=point.evaluation.objective * self.weight_decay,
                    residual=point.residual,
                    violation=point.evaluation.violation,
                    regularization=self._regularization.shift,
                    step_length=trial.length,
                )
            )
