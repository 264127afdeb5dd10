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
    IntegralConstraint,
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
        Of time, of the cost, and of the expressions of path, boundary, integral and algebraic constraints.
    states, controls, parameters, algebraic : mapping
        By name.
    """

    time: float
    cost: float
    constraints: float
    states: Mapping[str, float]
    controls: Mapping[str, float]
    parameters: Mapping[str, float]
    algebraic: Mapping[str, float]

    @staticmethod
    def drawn(problem: OptimalControlProblem, generator: np.random.Generator, decades: float = 12.0) -> Units:
        """Random units of a problem, over so many decades up and down."""

        def draw() -> float:
            return float(10.0 ** generator.uniform(-decades, decades))

        named = (problem.own_states, problem.controls, problem.parameters or {}, problem.algebraic)
        return Units(draw(), draw(), draw(), *({name: draw() for name in names} for names in named))

    def problem(self, problem: OptimalControlProblem) -> OptimalControlProblem:
        """The same problem in these units."""
        tables = (self.states, self.controls, self.parameters, self.algebraic)
        x, u, p, z = (ca.DM(list(table.values())) for table in tables)

        def along(function: Callable[..., Any]) -> Callable[..., Any]:
            sizes = (x, z, u, self.time, p) if problem.algebraic else (x, u, self.time, p)
            return lambda *a: function(*(value / size for value, size in zip(a, sizes, strict=True)))

        assert problem.dynamics is not None
        rate, running, terminal = along(problem.dynamics), problem.running_cost, problem.terminal_cost
        per_time, equations = self.cost / self.time, problem.algebraic_equations
        return OptimalControlProblem(
            name=problem.name,
            states=problem.states,
            controls=problem.controls,
            dynamics=lambda *a: x / self.time * _column(rate(*a)),
            running_cost=running and (lambda *a: per_time * along(running)(*a)),
            terminal_cost=terminal and (lambda x_, t_, p_: self.cost * terminal(x_ / x, t_ / self.time, p_ / p)),
            initial_state=_ends(problem.initial_state, self.states),
            final_state=_ends(problem.final_state, self.states),
            state_bounds=_bounds(problem.state_bounds, self.states),
            control_bounds=_bounds(problem.control_bounds, self.controls),
            path_constraints=[self._path(c, along) for c in problem.path_constraints],
            boundary_constraints=[self._boundary(c, x, p) for c in problem.boundary_constraints],
            initial_time=_number(problem.initial_time, self.time),
            final_time=_number(problem.final_time, self.time),
            parameters={n: _number(v, self.parameters[n]) for n, v in (problem.parameters or {}).items()},
            integral_constraints=[self._integral(c, along) for c in problem.integral_constraints],
            algebraic=problem.algebraic,
            algebraic_equations=equations and (lambda *a: self.constraints * _column(along(equations)(*a))),
            algebraic_bounds=_bounds(problem.algebraic_bounds, self.algebraic),
            algebraic_guess={n: v * self.algebraic[n] for n, v in (problem.algebraic_guess or {}).items()},
        )

    def guess(self, guess: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """The same guess in these units."""
        sizes = {**self.states, **self.controls, **self.parameters, **self.algebraic}
        sizes |= {"initial_time": self.time, "final_time": self.time}
        return guess and {name: self._guessed(value, sizes[name]) for name, value in guess.items()}

    def back(self, solution: Solution) -> Solution:
        """A solution of the problem in these units, in the old ones (what its numbers are; not its slopes)."""
        x, u = (np.array(list(table.values())) for table in (self.states, self.controls))
        # Integrals are states behind the others.
        x = np.append(x, np.full(solution.states.shape[1] - x.size, self.constraints))
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

    def _integral(self, given: IntegralConstraint, along: Callable[..., Any]) -> IntegralConstraint:
        rate = along(given.expression)
        return replace(given, **self._constraint(given, lambda *a: _column(rate(*a)) / self.time))

    def _boundary(self, given: BoundaryConstraint, x: Any, p: Any) -> BoundaryConstraint:
        def expression(x0: Any, xf: Any, t0: Any, tf: Any, p_: Any) -> Any:
            return given.expression(x0 / x, xf / x, t0 / self.time, tf / self.time, p_ / p)

        return replace(given, **self._constraint(given, expression))

    def _constraint(self, given: Any, expression: Callable[..., Any]) -> dict[str, Any]:
        sides = {side: np.multiply(getattr(given, side), self.constraints).tolist() for side in ("lower", "upper")}
        return {"expression": lambda *a: self.constraints * _column(expression(*a)), **sides}


def _column(value: Any) -> Any:
    return value if isinstance(value, ca.SX | ca.MX | ca.DM | int | float) else ca.vertcat(*value)


def _ends(given: Mapping[str, Any] | None, sizes: Mapping[str, float]) -> dict[str, Any]:
    """Numbers, and ranges; integrals, which are states too, are the problem's own."""
    return {
        n: tuple(np.multiply(v, sizes[n])) if np.ndim(v) else v * sizes[n]
        for n, v in (given or {}).items()
        if n in sizes
    }


def _bounds(given: Mapping[str, tuple[float, float]] | None, sizes: Mapping[str, float]) -> dict[str, Any]:
    return {n: (lower * sizes[n], upper * sizes[n]) for n, (lower, upper) in (given or {}).items()}


def _number(value: Any, size: float) -> Any:
    if isinstance(value, FreeTime | FreeParameter):
        return type(value)(value.guess * size, value.lower * size, value.upper * size)
    return value * size
