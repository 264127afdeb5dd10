"""Pontryagin's conditions of a problem in discrete time, with H = l + λ·f of a step and the costate behind it.

1. Take from a costate at a node what bounds and path constraints hold there.
2. Compare the rest with ∂H/∂x of the step that begins there: λ_k = ∂H/∂x.

H must be stationary in u, which the program's own conditions say; it need be least only where a step's states and cost
are convex in u together, and it need not be constant.

Source: Bryson and Ho, Applied Optimal Control, sections 2.2 and 2.6.
"""

from dataclasses import replace

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.certificate import Check
from geodepth.control.solution.path_multipliers import path_pulses
from geodepth.control.solution.read_back import variables_of
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.transcription import Transcription
from geodepth.control.verification.error_scales import ordered_parameters, state_scale
from geodepth.control.verification.pontryagin import Along, hamiltonian_functions, minimum_gap, sample_along
from geodepth.foundation.shapes import Float


def step_checks(
    problem: OptimalControlProblem, solution: Solution, transcription: Transcription, limit: float, cost: float
) -> list[Check]:
    """The lines of a certificate that take the place of the Hamiltonian's.

    Parameters
    ----------
    problem : OptimalControlProblem
        In discrete time.
    solution : Solution
        With its iterate.
    transcription : Transcription
        Whose iterate that is.
    limit : float
        Relative, that costates are held to.
    cost : float
        What errors of the cost are relative to.
    """
    try:
        along = sample_along(problem, solution)
        misses = np.abs(costate_misses(along, solution, transcription)) * state_scale(problem, solution) / cost
        gap = float(np.sum(minimum_gap(along))) / cost
    except RuntimeError:
        misses, gap = np.full((1, 1), np.nan), np.nan
    worst = float(np.max(misses))
    words = "largest relative difference of λ_k and ∂H/∂x of the step"
    if np.isfinite(worst):
        k, i = np.unravel_index(np.argmax(misses), misses.shape)
        words += f": of {problem.states[int(i)]} at t = {solution.times[int(k)]:g}"
    slacks = problem.functions.running_slacks
    kinked = slacks is not None and slacks.by_state
    if kinked:
        words = "λ_k and ∂H/∂x, not judged: the running cost has kinks in states"
    least = "cost that another control in one step would save to first order, relative; it need not be zero"
    return [Check("costates", worst, None if kinked else limit, words), Check("minimum in u", gap, None, least)]


def costate_misses(along: Along, solution: Solution, transcription: Transcription) -> Float[np.ndarray, "K nx"]:
    """λ_k less what holds the states there and ∂H/∂x of the step, for every step.

    Parameters
    ----------
    along : Along
        The steps. Its H has the change of states for f, so its ∂H/∂x lacks the costate behind the step.
    solution : Solution
        With its iterate.
    transcription : Transcription
        Whose iterate that is.
    """
    assert solution.iterate is not None
    held, behind = transcription.layout.split(solution.iterate.variable_multipliers)[0], solution.costates[1:].copy()
    # The first costate is the cost's derivative in that state, whatever holds it.
    held[0] = 0.0
    pulses = path_pulses(
        transcription,
        solution.iterate.constraint_multipliers,
        variables_of(transcription, solution)[0],
        solution.times,
        ordered_parameters(along.problem, solution),
    )
    if pulses is not None:
        starts, ends = pulses.fractions == 0.0, pulses.fractions == 1.0
        np.add.at(held, pulses.intervals[starts], pulses.by_state[starts])
        np.add.at(behind, pulses.intervals[ends], pulses.by_state[ends])
    slope = hamiltonian_functions(along.problem)[1](*replace(along, costates=behind.T).arguments())[1]
    return np.asarray(solution.costates[:-1] - held[:-1] - np.array(slope).T - behind)
