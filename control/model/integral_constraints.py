"""Integral constraints: each is a state that grows from zero at the rate of what is integrated, bounded at the end.

So integrators, costates, certificates and files know of them by what they know of states: the costate of such a state
is minus the derivative of the optimal cost in its bound, and is constant.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from geodepth.foundation.frozen_copies import freeze_fields, frozen

from .checked_expressions import expression_of, with_symbols
from .errors import ProblemError

INTEGRAL = "integral_constraints["
"""How the names of these states begin."""


@dataclass(frozen=True, slots=True)
class IntegralConstraint:
    """lower ≤ ∫ expression(x, u, t, p) dt over the horizon ≤ upper.

    Attributes
    ----------
    expression : function of (x, u, t, p)
        A scalar or a column of expressions.
    lower, upper : float or sequence of float
        One for all expressions or one for each; equal bounds make an equation.
    """

    expression: Callable[..., Any]
    lower: float | Sequence[float] = -math.inf
    upper: float | Sequence[float] = math.inf

    def __post_init__(self) -> None:
        freeze_fields(self)


class WithIntegrals(Protocol):
    """What is read of a problem."""

    @property
    def states(self) -> Sequence[str]: ...
    @property
    def controls(self) -> Sequence[str]: ...
    @property
    def parameters(self) -> Any: ...
    @property
    def integral_constraints(self) -> Sequence[IntegralConstraint]: ...


def own_states(states: Sequence[str]) -> tuple[str, ...]:
    """Those that are no integrals."""
    return tuple(name for name in states if not name.startswith(INTEGRAL))


def integral_states(problem: WithIntegrals) -> tuple[str, ...]:
    """The names of a problem's integrals: "integral_constraints[i]", with the component where one has several.

    Raises
    ------
    ProblemError
        An expression fails on symbols, or returns what is no column.
    """
    found: list[str] = []
    for i, constraint in enumerate(problem.integral_constraints):
        name = f"{INTEGRAL}{i}]"
        length = _length(name, constraint, problem)
        if length == 0:
            raise ProblemError(f"{name} returns nothing; return a number or a column of expressions")
        found += [name] if length == 1 else [f"{name}[{j}]" for j in range(length)]
    return tuple(found)


def _length(name: str, constraint: IntegralConstraint, problem: WithIntegrals) -> int:
    counts = len(own_states(problem.states)), len(problem.controls), 1, len(problem.parameters or {})

    def called(kind: Any) -> int:
        symbols = [kind.sym(symbol, count) for symbol, count in zip("xutp", counts, strict=True)]
        return int(expression_of(kind, name, constraint.expression, symbols).shape[0])

    return with_symbols(called)


def add_integrals(problem: Any) -> None:
    """Put the integrals behind a problem's states; they begin at zero. Those of one that it was made from go.

    Parameters
    ----------
    problem : OptimalControlProblem
        At its construction, with names that were checked.
    """
    integrals, own = integral_states(problem), own_states(problem.states)
    if not integrals and own == problem.states:
        return
    for which in ("initial_state", "final_state"):
        given = {k: v for k, v in (getattr(problem, which) or {}).items() if not k.startswith(INTEGRAL)}
        zeros = dict.fromkeys(integrals, 0.0) if which == "initial_state" else {}
        object.__setattr__(problem, which, frozen(given | zeros))
    object.__setattr__(problem, "states", (*own, *integrals))
