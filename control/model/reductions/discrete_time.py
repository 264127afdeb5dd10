"""Discrete time: x_{k+1} = f(x_k, u_k, k, p) over so many steps, as a change f − x in each step of length one.

So the change of a state in a step stands where a rate stands in continuous time. What is added to states and costs by
their rates is summed over the steps: the running cost, integral constraints, and the rates of controls.
"""

from collections.abc import Callable
from typing import Any

from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.control.model.free_numbers import FreeTime

MOST_STEPS = 1_000_000
"""More are a slip of the hand, and would not fit into memory as a program (chosen by hand)."""
NOT_GIVEN = 1.0
"""The default of final_time, which says nothing of steps."""


def check_steps(problem: Any) -> None:
    """Raise ProblemError unless dynamics or x_next is given, and time with x_next counts the steps.

    Parameters
    ----------
    problem : OptimalControlProblem
        At its construction; its final time becomes that of the last step.
    """
    if (problem.dynamics is None) == (problem.x_next is None):
        which = "neither dynamics nor x_next is" if problem.x_next is None else "dynamics and x_next are both"
        raise ProblemError(f"{which} given; give a function, dynamics for dx/dt or x_next for x a step later")
    if problem.x_next is None:
        if problem.steps is not None:
            raise ProblemError(f"steps is {problem.steps!r:.80}, which goes with x_next; a mesh divides a horizon")
        return
    if problem.steps is None:
        raise ProblemError("x_next is given without steps; give steps=N, how often it is applied")
    steps = CHECKS.count("steps", problem.steps, 1, MOST_STEPS)
    for which in ("initial_time", "final_time"):
        if isinstance(getattr(problem, which), FreeTime):
            raise ProblemError(f"{which} is free, and with x_next time counts the {steps} steps; leave it out")
    first, last = (CHECKS.number(which, getattr(problem, which)) for which in ("initial_time", "final_time"))
    object.__setattr__(problem, "steps", steps)
    object.__setattr__(problem, "final_time", end_of_steps(first, steps, None if last == NOT_GIVEN else last))


def end_of_steps(first: float, steps: int, given: Any) -> float:
    """The time of the last step's end. Raises ProblemError where another is given; None gives none."""
    end = first + steps
    if given is not None and CHECKS.number("final_time", given) != end:
        raise ProblemError(
            f"final_time is {given}, and with x_next time counts the {steps} steps, here to {end:g}; leave it out"
        )
    return end


def stated_dynamics(problem: Any) -> tuple[str, Callable[..., Any]]:
    """What the user states of the states' course, and under which name."""
    return ("dynamics", problem.dynamics) if problem.x_next is None else ("x_next", problem.x_next)
