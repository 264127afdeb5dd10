"""States at the ends of the horizon: given as a number, within a range, or free."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from geodepth.foundation.shapes import Float

from .bounds import bound
from .errors import CHECKS, ProblemError, check_names
from .ranges import check_range


class WithEnds(Protocol):
    """What is read of a problem."""

    @property
    def states(self) -> Sequence[str]: ...
    @property
    def initial_state(self) -> Mapping[str, Any] | None: ...
    @property
    def final_state(self) -> Mapping[str, Any] | None: ...
    @property
    def state_bounds(self) -> Mapping[str, tuple[float, float]] | None: ...


def fixed_ends(problem: WithEnds, which: str) -> dict[str, float]:
    """The states that "initial_state" or "final_state" gives as numbers."""
    given = (getattr(problem, which) or {}).items()
    return {name: float(value) for name, value in given if not isinstance(value, tuple)}


def end_range(problem: WithEnds, which: str, name: str) -> tuple[float, float]:
    """Between what a state may be at an end: the number or range given there, and its bounds."""
    lower, upper = (bound(side) for side in (problem.state_bounds or {}).get(name, (-math.inf, math.inf)))
    given = (getattr(problem, which) or {}).get(name, (lower, upper))
    first, last = (bound(side) for side in given) if isinstance(given, tuple) else (float(given), float(given))
    return max(first, lower), min(last, upper)


def widest_ends(problem: WithEnds) -> Float[np.ndarray, " nx"]:
    """The largest finite bound of the ranges that the ends of each state are given (nx,), zero where there is none."""
    found = np.zeros(len(problem.states))
    for given in (problem.initial_state, problem.final_state):
        for i, name in enumerate(problem.states):
            if isinstance(ends := (given or {}).get(name), tuple):
                found[i] = max([found[i], *(abs(side) for side in map(bound, ends) if math.isfinite(side))])
    return found


def check_end(problem: WithEnds, which: str) -> None:
    """Raise ProblemError unless this gives states of the problem numbers or ranges that its bounds allow."""
    given: Mapping[str, Any] = getattr(problem, which) or {}
    check_names(which, given, problem.states)
    for name, value in given.items():
        if isinstance(value, tuple):
            check_range(f"{which}[{name!r}]", value, "a number, or a pair of numbers (lower, upper)")
        else:
            CHECKS.number(f"{which}[{name!r}]", value)
        lower, upper = (problem.state_bounds or {}).get(name, (-math.inf, math.inf))
        least, most = end_range(problem, which, name)
        if least > most:
            raise ProblemError(
                f"{which}[{name!r}] = {value} lies outside state_bounds[{name!r}] = ({lower}, {upper}); "
                "the problem has no solution: change one of the two"
            )
