"""What to solve: an optimal-control problem, which knows nothing of grids, transcriptions or solvers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import casadi as ca
import numpy as np

from .errors import ProblemError

Expression = Any  # casadi.SX or casadi.MX; CasADi ships no types


@dataclass(frozen=True, slots=True)
class FreeTime:
    """An initial or final time that the optimizer chooses, within bounds, from a guess."""

    guess: float
    lower: float = -math.inf
    upper: float = math.inf

    def __post_init__(self) -> None:
        _check_guess("FreeTime", self.guess, self.lower, self.upper)


@dataclass(frozen=True, slots=True)
class FreeParameter:
    """A scalar parameter that the optimizer chooses, within bounds, from a guess."""

    guess: float
    lower: float = -math.inf
    upper: float = math.inf

    def __post_init__(self) -> None:
        _check_guess("FreeParameter", self.guess, self.lower, self.upper)


@dataclass(frozen=True, slots=True)
class PathConstraint:
    """lower ≤ expression(x, u, t, p) ≤ upper along the whole path; equal bounds make it an equation.

    include_last=False leaves out the end of the horizon, for controls that mean something at an interval's start only.
    """

    expression: Callable[..., Any]
    lower: float | Sequence[float] = -math.inf
    upper: float | Sequence[float] = math.inf
    include_last: bool = True


@dataclass(frozen=True, slots=True)
class BoundaryConstraint:
    """lower ≤ expression(x0, xf, t0, tf, p) ≤ upper between the two ends of the path."""

    expression: Callable[..., Any]
    lower: float | Sequence[float] = -math.inf
    upper: float | Sequence[float] = math.inf


@dataclass(frozen=True, slots=True)
class ProblemFunctions:
    """The problem's functions as CasADi functions of column vectors, traced once.

    dynamics (x, u, t, p) -> dx/dt (nx,);  running_cost (x, u, t, p) -> scalar;  terminal_cost (x, t, p) -> scalar;
    path (x, u, t, p) -> (ng,);  boundary (x0, xf, t0, tf, p) -> (nb,).
    """

    dynamics: Any
    running_cost: Any
    terminal_cost: Any
    path: Any
    boundary: Any
    path_bounds: tuple[np.ndarray, np.ndarray]
    path_at_end: np.ndarray
    boundary_bounds: tuple[np.ndarray, np.ndarray]
    path_uses_control: bool


@dataclass(frozen=True, eq=False)
class OptimalControlProblem:
    """Minimize m(x(tf), tf, p) + ∫ l(x, u, t, p) dt subject to dx/dt = f(x, u, t, p), bounds and constraints.

    `dynamics`, `running_cost`, `terminal_cost` and the constraints' expressions receive CasADi column vectors x (nx,),
    u (nu,), p (np,), and a scalar t; `dynamics` returns a sequence or column vector of length nx, the costs a scalar.
    What `initial_state` and `final_state` do not name is free. Bounds are mappings from a name to (lower, upper).

    Raises ProblemError at construction when names repeat or are unknown, bounds contradict each other, a function
    returns the wrong length, or an expression holds a symbol that is not one of its arguments.
    """

    name: str
    states: Sequence[str]
    controls: Sequence[str]
    dynamics: Callable[..., Any]
    running_cost: Callable[..., Any] | None = None
    terminal_cost: Callable[..., Any] | None = None
    initial_state: Mapping[str, float] | None = None
    final_state: Mapping[str, float] | None = None
    state_bounds: Mapping[str, tuple[float, float]] | None = None
    control_bounds: Mapping[str, tuple[float, float]] | None = None
    path_constraints: Sequence[PathConstraint] = ()
    boundary_constraints: Sequence[BoundaryConstraint] = ()
    initial_time: float | FreeTime = 0.0
    final_time: float | FreeTime = 1.0
    parameters: Mapping[str, float | FreeParameter] | None = None
    functions: ProblemFunctions = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _check_containers(self)
        _check_names(self)
        _check_times(self.initial_time, self.final_time)
        for which, mapping, known in (
            ("initial_state", self.initial_state, self.states),
            ("final_state", self.final_state, self.states),
        ):
            _check_values(which, mapping, known)
        self._check_bounds("state_bounds", self.state_bounds, self.states)
        self._check_bounds("control_bounds", self.control_bounds, self.controls)
        self._check_ends_within_bounds()
        object.__setattr__(self, "functions", _trace(self))

    @cached_property
    def free_parameters(self) -> tuple[str, ...]:
        return tuple(k for k, v in (self.parameters or {}).items() if isinstance(v, FreeParameter))

    @cached_property
    def fixed_parameters(self) -> dict[str, float]:
        return {k: float(v) for k, v in (self.parameters or {}).items() if not isinstance(v, FreeParameter)}

    def bounds(self, of: str) -> tuple[np.ndarray, np.ndarray]:
        """(lower, upper) arrays of the "states" (nx,) or "controls" (nu,), infinite where nothing was said."""
        names, given = (self.states, self.state_bounds) if of == "states" else (self.controls, self.control_bounds)
        pairs = [(given or {}).get(name, (-math.inf, math.inf)) for name in names]
        table = np.array(pairs, dtype=float).reshape(len(names), 2)
        return table[:, 0], table[:, 1]

    def __repr__(self) -> str:
        return (
            f"OptimalControlProblem({self.name!r}: {len(self.states)} states, {len(self.controls)} controls, "
            f"{len(self.parameters or {})} parameters)"
        )

    @staticmethod
    def _check_bounds(which: str, given: Mapping[str, tuple[float, float]] | None, known: Sequence[str]) -> None:
        for key, pair in (given or {}).items():
            if key not in known:
                raise ProblemError(f"{which} names {key!r}, which is not one of {list(known)}; correct the name")
            try:
                lower, upper = (float(b) for b in pair)
            except (TypeError, ValueError):
                raise ProblemError(f"{which}[{key!r}] is {pair!r}; give a pair of numbers (lower, upper)") from None
            if not _is_range(lower, upper):
                raise ProblemError(
                    f"{which}[{key!r}] is ({lower}, {upper}); the lower bound must not exceed the upper, and a finite "
                    "number must fit between them"
                )

    def _check_ends_within_bounds(self) -> None:
        for which, end in (("initial_state", self.initial_state), ("final_state", self.final_state)):
            for key, value in (end or {}).items():
                lower, upper = (self.state_bounds or {}).get(key, (-math.inf, math.inf))
                if not lower <= value <= upper:
                    raise ProblemError(
                        f"{which}[{key!r}] = {value} lies outside state_bounds[{key!r}] = ({lower}, {upper}); "
                        "the problem has no solution: change one of the two"
                    )


def _is_range(lower: Any, upper: Any) -> bool:
    """Whether finite numbers fit between the bounds (arrays likewise); NaN makes it false."""
    return bool(np.all((lower <= upper) & (lower < math.inf) & (upper > -math.inf)))


def check_problem(problem: object) -> None:
    """Raise ProblemError unless this is an OptimalControlProblem."""
    if not isinstance(problem, OptimalControlProblem):
        raise ProblemError(f"problem is a {type(problem).__name__}; give an OptimalControlProblem")


def _check_guess(kind: str, guess: float, lower: float, upper: float) -> None:
    for which, value in (("guess", guess), ("lower", lower), ("upper", upper)):
        if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
            raise ProblemError(f"{kind}: {which} is {value!r:.80}; give a number")
    if not (math.isfinite(guess) and lower <= guess <= upper):
        raise ProblemError(f"{kind}: the guess {guess} must be finite and lie within its bounds ({lower}, {upper})")


def _check_containers(problem: OptimalControlProblem) -> None:
    """Mappings are mappings, sequences sequences, and constraints constraints: what the other checks rely on."""
    if not isinstance(problem.name, str) or not problem.name:
        raise ProblemError(f"name is {problem.name!r}; give a non-empty string")
    for which in ("initial_state", "final_state", "state_bounds", "control_bounds", "parameters"):
        value = getattr(problem, which)
        if value is not None and not isinstance(value, Mapping):
            raise ProblemError(f"{which} is {value!r:.80}; give a mapping from names, as in {{'x': ...}}, or None")
    for which, kind in (("path_constraints", PathConstraint), ("boundary_constraints", BoundaryConstraint)):
        value = getattr(problem, which)
        if not isinstance(value, list | tuple) or not all(isinstance(c, kind) for c in value):
            raise ProblemError(f"{which} is {value!r:.80}; give a sequence of {kind.__name__} objects")
    for which in ("states", "controls"):
        if not isinstance(getattr(problem, which), Sequence):
            raise ProblemError(f"{which} is {getattr(problem, which)!r:.80}; give a sequence of names")
    if not all(isinstance(n, str) and n for n in problem.parameters or {}):
        raise ProblemError(f"parameters is {problem.parameters!r:.80}; its names must be non-empty strings")


def _check_names(problem: OptimalControlProblem) -> None:
    for which in ("states", "controls"):
        names = getattr(problem, which)
        if isinstance(names, str) or not all(isinstance(n, str) and n for n in names):
            raise ProblemError(f"{which} is {names!r}; give a sequence of non-empty names, as in ('x', 'v')")
        object.__setattr__(problem, which, tuple(names))
    if not problem.states:
        raise ProblemError("states is empty; an optimal-control problem needs at least one state")
    names = [*problem.states, *problem.controls, *(problem.parameters or {})]
    reserved = [n for n in names if n in ("initial_time", "final_time") or n.startswith("switch ")]
    if reserved:
        raise ProblemError(f"the name {reserved[0]!r} already means something in guesses and solutions; choose another")
    repeated = sorted({n for n in names if names.count(n) > 1}) if len(set(names)) < len(names) else []
    if repeated:
        raise ProblemError(f"the name {repeated[0]!r} is used twice among states, controls and parameters; rename one")
    for key, value in (problem.parameters or {}).items():
        if not isinstance(value, FreeParameter):
            _check_number(f"parameters[{key!r}]", value)


def _check_times(initial: float | FreeTime, final: float | FreeTime) -> None:
    for which, time in (("initial_time", initial), ("final_time", final)):
        if not isinstance(time, FreeTime):
            _check_number(which, time)
    earliest = initial.lower if isinstance(initial, FreeTime) else initial
    latest = final.upper if isinstance(final, FreeTime) else final
    if not earliest < latest:
        raise ProblemError(f"final_time {latest} must come after initial_time {earliest}; the horizon would be empty")
    first, last = (time.guess if isinstance(time, FreeTime) else time for time in (initial, final))
    if not first < last:
        raise ProblemError(f"the guess of final_time, {last}, must come after that of initial_time, {first}; move one")


def _check_values(which: str, mapping: Mapping[str, float] | None, known: Sequence[str]) -> None:
    for key, value in (mapping or {}).items():
        if key not in known:
            raise ProblemError(f"{which} names {key!r}, which is not one of {list(known)[:12]}; correct the name")
        _check_number(f"{which}[{key!r}]", value)


def _check_number(which: str, value: Any) -> None:
    try:
        good = not isinstance(value, str | bytes) and math.isfinite(float(value))
    except (TypeError, ValueError):
        good = False
    if not good:
        raise ProblemError(f"{which} is {value!r:.80}; give a finite number")


def _trace(problem: OptimalControlProblem) -> ProblemFunctions:
    """Trace with SX, whose evaluation is fastest; functions that need MX (lookup tables, say) fall back to it."""
    try:
        return _trace_with(problem, ca.SX)
    except ProblemError:
        raise
    except Exception:
        pass
    return _trace_with(problem, ca.MX)


def _trace_with(problem: OptimalControlProblem, kind: Any) -> ProblemFunctions:
    nx, nu, np_ = len(problem.states), len(problem.controls), len(problem.parameters or {})
    x, u, t, p = kind.sym("x", nx), kind.sym("u", nu), kind.sym("t"), kind.sym("p", np_)
    x0, xf, t0, tf = kind.sym("x0", nx), kind.sym("xf", nx), kind.sym("t0"), kind.sym("tf")
    along, ends = [x, u, t, p], [x0, xf, t0, tf, p]

    def function(name: str, arguments: list[Any], call: Callable[..., Any] | None, length: int | None) -> Any:
        value = (
            kind(1, 1)
            if call is None and name != "dynamics"
            else _column(kind, name, _call(kind, name, call, arguments))
        )
        if length is not None and value.shape[0] != length:
            wanted = f"{length} (one for each of the states)" if name == "dynamics" else f"{length}"
            raise ProblemError(f"{name} returns {value.shape[0]} values; it must return {wanted}")
        return _function(name, arguments, value)

    def stacked(
        which: str, arguments: list[Any], constraints: Sequence[Any]
    ) -> tuple[Any, np.ndarray, np.ndarray, list[int]]:
        values: list[Any] = []
        lower: list[np.ndarray] = []
        upper: list[np.ndarray] = []
        for i, constraint in enumerate(constraints):
            name = f"{which}_constraints[{i}]"
            value = _column(kind, name, _call(kind, name, constraint.expression, arguments))
            low, high = _constraint_bounds(name, constraint, value.shape[0])
            if not isinstance(getattr(constraint, "include_last", True), bool):
                raise ProblemError(f"{name}: include_last is {constraint.include_last!r:.80}; give True or False")
            values.append(value)
            lower.append(low)
            upper.append(high)
        value = ca.vertcat(*values) if values else kind(0, 1)
        joined = [np.concatenate(b) if b else np.zeros(0) for b in (lower, upper)]
        return _function(f"{which}_constraints", arguments, value), joined[0], joined[1], [b.size for b in lower]

    path, path_lower, path_upper, lengths = stacked("path", along, problem.path_constraints)
    boundary, boundary_lower, boundary_upper, _ = stacked("boundary", ends, problem.boundary_constraints)
    return ProblemFunctions(
        dynamics=function("dynamics", along, problem.dynamics, nx),
        running_cost=function("running_cost", along, problem.running_cost, 1),
        terminal_cost=function("terminal_cost", [x, t, p], problem.terminal_cost, 1),
        path=path,
        boundary=boundary,
        path_bounds=(path_lower, path_upper),
        path_at_end=np.flatnonzero(np.repeat([c.include_last for c in problem.path_constraints], lengths)),
        boundary_bounds=(boundary_lower, boundary_upper),
        path_uses_control=bool(nu) and path.jac_sparsity(0, 1).nnz() > 0 if path.numel_out(0) else False,
    )


def _call(kind: Any, name: str, call: Any, arguments: list[Any]) -> Any:
    if not callable(call):
        raise ProblemError(f"{name} is {call!r}; give a function of (x, u, t, p), or what its docstring says")
    try:
        return call(*arguments)
    except TypeError as error:
        if "positional argument" in str(error):
            raise ProblemError(f"{name} cannot be called with {len(arguments)} arguments: {error}") from error
        if kind is ca.MX:
            raise ProblemError(f"{name} fails on CasADi symbols: {_reason(error)}") from error
        raise
    except Exception as error:
        if kind is ca.MX:
            raise ProblemError(f"{name} fails on CasADi symbols: {_reason(error)}") from error
        raise


def _reason(error: Exception) -> str:
    """The last line of a message: CasADi puts where before what."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    last = re.sub(r"^\S+\.[ch]pp:\d+: ", "", lines[-1]) if lines else "no message"
    if "truth value" in last:
        last += " Write a condition as casadi.if_else, not as an if"
    return f"{type(error).__name__}: {last}"


def _column(kind: Any, name: str, value: Any) -> Any:
    try:
        if isinstance(value, ca.SX | ca.MX | ca.DM | int | float):
            column = kind(value)
        else:
            column = ca.vertcat(*[kind(v) for v in value])
            column = kind(column)
    except Exception:
        if kind is ca.SX:
            raise
        raise ProblemError(f"{name} returns {type(value).__name__}; return numbers or CasADi expressions") from None
    column = ca.densify(column)
    if column.shape[1] != 1 and column.shape[0] == 1:
        column = column.T
    if column.shape[1] != 1 and column.numel() > 0:
        raise ProblemError(f"{name} returns a {column.shape[0]}×{column.shape[1]} matrix; return a column vector")
    return column


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


def _constraint_bounds(name: str, constraint: Any, length: int) -> tuple[np.ndarray, np.ndarray]:
    try:
        lower, upper = (
            np.array(np.broadcast_to(np.asarray(b, dtype=float), length)) for b in (constraint.lower, constraint.upper)
        )
    except (TypeError, ValueError):
        raise ProblemError(
            f"{name}: the bounds {constraint.lower!r} and {constraint.upper!r} do not fit its {length} expressions"
        ) from None
    if not _is_range(lower, upper):
        raise ProblemError(f"{name}: the lower bound {lower} must not exceed the upper bound {upper}")
    if np.all(np.isinf(lower) & np.isinf(upper)):
        raise ProblemError(f"{name} has neither a lower nor an upper bound; give at least one")
    return lower, upper
