"""Why a solver gave up, as far as it can be told from the program: each reason with advice of its own."""

import itertools
from dataclasses import replace
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.solvers.program import CompiledProgram, Discretized
from geodepth.control.solvers.scaling.first_order_conditions import believed_within
from geodepth.control.solvers.scaling.variable_scaling import rescaling
from geodepth.control.solvers.solver_output import muted
from geodepth.control.solvers.status import ProgramResult, Status
from geodepth.control.transcription.nonlinear_program import NonlinearProgram
from geodepth.control.transcription.transcription import Transcription
from geodepth.foundation.shapes import Float

from .algebraic_roots import no_root
from .limits_reached import limits_reached
from .worst_constraint import variable_in_words, worst_constraint

FAR = 1e10
"""Variables that grew to so many times their sizes at the start run off to infinity (chosen by hand)."""
LARGEST_DENSE = 1500
"""Rows and columns up to which the rank of the equations is computed, by a dense factorization (chosen by hand: its
time grows with the third power)."""
DEPENDENT = 1e-10
"""Of singular values, relative to the largest: below it rows depend on each other (chosen by hand)."""


def diagnosed(
    program: CompiledProgram[Discretized],
    result: ProgramResult,
    start: Float[np.ndarray, " size"],
    parameters: Float[np.ndarray, " theta"],
) -> ProgramResult:
    """The result with the reason why the solver gave up, where that can be told.

    Parameters
    ----------
    program : CompiledProgram
        What was solved.
    result : ProgramResult
        How it ended.
    start, parameters : ndarray
        From where (size,), and θ.
    """
    t, end = program.transcription, result.iterate.variables
    if result.status is Status.SOLVED and path_ran_off(t, start, end, parameters):
        return replace(result, status=Status.DIVERGED, reason=_grown(t, start, end, parameters))
    if result.status in (Status.SOLVED, Status.INTERRUPTED):
        return result
    if result.status in (Status.FAILED, Status.INVALID_NUMBER):
        found = _undefined(t, start, parameters, " at the start")
        if found:
            return replace(result, status=Status.INVALID_NUMBER, reason=found)
    if result.status in (Status.FAILED, Status.ITERATION_LIMIT) and not _near(t, start, end, parameters):
        result = replace(result, status=Status.DIVERGED)
    if result.status is Status.DIVERGED:
        return replace(result, reason=_grown(t, start, end, parameters))
    if result.status in (Status.FAILED, Status.INVALID_NUMBER):
        found = _undefined(t, end, parameters, " where the solver stopped")
        if found:
            return replace(result, status=Status.INVALID_NUMBER, reason=found)
    equations, unknowns = t.constraint_lower == t.constraint_upper, t.lower < t.upper
    result = replace(result, reason=_worst(program, result, parameters))
    few = int(np.sum(unknowns)) < int(np.sum(equations))
    count = f"{int(np.sum(equations))} equations for {int(np.sum(unknowns))} unknowns"
    if result.status is Status.INFEASIBLE and few:
        return replace(result, reason=count)
    if result.status is Status.FAILED and few:
        return replace(result, status=Status.OVERDETERMINED, reason=count)
    if result.status is Status.FAILED and _dependent(t, end, parameters, equations, unknowns):
        return replace(result, status=Status.DEPENDENT)
    return result


def _worst(program: CompiledProgram[Discretized], result: ProgramResult, parameters: np.ndarray) -> str:
    """What is violated most and what stands in the way, or that what is missing is optimality, in words."""
    t, end = program.transcription, result.iterate.variables
    if result.violation <= believed_within(program.settings.tolerance):
        return f"all constraints hold to {result.violation:.0e}: it is the cost that was not yet least{_kinks(t)}"
    completed = t.completed(end, parameters)
    _, constraints = program.values(completed, parameters)
    worst = worst_constraint(t, completed, constraints, parameters)
    if not worst:
        return ""
    return f"worst: {worst}; {limits_reached(t, end, parameters) or 'nothing is on its bounds all along'}{_kinks(t)}"


def _kinks(t: NonlinearProgram) -> str:
    """Which tables have kinks, in words: no solver that takes slopes for granted settles on one."""
    functions = [part.transcription.problem.functions for part in t.parts]
    called = [
        f
        for each in functions
        for f in (each.dynamics, each.running_cost, each.terminal_cost, each.path, each.boundary)
    ]
    tables = {g.name() for f in called for g in f.find_functions() if g.class_name() == "LinearInterpolant"}
    if not tables:
        return ""
    names = ", ".join(map(repr, sorted(tables)))
    return f"; tables of straight lines have kinks, {names}: make them by casadi.interpolant(..., 'bspline', ...)"


def _grown(t: NonlinearProgram, start: np.ndarray, end: np.ndarray, parameters: np.ndarray) -> str:
    """Which state, control or free number grew most, and to what, in words."""
    i = int(np.argmax(np.abs(end) / rescaling(t)(start, parameters, False).variables))
    own, phase, name, where = variable_in_words(t, i)
    return f"{phase}{name} grew to {end[i]:.3g} {where}{_bound_missing(own.problem, name)}"


def _bound_missing(problem: Any, name: str) -> str:
    """Which bounds to give a state or control that has none on some side, in words."""
    for kind in ("state", "control"):
        names = list(getattr(problem, f"{kind}s"))
        if name in names and not all(np.isfinite(side[names.index(name)]) for side in problem.bounds(f"{kind}s")):
            return f": give {kind}_bounds[{name!r}]"
    return ""


def path_ran_off(
    t: NonlinearProgram, start: Float[np.ndarray, " size"], end: Float[np.ndarray, " size"], parameters: np.ndarray
) -> bool:
    """Whether states or controls grew so far that every residual is small beside them, and the solver calls it solved.

    Where free times or parameters grow, certificates tell: the cost may have a limit there.
    """
    along = np.ones(end.size, dtype=bool)
    for part in t.parts:
        own = along[part.variables]
        own[part.transcription.layout.split(np.arange(own.size))[1].astype(int)] = False
    grown = np.abs(end) / rescaling(t)(start, parameters, False).variables
    return bool(np.max(grown, where=~along, initial=0.0) <= FAR) and not np.max(grown, where=along, initial=0.0) <= FAR


def _near(t: NonlinearProgram, start: np.ndarray, end: np.ndarray, parameters: np.ndarray) -> bool:
    sizes = rescaling(t)(start, parameters, False).variables
    return bool(np.max(np.abs(end) / sizes, initial=0.0) <= FAR)


def _undefined(program: NonlinearProgram, variables: np.ndarray, parameters: np.ndarray, where: str) -> str:
    """Which function of which phase is NaN or infinite at a node, or has such a slope, in words; "" where none is."""
    for part in program.parts:
        found = _undefined_in(part.transcription, variables[part.variables], parameters[part.parameters], where)
        if found:
            return found if len(program.parts) == 1 else f"{part.transcription.problem.name}: {found}"
    return ""


def _undefined_in(t: Transcription, variables: np.ndarray, parameters: np.ndarray, where: str) -> str:
    problem, layout, functions = t.problem, t.layout, t.problem.functions
    states, carried, values = layout.split(variables)
    free = dict(zip(problem.free, carried[0], strict=False))
    fixed = dict(zip(problem.fixed_parameters, parameters, strict=False))
    first, last = problem.horizon(free)
    moved = np.array([1.0, *carried[0, len(free) :]]) @ t.mesh.position_table
    times = first + (last - first) * moved
    p = [(free | fixed)[name] for name in problem.parameters or {}]
    controls = np.vstack([values[:, 0], values[-1:, -1]])
    along = [(x, u, time, p) for x, u, time in zip(states, controls, times, strict=True)]
    ends = (states[0], states[-1], first, last, p)
    for name, function, points in (
        (functions.dynamics.name(), functions.dynamics, along),
        ("running_cost", functions.running_cost, along),
        ("path_constraints", functions.path, along),
        ("terminal_cost", functions.terminal_cost, [(states[-1], last, p)]),
        ("boundary_constraints", functions.boundary, [ends]),
    ):
        slope = function.jacobian()
        for (arguments, time), (what, each) in itertools.product(
            zip(points, times if points is along else [last], strict=True), (("", function), ("the slope of ", slope))
        ):
            rest = [0.0] * (each.n_in() - len(arguments))
            if not _finite(each, [*arguments, *rest]):
                # Algebraic variables are within every function along the path.
                found = no_root(problem, arguments, where) if points is along else ""
                return found or f"{what}{name} is NaN or infinite at t = {time:.6g}{where}"
    return ""


def _finite(function: Any, arguments: list[Any]) -> bool:
    try:
        with muted("stderr"):
            values = function.call([ca.DM(a) for a in arguments])
    except RuntimeError:
        return False
    return all(np.all(np.isfinite(np.array(value.nonzeros()))) for value in values)


def _dependent(
    t: NonlinearProgram, variables: np.ndarray, parameters: np.ndarray, equations: np.ndarray, unknowns: np.ndarray
) -> bool:
    """Whether the equations' gradients in what can move depend on each other."""
    if max(variables.size, equations.size) > LARGEST_DENSE or not np.any(equations):
        return False
    slopes = ca.Function("slopes", [t.variables, t.parameters], [ca.jacobian(t.constraints, t.variables)])
    rows = np.array(slopes(variables, parameters))[np.ix_(equations, unknowns)]
    if not np.all(np.isfinite(rows)):
        return False
    # Rows of one size each: what one of them is measured in says nothing of its dependence.
    rows = rows / np.maximum(np.max(np.abs(rows), axis=1, keepdims=True, initial=0.0), np.finfo(float).tiny)
    values = np.linalg.svd(rows, compute_uv=False)
    return bool(values.size < rows.shape[0] or values[-1] <= DEPENDENT * values[0])
