"""sensitivity: how the optimum and its cost change with what a problem gives as numbers.

1. Transcribe the problem as it was, and evaluate the derivatives of its first-order conditions at the solution.
2. The cost's derivatives are the Lagrangian's: its partial derivatives in parameters and in the variables that given
   states fix.
3. Differentiate the conditions with the constraints that are active; one sparse factorization serves all numbers.
4. See how far each number may move until a bound is reached or let go of.

Source: Fiacco, Introduction to Sensitivity and Stability Analysis in Nonlinear Programming, 1983, theorem 3.2.2.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, overload

import casadi as ca
import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.scaling.first_order_conditions import Evaluation, Residuals, residuals
from geodepth.control.solvers.scaling.scaled_bounds import ScaledBounds, scaled_bounds
from geodepth.control.solvers.scaling.variable_scaling import Scales, path_scales
from geodepth.control.solvers.status import Iterate
from geodepth.control.transcription.interpolation import interval_means
from geodepth.control.transcription.nonlinear_program import NonlinearProgram
from geodepth.control.transcription.transcription import Part
from geodepth.control.verification.belonging import AsSolved, as_solved, check_optimum
from geodepth.control.verification.given_numbers import GivenNumber
from geodepth.foundation.shapes import Float

SINGULAR = 1e-6
"""What the linear system may be missed by, relative (chosen by hand): more tells that it has no solution."""
NO_DERIVATIVE = "the optimum has no derivative: active constraints depend on each other, or the minimum is not strict"
REGULAR, REFINEMENTS = 1e-11, 4
"""A share that is taken off the diagonal of constraints, so that those which repeat others do no harm, and the steps
that mend it (chosen by hand)."""


class _Table:
    """The rows of a sensitivity in words."""

    __slots__ = ()

    def __str__(self) -> str:
        """A row for each number: the cost's derivative, and how far the number may fall and rise."""
        shown: Any = self
        if not shown.cost:
            return "Sensitivity: the problem gives no numbers"
        width = max(map(len, shown.cost))
        rows = [f"{'':{width}}  {'d cost':>12}  {'may fall by':>12}  {'may rise by':>12}"]
        for name, slope in shown.cost.items():
            moves = (f"{abs(move):>12.4g}" for move in shown.reach.get(name, ()))
            rows.append("  ".join([f"{name:{width}}", f"{slope:>12.6g}", *moves]))
        if shown.undecided:
            rows.append(f"bounds that may be active or not: {shown.undecided}")
        return "\n".join([*rows, *([shown.reason] if shown.reason else [])])

    def __repr__(self) -> str:
        shown: Any = self
        return f"{type(self).__name__}({', '.join(shown.cost)})"


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Sensitivity(_Table):
    """Derivatives of an optimum, by the names of the numbers that the problem gives.

    Names are "initial_state.x", "final_state.x", "parameters.g", and "initial_time" and "final_time" where these are
    fixed.

    Attributes
    ----------
    cost : mapping from name to float
        Of the optimal cost.
    states : mapping from name to ndarray
        Of the states at the nodes (K+1, nx); nodes move with free and given times.
    controls : mapping from name to ndarray
        Of the controls' means over the intervals (K, nu).
    free : mapping from name to mapping
        Of the free parameters and times, by their names.
    reach : mapping from name to (float, float)
        By how much the number may fall (negative) and rise until the set of active constraints changes, to first order.
    undecided : int
        How many bounds may be active or not: derivatives on their two sides differ.
    reason : str
        Why there are no derivatives but the cost's, where there are none.
    """

    cost: Mapping[str, float]
    states: Mapping[str, Float[np.ndarray, "K+1 nx"]]
    controls: Mapping[str, Float[np.ndarray, "K nu"]]
    free: Mapping[str, Mapping[str, float]]
    reach: Mapping[str, tuple[float, float]]
    undecided: int
    reason: str = ""


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class MultiPhaseSensitivity(_Table):
    """Derivatives of an optimum of several phases, by the names of the numbers that its phases give.

    A name begins with its phase: "ascent: parameters.g". Where two phases give one number each at a link, such as its
    time, each is by itself; the sum of both derivatives moves the link.

    Attributes
    ----------
    cost, reach, undecided, reason
        As in `Sensitivity`, of all phases together.
    phases : mapping from name to Sensitivity
        Each phase with its own states, controls and free numbers, by the numbers of all phases.
    """

    cost: Mapping[str, float]
    phases: Mapping[str, Sensitivity]
    reach: Mapping[str, tuple[float, float]]
    undecided: int
    reason: str = ""


@overload
def sensitivity(problem: OptimalControlProblem, solution: Solution) -> Sensitivity: ...


@overload
def sensitivity(problem: MultiPhaseProblem, solution: MultiPhaseSolution) -> MultiPhaseSensitivity: ...


def sensitivity(
    problem: OptimalControlProblem | MultiPhaseProblem, solution: Solution | MultiPhaseSolution
) -> Sensitivity | MultiPhaseSensitivity:
    """The derivatives of an optimum in states given at the ends, fixed parameters and fixed times.

    Parameters
    ----------
    problem : OptimalControlProblem or MultiPhaseProblem
        What was solved.
    solution : Solution or MultiPhaseSolution
        With its method, mesh and multipliers; its accuracy is that of the derivatives: solve to 1e-10, say.

    Returns
    -------
    Sensitivity or MultiPhaseSensitivity
        Of the discretized problem.

    Raises
    ------
    ProblemError
        The solution belongs to another problem, was stopped short, or does not say how it was discretized.
    """
    there = as_solved(problem, solution)
    if not solution.success:
        raise ProblemError(f"solution was stopped short ({solution.status.name.lower()}); solve the problem first")
    whole = _whole(there)
    if not isinstance(problem, MultiPhaseProblem):
        return _of_part(there.transcription.parts[0], whole)
    phases = {name: _of_part(part, whole) for name, part in there.transcription.phases.items()}
    return MultiPhaseSensitivity(whole.cost, phases, whole.reach, whole.undecided, whole.reason)


@dataclass(frozen=True, slots=True)
class _Whole:
    """What the program as a whole tells: `moved` are the variables' derivatives by each number, empty where none."""

    cost: Mapping[str, float]
    moved: Mapping[str, Float[np.ndarray, " n"]]
    reach: Mapping[str, tuple[float, float]]
    undecided: int
    reason: str


def _whole(there: AsSolved) -> _Whole:
    given, system = there.given, _conditions(there.transcription, there.iterate, there.parameters)
    check_optimum(there, system.left, system.scales)
    slopes = (system.by_theta[n.entry] if n.variable is None else system.gradient[n.variable] for n in given)
    cost = {number.name: float(slope) for number, slope in zip(given, slopes, strict=True)}
    moved = _moved(system, given)
    if moved is None:
        return _Whole(cost, {}, {}, system.undecided, NO_DERIVATIVE)
    reach = {n.name: _reach(system, moved, i) for i, n in enumerate(given)}
    columns = {number.name: column for number, column in zip(given, moved.variables.T, strict=True)}
    return _Whole(cost, columns, reach, system.undecided, "")


def _of_part(part: Part, whole: _Whole) -> Sensitivity:
    """What is of one phase, or of the only one."""
    t, states, controls, free = part.transcription, {}, {}, {}
    for name, column in whole.moved.items():
        x, carried, u = t.layout.split(column[part.variables])
        states[name], controls[name] = x, interval_means(t.control_points, u)
        free[name] = dict(zip(t.problem.free, carried[0].tolist(), strict=False))
    return Sensitivity(whole.cost, states, controls, free, whole.reach, whole.undecided, whole.reason)


@dataclass(frozen=True, slots=True)
class _Conditions:
    """The first-order conditions at a solution: n variables, m constraints; everything but the cost's slopes scaled."""

    left: Residuals
    scales: Scales
    gradient: Float[np.ndarray, " n"]
    by_theta: Float[np.ndarray, " theta"]
    hessian: Any
    jacobian: Any
    gradient_by_theta: Any
    constraints_by_theta: Any
    bounds: ScaledBounds
    rows: ScaledBounds

    @property
    def undecided(self) -> int:
        return int(np.sum(self.bounds.undecided) + np.sum(self.rows.undecided))


@dataclass(frozen=True, slots=True)
class _Moved:
    """Derivatives of variables (n, numbers), in their own units, and of multipliers, scaled."""

    variables: Float[np.ndarray, "n numbers"]
    bounds: Float[np.ndarray, "n numbers"]
    rows: Float[np.ndarray, "m numbers"]


def _conditions(t: NonlinearProgram, there: Iterate, theta: np.ndarray) -> _Conditions:
    variables, multipliers = there.variables, there.constraint_multipliers
    z, p, y = t.variables, t.parameters, ca.MX.sym("multipliers", t.constraint_lower.size)
    lagrangian = t.objective + ca.dot(y, t.constraints)
    hessian, gradient = ca.hessian(lagrangian, z)
    both = [ca.jacobian(gradient, p), ca.jacobian(t.constraints, p)]
    outputs = [hessian, ca.jacobian(t.constraints, z), *both, gradient, ca.gradient(lagrangian, p), t.constraints]
    outputs.append(t.objective)
    found = ca.Function("conditions", [z, p, y], outputs)(variables, theta, multipliers)
    second, first, by_theta, rows_by_theta = (each.sparse().tocsc() for each in found[:4])
    slope, partial, g, value = (np.array(each).ravel() for each in found[4:])
    scales = path_scales(t, variables, theta)
    size, rows, cost = scales.variables, scales.constraints, scales.objective
    wide, tall = _diagonal(size), _diagonal(1 / rows)
    bounds, limits = scaled_bounds(t, there, g, scales)
    # Relative to the Lagrangian's slope: that of the objective alone is not needed here.
    at = Evaluation(float(value[0]), g, slope, slope)
    return _Conditions(
        left=residuals(t, there, at, scales),
        scales=scales,
        gradient=slope,
        by_theta=partial,
        hessian=wide @ second @ wide / cost,
        jacobian=tall @ first @ wide,
        gradient_by_theta=wide @ by_theta / cost,
        constraints_by_theta=tall @ rows_by_theta,
        bounds=bounds,
        rows=limits,
    )


def _diagonal(values: np.ndarray) -> Any:
    from scipy.sparse import diags

    return diags(values).tocsc()


def _moved(system: _Conditions, given: list[GivenNumber]) -> _Moved | None:
    """All derivatives, from [[H, Aᵀ], [A, 0]] of what is free and active; None where that has no solution."""
    from scipy.sparse import bmat, identity
    from scipy.sparse.linalg import splu

    held, active = system.bounds.active, system.rows.active
    n, numbers = held.size, len(given)
    fixed, slope, shift = (np.zeros((count, numbers)) for count in (n, n, active.size))
    for i, number in enumerate(given):
        if number.variable is not None:
            fixed[number.variable, i] = 1 / system.scales.variables[number.variable]
        else:
            slope[:, i] = system.gradient_by_theta[:, [number.entry]].toarray().ravel()
            shift[:, i] = system.constraints_by_theta[:, [number.entry]].toarray().ravel()
    jacobian = system.jacobian[active]
    inner, rows = system.hessian[~held][:, ~held], jacobian[:, ~held]
    matrix = bmat([[inner, rows.T], [rows, None]]).tocsc()
    regular = bmat([[inner, rows.T], [rows, -REGULAR * identity(rows.shape[0])]]).tocsc()
    right = -np.vstack([(slope + system.hessian @ fixed)[~held], shift[active] + jacobian @ fixed])
    try:
        factors = splu(regular)
        found = factors.solve(right)
        for _ in range(REFINEMENTS):
            found = found + factors.solve(right - matrix @ found)
    except RuntimeError:
        return None
    missed = np.max(np.abs(right - matrix @ found), initial=0.0)
    if not missed <= SINGULAR * max(1.0, float(np.max(np.abs(right), initial=0.0))):
        return None
    variables, multipliers = fixed.copy(), np.zeros((active.size, numbers))
    variables[~held], multipliers[active] = found[: int(np.sum(~held))], found[int(np.sum(~held)) :]
    bounds = -(system.hessian @ variables + system.jacobian.T @ multipliers + slope)
    bounds[~held] = 0.0
    return _Moved(variables * system.scales.variables[:, None], bounds, multipliers)


def _reach(system: _Conditions, moved: _Moved, i: int) -> tuple[float, float]:
    """How far down and up until an inactive bound is met, or the multiplier of an active one vanishes."""
    z = moved.variables[:, i] / system.scales.variables
    steps = []
    for side, change, pull in (
        (system.bounds, z, moved.bounds[:, i]),
        (system.rows, system.jacobian @ z, moved.rows[:, i]),
    ):
        loose, tight = ~side.active, side.active & ~side.equal
        for gap, rate in (
            (side.upper[loose] - side.values[loose], change[loose]),
            (side.lower[loose] - side.values[loose], change[loose]),
            (-side.multipliers[tight], pull[tight]),
        ):
            steps.append(np.divide(gap, rate, out=np.full(rate.shape, np.nan), where=rate != 0))
    every = np.concatenate(steps)
    return float(np.max(every[every < 0], initial=-math.inf)), float(np.min(every[every > 0], initial=math.inf))
