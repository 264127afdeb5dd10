"""What the symbols of a problem's functions are called, what values they can have, and which of them are decided on."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import casadi as ca
import numpy as np

from .errors import CHECKS, ProblemError
from .kinks import Symbols


class Named(Protocol):
    """What is read of a problem, as OptimalControlProblem states it."""

    @property
    def states(self) -> Sequence[str]: ...
    @property
    def controls(self) -> Sequence[str]: ...
    @property
    def parameters(self) -> Mapping[str, Any] | None: ...
    @property
    def initial_time(self) -> Any: ...
    @property
    def final_time(self) -> Any: ...
    def bounds(self, of: str) -> tuple[np.ndarray, np.ndarray]: ...


LEAST = 1e-150
"""Of a positive parameter: its square is a number."""

Group = tuple[list[str], list[tuple[float, float]], list[bool]]
"""Names, ranges, and what is decided, of one argument's entries."""


def symbols_along(problem: Named) -> Symbols:
    """Of functions of (x, u, t, p) along the path."""
    start, end = (_number(time) for time in (problem.initial_time, problem.final_time))
    controls = (list(problem.controls), _pairs(problem, "controls"), [True] * len(problem.controls))
    return _symbols([_states(problem, ""), controls, (["t"], [(start[0], end[1])], [False]), _parameters(problem)])


def symbols_at_end(problem: Named) -> Symbols:
    """Of functions of (x, t, p) at the end."""
    time = (["t"], [_number(problem.final_time)], [_free(problem.final_time)])
    return _symbols([_states(problem, ""), time, _parameters(problem)])


def symbols_of_ends(problem: Named) -> Symbols:
    """Of functions of (x0, xf, t0, tf, p)."""
    times = [([n], [_number(t)], [_free(t)]) for n, t in (("t0", problem.initial_time), ("tf", problem.final_time))]
    return _symbols([_states(problem, "0"), _states(problem, "f"), *times, _parameters(problem)])


def check_signs(fixed: Mapping[str, float], given: Mapping[str, float], replaced: Sequence[str]) -> None:
    """Raise ProblemError where kinks were replaced for the sign of a fixed parameter that is given another."""
    for name, value in given.items():
        if replaced and np.sign(CHECKS.number(f"parameters[{name!r}]", value)) != np.sign(fixed[name]):
            raise ProblemError(
                f"parameters: {name!r} is {value}, of another sign than {fixed[name]} in the problem, whose kinks "
                f"({replaced[0]}) were replaced for that sign; state the problem with the new value"
            )


def _symbols(groups: Sequence[Group]) -> Symbols:
    inputs = tuple(ca.vertcat(ca.SX(0, 1), *(ca.SX.sym(name) for name in names)) for names, _, _ in groups)
    return Symbols(inputs, tuple(ranges for _, ranges, _ in groups), tuple(decided for _, _, decided in groups))


def _states(problem: Named, suffix: str) -> Group:
    # The stages of an integrator may leave a bound by a little: the sign of a state that may be zero is not relied on.
    pairs = [(low if low > 0 else -math.inf, high if high < 0 else math.inf) for low, high in _pairs(problem, "states")]
    return [f"{name}{suffix}" for name in problem.states], pairs, [True] * len(pairs)


def _parameters(problem: Named) -> Group:
    given = problem.parameters or {}
    return list(given), [_lasting(value) for value in given.values()], [_free(value) for value in given.values()]


def _lasting(value: Any) -> tuple[float, float]:
    """A parameter's range: of a fixed one the sign alone, which a homotopy keeps while the value changes."""
    if _free(value) or value == 0:
        return _number(value)
    return (LEAST, math.inf) if value > 0 else (-math.inf, -LEAST)


def _pairs(problem: Named, of: str) -> list[tuple[float, float]]:
    return [(float(low), float(high)) for low, high in zip(*problem.bounds(of), strict=True)]


def _number(value: Any) -> tuple[float, float]:
    return (float(value.lower), float(value.upper)) if _free(value) else (float(value), float(value))


def _free(value: Any) -> bool:
    return hasattr(value, "lower")
