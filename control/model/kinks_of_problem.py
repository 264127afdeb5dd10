"""The kinks of a problem, and what each side of one would make of the function that holds it.

A path may pass through such a kink. Where it rests on one, the first-order conditions that a solver and a certificate
see are those of one side, or of neither.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import casadi as ca

from .expression_graph import evaluate, holds_any, in_scalars
from .kink_symbols import symbols_along, symbols_at_end, symbols_of_ends
from .kinks import NORMS, REPLACEABLE, Kinked, Symbols
from .problem import OptimalControlProblem

MOST_LOOKED_AT = 50
"""Of one function (chosen by hand): each is a function of its own; a network of kinks is named by its first ones."""
STEPS = (ca.OP_SIGN, ca.OP_LT, ca.OP_LE, ca.OP_EQ, ca.OP_NE, ca.OP_FLOOR, ca.OP_CEIL, ca.OP_COPYSIGN)
OPAQUE = (ca.OP_FABS, ca.OP_FMAX, ca.OP_FMIN, ca.OP_NORM1, ca.OP_NORM2, ca.OP_NORMINF, ca.OP_MMAX, ca.OP_MMIN)
"""In an MX function that cannot be looked into."""
ADVICE = {
    "running_cost": "only kinks that the cost grows with can be replaced by slacks",
    "terminal_cost": "only kinks that the cost grows with can be replaced by slacks",
    "dynamics": "an equation needs its kink as it is",
    "x_next": "an equation needs its kink as it is",
    "boundary_constraints": "only a kink that is bounded from above can be replaced",
    "path_constraints": "only a kink that is bounded from above can be replaced",
    "link_constraints": "only a kink that is bounded from above can be replaced",
    "cost": "the cost of ends has no slacks, but a FreeParameter that a LinkConstraint keeps above it would do",
}
NO_STEPS = "no slack replaces a case distinction"


@dataclass(frozen=True, slots=True)
class Kink:
    """A kink in a function.

    Attributes
    ----------
    name, where : str
        In the user's names, and in which function.
    sides : casadi.Function or None
        The function's arguments -> (gap, size, values on both sides, slopes on both sides). The kink is where the gap,
        of which the size is that of its terms, is zero; values are those of the whole function with the kink's branch
        in its place, and slopes their derivatives in states and controls. None where it cannot be looked into.
    advice : str
        Why no slack replaces it, where none does.
    """

    name: str
    where: str
    sides: Any
    advice: str

    def __str__(self) -> str:
        return (
            f"{self.name} in {self.where} stays a kink, since {self.advice}: smooth it, as sqrt(e**2 + 1e-6) does "
            "fabs(e), or part the problem by cases"
        )


def unreplaced_kinks(problem: OptimalControlProblem, running_replaced: bool = True) -> tuple[Kink, ...]:
    """The kinks that stay, in the dynamics, the costs and the constraints.

    Parameters
    ----------
    problem : OptimalControlProblem
        With its functions.
    running_replaced : bool, default True
        Whether the method has slacks for the running cost.
    """
    functions = problem.functions
    along, end = symbols_along(problem), symbols_at_end(problem)
    return (
        *kinks_of(functions.dynamics, along, functions.dynamics.name()),
        *kinks_of(functions.running_cost, along, "running_cost", {False} if running_replaced else {False, True}),
        *kinks_of(functions.path, along, "path_constraints"),
        *kinks_of(functions.terminal_cost, end, "terminal_cost"),
        *kinks_of(functions.boundary, symbols_of_ends(problem), "boundary_constraints"),
    )


def replaced_running_kinks(problem: OptimalControlProblem) -> tuple[Kink, ...]:
    """The kinks of the running cost that slacks replace."""
    if problem.functions.running_slacks is None:
        return ()
    return tuple(kinks_of(problem.functions.running_cost, symbols_along(problem), "running_cost", {True}))


def kinks_of(function: Any, symbols: Symbols, where: str, wanted: Collection[bool] = frozenset({False})) -> list[Kink]:
    """The kinks of a function; `wanted`: whether those that slacks replace, those that stay, or both."""
    scalars = in_scalars(function)
    if scalars is None:
        opaque = False in wanted and function.is_a("MXFunction") and holds_any(function, OPAQUE)
        return [Kink("a kink", where, None, ADVICE[where])] if opaque else []
    if not holds_any(scalars, (*REPLACEABLE, *STEPS)):
        return []
    kinked = Kinked(scalars, symbols)
    replaced = set(kinked.replaceable(kinked.graph.outputs[0])) if where.endswith("cost") else set()
    chosen = [k for k in kinked.kinks if (k in replaced) in wanted]
    steps = [k for k, node in enumerate(kinked.graph.nodes) if node.operation in STEPS and kinked.decided[k]]
    chosen += steps if False in wanted else []
    return [
        Kink(kinked.name(k), where, _sides(kinked, k), NO_STEPS if k in steps else ADVICE[where])
        for k in sorted(chosen)[:MOST_LOOKED_AT]
    ]


def _sides(kinked: Kinked, k: int) -> Any:
    symbols, (gap, size, branches) = kinked.symbols, _branches(kinked, k)
    along = ca.vertcat(*symbols.inputs[:-2])
    values = [_with_branch(kinked, k, branch) for branch in branches]
    slopes = [ca.vec(ca.densify(ca.jacobian(value, along))) for value in values]
    return ca.Function("sides", list(symbols.inputs), [gap, size, *values, *slopes])


def _with_branch(kinked: Kinked, k: int, branch: Any) -> Any:
    """The function with an expression in a kink's place."""
    values: list[Any] = []
    for i, node in enumerate(kinked.graph.nodes):
        given = [values[a] for a in node.arguments]
        values.append(branch if i == k else evaluate(node, given, kinked.symbols.inputs))
    return ca.densify(ca.vertcat(*(values[output] for output in kinked.graph.outputs)))


def _branches(kinked: Kinked, k: int) -> tuple[Any, Any, tuple[Any, Any]]:
    """What is zero at the kink, the size of its terms, and what the kink is on either side."""
    node = kinked.graph.nodes[k]
    given: Sequence[Any] = [kinked.values[a] for a in node.arguments]
    a, b = given[0], given[-1]
    if node.operation == ca.OP_FABS:
        return a, ca.fabs(a), (a, -a)
    if node.operation in NORMS:
        # Along any line through the tip a norm is an absolute value.
        line = kinked.terms(k)
        return kinked.values[k], kinked.values[k], (line, -line)
    if node.operation in (ca.OP_FMAX, ca.OP_FMIN):
        return a - b, ca.fmax(ca.fabs(a), ca.fabs(b)), (a, b)
    if node.operation == ca.OP_SIGN:
        return a, ca.fabs(a), (ca.SX(1), ca.SX(-1))
    if node.operation == ca.OP_COPYSIGN:
        return b, ca.fabs(b), (ca.fabs(a), -ca.fabs(a))
    if node.operation in (ca.OP_FLOOR, ca.OP_CEIL):
        below = ca.floor(a + 0.5)
        return a - below, ca.SX(1), (below, below - 1 if node.operation == ca.OP_FLOOR else below + 1)
    return a - b, ca.fmax(ca.fabs(a), ca.fabs(b)), (ca.SX(0), ca.SX(1))
