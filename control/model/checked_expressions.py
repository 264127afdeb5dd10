"""What functions of the user's return for CasADi's symbols, and what is wrong with it said in one line."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import casadi as ca
import numpy as np

from .bounds import is_range, without_far
from .errors import CHECKS, ProblemError
from .ranges import one_side

Traced = TypeVar("Traced")
_NO_ENTRY = r"Out of bounds error|object has no attribute|You have: '\((SX|MX),bool,|looping over rows"
"""What is said where a symbol is asked for an entry that it does not have."""
NO_COLUMNS = (Mapping, set, frozenset, bytes, bool)
"""What CasADi might read numbers from, in an order of its own, and what never means a number."""
COMPARISONS = (ca.OP_LT, ca.OP_LE, ca.OP_EQ, ca.OP_NE)
Bounds = tuple[np.ndarray, np.ndarray]
"""Lower and upper, one each for every expression."""


def expression_of(kind: Any, name: str, call: Any, arguments: list[Any], order: str = "") -> Any:
    """What a function of the user's returns for CasADi's symbols, as a column.

    Parameters
    ----------
    kind : type
        casadi.SX or casadi.MX.
    name : str
        What messages call the function.
    call : function
        Of the arguments.
    arguments : list
        Symbols of that kind.
    order : str, optional
        Which names stand in which order in the arguments, for the message where an entry is not found.

    Raises
    ------
    ProblemError
        What is given is no function, it fails, or it returns what is no column.
    """
    if not callable(call):
        count = f"{len(arguments)} argument" + "s" * (len(arguments) != 1)
        raise ProblemError(f"{name} is {call!r:.80}; give a function of {count}, which its docstring names")
    try:
        value = call(*arguments)
    except Exception as error:
        # A call that the signature refuses never enters the function; what is deeper is the function's own error.
        outside = error.__traceback__ is not None and error.__traceback__.tb_next is None
        if isinstance(error, TypeError) and outside and re.search("(positional|keyword-only) argument", str(error)):
            raise ProblemError(f"{name} cannot be called with {len(arguments)} arguments: {error}") from error
        if kind is ca.MX:
            hint = f". {order}" if order and re.search(_NO_ENTRY, str(error)) else ""
            raise ProblemError(f"{name} fails on CasADi symbols: {_reason(error)}{hint}") from error
        raise
    value = value.item() if isinstance(value, np.generic | np.ndarray) and value.ndim == 0 else value
    try:
        if isinstance(value, NO_COLUMNS):
            raise TypeError
        whole = isinstance(value, ca.SX | ca.MX | ca.DM | int | float)
        column = ca.densify(kind(value if whole else ca.vertcat(*[kind(v) for v in value])))
    except Exception:
        if kind is ca.SX:
            raise
        wanted = "a list of numbers or CasADi expressions, in order" if isinstance(value, Mapping | set) else ""
        wanted = wanted or "numbers or CasADi expressions"
        raise ProblemError(f"{name} returns {type(value).__name__}; return {wanted}") from None
    if column.shape[1] != 1 and column.shape[0] == 1:
        column = column.T
    if column.shape[1] != 1 and column.numel() > 0:
        raise ProblemError(f"{name} returns a {column.shape[0]}×{column.shape[1]} matrix; return a column vector")
    return column


def order_of(states: Sequence[str], controls: Sequence[str], parameters: Sequence[str]) -> str:
    """A sentence that says how functions of (x, u, t, p) find their entries."""
    named = (("x", states), ("u", controls), ("p", parameters))
    held = ", ".join(f"{symbol} = ({', '.join(names)})" for symbol, names in named if names)
    return f"Entries are numbered in the order of their names, {held}: write x[0] for {states[0]!r}"


def with_symbols(trace: Callable[[Any], Traced]) -> Traced:
    """What `trace` makes of SX symbols, whose evaluation is fastest, or of MX, which some functions need (tables, say).

    Raises
    ------
    ProblemError
        By `trace`; whatever else it raises on SX says that MX is needed, and is raised if it comes on MX too.
    """
    try:
        return trace(ca.SX)
    except ProblemError:
        raise
    except Exception:
        pass
    return trace(ca.MX)


def _reason(error: Exception) -> str:
    """The last line of a message: CasADi puts where before what."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    last = re.sub(r"^\S+\.[ch]pp:\d+: ", "", lines[-1]) if lines else "no message"
    if "truth value" in last:
        last += " Write a condition as casadi.if_else, not as an if"
    if "is not callable" in last:
        last += (
            ". A function sees states and controls at one time only, so a delay cannot be stated: replace x(t - d) by "
            "states of a chain of lags, y' = n/d (x - y) n times over, or cut the horizon into pieces of length d, "
            "with states of their own in every piece, each going on from the one before by a BoundaryConstraint"
        )
    return f"{type(error).__name__}: {last.rstrip('.')}"


def checked_function(name: str, arguments: list[Any], value: Any) -> Any:
    """A casadi.Function of the arguments. Raises ProblemError where it holds a foreign symbol, or the constant NaN."""
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
    if not function.is_a("SXFunction") or not function.nnz_out(0):
        return False
    values = function.call([ca.DM.ones(function.sparsity_in(i)) for i in range(function.n_in())])
    if values[0].is_regular() or not np.any(np.isnan(np.array(values[0]))):
        return False
    constants = (k for k in range(function.n_instructions()) if function.instruction_id(k) == ca.OP_CONST)
    return any(math.isnan(function.instruction_constant(k)) for k in constants)


def without_constants(name: str, value: Any, limits: Bounds) -> tuple[Any, Bounds]:
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


def constraint_bounds(name: str, constraint: Any, value: Any) -> Bounds:
    """A constraint's lower and upper bounds, one each for its expressions.

    Raises
    ------
    ProblemError
        None fit, or an expression is a comparison, which is 0 or 1 and asks for nothing.
    """
    length = value.shape[0]
    for entry in value.elements() if isinstance(value, ca.SX) else [value] if length == 1 else []:
        if any(entry.is_op(operation) for operation in COMPARISONS):
            raise ProblemError(
                f"{name} returns the comparison {entry!s:.60}, which is 0 or 1; return what is bounded, and give "
                "lower or upper"
            )
    given = [_sides(f"{name}: {which}", getattr(constraint, which), length) for which in ("lower", "upper")]
    lower, upper = without_far(*given)
    if not is_range(lower, upper):
        raise ProblemError(
            f"{name}: lower is {constraint.lower!r:.60} and upper {constraint.upper!r:.60}; the lower bound must not "
            "exceed the upper, and a finite number must fit between them"
        )
    if not length:
        raise ProblemError(f"{name} returns no expression; return what is bounded, or leave the constraint out")
    if np.all(np.isinf(lower) & np.isinf(upper)):
        far = ", for 1e19 and more are none" if np.any(np.isfinite(given)) else ""
        raise ProblemError(f"{name} has neither a lower nor an upper bound{far}; give at least one")
    return lower, upper


def _sides(name: str, given: Any, length: int) -> np.ndarray:
    """The lower or the upper bounds of so many expressions."""
    try:
        several = isinstance(given, list | tuple) or getattr(given, "ndim", 0) > 0
        sides = [one_side(side) for side in (given if several else [given])]
    except (TypeError, ValueError):
        raise CHECKS.refusal(name, given, "a number, or one for each expression") from None
    if len(sides) not in (1, length):
        raise ProblemError(f"{name}: {len(sides)} bounds do not fit its {length} expressions; give one or all of them")
    return np.array(np.broadcast_to(sides, length))
