"""A CasADi function as a graph of scalar operations: the range of every value, and which way it moves the output."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

Range = tuple[float, float]
"""The least and the largest value that an expression can have within the bounds of its symbols."""

EVERYTHING: Range = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Node:
    """One scalar operation.

    Attributes
    ----------
    operation : int
        CasADi's number for it, such as casadi.OP_FABS.
    arguments : tuple of int
        The nodes that it is applied to, which come earlier.
    constant : float
        Of a constant.
    place : (int, int)
        Of an input: which argument of the function, and which entry of that.
    """

    operation: int
    arguments: tuple[int, ...] = ()
    constant: float = math.nan
    place: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Graph:
    """The nodes in an order in which they can be computed, and which of them are the output's entries."""

    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]


def holds_any(function: Any, operations: Iterable[int]) -> bool:
    """Whether one of the operations is in an SX function: quick, for functions of many operations."""
    wanted = set(operations)
    return any(function.instruction_id(k) in wanted for k in range(function.n_instructions()))


def in_scalars(function: Any) -> Any | None:
    """The function in SX; None where it holds what cannot be looked into: lookup tables, functions from elsewhere."""
    try:
        scalars = function if function.is_a("SXFunction") else function.expand()
    except RuntimeError:
        return None
    return None if holds_any(scalars, (ca.OP_CALL,)) else scalars


def read_graph(function: Any) -> Graph:
    """The graph of an SX function of one output.

    Parameters
    ----------
    function : casadi.Function
        Of SX, with one dense column as its output.
    """
    nodes: list[Node] = []
    registers: dict[int, int] = {}
    outputs = [0] * function.numel_out(0)
    for k in range(function.n_instructions()):
        operation = function.instruction_id(k)
        inputs, results = function.instruction_input(k), function.instruction_output(k)
        if operation == ca.OP_OUTPUT:
            outputs[results[1]] = registers[inputs[0]]
            continue
        if operation == ca.OP_CONST:
            nodes.append(Node(operation, constant=function.instruction_constant(k)))
        elif operation == ca.OP_INPUT:
            nodes.append(Node(operation, place=(inputs[0], inputs[1])))
        else:
            nodes.append(Node(operation, tuple(registers[i] for i in inputs)))
        for register in results:
            registers[register] = len(nodes) - 1
    return Graph(tuple(nodes), tuple(outputs))


def evaluate(node: Node, arguments: Sequence[Any], inputs: Sequence[Any]) -> Any:
    """The node's SX expression, from those of its arguments and the function's arguments."""
    if node.operation == ca.OP_CONST:
        return ca.SX(node.constant)
    if node.operation == ca.OP_INPUT:
        return inputs[node.place[0]][node.place[1]]
    if len(arguments) == 1:
        return ca.SX.unary(node.operation, arguments[0])
    return ca.SX.binary(node.operation, arguments[0], arguments[1])


def ranges(graph: Graph, inputs: Sequence[Sequence[Range]]) -> list[Range]:
    """The range of every node, by interval arithmetic.

    Parameters
    ----------
    graph : Graph
        Of a function.
    inputs : sequence of sequences of Range
        For every entry of every argument.
    """
    found: list[Range] = []
    for node in graph.nodes:
        if node.operation == ca.OP_CONST:
            found.append((node.constant, node.constant))
        elif node.operation == ca.OP_INPUT:
            found.append(inputs[node.place[0]][node.place[1]])
        else:
            with np.errstate(all="ignore"):
                low, high = _range(node.operation, [found[a] for a in node.arguments])
            found.append((-math.inf if math.isnan(low) else float(low), math.inf if math.isnan(high) else float(high)))
    return found


def without_idle(graph: Graph, known: Sequence[Range]) -> Graph:
    """The graph without the largest and smallest values and absolute values that their arguments' ranges decide."""
    same: list[int] = []
    nodes: list[Node] = []
    for k, node in enumerate(graph.nodes):
        arguments = tuple(same[a] for a in node.arguments)
        nodes.append(Node(node.operation, arguments, node.constant, node.place))
        given = [known[a] for a in arguments]
        first = node.operation == ca.OP_FABS and given[0][0] >= 0
        second = False
        if node.operation in (ca.OP_FMAX, ca.OP_FMIN):
            one, other = (0, 1) if node.operation == ca.OP_FMAX else (1, 0)
            first, second = given[one][0] >= given[other][1], given[other][0] >= given[one][1]
            first, second = (first, second) if one == 0 else (second, first)
        same.append(arguments[0] if first else arguments[1] if second else k)
    return Graph(tuple(nodes), tuple(same[k] for k in graph.outputs))


def directions(graph: Graph, known: Sequence[Range], output: int, sign: int = 1) -> list[int | None]:
    """Which way every node moves sign · output, all else fixed.

    Parameters
    ----------
    graph : Graph
        Of a function.
    known : sequence of Range
        Of every node.
    output : int
        The node that is the output.
    sign : int, default 1
        1 or −1.

    Returns
    -------
    list of int or None
        1: sign · output never falls as the node grows; −1: it never grows; 0: not known; None: the node is not in it.
    """
    found: list[int | None] = [None] * len(graph.nodes)
    found[output] = sign
    for k in range(output, -1, -1):
        way, node = found[k], graph.nodes[k]
        if way is None:
            continue
        for position, argument in enumerate(node.arguments):
            here = way * _slope(node.operation, position, [known[a] for a in node.arguments])
            found[argument] = here if found[argument] in (None, here) else 0
    return found


def _product(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b


def _times(a: Range, b: Range) -> Range:
    corners = [_product(x, y) for x in a for y in b]
    return min(corners), max(corners)


def _inverse(a: Range) -> Range:
    if a[0] > 0 or a[1] < 0:
        return 1 / a[1], 1 / a[0]
    return (0.0, math.inf) if a[0] == 0 else (-math.inf, 0.0) if a[1] == 0 else EVERYTHING


def _square(a: Range) -> Range:
    low = 0.0 if a[0] <= 0 <= a[1] else min(a[0] ** 2, a[1] ** 2)
    return low, max(_product(a[0], a[0]), _product(a[1], a[1]))


def _absolute(a: Range) -> Range:
    low = 0.0 if a[0] <= 0 <= a[1] else min(abs(a[0]), abs(a[1]))
    return low, max(abs(a[0]), abs(a[1]))


def _root(a: Range) -> Range:
    return math.sqrt(max(a[0], 0.0)), math.sqrt(max(a[1], 0.0))


def _hypotenuse(a: Range, b: Range) -> Range:
    one, other = _square(a), _square(b)
    return _root((one[0] + other[0], one[1] + other[1]))


def _power(a: Range, b: Range) -> Range:
    if a[0] < 0:
        even = b[0] == b[1] and b[0] % 2 == 0
        return (0.0, math.inf) if even else EVERYTHING
    corners = [float(np.power(np.float64(x), np.float64(y))) for x in a for y in b]
    return min(corners), max(corners)


_INCREASING: dict[int, Callable[[Any], Any]] = {
    ca.OP_EXP: np.exp,
    ca.OP_LOG: np.log,
    ca.OP_LOG1P: np.log1p,
    ca.OP_EXPM1: np.expm1,
    ca.OP_SQRT: lambda a: np.sqrt(np.maximum(a, 0.0)),
    ca.OP_TANH: np.tanh,
    ca.OP_SINH: np.sinh,
    ca.OP_ASINH: np.arcsinh,
    ca.OP_ATAN: np.arctan,
    ca.OP_TWICE: lambda a: 2 * a,
    ca.OP_ASSIGN: lambda a: a,
    ca.OP_SIGN: np.sign,
    ca.OP_FLOOR: np.floor,
    ca.OP_CEIL: np.ceil,
}
_CONDITIONS = (ca.OP_LT, ca.OP_LE, ca.OP_EQ, ca.OP_NE, ca.OP_NOT, ca.OP_AND, ca.OP_OR)


def _range(operation: int, given: list[Range]) -> Range:
    a, b = given[0], given[-1]
    if operation in _INCREASING:
        function = _INCREASING[operation]
        return function(np.float64(a[0])), function(np.float64(a[1]))
    if operation in _CONDITIONS:
        return 0.0, 1.0
    rules: dict[int, Callable[[], Range]] = {
        ca.OP_ADD: lambda: (a[0] + b[0], a[1] + b[1]),
        ca.OP_SUB: lambda: (a[0] - b[1], a[1] - b[0]),
        ca.OP_NEG: lambda: (-a[1], -a[0]),
        ca.OP_MUL: lambda: _times(a, b),
        ca.OP_DIV: lambda: _times(a, _inverse(b)),
        ca.OP_INV: lambda: _inverse(a),
        ca.OP_SQ: lambda: _square(a),
        ca.OP_FABS: lambda: _absolute(a),
        ca.OP_FMAX: lambda: (max(a[0], b[0]), max(a[1], b[1])),
        ca.OP_FMIN: lambda: (min(a[0], b[0]), min(a[1], b[1])),
        ca.OP_HYPOT: lambda: _hypotenuse(a, b),
        ca.OP_IF_ELSE_ZERO: lambda: (min(0.0, b[0]), max(0.0, b[1])),
        ca.OP_SIN: lambda: (-1.0, 1.0),
        ca.OP_COS: lambda: (-1.0, 1.0),
        ca.OP_ERF: lambda: (-1.0, 1.0),
        ca.OP_COSH: lambda: (1.0, math.inf),
        ca.OP_POW: lambda: _power(a, b),
        ca.OP_CONSTPOW: lambda: _power(a, b),
    }
    return rules[operation]() if operation in rules else EVERYTHING


def _sign(a: Range) -> int:
    return 1 if a[0] >= 0 else -1 if a[1] <= 0 else 0


def _slope(operation: int, position: int, given: list[Range]) -> int:
    """The sign of the operation's slope in one argument, 0 where it is not known or changes."""
    own, other = given[position], given[1 - position] if len(given) == 2 else EVERYTHING
    if operation in _INCREASING or operation in (ca.OP_ADD, ca.OP_FMAX, ca.OP_FMIN, ca.OP_ERF, ca.OP_ASIN):
        return 1
    if operation in (ca.OP_NEG, ca.OP_ACOS):
        return -1
    if operation == ca.OP_SUB:
        return (1, -1)[position]
    if operation == ca.OP_MUL:
        return _sign(other)
    if operation == ca.OP_DIV:
        definite = own[0] > 0 or own[1] < 0
        return _sign(other) if position == 0 else -_sign(other) if definite else 0
    if operation == ca.OP_INV:
        return -1 if own[0] > 0 or own[1] < 0 else 0
    if operation in (ca.OP_SQ, ca.OP_FABS, ca.OP_COSH, ca.OP_HYPOT):
        return _sign(own)
    if operation == ca.OP_IF_ELSE_ZERO and position == 1:
        return 1
    if operation in (ca.OP_POW, ca.OP_CONSTPOW) and position == 0:
        even = other[0] == other[1] and other[0] % 2 == 0
        return _sign(other) if own[0] >= 0 else -_sign(other) if even and own[1] <= 0 else 0
    return 0
