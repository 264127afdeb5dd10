"""What the user's functions are called with: the states and controls of the statement, and algebraic variables."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import casadi as ca

INTEGRAL = "integral_constraints["
"""How the names of integrals begin."""
RATE = "control_rate["
"""How the names of controls that are rates begin."""


class Reduced(Protocol):
    """What is read of a problem."""

    @property
    def states(self) -> Sequence[str]: ...
    @property
    def controls(self) -> Sequence[str]: ...
    @property
    def algebraic(self) -> Sequence[str]: ...
    @property
    def integral_constraints(self) -> Sequence[Any]: ...
    @property
    def parameters(self) -> Mapping[str, Any] | None: ...


def own_states(states: Sequence[str]) -> tuple[str, ...]:
    """Those that are no integrals."""
    return tuple(name for name in states if not name.startswith(INTEGRAL))


def rated_controls(controls: Sequence[str]) -> tuple[str, ...]:
    """Those that are states because their rates are controls."""
    return tuple(name[len(RATE) : -1] for name in controls if name.startswith(RATE))


def stated_states(problem: Reduced) -> tuple[str, ...]:
    """The states as functions see them: neither integrals nor controls."""
    rated = rated_controls(problem.controls)
    return tuple(name for name in own_states(problem.states) if name not in rated)


def seen_along(problem: Reduced, x: Any, z: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """The arguments of a function along the path: (x, u, t, p), with z after x where there are algebraic variables.

    Parameters
    ----------
    problem : Reduced
        With rates and integrals among its states and controls, or not yet.
    x, z, u, t, p : casadi.SX or casadi.MX
        Symbols or expressions: all states (nx,), the algebraic variables, all controls (nu,), time and parameters.
    """
    rated = rated_controls(problem.controls)
    if rated:
        # A rate stands where its control stood.
        names = [name[len(RATE) : -1] if name.startswith(RATE) else name for name in problem.controls]
        at = {name: x[i] for i, name in enumerate(problem.states) if name in rated}
        u = ca.vertcat(*(at.get(name, u[i]) for i, name in enumerate(names)))
    return [seen_state(problem, x), *([z] if problem.algebraic else []), u, t, p]


def seen_state(problem: Reduced, x: Any) -> Any:
    """The states that functions see, out of all (nx,)."""
    count = len(stated_states(problem))
    return x if count == len(problem.states) else x[:count]


def seen_symbols(problem: Reduced, kind: Any) -> list[Any]:
    """Symbols for the arguments of a function along the path.

    Parameters
    ----------
    problem : Reduced
        As for `seen_along`.
    kind : type
        casadi.SX or casadi.MX.
    """
    counts = (
        *(len(stated_states(problem)), len(problem.algebraic), len(problem.controls), 1),
        len(problem.parameters or {}),
    )
    symbols = [kind.sym(name, count) for name, count in zip("xzutp", counts, strict=True)]
    return symbols if problem.algebraic else [symbols[0], *symbols[2:]]
