"""Newton's method on the structure of a geodesic: samples couple only through the weights.

Multiple shooting with explicit Euler steps, in representations, weights and multipliers at once: the exact Hessian,
shifted until the reduced Hessian is positive definite, a filter line search with second-order corrections, and two
linear solvers that use the structure, a Riccati recursion over layers (few samples) and condensing onto the weights
(many). The problem and its signs are stated in
structured_model.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from geodepth.control.geodesics.statement.layer_steps import check_layer_steps
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.model.errors import ProblemError
from geodepth.foundation.shapes import Float

from .block_cholesky import Condensed, condensed_flops
from .filter import Filter
from .line_search import Regularization, Trial, line_search, restore
from .linearization import Iterate, Linearization, LinearSolver, linearize, newton_step
from .riccati import Riccati, riccati_flops
from .shooting_model import ShootingModel, shooting_model
from .slope_duals import SlopeDuals

LINEAR_SOLVERS = ("auto", "riccati", "condensed")
RESTORATIONS = 3
SHIFTS_PER_ITERATION = 2  # further increases of μ after a failed line search, before restoration
# A fixed end is approached through these multiples of the penalized problem's weight, each solved to the tolerance.
SOFT_ENDS = (1.0, 10.0, 100.0, 1e3, 1e4)
SOFT_TOLERANCE = 1e-2


class StructuredReason(Enum):
    """Why the solver stopped; the value is a sentence with advice."""

    CONVERGED = "The KKT residual is below the tolerance."
    ITERATIONS = "The iteration limit was reached; raise max_iterations, or start from other weights."
    NO_STEP = "No step was acceptable, not even from a feasible point; loosen the tolerance, or start elsewhere."
    NOT_FINITE = "The starting weights lead to representations that are not finite; start from smaller weights."
    HOMOTOPY = "A smoothing could not be reached, not even by smaller steps in it; start from other weights."


@dataclass(frozen=True, slots=True)
class Progress:
    """What a callback sees after each iteration; costs in J's units, the rest in the problem scaled by 1/λ."""

    smoothing: float
    iteration: int
    cost: float
    residual: float
    violation: float
    regularization: float
    step_length: float


@dataclass(frozen=True, slots=True, eq=False)
class StructuredResult:
    """A stationary point of the smoothed problem, or the last iterate."""

    weights: Float[np.ndarray, "L w c"]
    representations: Float[np.ndarray, "L+1 w N"]
    momenta: Float[np.ndarray, "L+1 w N"]  # B_ℓ = −(1/λ)∂C/∂A_ℓ, the multipliers of the defects
    cost: float  # the smoothed J, in J's own units
    residual: float  # max(|∇_W|, |∇_A|, |defects|) of the problem scaled by 1/λ
    smoothing: float
    iterations: int
    factorizations: int
    strict_minimum: bool  # converged, and the reduced Hessian's Cholesky factorization succeeds
    converged: bool
    reason: StructuredReason


def solve_structured(
    geodesic: RepresentationGeodesic,
    layer_steps: Float[np.ndarray, " L"],
    smoothing: float,
    weights: Float[np.ndarray, "L w c"],
    multipliers: Float[np.ndarray, "L+1 w N"] | None = None,
    representations: Float[np.ndarray, "L+1 w N"] | None = None,
    tolerance: float = 1e-9,
    max_iterations: int = 500,
    linear_solver: str = "auto",
    callback: Callable[[Progress], None] | None = None,
    slopes_as_unknowns: bool = False,
) -> StructuredResult:
    """A local minimum of the geodesic's L-layer discretization with the activation σ_ε, ε = `smoothing`.

    Starts at `weights`, at the representations they produce and the momenta of the adjoint sweep, unless
    `representations` (whose first, E X, is put right) or `multipliers` (as `momenta` of a result) are given. Stops at a
    KKT residual below `tolerance`. slopes_as_unknowns: the primal-dual form of slope_duals.py, for ε below 1e-3.
    Raises ProblemError for arguments that do not fit; stopping short is told in `reason`. One BLAS thread is fastest.
    """
    steps = check_layer_steps(geodesic, len(layer_steps), layer_steps)
    _check(geodesic, steps, smoothing, tolerance, linear_solver)
    model = shooting_model(geodesic, steps, smoothing)
    duals = SlopeDuals() if slopes_as_unknowns else None
    newton = _Newton(linear_solver_for(model, linear_solver), max_iterations, callback, geodesic.weight_decay, duals)
    # Trial points may overflow; every acceptance test refuses what is not finite.
    with np.errstate(over="ignore", invalid="ignore"):
        start = _start(geodesic, model, weights, multipliers, representations)
        if model.fixed and multipliers is None:
            start = _approach_fixed_end(newton, model, start)
        trial, reason = newton.run(model, start, tolerance)
        return _result(geodesic, model, newton, trial, reason)


def _result(
    geodesic: RepresentationGeodesic, model: ShootingModel, newton: _Newton, trial: Trial, reason: StructuredReason
) -> StructuredResult:
    point = linearize(model, trial.iterate, trial.evaluation)
    converged = reason is StructuredReason.CONVERGED
    momenta = np.empty((model.layers + 1, model.width, model.samples))
    momenta[1:] = -np.swapaxes(trial.iterate.multipliers, 1, 2)
    momenta[0] = -point.pull(0, trial.iterate.multipliers[0]).T
    return StructuredResult(
        weights=np.ascontiguousarray(np.swapaxes(trial.iterate.weights, 1, 2)),
        representations=np.ascontiguousarray(np.swapaxes(trial.iterate.states, 1, 2)),
        momenta=momenta,
        cost=trial.evaluation.objective * geodesic.weight_decay,
        residual=point.residual,
        smoothing=model.smoothing,
        iterations=newton.iterations,
        factorizations=newton.factorizations,
        strict_minimum=converged and newton.solver.factor(point, 0.0),
        converged=converged,
        reason=reason,
    )


class _Newton:
    """One solve: the loop and its counters."""

    def __init__(
        self,
        solver: LinearSolver,
        max_iterations: int,
        callback: Callable[[Progress], None] | None,
        weight_decay: float,
        duals: SlopeDuals | None,
    ) -> None:
        self.solver = solver
        self.iterations = self.factorizations = 0
        self._max_iterations = max_iterations
        self._callback, self._weight_decay = callback, weight_decay
        self._regularization = Regularization()
        self._duals = duals

    def run(self, model: ShootingModel, trial: Trial, tolerance: float) -> tuple[Trial, StructuredReason]:
        """Iterate from `trial` to a KKT residual below `tolerance`."""
        if not (np.isfinite(trial.evaluation.objective) and np.isfinite(trial.evaluation.violation)):
            return trial, StructuredReason.NOT_FINITE
        filter_ = Filter(trial.evaluation.violation)
        previous, restorations = np.inf, 0
        self._restart_duals()
        while True:
            point = linearize(model, trial.iterate, trial.evaluation)
            if self._duals is not None:
                point = self._duals.bent(point)
            self._report(point, trial)
            if point.residual < tolerance:
                return trial, StructuredReason.CONVERGED
            if self.iterations >= self._max_iterations:
                return trial, StructuredReason.ITERATIONS
            self.iterations += 1
            accepted = self._advance(point, filter_, point.residual < 0.1 * previous < np.inf)
            previous = point.residual
            if accepted is not None:
                if self._duals is not None:
                    self._duals.follow(point, accepted.iterate)
                trial = accepted
                continue
            restorations += 1
            rolled = restore(model, trial.iterate.weights, trial.iterate.eta)
            if restorations > RESTORATIONS or not np.isfinite(rolled.evaluation.violation):
                return trial, StructuredReason.NO_STEP
            trial, filter_ = rolled, Filter(rolled.evaluation.violation)
            self._restart_duals()

    def _restart_duals(self) -> None:
        if self._duals is not None:
            self._duals.forget()

    def _advance(self, point: Linearization, filter_: Filter, fell: bool) -> Trial | None:
        """Factorize with growing shifts until a step is accepted."""
        regularization, refusals = self._regularization, 0
        regularization.restart(fell)
        while True:
            self.factorizations += 1
            if self.solver.factor(point, regularization.shift):
                evaluation = point.evaluation
                step = newton_step(point, self.solver, regularization.shift, evaluation.defects, evaluation.mismatch)
                accepted = line_search(point, step, self.solver, regularization.shift, filter_)
                if accepted is not None:
                    regularization.succeed()
                    return accepted
                refusals += 1
            if refusals > SHIFTS_PER_ITERATION or not regularization.increase():
                return None

    def _report(self, point: Linearization, trial: Trial) -> None:
        if self._callback is None:
            return
        evaluation = point.evaluation
        self._callback(
            Progress(
                smoothing=point.model.smoothing,
                iteration=self.iterations,
                cost=evaluation.objective * self._weight_decay,
                residual=point.residual,
                violation=evaluation.violation,
                regularization=self._regularization.shift,
                step_length=trial.length,
            )
        )


def _approach_fixed_end(newton: _Newton, model: ShootingModel, trial: Trial) -> Trial:
    """A start for P A_L = Y: the penalized problem under a growing weight on the end, and its force as η.

    From random weights the constraint at once is too stiff: every step that met it would be useless to the path.
    """
    for growth in SOFT_ENDS:
        soft = replace(model, fixed=False, fit_scale=growth * model.fit_scale)
        evaluation = soft.evaluate(trial.iterate.states, trial.iterate.weights)
        trial, _ = newton.run(soft, replace(trial, evaluation=evaluation), SOFT_TOLERANCE)
        eta = soft.end_gradient(trial.evaluation.mismatch)
        trial = replace(trial, iterate=replace(trial.iterate, eta=eta))
    return replace(trial, evaluation=model.evaluate(trial.iterate.states, trial.iterate.weights))


def linear_solver_for(model: ShootingModel, name: str) -> LinearSolver:
    """The solver asked for, or the one that should take less time."""
    sizes = (model.layers, model.width, model.columns, model.samples)
    if name == "riccati" or (name == "auto" and riccati_flops(*sizes) < condensed_flops(*sizes)):
        return Riccati(model)
    return Condensed(model)


def _start(
    geodesic: RepresentationGeodesic,
    model: ShootingModel,
    weights: Float[np.ndarray, "L w c"],
    multipliers: Float[np.ndarray, "L+1 w N"] | None,
    representations: Float[np.ndarray, "L+1 w N"] | None,
) -> Trial:
    L, N, w, c = model.layers, model.samples, model.width, model.columns
    weights = _samples_first("weights", weights, (L, w, c))
    eta = np.zeros_like(model.targets)
    momenta = None
    if multipliers is not None:
        momenta = -_samples_first("multipliers", multipliers, (L + 1, w, N))[1:]
        # Of a fixed end P_L = Pᵀη; the least-squares η also serves multipliers that are not those of a solution.
        eta = np.linalg.lstsq(model.readout.T, momenta[-1].T, rcond=None)[0].T
    trial = restore(model, weights, eta)
    states = trial.iterate.states
    if representations is not None:
        states = _samples_first("representations", representations, (L + 1, w, N))
        states[0] = model.start
    evaluation = model.evaluate(states, weights)
    if momenta is None:
        momenta = model.adjoint(states, weights, model.final_force(evaluation.mismatch, eta))
    return Trial(Iterate(states, weights, momenta, eta), evaluation, 0.0)


def _samples_first(name: str, given: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    array = np.array(given, dtype=float)
    if array.shape != shape:
        raise ProblemError(f"{name} has shape {array.shape}; it must be {shape}")
    return np.ascontiguousarray(np.swapaxes(array, 1, 2))


def _check(
    geodesic: RepresentationGeodesic, steps: np.ndarray, smoothing: float, tolerance: float, linear_solver: str
) -> None:
    if linear_solver not in LINEAR_SOLVERS:
        raise ProblemError(f"linear_solver is {linear_solver!r}; choose one of {list(LINEAR_SOLVERS)}")
    if not (np.isfinite(smoothing) and smoothing > 0) and not geodesic.activation_at().is_linear:
        raise ProblemError(f"smoothing is {smoothing!r}; give a positive ε, the exact ReLU has its own solver")
    if not tolerance > 0:
        raise ProblemError(f"tolerance is {tolerance!r}; give a positive number")
