"""A problem's functions, traced once with CasADi's symbols, and what is wrong with them said in one line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import casadi as ca
import numpy as np

from geodepth.control.model.reductions.algebraic_variables import Algebraic, algebraic_part, bounded_algebraic
from geodepth.control.model.reductions.control_rates import rates_and_penalty
from geodepth.control.model.reductions.discrete_time import stated_dynamics
from geodepth.control.model.reductions.seen import seen_along, seen_state, stated_states

from .checked_expressions import (
    Bounds,
    checked_function,
    constraint_bounds,
    expression_of,
    order_of,
    with_symbols,
    without_constants,
)
from .errors import CHECKS, ProblemError
from .kink_symbols import Named, symbols_along, symbols_at_end, symbols_of_ends
from .kinks import Lifted, lifted, split


@dataclass(frozen=True, slots=True, eq=False)
class ProblemFunctions:
    """A problem's functions as CasADi functions of column vectors, traced once.

    Attributes
    ----------
    dynamics : casadi.Function
        (x, u, t, p) -> dx/dt (nx,); of x_next, the change x_next − x of a step.
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
        "path_constraints[i]", with the component where it has several; then "algebraic_bounds['z']".
    boundary_names : tuple of str
        "boundary_constraints[i]" in the same way, and then the integrals that have bounds.
    path_at_end : ndarray of int
        Which path expressions hold at the end of the horizon too.
    path_uses_control : bool
        Whether a control is in the path constraints.
    running_slacks, terminal_slacks : Lifted, optional
        The costs with slacks in place of kinks, where that is exact.
    split_kinks : tuple of str
        The kinks of constraints that rows for their branches replace, and where they are.
    algebraic : Algebraic, optional
        The algebraic variables as functions of (x, u, t, p), which hold them everywhere above.
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
    boundary_names: tuple[str, ...]
    path_uses_control: bool
    running_slacks: Lifted | None
    terminal_slacks: Lifted | None
    split_kinks: tuple[str, ...]
    algebraic: Algebraic | None = None

    @property
    def replaced_kinks(self) -> tuple[str, ...]:
        """The kinks that slacks, or rows for their cases, can replace exactly, and where they are."""
        found = []
        for where, slacks in (("running_cost", self.running_slacks), ("terminal_cost", self.terminal_slacks)):
            found += [] if slacks is None else [f"{name} in {where}" for name in slacks.names]
        return (*found, *self.split_kinks)


class Stated(Named, Protocol):
    """What tracing reads of a problem: its names and its functions, as OptimalControlProblem states them."""

    @property
    def dynamics(self) -> Callable[..., Any] | None: ...
    @property
    def x_next(self) -> Callable[..., Any] | None: ...
    @property
    def running_cost(self) -> Callable[..., Any] | None: ...
    @property
    def terminal_cost(self) -> Callable[..., Any] | None: ...
    @property
    def path_constraints(self) -> Sequence[Any]: ...
    @property
    def boundary_constraints(self) -> Sequence[Any]: ...
    @property
    def integral_constraints(self) -> Sequence[Any]: ...
    @property
    def algebraic(self) -> Sequence[str]: ...
    @property
    def control_rate_penalties(self) -> Mapping[str, float] | None: ...
    @property
    def own_states(self) -> Sequence[str]: ...


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
    """
    return with_symbols(partial(_trace_with, problem))


def _trace_with(problem: Stated, kind: Any) -> ProblemFunctions:
    nx, nu, np_ = len(problem.states), len(problem.controls), len(problem.parameters or {})
    x, u, t, p = kind.sym("x", nx), kind.sym("u", nu), kind.sym("t"), kind.sym("p", np_)
    x0, xf, t0, tf = kind.sym("x0", nx), kind.sym("xf", nx), kind.sym("t0"), kind.sym("tf")
    along, ends, own = [x, u, t, p], [x0, xf, t0, tf, p], len(stated_states(problem))
    order = order_of(problem.own_states, problem.controls, list(problem.parameters or {}))
    z, algebraic = algebraic_part(problem, kind, along, order)
    rates, penalty = rates_and_penalty(problem, u)
    stated, course = stated_dynamics(problem)

    def seen(arguments: list[Any]) -> list[Any]:
        """What functions of the user's see of symbols along the path, or of the ends."""
        if arguments is along:
            return seen_along(problem, x, z, u, t, p)
        return [seen_state(problem, a) if any(a is whole for whole in (x, x0, xf)) else a for a in arguments]

    def function(name: str, arguments: list[Any], call: Callable[..., Any] | None, length: int) -> Any:
        value = kind(1, 1) if call is None else expression_of(kind, name, call, seen(arguments), order)
        if value.shape[0] != length:
            wanted = f"{length} (one for each of the states)" if call is course else f"{length}"
            raise ProblemError(f"{name} returns {value.shape[0]} values; it must return {wanted}")
        if call is course:
            value = value if problem.x_next is None else value - x[:own]
            value = ca.vertcat(value, rates, *(rate for rate, _ in integrals))
        elif name == "running_cost" and problem.control_rate_penalties:
            value = value + penalty
        return checked_function(name, arguments, value)

    def stacked(which: str, arguments: list[Any], constraints: Sequence[Any]) -> tuple[Any, Bounds, list[int]]:
        values: list[Any] = []
        bounds: list[Bounds] = [(np.zeros(0), np.zeros(0))]
        for i, constraint in enumerate(constraints):
            name = f"{which}_constraints[{i}]"
            value = expression_of(kind, name, constraint.expression, seen(arguments), order)
            limits = constraint_bounds(name, constraint, value)
            value, limits = without_constants(name, value, limits)
            branches = split(checked_function(f"{which}_constraints", arguments, value), meaning[which], limits)
            if branches is not None:
                value, limits = branches.rows(*arguments), branches.bounds
                replaced.extend(f"{kink} in {name}" for kink in branches.names)
            values.append(value)
            bounds.append(limits)
            CHECKS.flag(f"{name}: include_last", getattr(constraint, "include_last", True))
        if which == "path":
            for name, value, limits in bounded_algebraic(problem, z):
                held.append(name)
                values.append(value)
                bounds.append(limits)
        if which == "boundary" and integrals:
            values.append(xf[len(problem.own_states) :])
            bounds += [limits for _, limits in integrals]
        value = ca.vertcat(*values) if values else kind(0, 1)
        lower, upper = (np.concatenate(side) for side in zip(*bounds, strict=True))
        return checked_function(f"{which}_constraints", arguments, value), (lower, upper), [v.shape[0] for v in values]

    held: list[str] = []
    integrals = []
    for i, constraint in enumerate(problem.integral_constraints):
        name = f"integral_constraints[{i}]"
        rate = expression_of(kind, name, constraint.expression, seen(along), order)
        integrals.append((rate, constraint_bounds(name, constraint, rate)))
    replaced: list[str] = []
    # Asked for only where there are kinks.
    makers = {"path": symbols_along, "boundary": symbols_of_ends, "end": symbols_at_end}
    meaning = {which: partial(make, problem) for which, make in makers.items()}
    path, path_bounds, lengths = stacked("path", along, problem.path_constraints)
    boundary, boundary_bounds, counts = stacked("boundary", ends, problem.boundary_constraints)
    running_cost = function("running_cost", along, problem.running_cost, 1)
    terminal_cost = function("terminal_cost", [x, t, p], problem.terminal_cost, 1)
    at_end = [constraint.include_last for constraint in problem.path_constraints]
    return ProblemFunctions(
        dynamics=function(stated, along, course, own),
        running_cost=running_cost,
        terminal_cost=terminal_cost,
        path=path,
        boundary=boundary,
        path_bounds=path_bounds,
        path_names=(*_numbered("path_constraints", lengths[: len(problem.path_constraints)]), *held),
        # In discrete time the last state begins no step, and has no algebraic variables.
        path_at_end=np.flatnonzero(np.repeat([*at_end, *(problem.x_next is None for _ in held)], lengths)),
        boundary_bounds=boundary_bounds,
        boundary_names=(
            *_numbered("boundary_constraints", counts[: len(problem.boundary_constraints)]),
            *problem.states[len(problem.own_states) :],
        ),
        path_uses_control=bool(nu) and path.jac_sparsity(0, 1).nnz() > 0 if path.numel_out(0) else False,
        running_slacks=lifted(running_cost, meaning["path"]),
        terminal_slacks=lifted(terminal_cost, meaning["end"]),
        split_kinks=tuple(replaced),
        algebraic=algebraic,
    )


def _numbered(which: str, lengths: Sequence[int]) -> tuple[str, ...]:
    """A name for every row of constraints that have so many rows each."""
    return tuple(
        f"{which}[{i}]" + (f"[{j}]" if length > 1 else "") for i, length in enumerate(lengths) for j in range(length)
    )
