"""The controls, simulated again: a tight adaptive integrator over every interval, whatever the transcription used.

In discrete time nothing is integrated: x_next is applied again.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.solver_call import Repeated
from geodepth.control.transcription.interpolation import lagrange
from geodepth.foundation.shapes import Float
from geodepth.foundation.time_limits import time_left

from .error_scales import cost_scale, ordered_parameters, state_scale

RELATIVE_TOLERANCE = 1e-10
"""Of all integrators (chosen by hand): far below every accuracy that a discretization is held to."""
ABSOLUTE_SHARE = 1e-2
"""The absolute tolerance as a share of the relative one, in each state's size along the path and in the cost's (chosen
by hand)."""
MOST_EVALUATIONS, MOST_ALONE = 4000, 20_000
"""Of all intervals at once by the explicit method, and of one interval by each of those that become implicit (chosen by
hand): what needs more is stiff, and the next one takes over."""
IMPLICIT = ("LSODA", "Radau")
"""What takes over, in order: the first is several times faster, and does not always come back from a fast decay."""

NOWHERE = np.zeros(0)
"""No fractions of an interval."""


@dataclass(frozen=True, slots=True)
class Resimulation:
    """Where each interval ends when started from its own node; NaN where the simulation broke down, or time was over.

    Attributes
    ----------
    ends : ndarray
        (K, nx).
    costs : ndarray
        The running cost's integrals (K,).
    defects : ndarray
        The ends minus the next node (K, nx).
    inside : ndarray
        The states at the fractions of every interval that were asked for (K, m, nx).
    """

    ends: Float[np.ndarray, "K nx"]
    costs: Float[np.ndarray, " K"]
    defects: Float[np.ndarray, "K nx"]
    inside: Float[np.ndarray, "K m nx"]


class _TooStiffError(Exception):
    pass


class _LateError(Exception):
    pass


def _bounded(rate: Callable[[float, np.ndarray], np.ndarray], most: int) -> Callable[[float, np.ndarray], np.ndarray]:
    """A rate that can be asked so many times, and until the time is over."""
    asked = itertools.count(1)

    def counted(time: float, state: np.ndarray) -> np.ndarray:
        if next(asked) > most:
            raise _TooStiffError
        if time_left() <= 0:
            raise _LateError
        return rate(time, state)

    return counted


def resimulate(
    problem: OptimalControlProblem,
    solution: Solution,
    fractions: Float[np.ndarray, " m"] = NOWHERE,
    tolerance: float = RELATIVE_TOLERANCE,
) -> Resimulation:
    """Integrate dx/dt = f and the running cost over every interval from its node, under the control found there.

    A control that leaves its bounds between its points is held on them: what it would do beyond is no answer.

    Parameters
    ----------
    problem : OptimalControlProblem
        What was solved.
    solution : Solution
        Its solution.
    fractions : ndarray, optional
        Of an interval, increasing, where the states are wanted too.
    tolerance : float, default 1e-10
        Of the integrators, relative.

    Notes
    -----
    Controls jump between intervals, so each is integrated by itself; all advance together in one call, with steps
    that suit the hardest. By DOP853; where that is too stiff LSODA, one by one, and Radau
    where LSODA does not end.
    """
    if problem.steps is not None:
        return _stepped(problem, solution)
    again = _Simulation(problem, solution, tolerance)
    start = np.hstack([solution.states[:-1], np.zeros((again.lengths.size, 1))])
    with np.errstate(all="ignore"):
        try:
            found = again.together(start, fractions)
        except _TooStiffError:
            found = np.array([again.alone(k, row, fractions) for k, row in enumerate(start)])
        except _LateError:
            found = np.full((start.shape[0], fractions.size + 1, start.shape[1]), np.nan)
    ends = found[:, -1, :-1]
    return Resimulation(ends, found[:, -1, -1], ends - solution.states[1:], found[:, :-1, :-1])


def end_to_end(problem: OptimalControlProblem, solution: Solution) -> Float[np.ndarray, " nx"]:
    """Where the controls lead from the first node without ever being set back to a node."""
    if problem.steps is not None:
        return _rolled_out(problem, solution)
    again = _Simulation(problem, solution, RELATIVE_TOLERANCE)
    state = np.append(solution.states[0], 0.0)
    with np.errstate(all="ignore"):
        for k in range(again.lengths.size):
            state = again.alone(k, state, NOWHERE)[-1]
    return np.asarray(state[:-1])


def _stepped(problem: OptimalControlProblem, solution: Solution) -> Resimulation:
    """Every step of a map again, from its own node."""
    functions, count = problem.functions, solution.times.size - 1
    controls = np.clip(solution.control_values[:, 0], *problem.bounds("controls"))
    parameters = np.tile(ordered_parameters(problem, solution)[:, None], (1, count))
    at = (solution.states[:-1].T, controls.T, solution.times[None, :-1], parameters)
    ends = solution.states[:-1] + np.array(functions.dynamics(*at)).T
    costs = np.array(functions.running_cost(*at)).ravel()
    return Resimulation(ends, costs, ends - solution.states[1:], np.zeros((count, 0, ends.shape[1])))


def _rolled_out(problem: OptimalControlProblem, solution: Solution) -> Float[np.ndarray, " nx"]:
    """Where the steps of a map lead from the first node."""
    controls = np.clip(solution.control_values[:, 0], *problem.bounds("controls"))
    state, parameters = solution.states[0], ordered_parameters(problem, solution)
    for control, time in zip(controls, solution.times, strict=False):
        state = state + np.array(problem.functions.dynamics(state, control, time, parameters)).ravel()
    return np.asarray(state)


def largest_jump(problem: OptimalControlProblem, solution: Solution, tolerance: float = RELATIVE_TOLERANCE) -> float:
    """The largest relative jump between intervals simulated again; infinite where the simulation broke down."""
    again = resimulate(problem, solution, tolerance=tolerance)
    worst = float(np.max(np.abs(again.defects) / state_scale(problem, solution)))
    return worst if np.isfinite(worst) else np.inf


class _Simulation:
    """The states and the running cost as one more, from a start to fractions of an interval and its end.

    Controls are clipped into their bounds.
    """

    def __init__(self, problem: OptimalControlProblem, solution: Solution, tolerance: float) -> None:
        self.tolerance = tolerance
        self.functions, self.solution = problem.functions, solution
        self.parameters = ordered_parameters(problem, solution)
        self.lengths = np.diff(solution.times)
        self.bounds = problem.bounds("controls")
        sizes = np.append(state_scale(problem, solution), cost_scale(problem, solution))
        self.absolute = ABSOLUTE_SHARE * tolerance * sizes

    def together(
        self, start: Float[np.ndarray, "K nx+1"], fractions: Float[np.ndarray, " m"]
    ) -> Float[np.ndarray, "K m+1 nx+1"]:
        """All intervals at once by an explicit method."""
        solution, count = self.solution, start.shape[0]
        dynamics, cost = (Repeated(f.map(count)) for f in (self.functions.dynamics, self.functions.running_cost))
        parameters = np.tile(self.parameters, count)

        def rate(fraction: float, stacked: np.ndarray) -> np.ndarray:
            row = lagrange(solution.control_points, (fraction,))[0]
            control = np.clip(np.einsum("s,ksu->ku", row, solution.control_values), *self.bounds)
            times = solution.times[:-1] + fraction * self.lengths
            arguments = stacked.reshape(count, -1)[:, :-1].ravel(), control.ravel(), times, parameters
            slopes = np.hstack([dynamics(*arguments)[0].reshape(count, -1), cost(*arguments)[0].reshape(count, -1)])
            return np.asarray((slopes * self.lengths[:, None]).ravel())

        absolute = np.tile(self.absolute, count)
        bounded = _bounded(rate, MOST_EVALUATIONS)
        found = self._integrated("DOP853", bounded, (0.0, 1.0), start.ravel(), absolute, fractions)
        return found.reshape(found.shape[0], count, -1).transpose(1, 0, 2)

    def alone(
        self, k: int, start: Float[np.ndarray, " nx+1"], fractions: Float[np.ndarray, " m"]
    ) -> Float[np.ndarray, "m+1 nx+1"]:
        """Interval k by a method that becomes implicit where it must."""
        first, last = self.solution.times[k], self.solution.times[k + 1]
        dynamics, cost = Repeated(self.functions.dynamics), Repeated(self.functions.running_cost)

        def rate(time: float, augmented: np.ndarray) -> np.ndarray:
            row = lagrange(self.solution.control_points, ((time - first) / (last - first),))[0]
            control = np.clip(row @ self.solution.control_values[k], *self.bounds)
            at = (augmented[:-1], control, time, self.parameters)
            return np.concatenate([*dynamics(*at), *cost(*at)])

        times = first + (last - first) * fractions
        for method in IMPLICIT:
            try:
                return self._integrated(method, _bounded(rate, MOST_ALONE), (first, last), start, self.absolute, times)
            except _TooStiffError:
                continue
            except _LateError:
                break
        return np.full((fractions.size + 1, start.size), np.nan)

    def _integrated(
        self,
        method: str,
        rate: Any,
        span: tuple[float, float],
        start: Float[np.ndarray, " n"],
        absolute: np.ndarray,
        at: Float[np.ndarray, " m"],
    ) -> Float[np.ndarray, "m+1 n"]:
        """Where a rate leads from a start, at these times and at the end; NaN where it breaks down."""
        from scipy.integrate import solve_ivp

        if np.all(np.isfinite(start)) and np.all(np.isfinite(rate(span[0], start))):
            dense = at.size > 0
            found = solve_ivp(rate, span, start, method, rtol=self.tolerance, atol=absolute, dense_output=dense)
            if found.success:
                inside = found.sol(at).T if dense else np.zeros((0, start.size))
                return np.vstack([inside, found.y[None, :, -1]])
        return np.full((at.size + 1, start.size), np.nan)
