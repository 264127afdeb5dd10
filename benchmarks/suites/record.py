"""A problem of another suite."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from geodepth.control import MultiPhaseProblem, OptimalControlProblem


@dataclass(frozen=True, slots=True)
class SuiteProblem:
    """A statement with its source and optimum.

    Attributes
    ----------
    name, source : str
        Of the problem, and where its optimum stands.
    build : function
        Makes the problem.
    optimum : float
        The least cost: in closed form, or as published.
    """

    name: str
    source: str
    build: Callable[[], OptimalControlProblem | MultiPhaseProblem]
    optimum: float


def stated(
    name: str, states: str, controls: str, dynamics: Callable[..., Any], **others: Any
) -> Callable[[], OptimalControlProblem]:
    """A function that makes the problem of these names, separated by blanks."""
    return lambda: OptimalControlProblem(name, tuple(states.split()), tuple(controls.split()), dynamics, **others)


def final_time(x: Any, t: Any, p: Any) -> Any:
    """m = t_f."""
    return t
