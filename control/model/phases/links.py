"""What ties the ends of phases: links, and constraints between ends."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geodepth.control.model.errors import check_names
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.model.vector_names import entries_of
from geodepth.foundation.frozen_copies import freeze_fields


@dataclass(frozen=True, slots=True)
class Link:
    """One phase goes on where another ends: shared states are continuous, but for jumps, and so is time.

    Attributes
    ----------
    before, after : str
        The phases' names. The same name twice makes the phase periodic.
    jumps : mapping from name to float or sequence of float, optional
        What is added to a state at the link, in the state's unit: {"m": -2.0} drops a mass of 2. A vector by its name
        has one for all of its entries, or a sequence.
    states : sequence of str, optional
        Which states are continuous; by default all that the two phases share, by name. An empty one ties time alone.

    Notes
    -----
    Time is continuous where `after` comes after `before` in the order of the problem's phases. A link back to an
    earlier phase, or to the phase itself, leaves time out: that is a period.
    """

    before: str
    after: str
    jumps: Mapping[str, float | Sequence[float]] | None = None
    states: Sequence[str] | None = None

    def __post_init__(self) -> None:
        freeze_fields(self)

    def __str__(self) -> str:
        return f"Link({self.before!r}, {self.after!r})"


@dataclass(frozen=True, slots=True)
class LinkConstraint:
    """lower ≤ expression(ends of the named phases) ≤ upper.

    Attributes
    ----------
    phases : sequence of str
        The phases whose ends the expression is of, in the order of its arguments.
    expression : function of one PhaseEnds for each of them
        A scalar or a column of expressions.
    lower, upper : float or sequence of float
        One for all expressions or one for each; equal bounds make an equation.
    """

    phases: Sequence[str]
    expression: Callable[..., Any]
    lower: float | Sequence[float] = -math.inf
    upper: float | Sequence[float] = math.inf

    def __post_init__(self) -> None:
        freeze_fields(self)


@dataclass(frozen=True, slots=True)
class PhaseEnds:
    """Both ends of one phase in CasADi's symbols, as functions of ends receive them.

    Attributes
    ----------
    problem : OptimalControlProblem
        The phase.
    initial_state, final_state : expression
        Columns (nx,).
    initial_time, final_time : expression
        Scalars.
    parameters : expression
        p (np,).
    """

    problem: OptimalControlProblem
    initial_state: Any
    final_state: Any
    initial_time: Any
    final_time: Any
    parameters: Any

    def initial(self, name: str) -> Any:
        """The state of this name at the beginning, or a vector's column. Raises ProblemError if there is none."""
        return self._named("initial", name, self.initial_state, self.problem.states)

    def final(self, name: str) -> Any:
        """The state of this name at the end, or a vector's column. Raises ProblemError if there is none."""
        return self._named("final", name, self.final_state, self.problem.states)

    def parameter(self, name: str) -> Any:
        """The parameter of this name. Raises ProblemError if there is none."""
        return self._named("parameter", name, self.parameters, tuple(self.problem.parameters or {}))

    def _named(self, which: str, name: str, column: Any, names: Sequence[str]) -> Any:
        entries = entries_of(name, names)
        if entries:
            return column[[names.index(entry) for entry in entries]]
        check_names(f"{which}, of phase {self.problem.name!r},", [name], names)
        return column[names.index(name)]
