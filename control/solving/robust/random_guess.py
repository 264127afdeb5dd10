"""Random guesses for a problem, drawn from its bounds: straight lines, and paths that its dynamics follow."""

import math
from typing import Any

import numpy as np

from geodepth.control.model.bounds import drawn
from geodepth.control.model.ends import fixed_ends
from geodepth.control.model.errors import CHECKS
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import TIMES, FreeTime, OptimalControlProblem, check_problem
from geodepth.control.solving.guess import Rollout

SPREAD = 0.5
"""Standard deviation of the logarithm of a free duration (chosen by hand)."""


def random_guess(problem: OptimalControlProblem | MultiPhaseProblem, generator: np.random.Generator) -> dict[str, Any]:
    """Draw a guess for a problem: a line between ends with a random middle for each state, a constant for each control.

    The generator draws what has finite bounds uniformly between them, the rest from a standard normal, clipped. Of
    several phases each has such a guess, by its name.
    """
    if isinstance(problem, MultiPhaseProblem):
        return {name: random_guess(phase, generator) for name, phase in problem.by_name.items()}
    check_problem(problem)
    if not isinstance(generator, np.random.Generator):
        raise CHECKS.refusal("generator", generator, "a numpy.random.Generator, such as numpy.random.default_rng(0)")
    guess: dict[str, Any] = {}
    ends = [fixed_ends(problem, which) for which in ("initial_state", "final_state")]
    for name, value in _drawn(problem, "states", generator).items():
        guess[name] = tuple(given.get(name, value) for given in ends)
    return guess | {name: (value, value) for name, value in _drawn(problem, "controls", generator).items()}


def random_rollout(problem: OptimalControlProblem, generator: np.random.Generator) -> Rollout:
    """Draw controls as `random_guess` does, and a free end around its guess, for a simulation from the start."""
    controls = _drawn(problem, "controls", generator)
    begin, end = (getattr(problem, which) for which in TIMES)
    guessed = [time.guess if isinstance(time, FreeTime) else time for time in (begin, end)]
    # The beginning stays, so that the end does not come before it.
    if not isinstance(end, FreeTime):
        return Rollout(controls)
    time = guessed[0] + (guessed[1] - guessed[0]) * math.exp(SPREAD * generator.normal())
    return Rollout(controls, {"final_time": float(np.clip(time, end.lower, end.upper))})


def _drawn(problem: OptimalControlProblem, kind: str, generator: np.random.Generator) -> dict[str, float]:
    """A value for each state or control."""
    return dict(zip(getattr(problem, kind), drawn(generator, *problem.bounds(kind)), strict=True))
