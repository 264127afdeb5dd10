"""estimate: free parameters and initial states from measured data, by least squares, with their covariance.

1. Make every measured time a node of the mesh.
2. Add half the sum of squared residuals, each over its standard deviation, to the problem's cost, and solve.
3. Take the covariance from the first-order conditions, linearized (Gauss and Newton's Hessian of the residuals).

Source: Bock, Kostina and Schlöder, GAMM-Mitteilungen 30 (2007), section 2, for step 3.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.checked_expressions import checked_function, expression_of, with_symbols
from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.control.model.problem import OptimalControlProblem, check_problem
from geodepth.control.model.reductions.seen import seen_along
from geodepth.control.solution.read_back import to_solution
from geodepth.control.solution.solution import Solution, SolveError
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.program import Program
from geodepth.control.solvers.scaling.variable_scaling import path_scales, rescaling
from geodepth.control.transcription.interpolation import lagrange
from geodepth.control.transcription.interval.stage_functions import settings_count, unpack
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Method, Transcription
from geodepth.foundation.frozen_copies import freeze_fields
from geodepth.foundation.shapes import Bool, Float, Int

from .discretized import DEFAULT_INTERVALS, discretized
from .guess import Guess, initial_variables
from .one_solve import solve_once

SAME_TIME = 1e-9
"""How far a measured time may be from a node, as a share of the horizon (chosen by hand): rounding."""
UNDETERMINED = 1e-6
"""What the linear equations of the covariance may leave, relative (chosen by hand): more, and they have no solution."""
REGULAR = 1e-10
"""What is taken from the diagonal of the constraints' block, in units of the scaled equations (chosen by hand)."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured of a system, and when.

    Attributes
    ----------
    expression : function of (x, u, t, p)
        What the instrument sees: m numbers; of (x, z, u, t, p) where there are algebraic variables.
    times : sequence of float
        (n,), within the horizon.
    values : sequence
        (n,), or (n, m).
    deviation : float or sequence of float, optional
        The standard deviation of one value: for all, or one for each of the m. Without one it is that of the residuals.
    """

    expression: Callable[..., Any]
    times: Sequence[float] | Float[np.ndarray, " n"]
    values: Sequence[Any] | np.ndarray
    deviation: float | Sequence[float] | None = None

    def __post_init__(self) -> None:
        freeze_fields(self)


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
    degrees_of_freedom : int
        Values measured minus numbers estimated.
    solution : Solution
        The path; its cost is that of the problem and half the sum of squared residuals over their deviations.
    """

    values: Mapping[str, float]
    covariance: Float[np.ndarray, "n n"]
    residuals: tuple[Float[np.ndarray, "n m"], ...]
    degrees_of_freedom: int
    solution: Solution

    @property
    def deviations(self) -> dict[str, float]:
        """The standard deviation of each, by name."""
        return dict(zip(self.values, np.sqrt(np.diag(self.covariance)).tolist(), strict=True))

    @property
    def correlation(self) -> Float[np.ndarray, "n n"]:
        """The covariance over the deviations."""
        deviations = np.sqrt(np.diag(self.covariance))
        return np.asarray(self.covariance / np.outer(deviations, deviations))


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
        With all measured times among its nodes; by default these, and 40 equal intervals; of x_next its steps.
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
    lies on a bound is taken as known. The mesh's own error is not in the covariance: estimate on a finer one to see it.
    """
    check_problem(problem)
    _check(problem, measurements)
    mesh = _mesh(problem, measurements) if mesh is None and problem.steps is None else mesh
    method, t = discretized(problem, method, mesh)
    theta = t.parameter_values()
    parts = [_residuals(t, i, measurement) for i, measurement in enumerate(measurements)]
    r = ca.vertcat(*(scaled for scaled, _ in parts))
    whole = replace(t, objective=t.objective + ca.sumsqr(r) / 2, stages=None)
    program = Program(whole, SolverSettings(solver, tolerance), rescaling(whole))
    result = solve_once(program, theta, None, lambda: initial_variables(whole, guess))
    solution = to_solution(program, result, theta, {"measured_values": r.shape[0]}, method)
    if not solution.success:
        raise SolveError(f"{problem.name}: {solution.advice}", solution)
    variables = result.iterate.variables
    found = ca.Function("residuals", [t.variables, t.parameters], [plain for _, plain in parts])(variables, theta)
    residuals = tuple(np.array(each) for each in ([found] if len(parts) == 1 else found))
    wanted = _estimated(t)
    covariance, estimated = _covariance(whole, t.objective, r, variables, theta, result.iterate, list(wanted.values()))
    freedom = r.shape[0] - estimated
    if measurements[0].deviation is None:
        if freedom < 1:
            raise ProblemError(
                f"measurements hold {r.shape[0]} values for {estimated} unknown numbers, which leaves none to tell "
                "their deviation from; give deviation, or more values"
            )
        covariance = covariance * sum(float(np.sum(each**2)) for each in residuals) / freedom
    values = {name: float(variables[i]) for name, i in wanted.items()}
    return Estimate(values, covariance, residuals, freedom, solution)


def _check(problem: OptimalControlProblem, measurements: object) -> None:
    listed = isinstance(measurements, list | tuple) and measurements
    if not listed or not all(isinstance(each, Measurement) for each in measurements):  # type: ignore[attr-defined]
        raise CHECKS.refusal("measurements", measurements, "a sequence of Measurement objects")
    if len(problem.fixed_times) < 2:
        raise ProblemError(
            "estimate: the horizon is free, and measured times need a fixed one; give both times as numbers"
        )
    given = [each.deviation is None for each in measurements]  # type: ignore[attr-defined]
    if any(given) and not all(given):
        raise ProblemError("measurements: some have a deviation and some have none; give it for all or for none")
    start, end = problem.horizon({})
    for i, each in enumerate(measurements):  # type: ignore[arg-type, var-annotated]
        times = CHECKS.real_numbers(f"measurements[{i}]: times", each.times, "numbers in a row")
        values = CHECKS.real_numbers(f"measurements[{i}]: values", each.values, "a row of numbers for each time")
        if times.ndim != 1 or times.size == 0 or values.shape[:1] != times.shape or values.ndim > 2:
            raise ProblemError(
                f"measurements[{i}] has times of shape {times.shape} and values of shape {values.shape}; give n times, "
                "and values of shape (n,) or (n, m)"
            )
        if np.min(times) < start or np.max(times) > end:
            raise ProblemError(f"measurements[{i}]: times must lie within the horizon ({start:g}, {end:g})")
        if each.deviation is not None:
            deviation = CHECKS.real_numbers(f"measurements[{i}]: deviation", each.deviation, "a number above zero")
            if not np.all(deviation > 0) or deviation.shape not in ((), values.shape[1:]):
                raise CHECKS.refusal(
                    f"measurements[{i}]: deviation", each.deviation, "one above zero, or one for each value"
                )


def _mesh(problem: OptimalControlProblem, measurements: Sequence[Measurement]) -> Mesh:
    start, end = problem.horizon({})
    measured = (np.concatenate([np.asarray(each.times, dtype=float) for each in measurements]) - start) / (end - start)
    every = np.linspace(0.0, 1.0, DEFAULT_INTERVALS + 1)
    near = np.min(np.abs(every[1:-1, None] - measured), axis=1) < 1 / (4 * DEFAULT_INTERVALS)
    nodes = np.unique(np.concatenate([[0.0, 1.0], every[1:-1][~near], measured]))
    return Mesh(nodes[np.append(True, np.diff(nodes) > SAME_TIME)])


def _nodes(t: Transcription, name: str, times: np.ndarray) -> Int[np.ndarray, " n"]:
    start, end = t.problem.horizon({})
    share = (times - start) / (end - start)
    nodes = np.argmin(np.abs(t.mesh.breakpoints[None, :] - share[:, None]), axis=1)
    for time, miss in zip(times, np.abs(t.mesh.breakpoints[nodes] - share), strict=True):
        if miss > SAME_TIME or t.mesh.movable:
            lacking = f"mesh has no fixed node at {time:g}, which {name} needs; add one, or leave mesh out"
            between = f"{name}: {time:g} is between two steps of {t.problem.name!r}, where nothing is; give their times"
            raise ProblemError(lacking if t.problem.steps is None else between)
    return np.asarray(nodes)


def _residuals(t: Transcription, number: int, measurement: Measurement) -> tuple[Any, Any]:
    """Residuals over their deviations (n m,), and as they are (n, m), of the program's variables."""
    name, layout, count = f"measurements[{number}]", t.layout, t.layout.intervals
    times = np.asarray(measurement.times, dtype=float)
    values = np.asarray(measurement.values, dtype=float).reshape(times.size, -1)
    seen, rows = _instrument(t.problem, name, measurement.expression), []
    if seen.numel_out(0) != values.shape[1]:
        raise ProblemError(
            f"{name}: expression returns {seen.numel_out(0)} values, and {values.shape[1]} were measured"
        )
    for node, time, value in zip(_nodes(t, name, times), times, values, strict=True):
        y = t.variables[int(node) * layout.stage :][: layout.node]
        k = min(int(node), count - 1)
        first = k * layout.stage + layout.node
        points = ca.reshape(
            t.variables[first : first + layout.controls * layout.points], layout.controls, layout.points
        )
        u = ca.mtimes(points, ca.DM(lagrange(t.control_points, (float(node > k),)).T))
        p = unpack(t.problem, layout, y, t.parameters[: settings_count(t.problem)]).parameters
        rows.append((seen(y[: layout.states], u, float(time), p) - value).T)
    plain = ca.vertcat(*rows)
    deviations = np.broadcast_to(1.0 if measurement.deviation is None else measurement.deviation, values.shape)
    return ca.vec(plain / ca.DM(np.array(deviations))), plain


def _instrument(problem: OptimalControlProblem, name: str, call: Callable[..., Any]) -> Any:
    """What is measured, as a casadi.Function of (x, u, t, p)."""
    sizes = len(problem.states), len(problem.controls), 1, len(problem.parameters or {})

    def traced(kind: Any) -> Any:
        symbols = [kind.sym(symbol, size) for symbol, size in zip("xutp", sizes, strict=True)]
        part = problem.functions.algebraic
        z = kind(0, 1) if part is None else part.values(*symbols)
        x, u, t, p = symbols
        return checked_function(
            "measured", symbols, expression_of(kind, name, call, seen_along(problem, x, z, u, t, p))
        )

    return with_symbols(traced)


def _estimated(t: Transcription) -> dict[str, int]:
    """The free parameters, and the initial states that are not given, each by its place among the variables."""
    behind = t.layout.states + t.layout.end_slacks
    free = {name: behind + i for i, name in enumerate(t.problem.free)}
    start = {f"initial_state.{n}": i for i, n in enumerate(t.problem.states) if t.lower[i] < t.upper[i]}
    return free | start


def _covariance(
    t: Transcription, own: Any, r: Any, variables: np.ndarray, theta: np.ndarray, iterate: Any, wanted: list[int]
) -> tuple[Float[np.ndarray, "n n"], int]:
    """The covariance of the variables at these places, and how many numbers are free under the constraints.

    It is the block of the inverse of [[JᵀJ + ∇²own, Aᵀ], [A, 0]], over what is free and active.
    """
    from scipy.sparse import bmat, diags, identity
    from scipy.sparse.linalg import splu

    z = t.variables
    outputs = [ca.jacobian(r, z), ca.hessian(own, z)[0], ca.jacobian(t.constraints, z), t.constraints]
    found = ca.Function("curvature", [z, t.parameters], outputs)(variables, theta)
    jacobian, curvature, rows = (value.sparse().tocsc() for value in found[:3])
    scales = path_scales(t, variables, theta)
    wide, tall = diags(scales.variables).tocsc(), diags(1 / scales.constraints).tocsc()
    held = _active(t.lower, variables, t.upper, iterate.variable_multipliers)
    g = np.array(found[3]).ravel()
    active = _active(t.constraint_lower, g, t.constraint_upper, iterate.constraint_multipliers)
    jacobian, rows = (jacobian @ wide)[:, ~held], (tall @ rows @ wide)[active][:, ~held]
    inner = jacobian.T @ jacobian + (wide @ curvature @ wide)[~held][:, ~held]
    free, place = int(np.sum(~held)), np.cumsum(~held) - 1
    right = np.zeros((free + rows.shape[0], len(wanted)))
    for column, i in enumerate(wanted):
        if not held[i]:
            right[place[i], column] = 1.0
    matrix = bmat([[inner, rows.T], [rows, None]]).tocsc()
    try:
        factors = splu(bmat([[inner, rows.T], [rows, -REGULAR * identity(rows.shape[0])]]).tocsc())
        solved = factors.solve(right)
        for _ in range(3):
            solved = solved + factors.solve(right - matrix @ solved)
        missed = float(np.max(np.abs(right - matrix @ solved), initial=0.0))
    except RuntimeError:
        missed = np.inf
    if not missed <= UNDETERMINED:
        raise ProblemError(
            "measurements do not determine all that is free (parameters, initial states, controls): other values fit "
            "as well; fix some, measure more, or add a running_cost that says what is likely"
        )
    size = scales.variables[wanted]
    places = np.where(held[wanted], 0, place[wanted])
    covariance = np.where(held[wanted][:, None], 0.0, solved[places]) * np.outer(size, size)
    return (covariance + covariance.T) / 2, free - rows.shape[0]


def _active(
    lower: np.ndarray, values: np.ndarray, upper: np.ndarray, multipliers: np.ndarray
) -> Bool[np.ndarray, " n"]:
    """Which of them are equations, or on a bound that pushes."""
    left = np.where(multipliers > 0, upper - values, values - lower)
    return np.asarray((lower == upper) | (np.abs(multipliers) > left))
