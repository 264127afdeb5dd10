"""The controls, simulated again: a tight adaptive integrator over every interval, whatever the transcription used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.interpolation import lagrange
from geodepth.foundation.shapes import Float

RELATIVE_TOLERANCE = 1e-10
MOST_EVALUATIONS = 4000
"""Of all intervals at once by the explicit method; what needs more is stiff, and an implicit one takes over."""


@dataclass(frozen=True, slots=True)
class Resimulation:
    """Where each interval ends when started from its own node, and its running cost's integral.

    ends (K, nx), costs (K,), defects (K, nx) = ends minus the next node; NaN where the simulation broke down.
    """

    ends: Float[np.ndarray, "K nx"]
    costs: Float[np.ndarray, " K"]
    defects: Float[np.ndarray, "K nx"]


class _TooStiffError(Exception):
    pass


def ordered_parameters(problem: OptimalControlProblem, solution: Solution) -> Float[np.ndarray, " np"]:
    """The values of all parameters in the problem's order."""
    return np.array([solution.parameters[name] for name in problem.parameters or {}], dtype=float)


def resimulate(problem: OptimalControlProblem, solution: Solution) -> Resimulation:
    """Integrate dx/dt = f and the running cost over every interval from its node, under the control found there.

    Controls jump between intervals, so each is integrated by itself; all advance together in one call, with steps
    that suit the hardest. DOP853 at a relative tolerance of 1e-10; LSODA, one by one, where that is too stiff.
    """
    count, states = solution.times.size - 1, solution.states.shape[1]
    start = np.hstack([solution.states[:-1], np.zeros((count, 1))])
    scale = np.append(state_scale(solution.states), max(1.0, abs(solution.cost)))
    try:
        with np.errstate(all="ignore"):
            final = _together(problem, solution, start, scale)
    except _TooStiffError:
        with np.errstate(all="ignore"):
            final = np.array([_alone(problem, solution, k, start[k], scale) for k in range(count)])
    return Resimulation(final[:, :states], final[:, states], final[:, :states] - solution.states[1:])


def end_to_end(problem: OptimalControlProblem, solution: Solution) -> Float[np.ndarray, " nx"]:
    """Where the controls lead from the first node without ever being set back to a node."""
    state = np.append(solution.states[0], 0.0)
    scale = np.append(state_scale(solution.states), max(1.0, abs(solution.cost)))
    with np.errstate(all="ignore"):
        for k in range(solution.times.size - 1):
            state = _alone(problem, solution, k, state, scale)
    return np.asarray(state[:-1])


def state_scale(states: Float[np.ndarray, "K+1 nx"]) -> Float[np.ndarray, " nx"]:
    """The size of each state along the path, by which its errors are divided; 1 for a state that stays at zero."""
    size = np.max(np.abs(states), axis=0)
    return np.where(size > 0, size, 1.0)


def _together(problem: OptimalControlProblem, solution: Solution, start: np.ndarray, scale: np.ndarray) -> np.ndarray:
    from scipy.integrate import DOP853

    count = start.shape[0]
    lengths = np.diff(solution.times)
    dynamics, cost = (f.map(count) for f in (problem.functions.dynamics, problem.functions.running_cost))
    parameters = np.tile(ordered_parameters(problem, solution)[:, None], (1, count))
    evaluations = 0

    def rate(fraction: float, stacked: np.ndarray) -> np.ndarray:
        nonlocal evaluations
        evaluations += 1
        if evaluations > MOST_EVALUATIONS:
            raise _TooStiffError
        control = np.einsum("s,ksu->uk", lagrange(solution.control_points, (fraction,))[0], solution.control_values)
        arguments = (
            stacked.reshape(count, -1)[:, :-1].T,
            control,
            (solution.times[:-1] + fraction * lengths)[None],
            parameters,
        )
        slopes = np.vstack([np.array(dynamics(*arguments)), np.array(cost(*arguments))])
        return np.asarray((slopes * lengths).T.ravel())

    absolute = np.tile(1e-12 * scale, count)
    if not np.all(np.isfinite(rate(0.0, start.ravel()))):
        return np.full_like(start, np.nan)
    solver = DOP853(rate, 0.0, start.ravel(), 1.0, rtol=RELATIVE_TOLERANCE, atol=absolute)
    while solver.status == "running":
        solver.step()
    return np.asarray(solver.y if solver.status == "finished" else np.full(start.size, np.nan)).reshape(count, -1)


def _alone(
    problem: OptimalControlProblem, solution: Solution, k: int, start: np.ndarray, scale: np.ndarray
) -> np.ndarray:
    from scipy.integrate import solve_ivp

    first, last = solution.times[k], solution.times[k + 1]
    parameters = ordered_parameters(problem, solution)
    dynamics, cost = problem.functions.dynamics, problem.functions.running_cost

    def rate(time: float, augmented: np.ndarray) -> np.ndarray:
        row = lagrange(solution.control_points, ((time - first) / (last - first),))[0]
        arguments: tuple[Any, ...] = (augmented[:-1], row @ solution.control_values[k], time, parameters)
        return np.append(np.array(dynamics(*arguments)), float(cost(*arguments)))

    if not np.all(np.isfinite(start)) or not np.all(np.isfinite(rate(first, start))):
        return np.full_like(start, np.nan)
    found = solve_ivp(rate, (first, last), start, "LSODA", rtol=RELATIVE_TOLERANCE, atol=1e-12 * scale)
    return np.asarray(found.y[:, -1] if found.success else np.full_like(start, np.nan))


def largest_jump(problem: OptimalControlProblem, solution: Solution) -> float:
    """The largest relative jump between intervals simulated again; infinite where the simulation broke down."""
    worst = float(np.max(np.abs(resimulate(problem, solution).defects) / state_scale(solution.states)))
    return worst if np.isfinite(worst) else np.inf
