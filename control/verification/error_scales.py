"""What errors of states and costs are divided by."""

import numpy as np

from geodepth.control.solution.solution import Solution
from geodepth.foundation.shapes import Float

NO_COST = 1e-6
"""A cost of at most this size, in the problem's unit, counts as zero (chosen by hand)."""


def state_scale(states: Float[np.ndarray, "K+1 nx"]) -> Float[np.ndarray, " nx"]:
    """The size of each state along the path; 1 for a state that stays at zero."""
    size = np.max(np.abs(states), axis=0)
    return np.where(size > 0, size, 1.0)


def cost_scale(solution: Solution) -> float:
    """The size of the cost, or 1 where it is nearly zero."""
    return abs(solution.cost) if abs(solution.cost) > NO_COST else 1.0
