"""A random guess for a problem, drawn from its bounds."""

from typing import Any

import numpy as np

from geodepth.control.model.ends import fixed_ends
from geodepth.control.model.errors import CHECKS
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import OptimalControlProblem, check_problem


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
    for kind, names in (("states", problem.states), ("controls", problem.controls)):
        lower, upper = problem.bounds(kind)
        for name, low, high in zip(names, lower, upper, strict=True):
            if np.isfinite(low) and np.isfinite(high):
                value = generator.uniform(low, high)
            else:
                value = float(np.clip(generator.normal(), low, high))
            ends = (fixed_ends(problem, which) for which in ("initial_state", "final_state"))
            guess[name] = tuple(given.get(name, value) if kind == "states" else value for given in ends)
    return guess
