"""A problem in other units, and its solution back in the old ones: what must not change any verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control import (
    BoundaryConstraint,
    FreeParameter,
    FreeTime,
    OptimalControlProblem,
    PathConstraint,
    Solution,
)


@dataclass(frozen=True, slots=True)
class Units:
    """By what every quantity's number is multiplied: t' = time · t, J' = cost · J, and so on by name.

    Attributes
    ----------
    time, cost, constraints : float
        Of time, of the cost, and of the expressions of path and boundary constraints.
    states, controls, parameters : mapping
        By name.
    """

    time: float
    cost: float
    constraints: float
    states: Mapping[str, float]
    controls: Mapping[str, float]
    parameters: Mapping[str, float]

    @staticmethod
    def drawn(problem: OptimalControlProblem, generator: np.random.Generator, decades: float = 12.0) -> Units:
        """Random units of a problem, over so many decades up and down."""

        def draw() -> float:
            return float(10.0 ** generator.uniform(-decades, decades))

        named = (problem.states, problem.controls, problem.parameters or {})
        return Units(draw(), draw(), draw(), *({name: draw() for name in names} for names in named))

    def problem(self, problem: OptimalControlProblem) -> OptimalControlProblem:
        """The same problem in these units."""
        x, u, p = (ca.DM(list(table.values())) for table in (self.states, self.controls, self.parameters))

        def along(function: Callable[..., Any]) -> Callable[..., Any]:
            return lambda x_, u_, t_, p_: function(x_ / x, u_ / u, t_ / self.time, p_ / p)

        assert problem.dynamics is not None
        rate, running, terminal = along(problem.dynamics), problem.running_cost, problem.terminal_cost
        per_time = self.cost / self.time
        return OptimalControlProblem(
            name=problem.name,
            states=problem.states,
            controls=problem.controls,
            dynamics=lambda *a: x / self.time * _column(rate(*a)),
            running_cost=running and (lambda *a: per_time * along(running)(*a)),
            terminal_cost=terminal and (lambda x_, t_, p_: self.cost * terminal(x_ / x, t_ / self.time, p_ / p)),
            initial_state={n: v * self.states[n] for n, v in (problem.initial_state or {}).items()},
            final_state={n: v * self.states[n] for n, v in (problem.final_state or {}).items()},
            state_bounds=_bounds(problem.state_bounds, self.states),
            control_bounds=_bounds(problem.control_bounds, self.controls),
            path_constraints=[self._path(c, along) for c in problem.path_constraints],
            boundary_constraints=[self._boundary(c, x, p) for c in problem.boundary_constraints],
            initial_time=_number(problem.initial_time, self.time),
            final_time=_number(problem.final_time, self.time),
            parameters={n: _number(v, self.parameters[n]) for n, v in (problem.parameters or {}).items()},
        )

    def guess(self, guess: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """The same guess in these units."""
        sizes = {**self.states, **self.controls, **self.parameters, "initial_time": self.time, "final_time": self.time}
        return guess and {name: self._guessed(value, sizes[name]) for name, value in guess.items()}

    def back(self, solution: Solution) -> Solution:
        """A solution of the problem in these units, in the old ones (what its numbers are; not its slopes)."""
        x, u = (np.array(list(table.values())) for table in (self.states, self.controls))
        numbers = {**self.parameters, "initial_time": self.time, "final_time": self.time}
        return replace(
            solution,
            cost=solution.cost / self.cost,
            times=solution.times / self.time,
            states=solution.states / x,
            controls=solution.controls / u,
            control_values=solution.control_values / u,
            costates=solution.costates * x / self.cost,
            parameters={n: v / numbers[n] for n, v in solution.parameters.items()},
        )

    def _guessed(self, value: Any, size: float) -> Any:
        return (lambda t: size * value(t / self.time)) if callable(value) else size * np.asarray(value, dtype=float)

    def _path(self, given: PathConstraint, along: Callable[..., Any]) -> PathConstraint:
        expression = along(given.expression)
        return replace(given, **self._constraint(given, lambda *a: expression(*a)))

    def _boundary(self, given: BoundaryConstraint, x: Any, p: Any) -> BoundaryConstraint:
        def expression(x0: Any, xf: Any, t0: Any, tf: Any, p_: Any) -> Any:
            return given.expression(x0 / x, xf / x, t0 / self.time, tf / self.time, p_ / p)

        return replace(given, **self._constraint(given, expression))

    def _constraint(self, given: Any, expression: Callable[..., Any]) -> dict[str, Any]:
        sides = {side: np.multiply(getattr(given, side), self.constraints).tolist() for side in ("lower", "upper")}
        return {"expression": lambda *a: self.constraints * _column(expression(*a)), **sides}


def _column(value: Any) -> Any:
    return value if isinstance(value, ca.SX | ca.MX | ca.DM | int | float) else ca.vertcat(*value)


def _bounds(given: Mapping[str, tuple[float, float]] | None, sizes: Mapping[str, float]) -> dict[str, Any]:
    return {n: (lower * sizes[n], upper * sizes[n]) for n, (lower, upper) in (given or {}).items()}


def _number(value: Any, size: float) -> Any:
    if isinstance(value, FreeTime | FreeParameter):
        return type(value)(value.guess * size, value.lower * size, value.upper * size)
    return value * size
