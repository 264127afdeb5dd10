"""Newton's method on the structure of a geodesic: samples couple only through the weights.

Multiple shooting with explicit Euler steps, in representations, weights and multipliers at once.

1. Check the arguments, and make the model of the problem at this smoothing (shooting_model.py).
2. Start at the weights, at the representations that they produce and the momenta of the adjoint sweep.
3. Approach a fixed end: solve the penalized problem under a growing weight on the end, and take its force as η.
4. Iterate to the tolerance (newton_loop.py).
5. Report the point in the paper's order, and whether the reduced Hessian is positive definite there.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from geodepth.control.geodesics.statement.array_layouts import swapped
from geodepth.control.geodesics.statement.layer_steps import check_layer_steps
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Path, Steps, Weights
from geodepth.control.model.errors import CHECKS, ProblemError

from .filter_line_search import Trial
from .linear_system.block_cholesky import Condensed, condensed_flops
from .linear_system.riccati import Riccati, riccati_flops
from .linearization import Iterate, linearize
from .newton_loop import NewtonLoop
from .newton_step import LinearSolver
from .shooting_model import ShootingModel, shooting_model
from .slope_duals import SlopeDuals
from .structured_result import Progress, StructuredReason, StructuredResult

LINEAR_SOLVERS = ("auto", "riccati", "condensed")
RICCATI_RATE = 1.3
"""Operations of the Riccati recursion in the time of one of block Cholesky, measured at w = 5 and 6, N = 30 to 100."""
LOOSE = 1e-5
"""The least tolerance for which shifted steps are factorized in single precision: on 24 children of iris 1.28 times
fewer CPU seconds for as many iterations, and all converge. A fixed end's stiffness needs all digits. From there on
nobody asks whether a minimum is strict either."""
SOFT_ENDS = (1.0, 10.0, 100.0, 1e3, 1e4)
"""A fixed end is approached through these multiples of the penalized problem's weight (chosen by hand)."""
SOFT_TOLERANCE = 1e-2
"""KKT residual to which each of these is solved, scaled by 1/λ: only the start of the next is wanted."""


def solve_structured(
    geodesic: RepresentationGeodesic,
    layer_steps: Steps,
    smoothing: float,
    weights: Weights,
    multipliers: Path | None = None,
    representations: Path | None = None,
    tolerance: float = 1e-9,
    max_iterations: int = 500,
    linear_solver: str = "auto",
    callback: Callable[[Progress], None] | None = None,
    slopes_as_unknowns: bool = False,
) -> StructuredResult:
    """A local minimum of the geodesic's L-layer discretization with the activation σ_ε.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        The problem.
    layer_steps : (L,)
        ρ_ℓ.
    smoothing : float
        ε > 0, in units of A; a linear activation ignores it.
    weights : (L, w, c)
        Where to start.
    multipliers : (L + 1, w, N), optional
        Momenta to start at, as `momenta` of a result; by default those of the adjoint sweep.
    representations : (L + 1, w, N), optional
        States to start at, the first of which is put right; by default those that the weights produce.
    tolerance : float
        KKT residual at which to stop, of the problem scaled by 1/λ.
    max_iterations : int
        Newton steps in all.
    linear_solver : str
        "riccati" (time linear in L, quadratic in N), "condensed" (linear in N), or "auto", which counts operations.
    callback : callable, optional
        Called with a `Progress` at every iterate.
    slopes_as_unknowns : bool
        The primal-dual form of slope_duals.py, for ε below 1e-3.

    Returns
    -------
    StructuredResult
        Stopping short is told in its `reason`.

    Raises
    ------
    ProblemError
        For arguments that do not fit.

    Notes
    -----
    One BLAS thread is fastest.
    """
    steps = check_layer_steps(geodesic, len(layer_steps), layer_steps)
    _check(geodesic, smoothing, tolerance, linear_solver)
    model = shooting_model(geodesic, steps, smoothing)
    duals = SlopeDuals() if slopes_as_unknowns else None
    # The exact stage, whose slopes are unknowns, keeps what is symmetric so: two equal neurons are one there.
    single = tolerance >= LOOSE and not model.end.fixed and not slopes_as_unknowns
    solver = linear_solver_for(model, linear_solver, single)
    newton = NewtonLoop(solver, max_iterations, callback, geodesic.weight_decay, duals)
    # Trial points may overflow; every acceptance test refuses what is not finite.
    with np.errstate(over="ignore", invalid="ignore"):
        start = _start(geodesic, model, weights, multipliers, representations)
        if model.end.fixed and multipliers is None:
            start = _approach_fixed_end(newton, model, start)
        trial, reason = newton.run(model, start, tolerance)
        return _result(model, newton, trial, reason, loose=tolerance >= LOOSE)


def linear_solver_for(model: ShootingModel, name: str, single: bool = False) -> LinearSolver:
    """The solver asked for, or the one that should take less time; `single`: see precision.py."""
    sizes = (model.layers, model.width, model.columns, model.samples)
    if name == "riccati" or (name == "auto" and riccati_flops(*sizes) < RICCATI_RATE * condensed_flops(*sizes)):
        return Riccati(model, single)
    return Condensed(model, single)


def _check(geodesic: RepresentationGeodesic, smoothing: float, tolerance: float, linear_solver: str) -> None:
    CHECKS.choice("linear_solver", linear_solver, LINEAR_SOLVERS)
    CHECKS.number("tolerance", tolerance, above=0.0)
    if not geodesic.activation_at().is_linear:
        CHECKS.number("smoothing", smoothing, above=0.0, wanted="a positive ε, the exact ReLU has its own solver")


def _start(
    geodesic: RepresentationGeodesic,
    model: ShootingModel,
    weights: Weights,
    multipliers: Path | None,
    representations: Path | None,
) -> Trial:
    """The first point, of what is given and of what follows from it."""
    path_shape = (model.layers + 1, model.width, model.samples)
    weights = _samples_first("weights", weights, (model.layers, model.width, model.columns))
    eta, momenta = np.zeros_like(model.end.targets), None
    if multipliers is not None:
        momenta = -model.unit * _samples_first("multipliers", multipliers, path_shape)[1:]
        eta = model.unit * geodesic.end.multipliers(np.asarray(multipliers[-1], dtype=float)).T
    trial = Trial.rolled_out(model, weights, eta)
    states = trial.iterate.states
    if representations is not None:
        states = _samples_first("representations", representations, path_shape) / model.unit
        states[0] = model.start
    evaluation = model.evaluate(states, weights)
    if momenta is None:
        momenta = model.adjoint(states, weights, model.end.force(evaluation.mismatch, eta))
    return Trial(Iterate(states, weights, momenta, eta), evaluation, 0.0)


def _samples_first(name: str, given: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    array = np.array(given, dtype=float)
    if array.shape != shape:
        raise ProblemError(f"{name} has shape {array.shape}; it must be {shape}")
    return swapped(array)


def _approach_fixed_end(newton: NewtonLoop, model: ShootingModel, trial: Trial) -> Trial:
    """A start for P A_L = Y: the penalized problem under a growing weight on the end, and its force as η.

    From random weights the constraint at once is too stiff: every step that met it would be useless to the path.
    """
    for growth in SOFT_ENDS:
        soft = replace(model, end=model.end.softened(growth))
        evaluation = soft.evaluate(trial.iterate.states, trial.iterate.weights)
        trial, _ = newton.run(soft, replace(trial, evaluation=evaluation), SOFT_TOLERANCE)
        eta = soft.end.gradient(trial.evaluation.mismatch)
        trial = replace(trial, iterate=replace(trial.iterate, eta=eta))
    return replace(trial, evaluation=model.evaluate(trial.iterate.states, trial.iterate.weights))


def _result(
    model: ShootingModel, newton: NewtonLoop, trial: Trial, reason: StructuredReason, loose: bool
) -> StructuredResult:
    """The last point in the paper's order, with the first momentum by one adjoint step."""
    iterate, point = trial.iterate, linearize(model, trial.iterate, trial.evaluation)
    converged = reason in (StructuredReason.CONVERGED, StructuredReason.ROUNDING)
    first = point.pull(0, iterate.multipliers[0])
    return StructuredResult(
        weights=swapped(iterate.weights),
        representations=model.unit * swapped(iterate.states),
        momenta=swapped(np.concatenate([first[None], iterate.multipliers])) / -model.unit,
        cost=trial.evaluation.objective * newton.weight_decay,
        residual=point.residual,
        smoothing=model.smoothing * model.unit,
        iterations=newton.iterations,
        factorizations=newton.factorizations,
        strict_minimum=None if loose else converged and newton.solver.factor(point.shifted(0.0)),
        converged=converged,
        reason=reason,
    )
