"""A problem's functions, traced once with CasADi's symbols, and what is wrong with them said in one line."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import casadi as ca
import numpy as np

from .bounds import is_range, without_far
from .errors import CHECKS, ProblemError
from .kink_symbols import Named, symbols_along, symbols_at_end, symbols_of_ends
from .kinks import Lifted, lifted, split

Bounds = tuple[np.ndarray, np.ndarray]
"""Lower and upper, one each for every expression."""


@dataclass(frozen=True, slots=True)
class ProblemFunctions:
    """A problem's functions as CasADi functions of column vectors, traced once.

    Attributes
    ----------
    dynamics : casadi.Function
        (x, u, t, p) -> dx/dt (nx,).
    running_cost : casadi.Function
        (x, u, t, p) -> scalar.
    terminal_cost : casadi.Function
        (x, t, p) -> scalar.
    path : casadi.Function
        (x, u, t, p) -> the path constraints' expressions (ng,).
    boundary : casadi.Function
        (x0, xf, t0, tf, p) -> the boundary constraints' expressions (nb,).
    path_bounds, boundary_bounds : (ndarray, ndarray)
        Lower and upper bounds of these expressions.
    path_names : tuple of str
        "path_constraints[i]", with the component where it has several.
    path_at_end : ndarray of int
        Which path expressions hold at the end of the horizon too.
    path_uses_control : bool
        Whether a control is in the path constraints.
    running_slacks, terminal_slacks : Lifted, optional
        The costs with slacks in place of kinks, where that is exact.
    split_kinks : tuple of str
        The kinks of constraints that rows for their branches replace, and where they are.
    """

    dynamics: Any
    running_cost: Any
    terminal_cost: Any
    path: Any
    boundary: Any
    path_bounds: Bounds
    path_names: tuple[str, ...]
    path_at_end: np.ndarray
    boundary_bounds: Bounds
    path_uses_control: bool
    running_slacks: Lifted | None
    terminal_slacks: Lifted | None
    split_kinks: tuple[str, ...]


class Stated(Named, Protocol):
    """What tracing reads of a problem: its names and its functions, as OptimalControlProblem states them."""

    @property
    def dynamics(self) -> Callable[..., Any]: ...
    @property
    def running_cost(self) -> Callable[..., Any] | None: ...
    @property
    def terminal_cost(self) -> Callable[..., Any] | None: ...
    @property
    def path_constraints(self) -> Sequence[Any]: ...
    @property
    def boundary_constraints(self) -> Sequence[Any]: ...


def trace(problem: Stated) -> ProblemFunctions:
    """Trace a problem's functions with CasADi's symbols.

    Parameters
    ----------
    problem : Stated
        An OptimalControlProblem, whose names and times are checked already.

    Raises
    ------
    ProblemError
        A function fails on symbols, returns the wrong length, or holds a symbol that is not one of its arguments.

    Notes
    -----
    SX is tried first, whose evaluation is fastest; functions that need MX (lookup tables, say) fall back to it.
    """
    try:
        return _trace_with(problem, ca.SX)
    except ProblemError:
        raise
    except Exception:
        pass
    return _trace_with(problem, ca.MX)


def _trace_with(problem: Stated, kind: Any) -> ProblemFunctions:
    nx, nu, np_ = len(problem.states), len(problem.controls), len(problem.parameters or {})
    x, u, t, p = kind.sym("x", nx), kind.sym("u", nu), kind.sym("t"), kind.sym("p", np_)
    x0, xf, t0, tf = kind.sym("x0", nx), kind.sym("xf", nx), kind.sym("t0"), kind.sym("tf")
    along, ends = [x, u, t, p], [x0, xf, t0, tf, p]

    def function(name: str, arguments: list[Any], call: Callable[..., Any] | None, length: int) -> Any:
        absent = call is None and name != "dynamics"
        value = kind(1, 1) if absent else _expression(kind, name, call, arguments)
        if value.shape[0] != length:
            wanted = f"{length} (one for each of the states)" if name == "dynamics" else f"{length}"
            raise ProblemError(f"{name} returns {value.shape[0]} values; it must return {wanted}")
        return _function(name, arguments, value)

    def stacked(which: str, arguments: list[Any], constraints: Sequence[Any]) -> tuple[Any, Bounds, list[int]]:
        values: list[Any] = []
        bounds: list[Bounds] = [(np.zeros(0), np.zeros(0))]
        for i, constraint in enumerate(constraints):
            name = f"{which}_constraints[{i}]"
            value = _expression(kind, name, constraint.expression, arguments)
            limits = _constraint_bounds(name, constraint, value.shape[0])
            value, limits = _without_constants(name, value, limits)
            branches = split(_function(f"{which}_constraints", arguments, value), meaning[which], limits)
            if branches is not None:
                value, limits = branches.rows(*arguments), branches.bounds
                replaced.extend(f"{kink} in {name}" for kink in branches.names)
            values.append(value)
            bounds.append(limits)
            CHECKS.flag(f"{name}: include_last", getattr(constraint, "include_last", True))
        value = ca.vertcat(*values) if values else kind(0, 1)
        lower, upper = (np.concatenate(side) for side in zip(*bounds, strict=True))
        return _function(f"{which}_constraints", arguments, value), (lower, upper), [v.shape[0] for v in values]

    replaced: list[str] = []
    meaning = {"path": symbols_along(problem), "boundary": symbols_of_ends(problem), "end": symbols_at_end(problem)}
    path, path_bounds, lengths = stacked("path", along, problem.path_constraints)
    boundary, boundary_bounds, _ = stacked("boundary", ends, problem.boundary_constraints)
    running_cost = function("running_cost", along, problem.running_cost, 1)
    terminal_cost = function("terminal_cost", [x, t, p], problem.terminal_cost, 1)
    return ProblemFunctions(
        dynamics=function("dynamics", along, problem.dynamics, nx),
        running_cost=running_cost,
        terminal_cost=terminal_cost,
        path=path,
        boundary=boundary,
        path_bounds=path_bounds,
        path_names=tuple(
            f"path_constraints[{i}]" + (f"[{j}]" if length > 1 else "")
            for i, length in enumerate(lengths)
            for j in range(length)
        ),
        path_at_end=np.flatnonzero(np.repeat([c.include_last for c in problem.path_constraints], lengths)),
        boundary_bounds=boundary_bounds,
        path_uses_control=bool(nu) and path.jac_sparsity(0, 1).nnz() > 0 if path.numel_out(0) else False,
        running_slacks=lifted(running_cost, meaning["path"]),
        terminal_slacks=lifted(terminal_cost, meaning["end"]),
        split_kinks=tuple(replaced),
    )


def _expression(kind: Any, name: str, call: Any, arguments: list[Any]) -> Any:
    """What the function returns for CasADi's symbols, as a column."""
    if not callable(call):
        raise ProblemError(f"{name} is {call!r}; give a function of (x, u, t, p), or what its docstring says")
    try:
        value = call(*arguments)
    except Exception as error:
        # A call that the signature refuses never enters the function; what is deeper is the function's own error.
        outside = error.__traceback__ is not None and error.__traceback__.tb_next is None
        if isinstance(error, TypeError) and outside and re.search("(positional|keyword-only) argument", str(error)):
            raise ProblemError(f"{name} cannot be called with {len(arguments)} arguments: {error}") from error
        if kind is ca.MX:
            raise ProblemError(f"{name} fails on CasADi symbols: {_reason(error)}") from error
        raise
    try:
        whole = isinstance(value, ca.SX | ca.MX | ca.DM | int | float)
        column = ca.densify(kind(value if whole else ca.vertcat(*[kind(v) for v in value])))
    except Exception:
        if kind is ca.SX:
            raise
        raise ProblemError(f"{name} returns {type(value).__name__}; return numbers or CasADi expressions") from None
    if column.shape[1] != 1 and column.shape[0] == 1:
        column = column.T
    if column.shape[1] != 1 and column.numel() > 0:
        raise ProblemError(f"{name} returns a {column.shape[0]}×{column.shape[1]} matrix; return a column vector")
    return column


def _reason(error: Exception) -> str:
    """The last line of a message: CasADi puts where before what."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    last = re.sub(r"^\S+\.[ch]pp:\d+: ", "", lines[-1]) if lines else "no message"
    if "truth value" in last:
        last += " Write a condition as casadi.if_else, not as an if"
    return f"{type(error).__name__}: {last}"


def _function(name: str, arguments: list[Any], value: Any) -> Any:
    function = ca.Function(name, arguments, [value], {"allow_free": True})
    if function.has_free():
        raise ProblemError(
            f"{name} uses the symbol {str(function.get_free()[0])!r}, which is not one of its arguments; "
            "pass constants as numbers, or as entries of parameters"
        )
    if _holds_nan(function):
        raise ProblemError(
            f"{name} holds the constant NaN; apply casadi.sin and the like to symbols, not math.sin or float, which "
            "cannot see their values"
        )
    return function


def _holds_nan(function: Any) -> bool:
    """Whether NaN is written into the function: what float(symbol) leaves behind, and no solver recovers from."""
    if not function.is_a("SXFunction"):
        return False
    values = function.call([ca.DM.ones(function.sparsity_in(i)) for i in range(function.n_in())])
    if not np.any(np.isnan(np.array(values[0]))):
        return False
    constants = (k for k in range(function.n_instructions()) if function.instruction_id(k) == ca.OP_CONST)
    return any(math.isnan(function.instruction_constant(k)) for k in constants)


def _without_constants(name: str, value: Any, limits: Bounds) -> tuple[Any, Bounds]:
    """The expressions that depend on something; what is constant asks for nothing, or for what cannot be."""
    constants = {i: float(ca.evalf(value[i])) for i in range(value.shape[0]) if not ca.symvar(value[i])}
    for i, constant in constants.items():
        if not limits[0][i] <= constant <= limits[1][i] and not math.isnan(constant):
            raise ProblemError(
                f"{name}: expression {i} is constantly {constant:g}, outside its bounds "
                f"({limits[0][i]:g}, {limits[1][i]:g}); no path satisfies it, so correct it or its bounds"
            )
    # A constant NaN stays, to be told of by name.
    kept = [i for i in range(value.shape[0]) if i not in constants or math.isnan(constants[i])]
    return ca.vertcat(type(value)(0, 1), *(value[i] for i in kept)), (limits[0][kept], limits[1][kept])


def _constraint_bounds(name: str, constraint: Any, length: int) -> Bounds:
    try:
        given = without_far(constraint.lower, constraint.upper)
        lower, upper = (np.array(np.broadcast_to(side, length)) for side in given)
    except (TypeError, ValueError):
        raise ProblemError(
            f"{name}: the bounds {constraint.lower!r} and {constraint.upper!r} do not fit its {length} expressions"
        ) from None
    if not is_range(lower, upper):
        raise ProblemError(f"{name}: the lower bound {lower} must not exceed the upper bound {upper}")
    if np.all(np.isinf(lower) & np.isinf(upper)):
        raise ProblemError(f"{name} has neither a lower nor an upper bound; give at least one")
    return lower, upper
