"""One call of a compiled solver, out of which there is always a way.

A solver that can be asked to stop is asked at its next iteration. One that cannot may never end on NaN: it is called
after all its functions were evaluated at its start, and in a thread, which is left behind when the time is over or
Ctrl-C comes.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from geodepth.foundation.interruption import interruption, within
from geodepth.foundation.time_limits import time_left

from .back_end import Turn
from .iteration_callback import Watch
from .solver_output import muted

LEAST_SECONDS = 60.0
"""The least time limit of a solver that cannot be stopped, where none is given (chosen by hand)."""
EVALUATIONS = 10.0
"""Its time limit per iteration, as multiples of the time that all functions together took at the start (chosen by
hand): an iteration evaluates them a few times, and solves a linear system of their size."""
KEPT = 1e-6
"""Violations and costs, in the solver's units, that count as none (chosen by hand): its tolerance is below."""

ROUNDING = 4 * np.finfo(float).eps
"""Of a division and a multiplication, relative."""

REST = 1e-14
"""A path of at most this size everywhere, in a solver's units, is at rest (chosen by hand): rounding times 100."""

Outcome = tuple[Mapping[str, Any], Mapping[str, Any]]
"""What a solver found, and what it says of it."""


def call_solver(
    compiled: Any, arguments: Mapping[str, Any], watch: Watch, stoppable: bool, max_iterations: int, again: bool = False
) -> Outcome:
    """The solver's outcome, and what it says of it; the watch then knows why it was stopped.

    Parameters
    ----------
    compiled : casadi.Function
        Of nlpsol.
    arguments : mapping
        Its start and bounds.
    watch : Watch
        Begun for this solve.
    stoppable : bool
        Whether the solver listens to it.
    max_iterations : int
        By which the solver ends by itself.
    again : bool, default False
        From the end of another solve, where its functions are defined: they are not looked at first.

    Raises
    ------
    RuntimeError
        The solver gave up by an exception.

    Notes
    -----
    Where the time of `ends_within` is over, the solver does not begin.

    A solver that was left behind keeps what it was called with: compile another.
    """

    if time_left() <= 0:
        watch.reason = "time"
        return unmoved(arguments), {"iter_count": 0}

    def call() -> Outcome:
        with muted("stderr"):
            # A solver that ends without a solution says so in its statistics.
            found, memory = _called(compiled, *(arguments.get(name) for name in compiled.name_in()))
            rows = [_dense(compiled, i, array) for i, array in enumerate(found)]
            return dict(zip(compiled.name_out(), rows, strict=True)), memory.stats()

    if stoppable:
        with interruption(watch.stop):
            return call()
    clock = time.perf_counter()
    if not again and not defined_at(compiled, arguments):
        watch.reason = "number"
        return unmoved(arguments), {}
    limit = max(LEAST_SECONDS, EVALUATIONS * max_iterations * (time.perf_counter() - clock))
    try:
        left = time_left()
        return within(limit if math.isinf(left) else left, call)
    except TimeoutError:
        watch.reason = "time"
    except KeyboardInterrupt:
        watch.reason = "user"
    return unmoved(arguments), {}


def unmoved(arguments: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The outcome of a solver that never left its start."""
    x = np.asarray(arguments["x0"], dtype=float)
    return {"x": x, "lam_x": 0 * x, "lam_g": np.zeros(np.size(arguments["lbg"]))}


def in_turns(
    turns: Sequence[Turn], call: Callable[[int, Mapping[str, Any]], Outcome], arguments: Mapping[str, Any], watch: Watch
) -> Outcome:
    """The solver's outcome, and what it says of it, after the turns that its back-end takes.

    Parameters
    ----------
    turns : sequence of Turn
        In their order; none follows one that succeeds, or is stopped.
    call : function of (number, arguments)
        Calls the solver of a turn.
    arguments : mapping
        The first start, and the bounds.
    watch : Watch
        Of this solve.
    """
    result, statistics = call(0, arguments)
    spent = int(statistics.get("iter_count", -1))
    for number, turn in enumerate(turns[1:], 1):
        if statistics.get("success") or watch.reason:
            break
        begin = {"x0": result["x"], "lam_x0": result["lam_x"], "lam_g0": result["lam_g"]}
        there, said = call(number, {**arguments, **begin})
        spent += max(int(said.get("iter_count", 0)), 0)
        # One that gave up by an exception, as where eigenvalues did not converge, never left its start.
        better = said.get("success") and ("f" not in result or _no_dearer(there, result, arguments))
        if watch.reason or not turn.trial or better:
            result, statistics = there, said
    return result, {**statistics, **({"iter_count": spent} if "iter_count" in statistics else {})}


def _no_dearer(found: Mapping[str, Any], before: Mapping[str, Any], arguments: Mapping[str, Any]) -> bool:
    """Whether an outcome costs no more than the one before, where that one kept to bounds and constraints already."""
    pairs = ((before["x"], "lbx", "ubx"), (before["g"], "lbg", "ubg"))
    beyond = [np.maximum(arguments[low] - v, v - arguments[high]) for v, low, high in pairs]
    kept = max(float(np.max(b, initial=0.0)) for b in beyond) <= KEPT
    cost, earlier = (float(np.ravel(outcome["f"])[0]) for outcome in (found, before))
    return not kept or cost <= earlier + KEPT * max(1.0, abs(earlier))


def defined_at(compiled: Any, arguments: Mapping[str, Any]) -> bool:
    """Whether every function that the solver calls is finite at its start."""
    known = {"x": arguments["x0"], "p": arguments["p"], "lam_f": 1.0}
    for name in compiled.get_function():
        function = compiled.get_function(name)
        try:
            with muted("stderr"):
                values = function(*(known.get(n, 0) for n in function.name_in()))
        except RuntimeError:
            return False
        for value in values if isinstance(values, tuple | list) else (values,):
            if not np.all(np.isfinite(np.array(value.nonzeros()))):
                return False
    return True


def evaluated(function: Any, *arguments: np.ndarray | None) -> list[np.ndarray]:
    """The function's outputs, each column by column in one row.

    Parameters
    ----------
    function : casadi.Function
        Of dense inputs.
    arguments : ndarray or None
        Column by column, as many numbers as the inputs have; zeros for None.

    Raises
    ------
    RuntimeError
        The function gives up, or an input has another size.

    Notes
    -----
    As `function.call`, but that the function reads and writes the arrays themselves: a casadi.DM in between takes
    longer than many a function itself.
    """
    return [_dense(function, i, array) for i, array in enumerate(entries(function, *arguments))]


def entries(function: Any, *arguments: np.ndarray | None) -> list[np.ndarray]:
    """The same, with of each output only the entries that it stores."""
    found, memory = _called(function, *arguments)
    if memory.ret():
        # A linear solve with a singular matrix, say: what stands in the outputs is left from before.
        raise RuntimeError(f"{function.name()} gives up at these arguments")
    return found


def _called(function: Any, *arguments: np.ndarray | None) -> tuple[list[np.ndarray], Any]:
    """The entries that the outputs store, and the memory that the function worked in."""
    memory, run = function.buffer()
    # Nothing else keeps the memory and the arrays alive until it has run.
    given = [None if a is None else np.ascontiguousarray(a, dtype=float).ravel() for a in arguments]
    found = [np.zeros(function.nnz_out(i)) for i in range(function.n_out())]
    for i, array in enumerate(given):
        if array is not None:
            if array.size != (count := function.nnz_in(i)):
                raise RuntimeError(f"input {i} of {function.name()} holds {count} numbers, not {array.size}")
            memory.set_arg(i, array.data)
    for i, array in enumerate(found):
        memory.set_res(i, array.data)
    run()
    return found, memory


class Repeated:
    """A function that is called many times: it keeps the memory that it reads from and writes to.

    Where it gives up, all that it finds is NaN.

    Parameters
    ----------
    function : casadi.Function
        Of dense inputs.
    """

    def __init__(self, function: Any) -> None:
        self._function = function
        self._memory, self._run = function.buffer()
        self._given = [np.zeros(function.nnz_in(i)) for i in range(function.n_in())]
        self._found = [np.zeros(function.nnz_out(i)) for i in range(function.n_out())]
        for i, array in enumerate(self._given):
            self._memory.set_arg(i, array.data)
        for i, array in enumerate(self._found):
            self._memory.set_res(i, array.data)

    def __call__(self, *arguments: np.ndarray | float) -> list[np.ndarray]:
        """The outputs at these arguments, both column by column in one row, until the next call."""
        for kept, argument in zip(self._given, arguments, strict=True):
            kept[:] = argument
        try:
            self._run()
            failed = bool(self._memory.ret())
        except RuntimeError:
            failed = True
        if failed:
            return [np.full(self._function.numel_out(i), np.nan) for i in range(self._function.n_out())]
        return [_dense(self._function, i, array) for i, array in enumerate(self._found)]


def _dense(function: Any, output: int, entries: np.ndarray) -> np.ndarray:
    if entries.size == function.numel_out(output):
        return entries
    values = np.zeros(function.numel_out(output))
    values[function.sparsity_out(output).find()] = entries
    return values


def computed(function: Any, *arguments: np.ndarray, stored: bool = False) -> list[np.ndarray]:
    """The function's outputs as rows; NaN where it gives up by an exception, as CVODES does at an undefined rate.

    With `stored`, of each only the entries that it stores.
    """
    try:
        with muted("stderr"):
            return (entries if stored else evaluated)(function, *arguments)
    except RuntimeError:
        count = function.nnz_out if stored else function.numel_out
        return [np.full(count(i), np.nan) for i in range(function.n_out())]


def without_noise(scaled: np.ndarray) -> np.ndarray:
    """The variables in a solver's units; zeros where all are rounding, of which no size could be told."""
    return scaled if np.max(np.abs(scaled), initial=0.0) > REST else np.zeros_like(scaled)


def on_bounds(variables: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """The variables, on a bound where they miss it by the rounding of the scales only."""
    for bound in (lower, upper):
        close = np.isfinite(bound) & (np.abs(variables - bound) <= ROUNDING * np.abs(bound))
        variables = np.where(close, bound, variables)
    return variables
