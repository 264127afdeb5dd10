"""A problem of optimal control stated without units, and the units that it is posed in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control import FreeParameter, FreeTime, OptimalControlProblem, PathConstraint

Numbers = Sequence[Any]
Scalar = Callable[[Numbers, Numbers, Any, Numbers], Any]
Range = tuple[float, float]

FEASIBLE, INFEASIBLE, UNBOUNDED = "feasible", "infeasible", "no least cost"


def function(name: str, value: Any) -> Any:
    """A function by its name, of a CasADi expression or of numbers."""
    return getattr(ca if isinstance(value, ca.SX | ca.MX | ca.DM) else np, name)(value)


@dataclass(frozen=True, slots=True)
class Units:
    """What the unit of each state, control, path constraint, of time and of cost is worth."""

    states: tuple[float, ...]
    controls: tuple[float, ...]
    constraints: tuple[float, ...]
    time: float = 1.0
    cost: float = 1.0


@dataclass(frozen=True, slots=True)
class Draw:
    """A problem without units, where everything is of order one, and the units that it is posed in.

    Attributes
    ----------
    seed, family
        Its number, and the kind of problem.
    dynamics, running, terminal
        Functions of (x, u, t, p), the last of (x, t, p), that take numbers, arrays and CasADi's expressions alike.
    initial, final
        Given ends by the index of the state.
    state_bounds, control_bounds
        By index.
    path
        (expression, lower, upper) along the path.
    final_time
        A number, or (guess, lower, upper).
    parameters
        Numbers, or (guess, lower, upper).
    known
        "feasible", "infeasible" or "no least cost".
    optimum
        The least cost, where it is known.
    units
        What it is posed in.
    """

    seed: int
    family: str
    nx: int
    nu: int
    dynamics: Callable[[Numbers, Numbers, Any, Numbers], list[Any]]
    running: Scalar | None = None
    terminal: Callable[[Numbers, Any, Numbers], Any] | None = None
    initial: Mapping[int, float] = field(default_factory=dict)
    final: Mapping[int, float] = field(default_factory=dict)
    state_bounds: Mapping[int, Range] = field(default_factory=dict)
    control_bounds: Mapping[int, Range] = field(default_factory=dict)
    path: tuple[tuple[Scalar, float, float], ...] = ()
    final_time: float | tuple[float, float, float] = 1.0
    parameters: tuple[float | tuple[float, float, float], ...] = ()
    known: str = FEASIBLE
    optimum: float | None = None
    units: Units | None = None

    @property
    def plain(self) -> "Draw":
        """The same, in units of one."""
        return replace(self, units=Units((1.0,) * self.nx, (1.0,) * self.nu, (1.0,) * len(self.path)))

    def problem(self) -> OptimalControlProblem:
        """The problem in its units."""
        assert self.units is not None
        X, U, T, C = self.units.states, self.units.controls, self.units.time, self.units.cost

        def plain(x: Any, u: Any, t: Any) -> tuple[list[Any], list[Any], Any]:
            return [x[i] / X[i] for i in range(self.nx)], [u[i] / U[i] for i in range(self.nu)], t / T

        def listed(p: Any) -> list[Any]:
            return [p[i] for i in range(len(self.parameters))]

        def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
            return [X[i] / T * rate for i, rate in enumerate(self.dynamics(*plain(x, u, t), listed(p)))]

        def running(x: Any, u: Any, t: Any, p: Any) -> Any:
            assert self.running is not None
            return C / T * self.running(*plain(x, u, t), listed(p))

        def terminal(x: Any, t: Any, p: Any) -> Any:
            assert self.terminal is not None
            return C * self.terminal([x[i] / X[i] for i in range(self.nx)], t / T, listed(p))

        def constraint(g: Scalar, unit: float) -> Callable[..., Any]:
            return lambda x, u, t, p: unit * g(*plain(x, u, t), listed(p))

        def time(value: float | tuple[float, float, float]) -> float | FreeTime:
            return FreeTime(*(T * v for v in value)) if isinstance(value, tuple) else T * value

        def ranged(bounds: Mapping[int, Range], unit: Sequence[float], name: str) -> dict[str, Range]:
            # Bounds of 1e19 and more stand for none, and are the same in all units.
            def scaled(i: int, bound: float) -> float:
                return bound if abs(bound) >= 1e19 else unit[i] * bound

            return {f"{name}{i}": (scaled(i, low), scaled(i, high)) for i, (low, high) in bounds.items()}

        return OptimalControlProblem(
            f"draw {self.seed}: {self.family}",
            states=tuple(f"x{i}" for i in range(self.nx)),
            controls=tuple(f"u{i}" for i in range(self.nu)),
            dynamics=dynamics,
            running_cost=running if self.running else None,
            terminal_cost=terminal if self.terminal else None,
            initial_state={f"x{i}": X[i] * v for i, v in self.initial.items()},
            final_state={f"x{i}": X[i] * v for i, v in self.final.items()},
            state_bounds=ranged(self.state_bounds, X, "x"),
            control_bounds=ranged(self.control_bounds, U, "u"),
            path_constraints=tuple(
                PathConstraint(constraint(g, unit), unit * low, unit * high)
                for (g, low, high), unit in zip(self.path, self.units.constraints, strict=True)
            ),
            final_time=time(self.final_time),
            parameters={
                f"p{i}": FreeParameter(*v) if isinstance(v, tuple) else v for i, v in enumerate(self.parameters)
            },
        )
