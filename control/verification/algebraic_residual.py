"""Algebraic equations between nodes: how far a solution's own values are from where the equations hold."""

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.model.reductions.algebraic_variables import residual_slopes
from geodepth.control.solution.certificate import Check
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.solver_call import computed
from geodepth.control.transcription.interpolation import gauss_points, lagrange
from geodepth.foundation.shapes import Float

from .error_scales import ordered_parameters
from .resimulation import Resimulation

POINTS = 4
"""Gauss points of every interval that are looked at (chosen by hand): none is one where the values are kept."""


def check_algebraic_equations(
    problem: OptimalControlProblem, solution: Solution, again: Resimulation, accuracy: float
) -> Check | None:
    """The largest distance as a line of a certificate; None where there are no algebraic variables.

    Parameters
    ----------
    problem : OptimalControlProblem
        What was solved.
    solution : Solution
        Its solution.
    again : Resimulation
        Where each interval ends, simulated again.
    accuracy : float
        Relative, that the distance is held to.

    Notes
    -----
    The distance is a step of Newton's method on h as the user stated it, relative to the variable's largest value. It
    is taken at Gauss points, with the states of `sample`, and at the ends of intervals, with the states simulated. In
    discrete time in every step.
    """
    part = problem.functions.algebraic
    if part is None:
        return None
    fractions = np.append(gauss_points(POINTS), 1.0) if problem.steps is None else np.zeros(1)
    times = solution.times[:-1, None] + np.diff(solution.times)[:, None] * fractions
    states = solution.sample(times.ravel()).states.reshape(*times.shape, -1)
    if problem.steps is None:
        states[:, -1] = again.ends
    controls = np.einsum("fs,ksu->kfu", lagrange(solution.control_points, fractions), solution.control_values)
    values = np.einsum("fq,kqz->kfz", lagrange(solution.algebraic_points, fractions), solution.algebraic_values)
    parameters = ordered_parameters(problem, solution)
    columns = [a.reshape(-1) for a in (states, values, controls, times)]
    count, unknowns = times.size, len(problem.algebraic)
    h, slopes = computed(residual_slopes(part).map(count), *columns, np.tile(parameters, count))
    sizes = np.max(np.abs(solution.algebraic_values), axis=(0, 1))
    slopes = slopes.reshape(count, unknowns, unknowns).transpose(0, 2, 1)
    distances = np.abs(_steps(h.reshape(count, -1), slopes, np.where(sizes > 0, sizes, 1.0))).T
    if not np.all(np.isfinite(distances)):
        return Check("algebraic equations", np.nan, accuracy, "they cannot be solved along the path")
    i, j = (int(index) for index in np.unravel_index(np.argmax(distances), distances.shape))
    words = f"{problem.algebraic[i]} at t = {times.ravel()[j]:.6g} from where its equations hold, relative"
    return Check("algebraic equations", float(distances[i, j]), accuracy, words)


def _steps(
    h: Float[np.ndarray, "n nz"], slopes: Float[np.ndarray, "n nz nz"], sizes: Float[np.ndarray, " nz"]
) -> Float[np.ndarray, "n nz"]:
    """Newton's steps relative to the variables' sizes; NaN where one is undefined. Equations may have any units."""
    with np.errstate(all="ignore"):
        scaled = slopes * sizes
        rows = np.max(np.abs(scaled), axis=2)
        try:
            return np.asarray(np.linalg.solve(scaled / rows[:, :, None], (h / rows)[:, :, None])[:, :, 0])
        except np.linalg.LinAlgError:
            return np.full_like(h, np.nan)
