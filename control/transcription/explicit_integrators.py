"""Explicit one-step maps with their order, or the one that a problem states: they carry a state across an interval."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import casadi as ca

from geodepth.control.model.errors import CHECKS, ProblemError

Rate = Callable[[Any, Any], Any]
"""(augmented state, fraction of the interval) -> its rate of change; the last entry is the running cost. With a tuple
of fractions, a column for each of them."""


@dataclass(frozen=True, slots=True)
class ExplicitRungeKutta:
    """An explicit Runge–Kutta method.

    Attributes
    ----------
    name : str
        For messages and statistics.
    order : int
        Of convergence.
    matrix, weights, nodes : tuple
        Butcher's tableau for s stages: rows of 0, 1, …, s − 1 numbers; s numbers; s numbers.
    substeps : int, default 1
        How many equal steps an interval takes.

    Notes
    -----
    Source: Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, section II.1.
    """

    name: str
    order: int
    matrix: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    nodes: tuple[float, ...]
    substeps: int = 1
    fractions: ClassVar[tuple[float, ...]] = ()
    quadrature: ClassVar[tuple[float, ...]] = ()
    traced_in_sx: ClassVar[bool] = True

    def __post_init__(self) -> None:
        CHECKS.count("substeps", self.substeps)
        rows = (*self.matrix, self.weights, self.nodes) if isinstance(self.matrix, tuple) else (None,)
        if not all(isinstance(row, tuple) and all(isinstance(a, int | float) for a in row) for row in rows):
            raise ProblemError("the tableau must hold rows of numbers, as tuples")
        stages = len(self.nodes)
        if stages == 0 or [len(row) for row in rows] != [*range(stages), stages, stages]:
            raise ProblemError(
                f"matrix has rows of {[len(row) for row in self.matrix]} numbers, for {len(self.weights)} weights and "
                f"{stages} nodes; an explicit method's row i holds i numbers, counted from 0"
            )

    def advance(self, rate: Rate, state: Any, length: Any) -> Any:
        """The state after an interval, and its running cost as one more entry.

        Parameters
        ----------
        rate : Rate
            Of the augmented state.
        state : expression or ndarray
            The augmented state (nx+1, …) at the interval's start.
        length : expression or float
            Of the interval, in time.
        """
        step = length / self.substeps
        for substep in range(self.substeps):
            slopes: list[Any] = []
            for row, node in zip(self.matrix, self.nodes, strict=True):
                inner = state
                for coefficient, slope in zip(row, slopes, strict=True):
                    if coefficient:
                        inner = inner + step * coefficient * slope
                slopes.append(rate(inner, (substep + node) / self.substeps))
            total = sum(w * slope for w, slope in zip(self.weights, slopes, strict=True) if w)
            state = state + step * total
        return state

    def across(self, rate: Rate, state: Any, inner: list[Any], length: Any, symbols: list[Any]) -> tuple[Any, Any, Any]:
        """Carry a state across an interval.

        Parameters
        ----------
        rate : Rate
            Of the augmented state.
        state : expression
            At the interval's start (nx,).
        inner : list of expressions
            The states at `fractions` (nx,), which are variables of the program.
        length : expression
            Of the interval, in time.
        symbols : list of symbols
            All that the expressions hold.

        Returns
        -------
        (end, cost, equations)
            The state at the interval's end (nx,), the running cost's integral, and the stage equations (s nx,) that
            must be zero; an explicit method has none.
        """
        augmented = self.advance(rate, ca.vertcat(state, 0), length)
        return augmented[: state.shape[0]], augmented[state.shape[0]], type(state)(0, 1)


@dataclass(frozen=True, slots=True)
class StatedMap:
    """The map x_next of a problem in discrete time: an interval is a step, and nothing is integrated.

    Attributes
    ----------
    name : str
        For messages and statistics.
    """

    name: str = "the map x_next"
    fractions: ClassVar[tuple[float, ...]] = ()
    quadrature: ClassVar[tuple[float, ...]] = ()
    traced_in_sx: ClassVar[bool] = True

    def across(self, rate: Rate, state: Any, inner: list[Any], length: Any, symbols: list[Any]) -> tuple[Any, Any, Any]:
        """Carry a state across a step by its change, as `ExplicitRungeKutta.across` does."""
        change = rate(ca.vertcat(state, 0), 0.0)
        return state + change[: state.shape[0]], change[state.shape[0]], type(state)(0, 1)


def euler(substeps: int = 1) -> ExplicitRungeKutta:
    """Explicit Euler, order 1. One step per interval makes multiple shooting the training problem of a network."""
    return ExplicitRungeKutta("explicit Euler", 1, ((),), (1.0,), (0.0,), substeps)


def rk4(substeps: int = 1) -> ExplicitRungeKutta:
    """The classic Runge–Kutta method, order 4."""
    matrix = ((), (0.5,), (0.0, 0.5), (0.0, 0.0, 1.0))
    return ExplicitRungeKutta("RK4", 4, matrix, (1 / 6, 1 / 3, 1 / 3, 1 / 6), (0.0, 0.5, 0.5, 1.0), substeps)
