"""What errors of states, controls and costs are divided by: their sizes along the solution's path."""

from functools import lru_cache

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.scaling.path_sizes import NO_COST, Path, PathSizes, path_sizes
from geodepth.foundation.shapes import Float


def ordered_parameters(problem: OptimalControlProblem, solution: Solution) -> Float[np.ndarray, " np"]:
    """The values of all parameters in the problem's order."""
    return np.array([solution.parameters[name] for name in problem.parameters or {}], dtype=float)


@lru_cache(maxsize=1)
def solution_sizes(problem: OptimalControlProblem, solution: Solution) -> PathSizes:
    """The sizes of everything along a solution's path, kept for the last one."""
    parameters = ordered_parameters(problem, solution)
    return path_sizes(problem, Path(solution.times, solution.states, solution.control_values, parameters))


def state_scale(problem: OptimalControlProblem, solution: Solution) -> Float[np.ndarray, " nx"]:
    """The size of each state along the path."""
    return solution_sizes(problem, solution).states


def cost_scale(problem: OptimalControlProblem, solution: Solution) -> float:
    """The size of the cost, or what it changes by along the path where it is nearly zero."""
    change = solution_sizes(problem, solution).change
    return abs(solution.cost) if abs(solution.cost) > NO_COST * change else change
