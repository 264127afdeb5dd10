"""estimate: free parameters and initial states from measured data, by least squares, with their covariance.

1. Make every measured time a node of the mesh.
2. Add half the sum of squared residuals, each over its standard deviation, to the problem's cost, and solve from
   several starts, because fits have several minima. The lowest end counts.
3. Take the covariance from the first-order conditions, linearized (Gauss and Newton's Hessian of the residuals), and
   from the same equations how far the mesh moved each value.
4. Where no mesh was given, halve its intervals until that is small beside the deviations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import casadi as ca
import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.control.model.problem import OptimalControlProblem, check_problem
from geodepth.control.solution.read_back import to_solution
from geodepth.control.solution.solution import Solution, SolveError
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.program import CompiledProgram, Program
from geodepth.control.solvers.scaling.variable_scaling import rescaling
from geodepth.control.solvers.status import ProgramResult, Status
from geodepth.control.solving.discretized import discretized
from geodepth.control.solving.guess import Guess
from geodepth.control.solving.one_solve import solve_once
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Method, Transcription
from geodepth.control.verification.resimulation import resimulate
from geodepth.foundation.shapes import Float

from .covariance import linearized
from .measurement import Measurement, check_measurements, measured_mesh, residuals_of
from .starts import starts

SMALL = 0.05
"""The mesh may move a value by this share of its deviation (chosen by hand)."""
NOISE = 1e-6
"""Or by this share of the value itself, which exact data are fitted to (chosen by hand)."""
UNLIKELY = 1e-3
"""The probability below which a fit is called none (chosen by hand)."""
NOISY = 1e-3
"""The sum of squares that is expected, as a share of that of the values: noise of 3 % (chosen by hand). With more, the
barrier of bounds that are far leads parameters towards their middle first; fits have local minima there."""
LEFT = 1e-6
"""Fewer degrees of freedom than this are none: shares of a cost of the problem's own are found to rounding."""
HALVINGS = 5
"""Of the default mesh, at most (chosen by hand)."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What was estimated, and how well it is known.

    Attributes
    ----------
    values : mapping from name to float
        Free parameters by name, and initial states that are not given as "initial_state.x".
    covariance : ndarray
        Of these (n, n), in their order.
    residuals : tuple of ndarray
        Prediction minus value, of each measurement (n, m).
    degrees_of_freedom : float
        Values measured minus numbers fitted; a cost of the problem's own settles some of what is free, and leaves a
        share of each.
    chi_squared : float
        The sum of squared residuals, each over its deviation where that is given.
    probability : float or None
        That of a χ² at least as large, if model and deviations are right; None where no deviations are given,
        no degrees of freedom are left, or the problem has a cost of its own, with which χ² has another distribution.
    mesh_errors : mapping from name to float
        By how much the mesh's own error moved each value, to first order: every interval is simulated again by a tight
        integrator, and one Newton step takes away what it leaves. NaN where the simulation breaks down. An error of
        the problem's own running cost is not in it.
    solution : Solution
        The path; its cost is that of the problem and half the sum of squared residuals over their deviations.
    """

    values: Mapping[str, float]
    covariance: Float[np.ndarray, "n n"]
    residuals: tuple[Float[np.ndarray, "n m"], ...]
    degrees_of_freedom: float
    chi_squared: float
    probability: float | None
    mesh_errors: Mapping[str, float]
    solution: Solution

    def __str__(self) -> str:
        moved = ", ".join(self.moved)
        lines = [self._told(name) for name in self.values]
        likely = "" if self.probability is None else f", probability {self.probability:.2g}"
        lines.append(f"χ² {self.chi_squared:.4g}, {self.degrees_of_freedom:.4g} degrees of freedom{likely}")
        if self.probability is not None and self.probability < UNLIKELY:
            lines.append("the model does not fit at these deviations: give another guess, other deviations or model")
        if moved:
            lines.append(f"the mesh's error is not small beside the deviation of {moved}: estimate on a finer mesh")
        return "\n".join(lines)

    def _told(self, name: str) -> str:
        value, deviation, error = self.values[name], self.deviations[name], self.mesh_errors[name]
        if not deviation:
            return f"{name} {value:.6g}, on a bound: taken as known"
        noise = abs(error) <= NOISE * abs(value)
        return f"{name} {value:.6g} ± {deviation:.2g}" + ("" if noise else f" (the mesh moved it by {error:.1g})")

    @property
    def moved(self) -> tuple[str, ...]:
        """The names of those that the mesh moved by more than a twentieth of their deviation."""
        deviations = self.deviations
        return tuple(
            name
            for name, error in self.mesh_errors.items()
            if not abs(error) <= max(SMALL * deviations[name], NOISE * abs(self.values[name]))
        )

    @property
    def deviations(self) -> dict[str, float]:
        """The standard deviation of each, by name."""
        return dict(zip(self.values, np.sqrt(np.diag(self.covariance)).tolist(), strict=True))

    @property
    def correlation(self) -> Float[np.ndarray, "n n"]:
        """The covariance over the deviations; none (0) between what is taken as known and anything else."""
        deviations = np.sqrt(np.diag(self.covariance))
        scaled = self.covariance / np.outer(*(2 * [np.where(deviations > 0, deviations, 1.0)]))
        np.fill_diagonal(scaled, 1.0)
        return np.asarray(scaled)


def estimate(
    problem: OptimalControlProblem,
    measurements: Sequence[Measurement],
    method: Method | None = None,
    mesh: Mesh | None = None,
    solver: str = "ipopt",
    tolerance: float = 1e-10,
    guess: Guess = None,
) -> Estimate:
    """Estimate a problem's free parameters and free initial states from measurements, by least squares.

    Parameters
    ----------
    problem : OptimalControlProblem
        Over a fixed horizon. A cost of its own is added: it is what is known beforehand.
    measurements : sequence of Measurement
        With deviations for all, or for none of them.
    method : Method, optional
        As in `solve`.
    mesh : Mesh, optional
        With all measured times among its nodes; by default these, and 40 equal intervals, halved as the
        notes say; of x_next its steps.
    solver, tolerance, guess
        As in `solve`.

    Returns
    -------
    Estimate
        With its covariance, to first order.

    Raises
    ------
    ProblemError
        Arguments do not fit together, or the measurements do not determine what is free.
    SolveError
        The solver stops short.

    Notes
    -----
    Without deviations the covariance is multiplied by the residuals' variance, χ² over the degrees of freedom. What
    lies on a bound is taken as known. The mesh's own error is not in the covariance: `mesh_errors` tells it. Where no
    mesh is given, its intervals are halved, five times at most, until that error is below a twentieth of every
    deviation.
    """
    check_problem(problem)
    check_measurements(problem, measurements)
    settings = SolverSettings(solver, tolerance)
    if mesh is not None or problem.steps is not None:
        return _on_mesh(problem, measurements, method, mesh, settings, [guess])
    mesh = measured_mesh(problem, measurements)
    found = _on_mesh(problem, measurements, method, mesh, settings, [guess])
    for _ in range(HALVINGS):
        if not found.moved or not np.all(np.isfinite(list(found.mesh_errors.values()))):
            break
        mesh = mesh.halved()
        # What was lowest on a coarse mesh may be its error alone.
        found = _on_mesh(problem, measurements, method, mesh, settings, [guess, found.solution])
    return found


def _on_mesh(
    problem: OptimalControlProblem,
    measurements: Sequence[Measurement],
    method: Method | None,
    mesh: Mesh | None,
    settings: SolverSettings,
    guesses: list[Guess],
) -> Estimate:
    """The estimate on one mesh, the best of these guesses."""
    from scipy.special import chdtrc

    method, t = discretized(problem, method, mesh)
    theta = t.parameter_values()
    parts = [residuals_of(t, i, measurement) for i, measurement in enumerate(measurements)]
    r = ca.vertcat(*(scaled for scaled, _ in parts))
    whole = replace(t, objective=t.objective + ca.sumsqr(r) / 2, stages=None, misfit=_misfit(measurements))
    costly = problem.running_cost is not None or problem.terminal_cost is not None
    program = Program(whole, settings, rescaling(whole))
    result = _least(program, theta, [z for guess in guesses for z in starts(whole, r, theta, guess)])
    solution = to_solution(program, result, theta, {"measured_values": r.shape[0]}, method)
    if not solution.success:
        raise SolveError(f"{problem.name}: {solution.advice}", solution)
    variables = result.iterate.variables
    seen = ca.Function("residuals", [t.variables, t.parameters], [ca.sumsqr(r), *(plain for _, plain in parts)])
    squares, *residuals = (np.array(each) for each in seen(variables, theta))
    wanted, jumps = _estimated(t), resimulate(problem, solution).defects
    near = linearized(whole, t.objective, r, variables, theta, result.iterate, list(wanted.values()), jumps, costly)
    covariance, freedom = near.covariance, r.shape[0] - near.fitted
    if measurements[0].deviation is None:
        if freedom < LEFT:
            raise ProblemError(
                f"measurements hold {r.shape[0]} values for {near.fitted:.6g} unknown numbers, which leaves none to "
                "tell their deviation from; give deviation, or more values"
            )
        covariance = covariance * squares[0, 0] / freedom
        probability = None
    else:
        probability = float(chdtrc(freedom, squares[0, 0])) if freedom >= LEFT and not costly else None
    return Estimate(
        values={name: float(variables[i]) for name, i in wanted.items()},
        covariance=covariance,
        residuals=tuple(residuals),
        degrees_of_freedom=freedom,
        chi_squared=float(squares[0, 0]),
        probability=probability,
        mesh_errors=dict(zip(wanted, near.moved.tolist(), strict=True)),
        solution=solution,
    )


def _misfit(measurements: Sequence[Measurement]) -> float:
    """What the sum of squares is relative to, in all units: a share of that of a model which predicts zeros."""
    deviations = [1.0 if each.deviation is None else each.deviation for each in measurements]
    sizes = [np.asarray(m.values, dtype=float) / d for m, d in zip(measurements, deviations, strict=True)]
    return NOISY * sum(float(np.sum(each**2)) for each in sizes) / 2 or 1.0


def _least(
    program: CompiledProgram[Transcription], theta: np.ndarray, begins: list[Float[np.ndarray, " size"]]
) -> ProgramResult:
    """The lowest end of those that hold; the first one's where none does."""
    ends = [solve_once(program, theta, None, partial(np.copy, start)) for start in begins]
    least = min(ends, key=lambda end: end.objective if end.status is Status.SOLVED else np.inf)
    # Where nothing was known of a state's size, it was solved in a wrong one: to fewer digits.
    again = solve_once(program, theta, None, partial(np.copy, least.iterate.variables))
    return again if again.status is Status.SOLVED else least


def _estimated(t: Transcription) -> dict[str, int]:
    """The free parameters, and the initial states that are not given, each by its place among the variables."""
    behind = t.layout.states + t.layout.end_slacks
    free = {name: behind + i for i, name in enumerate(t.problem.free)}
    start = {f"initial_state.{n}": i for i, n in enumerate(t.problem.states) if t.lower[i] < t.upper[i]}
    return free | start
