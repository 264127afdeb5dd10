"""What to solve: an optimal-control problem, which knows nothing of grids, transcriptions or solvers."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np

from geodepth.control.model.reductions.algebraic_variables import check_algebraic
from geodepth.control.model.reductions.control_rates import add_rates
from geodepth.control.model.reductions.discrete_time import check_steps, end_of_steps
from geodepth.control.model.reductions.integral_constraints import IntegralConstraint, add_integrals
from geodepth.control.model.reductions.seen import own_states
from geodepth.foundation.frozen_copies import freeze_fields, frozen
from geodepth.foundation.shapes import Float

from .bounds import without_far
from .ends import check_end
from .errors import CHECKS, ProblemError, check_names
from .free_numbers import FreeNumber
from .free_numbers import FreeParameter as FreeParameter
from .free_numbers import FreeTime as FreeTime
from .kink_symbols import check_signs
from .ranges import check_ranges
from .tracing import ProblemFunctions, trace
from .vector_names import by_entry, entry_names

TIMES = ("initial_time", "final_time")
"""What the ends of the horizon are called, where numbers have names."""


@dataclass(frozen=True, slots=True)
class PathConstraint:
    """lower ≤ expression(x, u, t, p) ≤ upper along the whole path.

    Attributes
    ----------
    expression : function of (x, u, t, p)
        A scalar or a column of expressions; of (x, z, u, t, p) where there are algebraic variables.
    lower, upper : float or sequence of float
        One for all expressions or one for each; equal bounds make an equation.
    include_last : bool, default True
        False leaves out the end of the horizon, for controls that mean something at an interval's start only.
    """

    expression: Callable[..., Any]
    lower: float | Sequence[float] = -math.inf
    upper: float | Sequence[float] = math.inf
    include_last: bool = True

    def __post_init__(self) -> None:
        freeze_fields(self)


@dataclass(frozen=True, slots=True)
class BoundaryConstraint:
    """lower ≤ expression(x0, xf, t0, tf, p) ≤ upper between the two ends of the path.

    Attributes
    ----------
    expression : function of (x0, xf, t0, tf, p)
        A scalar or a column of expressions.
    lower, upper : float or sequence of float
        One for all expressions or one for each; equal bounds make an equation.
    """

    expression: Callable[..., Any]
    lower: float | Sequence[float] = -math.inf
    upper: float | Sequence[float] = math.inf

    def __post_init__(self) -> None:
        freeze_fields(self)


@dataclass(frozen=True, eq=False)
class OptimalControlProblem:
    """Minimize m(x(tf), tf, p) + ∫ l(x, u, t, p) dt subject to dx/dt = f(x, u, t, p), bounds and constraints.

    In discrete time Σ l(x, u, t, p) over the steps, subject to x at t + 1 being f(x, u, t, p).

    Attributes
    ----------
    name : str
        By which solutions say what they solve.
    states, controls : sequence of str
        The names of the nx states and nu controls. "q[3]" stands for "q[0]", "q[1]" and "q[2]": ends, bounds, guesses
        and solutions take these, or "q" for all of them, with one value for all or one for each.
    dynamics : function of (x, u, t, p), optional
        f, a sequence or column of length nx.
    x_next : function of (x, u, t, p), optional
        In place of dynamics, in discrete time: f, the states one step later. t counts the steps from initial_time on.
    steps : int, optional
        With x_next, how many; final_time follows. Integrals and rates of controls then are sums, and changes per step.
    running_cost : function of (x, u, t, p), optional
        l, a scalar.
    terminal_cost : function of (x, t, p), optional
        m, a scalar.
    initial_state, final_state : mapping from name to float or (lower, upper), optional
        States given at the ends, or between what they are there; what is not named is free.
    state_bounds, control_bounds : mapping from name to (lower, upper), optional
        Bounds along the whole path; those of magnitude 1e19 and more are none.
    path_constraints : sequence of PathConstraint
        Along the whole path.
    boundary_constraints : sequence of BoundaryConstraint
        Between the ends.
    algebraic : sequence of str
        The names of nz algebraic variables. Every function of (x, u, t, p) then takes z after x: (x, z, u, t, p).
    algebraic_equations : function of (x, z, u, t, p), optional
        h of length nz; 0 = h at all times, and in every step of x_next. ∂h/∂z must be regular (index 1).
    algebraic_bounds : mapping from name to (lower, upper), optional
        Along the whole path; held where path constraints are, and in every step of x_next.
    algebraic_guess : mapping from name to float, optional
        Where Newton's method starts, for equations that are not linear in z: on the branch that is meant. By default
        the middle of the bounds, or zero.
    control_rate_bounds : mapping from name to (lower, upper), optional
        Bounds of du/dt. The control becomes a state of its name, behind the others, which starts and ends as
        initial_state and final_state say; its rate becomes the control "control_rate[u]". Functions see no difference.
    control_rate_penalties : mapping from name to float, optional
        Weights w ≥ 0: the cost gets ∫ w (du/dt)² dt, by the same means.
    integral_constraints : sequence of IntegralConstraint
        Over the horizon. Each adds a state of its name, "integral_constraints[0]", behind the others: the integral so
        far. Functions do not see it; results do, and its costate is minus the cost's derivative in the bound.
    initial_time, final_time : float or FreeTime
        The horizon.
    parameters : mapping from name to float or FreeParameter, optional
        The np entries of p, in this order.
    functions : ProblemFunctions
        The traced functions; made at construction.

    Raises
    ------
    ProblemError
        At construction: names repeat or are unknown, bounds contradict each other, a function returns the wrong
        length, or an expression holds a symbol that is not one of its arguments.

    Notes
    -----
    The functions receive CasADi column vectors x (nx,), u (nu,), p (np,), and a scalar t. They are called once, here;
    mappings, sequences and arrays are copied: what is done to the originals later changes nothing.

    Kinks (casadi.fabs, fmax, fmin, norms) are solved exactly where the cost never falls as they grow, -fmin among them,
    and in constraints that bound them from above. Others are named where they matter; see Certificate.

    The greatest of g over time is minimized by a parameter above it: parameters={"greatest": FreeParameter(1.0)},
    terminal_cost=lambda x, t, p: p[0], and PathConstraint(lambda x, u, t, p: g(x, u, t) - p[0], upper=0.0).
    """

    name: str
    states: Sequence[str]
    controls: Sequence[str]
    dynamics: Callable[..., Any] | None = None
    running_cost: Callable[..., Any] | None = None
    terminal_cost: Callable[..., Any] | None = None
    initial_state: Mapping[str, Any] | None = None
    final_state: Mapping[str, Any] | None = None
    state_bounds: Mapping[str, tuple[float, float]] | None = None
    control_bounds: Mapping[str, tuple[float, float]] | None = None
    path_constraints: Sequence[PathConstraint] = ()
    boundary_constraints: Sequence[BoundaryConstraint] = ()
    integral_constraints: Sequence[IntegralConstraint] = ()
    algebraic: Sequence[str] = ()
    algebraic_equations: Callable[..., Any] | None = None
    algebraic_bounds: Mapping[str, tuple[float, float]] | None = None
    algebraic_guess: Mapping[str, float] | None = None
    control_rate_bounds: Mapping[str, tuple[float, float]] | None = None
    control_rate_penalties: Mapping[str, float] | None = None
    initial_time: float | FreeTime = 0.0
    final_time: float | FreeTime = 1.0
    parameters: Mapping[str, float | FreeParameter] | None = None
    x_next: Callable[..., Any] | None = None
    steps: int | None = None
    functions: ProblemFunctions = field(init=False, repr=False)

    def __post_init__(self) -> None:
        freeze_fields(self)
        _check_containers(self)
        _check_names(self)
        check_steps(self)
        for which, names in NAMED_BY.items():
            given = by_entry(which, getattr(self, which), getattr(self, names), which.endswith("bounds"))
            object.__setattr__(self, which, frozen(given))
        add_rates(self)
        for which in ("initial_state", "final_state"):
            object.__setattr__(self, which, frozen(by_entry(which, getattr(self, which), self.states)))
        add_integrals(self)
        for which, names in NAMED_BY.items():
            if not which.startswith("control_rate"):
                check_names(which, getattr(self, which) or {}, getattr(self, names))
            if which.endswith("_bounds"):
                check_ranges(which, getattr(self, which) or {})
        check_algebraic(self)
        _check_values(self)
        object.__setattr__(self, "functions", trace(self))

    @cached_property
    def fixed_parameters(self) -> dict[str, float]:
        """Values of the other parameters, by name."""
        return {k: float(v) for k, v in (self.parameters or {}).items() if not isinstance(v, FreeParameter)}

    @cached_property
    def free(self) -> dict[str, FreeNumber]:
        """Guess and bounds of all numbers that the optimizer chooses.

        First the free parameters by name, then the free times as "initial_time" and "final_time".
        """
        parameters = {k: v for k, v in (self.parameters or {}).items() if isinstance(v, FreeParameter)}
        times = {w: t for w, t in self._times.items() if isinstance(t, FreeTime)}
        return {**parameters, **times}

    @cached_property
    def fixed_times(self) -> dict[str, float]:
        """Values of the times that are not free, by "initial_time" and "final_time"."""
        return {w: float(t) for w, t in self._times.items() if not isinstance(t, FreeTime)}

    @property
    def own_states(self) -> tuple[str, ...]:
        """The states that functions see: all but integrals."""
        return own_states(self.states)

    @property
    def _times(self) -> dict[str, float | FreeTime]:
        return {"initial_time": self.initial_time, "final_time": self.final_time}

    def with_values(
        self,
        initial_state: Mapping[str, Any] | None = None,
        final_state: Mapping[str, Any] | None = None,
        parameters: Mapping[str, float] | None = None,
        initial_time: float | None = None,
        final_time: float | None = None,
    ) -> "OptimalControlProblem":
        """The problem at other values of what it gives as numbers, without tracing its functions again.

        Parameters
        ----------
        initial_state, final_state : mapping from name to float or (lower, upper), optional
            States at the ends, those that were free among them; what is not named stays.
        parameters : mapping from name to float, optional
            Fixed parameters; what is not named stays.
        initial_time, final_time : float, optional
            The horizon, where both its ends are fixed; with x_next, the first step's time alone.

        Raises
        ------
        ProblemError
            A name is unknown or free, or a value does not fit; or kinks were replaced that the values may move.
        """
        given = {"initial_state": initial_state, "final_state": final_state, "parameters": parameters}
        for which, values in given.items():
            if values is not None and not isinstance(values, Mapping):
                raise CHECKS.refusal(which, values, "a mapping from names to numbers, as in {'x': 1.0}, or None")
        given |= {w: by_entry(w, given[w], self.states) for w in ("initial_state", "final_state")}
        check_names("parameters", parameters or {}, self.fixed_parameters)
        replaced = self.functions.replaced_kinks
        check_signs(self.fixed_parameters, parameters or {}, replaced)
        times = {n: v for n, v in (("initial_time", initial_time), ("final_time", final_time)) if v is not None}
        for name in times:
            if len(self.fixed_times) < len(TIMES):
                raise ProblemError(
                    f"{name} can be changed only where both ends of time are fixed; state a problem anew"
                )
            if replaced:
                raise ProblemError(f"{name} cannot be changed: {replaced[0]} was replaced for it; state a problem anew")
        if self.steps is not None and times:
            first = CHECKS.number("initial_time", times.get("initial_time", self.initial_time))
            times = {"initial_time": first, "final_time": end_of_steps(first, self.steps, final_time)}
        changed = times | {w: {**(getattr(self, w) or {}), **values} for w, values in given.items() if values}
        other = object.__new__(OptimalControlProblem)
        for each in fields(self):
            value = frozen(changed[each.name]) if each.name in changed else getattr(self, each.name)
            object.__setattr__(other, each.name, value)
        _check_values(other)
        return other

    def horizon(self, free: Mapping[str, float]) -> tuple[float, float]:
        """Initial and final time, those that are free from this mapping."""
        known = {**free, **self.fixed_times}
        return known["initial_time"], known["final_time"]

    def bounds(self, of: str) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Lower and upper bounds of the "states" (nx,) or "controls" (nu,), infinite where there is none."""
        lower, upper = self._bounds[of]
        return lower.copy(), upper.copy()

    @cached_property
    def _bounds(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        found = {}
        for of, names, given in (
            ("states", self.states, self.state_bounds),
            ("controls", self.controls, self.control_bounds),
        ):
            pairs = [(given or {}).get(name, (-math.inf, math.inf)) for name in names]
            table = np.array(pairs, dtype=float).reshape(len(names), 2)
            found[of] = without_far(table[:, 0], table[:, 1])
        return found

    def __repr__(self) -> str:
        return (
            f"OptimalControlProblem({self.name!r}: {len(self.states)} states, {len(self.controls)} controls, "
            f"{len(self.parameters or {})} parameters)"
        )


NAMED_BY = {
    "state_bounds": "states",
    "control_bounds": "controls",
    "initial_state": "states",
    "final_state": "states",
    "algebraic_bounds": "algebraic",
    "algebraic_guess": "algebraic",
    "control_rate_bounds": "controls",
    "control_rate_penalties": "controls",
}
"""What each mapping's names are among."""
CONSTRAINTS = {
    "path_constraints": PathConstraint,
    "boundary_constraints": BoundaryConstraint,
    "integral_constraints": IntegralConstraint,
}


def check_problem(problem: object) -> None:
    """Raise ProblemError unless this is an OptimalControlProblem."""
    if not isinstance(problem, OptimalControlProblem):
        words = ", of one phase; solve, verify, refine, prepare, multistart and sensitivity take several"
        alone = words if hasattr(problem, "phases") else ""
        raise ProblemError(f"problem is a {type(problem).__name__}; give an OptimalControlProblem{alone}")


def _check_containers(problem: OptimalControlProblem) -> None:
    """Mappings are mappings, sequences sequences, and constraints constraints: what the other checks rely on."""
    if not isinstance(problem.name, str) or not problem.name:
        raise CHECKS.refusal("name", problem.name, "a non-empty string")
    for which in (*NAMED_BY, "parameters"):
        value = getattr(problem, which)
        if value is not None and not isinstance(value, Mapping):
            raise CHECKS.refusal(which, value, "a mapping from names, as in {'x': ...}, or None")
        if not all(isinstance(n, str) and n for n in value or {}):
            raise ProblemError(f"{which} is {value!r:.80}; its names must be non-empty strings")
    for which, kind in CONSTRAINTS.items():
        value = getattr(problem, which)
        if not isinstance(value, list | tuple) or not all(isinstance(c, kind) for c in value):
            raise CHECKS.refusal(which, value, f"a sequence of {kind.__name__} objects")


def _check_names(problem: OptimalControlProblem) -> None:
    for which in ("states", "controls", "algebraic"):
        names = getattr(problem, which)
        listed = isinstance(names, Sequence) and not isinstance(names, str)
        if not listed or not all(isinstance(n, str) and n for n in names):
            raise CHECKS.refusal(which, names, "a sequence of non-empty names, as in ('x', 'v')")
        object.__setattr__(problem, which, entry_names(names))
    if not problem.states:
        raise ProblemError("states is empty; an optimal-control problem needs at least one state")
    names = [*problem.states, *problem.controls, *problem.algebraic, *(problem.parameters or {})]
    reserved = [n for n in names if n in ("initial_time", "final_time") or n.startswith("switch ")]
    if reserved:
        raise ProblemError(f"the name {reserved[0]!r} already means something in guesses and solutions; choose another")
    repeated = sorted({n for n in names if names.count(n) > 1}) if len(set(names)) < len(names) else []
    if repeated:
        raise ProblemError(
            f"the name {repeated[0]!r} is used twice among states, controls, parameters and the like; rename one"
        )


def _check_values(problem: OptimalControlProblem) -> None:
    """What `with_values` may change."""
    for key, value in (problem.parameters or {}).items():
        if not isinstance(value, FreeParameter):
            CHECKS.number(f"parameters[{key!r}]", value)
    _check_times(problem.initial_time, problem.final_time)
    check_end(problem, "initial_state")
    check_end(problem, "final_state")


def _check_times(initial: float | FreeTime, final: float | FreeTime) -> None:
    for which, time in (("initial_time", initial), ("final_time", final)):
        if not isinstance(time, FreeTime):
            CHECKS.number(which, time, wanted="a finite number, or FreeTime(guess, lower, upper) where it is sought")
    earliest = initial.lower if isinstance(initial, FreeTime) else initial
    latest = final.upper if isinstance(final, FreeTime) else final
    if not earliest < latest:
        raise ProblemError(f"final_time {latest} must come after initial_time {earliest}; the horizon would be empty")
    first, last = (time.guess if isinstance(time, FreeTime) else time for time in (initial, final))
    if not first < last:
        raise ProblemError(f"the guess of final_time, {last}, must come after that of initial_time, {first}; move one")
