"""All that stands between phases as CasADi functions of their ends, traced once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import casadi as ca
import numpy as np

from geodepth.control.model.checked_expressions import (
    Bounds,
    checked_function,
    constraint_bounds,
    expression_of,
    with_symbols,
    without_constants,
)
from geodepth.control.model.errors import ProblemError
from geodepth.control.model.kinks import split
from geodepth.control.model.problem import OptimalControlProblem

from .kinks_of_links import symbols_of_all_ends
from .links import LinkConstraint, PhaseEnds


class Tie(NamedTuple):
    """One equation of a link: what begins a phase is what ends another, plus a jump.

    Attributes
    ----------
    before, after : int
        The phases' numbers.
    state : str or None
        Which state; None for time.
    jump : float
        What is added.
    """

    before: int
    after: int
    state: str | None
    jump: float = 0.0


@dataclass(frozen=True, slots=True)
class LinkFunctions:
    """What ties phases, as CasADi functions of (x0, xf, t0, tf, p) of every phase in order.

    Attributes
    ----------
    rows : casadi.Function
        -> all rows (m,): first the ties, then the link constraints.
    cost : casadi.Function
        -> the cost of the ends, a scalar.
    ties : tuple of Tie
        What the first rows are.
    bounds : (ndarray, ndarray)
        Of the rows.
    names : tuple of str
        Of the rows, for messages.
    split_kinks : tuple of str
        The kinks of link constraints that rows for their branches replace, and where they are.
    """

    rows: Any
    cost: Any
    ties: tuple[Tie, ...]
    bounds: Bounds
    names: tuple[str, ...]
    split_kinks: tuple[str, ...]


def trace_links(
    phases: Sequence[OptimalControlProblem],
    ties: Sequence[Tie],
    constraints: Sequence[LinkConstraint],
    cost: Callable[..., Any] | None,
) -> LinkFunctions:
    """Trace ties, link constraints and the cost of ends with CasADi's symbols.

    Parameters
    ----------
    phases : sequence of OptimalControlProblem
        In order.
    ties : sequence of Tie
        The links' equations.
    constraints : sequence of LinkConstraint
        Whose names are checked already.
    cost : function of one PhaseEnds for each phase, optional
        A scalar.

    Raises
    ------
    ProblemError
        A function fails on symbols, returns the wrong length, or holds a symbol that is not one of its arguments.
    """
    return with_symbols(partial(_trace_with, phases, ties, constraints, cost))


def _trace_with(
    phases: Sequence[OptimalControlProblem],
    ties: Sequence[Tie],
    constraints: Sequence[LinkConstraint],
    cost: Callable[..., Any] | None,
    kind: Any,
) -> LinkFunctions:
    symbols = [_symbols(problem, kind) for problem in phases]
    ends = {p.name: PhaseEnds(p, *given) for p, given in zip(phases, symbols, strict=True)}
    flat = [symbol for given in symbols for symbol in given]
    meaning, replaced = partial(symbols_of_all_ends, phases), list[str]()
    jumps = np.array([tie.jump for tie in ties])
    rows, bounds = [_tied(phases, symbols, tie) for tie in ties], [(jumps, jumps)]
    names = [f"Link({phases[t.before].name!r}, {phases[t.after].name!r}): {t.state or 'time'}" for t in ties]
    for i, constraint in enumerate(constraints):
        name = f"link_constraints[{i}]"
        value = expression_of(kind, name, constraint.expression, [ends[phase] for phase in constraint.phases])
        value, limits = without_constants(name, value, constraint_bounds(name, constraint, value))
        branches = split(checked_function("link_constraints", flat, value), meaning, limits)
        if branches is not None:
            value, limits = branches.rows(*flat), branches.bounds
            replaced += [f"{kink} in {name}" for kink in branches.names]
        rows.append(value)
        bounds.append(limits)
        names += [name] * value.shape[0]
    total = kind(1, 1) if cost is None else expression_of(kind, "cost", cost, list(ends.values()))
    if total.shape[0] != 1:
        raise ProblemError(f"cost returns {total.shape[0]} values; it must return 1")
    lower, upper = (np.concatenate(side) for side in zip(*bounds, strict=True))
    return LinkFunctions(
        rows=checked_function("link_constraints", flat, ca.vertcat(kind(0, 1), *rows)),
        cost=checked_function("cost", flat, total),
        ties=tuple(ties),
        bounds=(lower, upper),
        names=tuple(names),
        split_kinks=tuple(replaced),
    )


def _symbols(problem: OptimalControlProblem, kind: Any) -> list[Any]:
    states, name = len(problem.states), problem.name
    sizes = {"x0": states, "xf": states, "t0": 1, "tf": 1, "p": len(problem.parameters or {})}
    return [kind.sym(f"{name}_{which}", size) for which, size in sizes.items()]


def _tied(phases: Sequence[OptimalControlProblem], symbols: Sequence[Sequence[Any]], tie: Tie) -> Any:
    if tie.state is None:
        return symbols[tie.after][2] - symbols[tie.before][3]
    first, last = (list(phases[i].states).index(tie.state) for i in (tie.after, tie.before))
    return symbols[tie.after][0][first] - symbols[tie.before][1][last]
