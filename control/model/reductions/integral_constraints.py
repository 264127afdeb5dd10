"""Integral constraints: each is a state that grows from zero at the rate of what is integrated, bounded at the end.

So integrators, costates, certificates and files know of them by what they know of states: the costate of such a state
is minus the derivative of the optimal cost in its bound, and is constant.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from geodepth.control.model.checked_expressions import expression_of, with_symbols
from geodepth.control.model.errors import ProblemError
from geodepth.foundation.frozen_copies import freeze_fields, frozen

from .seen import INTEGRAL, Reduced, own_states, seen_symbols


@dataclass(frozen=True, slots=True)
class IntegralConstraint:
    """lower ≤ ∫ expression(x, u, t, p) dt over the horizon ≤ upper.

    Attributes
    ----------
    expression : function of (x, u, t, p)
        A scalar or a column of expressions; of (x, z, u, t, p) where there are algebraic variables.
    lower, upper : float or sequence of float
        One for all expressions or one for each; equal bounds make an equation.
    """

    expression: Callable[..., Any]
    lower: float | Sequence[float] = -math.inf
    upper: float | Sequence[float] = math.inf

    def __post_init__(self) -> None:
        freeze_fields(self)


def integral_states(problem: Reduced) -> tuple[str, ...]:
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


def _length(name: str, constraint: IntegralConstraint, problem: Reduced) -> int:
    def called(kind: Any) -> int:
        return int(expression_of(kind, name, constraint.expression, seen_symbols(problem, kind)).shape[0])

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
