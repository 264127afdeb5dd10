"""Kinks in a problem's functions, and those that slacks replace exactly.

1. Read the function as a graph, and find the largest and smallest of several numbers, absolute values and norms in it.
2. Where a cost never falls as such a kink grows, put a new variable s, not below it, in its place: at a minimum both
   are equal (`lifted`). That needs no convexity of what is inside.
3. Where a constraint bounds such a kink from above, bound each of its branches (`split`).

Source: Boyd and Vandenberghe, Convex Optimization, section 4.1.3 (epigraph form); for norms, ‖e‖² / s ≤ s: Vanderbei
and Yurttan, Using LOQO to solve second-order cone programming problems (1998).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import casadi as ca
import numpy as np

from .expression_graph import Range, directions, evaluate, holds_any, in_scalars, ranges, read_graph, without_idle

MOST_BRANCHES = 16
"""Of one constraint: more branches of kinks make too many rows (chosen by hand)."""
LONGEST = 60
"""Letters of an expression in a message (chosen by hand)."""
TIP = 1e-7
"""Added to what a norm's square is divided by, in the norm's unit: the optimum moves by less than half of it, times the
horizon. Chosen by hand: ipopt does without it, fatrop has no end where many norms are zero and it is 1e-8."""
MAXIMA = (ca.OP_FABS, ca.OP_FMAX)
NORMS = (ca.OP_SQRT, ca.OP_HYPOT)
REPLACEABLE = (*MAXIMA, ca.OP_FMIN, *NORMS)
"""What a slack can replace. A square root counts where it is one of a sum of squares that may be zero."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """What a function's arguments are, entry by entry.

    Attributes
    ----------
    inputs : tuple of casadi.SX
        Symbols that carry the user's names.
    ranges : tuple of sequences of Range
        What values they can have.
    decided : tuple of sequences of bool
        Which of them the optimizer decides on.
    """

    inputs: tuple[Any, ...]
    ranges: tuple[Sequence[Range], ...]
    decided: tuple[Sequence[bool], ...]


@dataclass(frozen=True, slots=True)
class Lifted:
    """A cost whose kinks are slacks, n of them.

    Attributes
    ----------
    value : casadi.Function
        (arguments, s) -> the cost, as stated where s are the kinks.
    rows : casadi.Function
        (arguments, s) -> what must not be negative.
    kinks : casadi.Function
        (arguments) -> the kinks (n,).
    lower : ndarray
        Least values of s (n,), minus infinity where the rows say enough.
    by_state, by_time : bool
        Whether a state is in the kinks, and whether the time is.
    names : tuple of str
        The kinks in words.
    """

    value: Any
    rows: Any
    kinks: Any
    lower: np.ndarray
    by_state: bool
    by_time: bool
    names: tuple[str, ...]


class Kinked:
    """A function's graph with what is known of its nodes.

    Attributes
    ----------
    symbols : Symbols
        Of its arguments.
    graph : Graph
        Its operations.
    known : list of Range
        Of every node.
    values : list of casadi.SX
        Every node as an expression of the symbols.
    decided : list of bool
        Whether a node depends on what the optimizer decides.
    kinks : list of int
        The nodes that a slack could replace.
    """

    def __init__(self, function: Any, symbols: Symbols) -> None:
        graph = read_graph(function)
        self.symbols, self.known = symbols, ranges(graph, symbols.ranges)
        self.graph = without_idle(graph, self.known)
        self.values: list[Any] = []
        self.decided: list[bool] = []
        for node in self.graph.nodes:
            self.values.append(evaluate(node, [self.values[a] for a in node.arguments], symbols.inputs))
            at_input = node.operation == ca.OP_INPUT and symbols.decided[node.place[0]][node.place[1]]
            self.decided.append(at_input or any(self.decided[a] for a in node.arguments))
        used = {a for node in self.graph.nodes for a in node.arguments} | set(self.graph.outputs)
        self.kinks = [k for k in sorted(used) if self.decided[k] and self._is_kink(k)]

    def _is_kink(self, k: int) -> bool:
        node = self.graph.nodes[k]
        if node.operation == ca.OP_SQRT:
            return self.known[k][0] == 0 and bool(self._squares(node.arguments[0]))
        return node.operation in (*MAXIMA, ca.OP_FMIN) or (node.operation == ca.OP_HYPOT and self.known[k][0] == 0)

    def _squares(self, k: int) -> list[int]:
        """The nodes whose squares a node sums, with positive weights; empty where it is no such sum."""
        pending, found = [k], list[int]()
        while pending:
            node = self.graph.nodes[pending.pop()]
            weights = [a for a in node.arguments if self.graph.nodes[a].operation == ca.OP_CONST]
            if node.operation in (ca.OP_ADD, ca.OP_TWICE):
                pending += node.arguments
            elif node.operation == ca.OP_MUL and weights:
                pending += [a for a in node.arguments if a not in weights]
            elif node.operation == ca.OP_SQ:
                found += node.arguments
            elif node.operation != ca.OP_CONST:
                return []
        return found

    def terms(self, k: int) -> Any:
        """The sum of what a norm's node squares."""
        node = self.graph.nodes[k]
        inside = list(node.arguments) if node.operation == ca.OP_HYPOT else self._squares(node.arguments[0])
        return sum(self.values[i] for i in inside)

    def squared(self, k: int, values: Sequence[Any]) -> Any:
        """The square of a norm's node, from the expressions of the nodes."""
        node = self.graph.nodes[k]
        arguments = [values[a] for a in node.arguments]
        return arguments[0] if len(arguments) == 1 else arguments[0] ** 2 + arguments[1] ** 2

    def replaceable(self, output: int, sign: int = 1) -> list[int]:
        """The kinks that sign · output never falls with, so that s above them (below a minimum) takes their place."""
        ways = directions(self.graph, self.known, output, sign)
        wanted = {k: -1 if self.graph.nodes[k].operation == ca.OP_FMIN else 1 for k in self.kinks}
        return [k for k in self.kinks if ways[k] == wanted[k]]

    def name(self, k: int) -> str:
        """The node in the user's names."""
        text = str(self.values[k])
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _readable(function: Any, meaning: Callable[[], Symbols]) -> Kinked | None:
    """The function with its kinks; None where it has none, or cannot be looked into."""
    scalars = in_scalars(function)
    if scalars is None or not holds_any(scalars, REPLACEABLE):
        return None
    found = Kinked(scalars, meaning())
    return found if found.kinks else None


def lifted(function: Any, meaning: Callable[[], Symbols]) -> Lifted | None:
    """A cost with slacks in place of its kinks.

    Parameters
    ----------
    function : casadi.Function
        Of arguments with these symbols; its only output is to be small.
    meaning : function of nothing
        Gives the symbols of its arguments; the first are the states, the last but one is the time.

    Returns
    -------
    Lifted or None
        None where no kink can be replaced exactly.
    """
    kinked = _readable(function, meaning)
    if kinked is None:
        return None
    symbols = kinked.symbols
    chosen = set(kinked.replaceable(kinked.graph.outputs[0]))
    values: list[Any] = []
    slacks: list[Any] = []
    rows: list[Any] = []
    kept: list[int] = []
    plain = _used_as_values(kinked, chosen)
    for k, node in enumerate(kinked.graph.nodes):
        values.append(evaluate(node, [values[a] for a in node.arguments], symbols.inputs))
        if k in chosen and k in plain:
            slack = ca.SX.sym(f"s{len(slacks)}")
            rows += _above(kinked, k, slack, values, chosen)
            slacks.append(slack)
            kept.append(k)
            values[k] = slack
    if not kept:
        return None
    s, arguments = ca.vertcat(*slacks), list(symbols.inputs)
    kinks = ca.vertcat(*(kinked.values[k] for k in kept))
    value = ca.densify(values[kinked.graph.outputs[0]])
    slopes = ca.gradient(value, s)
    # A norm's slack is divided by; what enters other than linearly may be a power, which needs one side of zero.
    norms = [kinked.graph.nodes[k].operation in NORMS for k in kept]
    bounded = [norm or ca.depends_on(slopes[i], s[i]) for i, norm in enumerate(norms)]
    floors = [kinked.known[k][0] for k in kept]
    return Lifted(
        value=ca.Function("lifted", [*arguments, s], [value]),
        rows=ca.Function("above", [*arguments, s], [ca.densify(ca.vertcat(*rows))]),
        kinks=ca.Function("kinks", arguments, [ca.densify(kinks)]),
        lower=np.where(bounded, floors, -math.inf),
        by_state=bool(ca.depends_on(kinks, symbols.inputs[0])),
        by_time=bool(ca.depends_on(kinks, symbols.inputs[-2])),
        names=tuple(kinked.name(k) for k in kept),
    )


def _used_as_values(kinked: Kinked, chosen: set[int]) -> set[int]:
    """The kinks that need a slack: those that are more than a branch of the next kink in a chain of maxima."""
    output = kinked.graph.outputs[0]
    used, ways = {output}, directions(kinked.graph, kinked.known, output)
    for k, node in enumerate(kinked.graph.nodes):
        for argument in node.arguments if ways[k] is not None else ():
            if not (k in chosen and argument in _branches_of(kinked, k, chosen)):
                used.add(argument)
    return used


def _branches_of(kinked: Kinked, k: int, chosen: set[int]) -> set[int]:
    """The arguments of a kink that are kinks of its own kind: fmax(fmax(a, b), c) is one of three."""
    node = kinked.graph.nodes[k]
    same = {ca.OP_FMAX: MAXIMA, ca.OP_FMIN: (ca.OP_FMIN,)}.get(node.operation, ())
    return {a for a in node.arguments if a in chosen and kinked.graph.nodes[a].operation in same}


def _above(kinked: Kinked, k: int, slack: Any, values: Sequence[Any], chosen: set[int]) -> list[Any]:
    """What must not be negative for the slack to be on the right side of a kink."""
    node = kinked.graph.nodes[k]
    if node.operation in NORMS:
        return [slack - kinked.squared(k, values) / (slack + TIP)]
    rows, pending = [], [k]
    while pending:
        inner = pending.pop()
        node = kinked.graph.nodes[inner]
        chain = _branches_of(kinked, inner, chosen)
        pending += [a for a in node.arguments if a in chain]
        rest = [values[a] for a in node.arguments if a not in chain]
        if node.operation == ca.OP_FABS:
            rows += [slack - rest[0], slack + rest[0]]
        else:
            rows += [r - slack if node.operation == ca.OP_FMIN else slack - r for r in rest]
    return rows


@dataclass(frozen=True, slots=True)
class Row:
    """One expression of a constraint with its bounds."""

    expression: Any
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Split:
    """A constraint whose kinks are rows for their branches.

    Attributes
    ----------
    rows : casadi.Function
        Of the constraint's arguments.
    bounds : (ndarray, ndarray)
        Lower and upper bounds of the rows.
    names : tuple of str
        The kinks that they replace, in words.
    """

    rows: Any
    bounds: tuple[np.ndarray, np.ndarray]
    names: tuple[str, ...]


def split(function: Any, meaning: Callable[[], Symbols], bounds: tuple[np.ndarray, np.ndarray]) -> Split | None:
    """A constraint with a row for each branch of its kinks, where that is the same.

    Parameters
    ----------
    function : casadi.Function
        Of arguments with these symbols, to its expressions.
    meaning : function of nothing
        Gives the symbols of its arguments.
    bounds : (ndarray, ndarray)
        Of the expressions.

    Returns
    -------
    Split or None
        None where nothing changes.
    """
    kinked = _readable(function, meaning)
    if kinked is None:
        return None
    rows: list[Row] = []
    names: list[str] = []
    changed = False
    for output, lower, upper in zip(kinked.graph.outputs, *bounds, strict=True):
        sides = [] if lower == upper else [_side(kinked, output, 1, upper), _side(kinked, output, -1, -lower)]
        idle = bool(sides) and all(side == ([], []) for side in sides)
        changed = changed or idle
        if not idle and not any(side is not None and side[1] for side in sides):
            rows.append(Row(kinked.values[output], lower, upper))
            continue
        for sign, bound, side in zip((1, -1), (upper, -lower), sides, strict=True):
            found, replaced = side or ([Row(sign * kinked.values[output], -math.inf, bound)], [])
            rows += found
            names += [kinked.name(k) for k in replaced]
    if not names and not changed:
        return None
    value = ca.densify(ca.vertcat(ca.SX(0, 1), *(row.expression for row in rows)))
    made = ca.Function(function.name(), list(kinked.symbols.inputs), [value])
    return Split(made, (np.array([r.lower for r in rows]), np.array([r.upper for r in rows])), tuple(names))


def _side(kinked: Kinked, output: int, sign: int, bound: float) -> tuple[list[Row], list[int]] | None:
    """sign · output ≤ bound by rows without kinks, and the kinks they replace; None where that cannot be."""
    low, high = kinked.known[output]
    if (high if sign > 0 else -low) <= bound:
        # Nothing within the bounds violates it; an infinite bound is none.
        return [], []
    chosen = set(kinked.replaceable(output, sign))
    norm = _norm_row(kinked, output, sign, bound, sorted(chosen))
    if norm is not None:
        return norm
    chosen = {k for k in chosen if kinked.graph.nodes[k].operation not in NORMS}
    variants: list[list[Any]] = []
    for k, node in enumerate(kinked.graph.nodes[: output + 1]):
        if k in chosen and node.operation == ca.OP_FABS:
            variants.append([*variants[node.arguments[0]], *(-v for v in variants[node.arguments[0]])])
        elif k in chosen:
            variants.append([v for a in node.arguments for v in variants[a]])
        else:
            combined = product(*(variants[a] for a in node.arguments))
            variants.append([evaluate(node, list(given), kinked.symbols.inputs) for given in combined])
        if len(variants[-1]) > MOST_BRANCHES:
            return None
    branches = [sign * v for v in variants[output]]
    if len(branches) == 1:
        return None
    return _joined(branches, bound), [k for k in chosen if len(variants[k]) > 1]


def _joined(branches: list[Any], bound: float) -> list[Row]:
    """Branches below a bound; two of them that sum to a constant are one with two bounds."""
    if len(branches) == 2:
        total = branches[0] + branches[1]
        symbols = ca.vertcat(ca.SX(0, 1), *ca.symvar(total))
        if ca.jacobian(total, symbols).is_zero():
            sum_of_both = float(ca.substitute(total, symbols, ca.SX.zeros(symbols.shape)))
            if sum_of_both - bound <= bound:
                return [Row(branches[0], sum_of_both - bound, bound)]
    return [Row(branch, -math.inf, bound) for branch in branches]


def _norm_row(
    kinked: Kinked, output: int, sign: int, bound: float, chosen: Sequence[int]
) -> tuple[list[Row], list[int]] | None:
    """sign · output ≤ bound, where sign · output = scale · norm + rest, as norm² ≤ ((bound − rest) / scale)²."""
    ways = directions(kinked.graph, kinked.known, output)
    inside = [k for k in kinked.kinks if ways[k] is not None]
    if len(inside) != 1 or inside[0] not in chosen or kinked.graph.nodes[inside[0]].operation not in NORMS:
        return None
    norm = inside[0]
    # The output is scale · norm + rest if its slope in the norm is a positive number.
    symbol, values = ca.SX.sym("norm"), list(kinked.values)
    for k in range(norm, output + 1):
        node = kinked.graph.nodes[k]
        values[k] = symbol if k == norm else evaluate(node, [values[a] for a in node.arguments], kinked.symbols.inputs)
    slope = ca.simplify(ca.gradient(sign * values[output], symbol))
    if not slope.is_constant() or float(slope) <= 0:
        return None
    width = (bound - ca.substitute(sign * values[output], symbol, 0)) / float(slope)
    square = kinked.squared(norm, kinked.values)
    if width.is_constant():
        limit = float(width)
        return ([Row(square / limit, -math.inf, limit)], [norm]) if limit > 0 else None
    return [Row(square - width**2, -math.inf, 0.0), Row(width, 0.0, math.inf)], [norm]
