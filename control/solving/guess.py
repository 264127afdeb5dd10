"""Where a solve starts: constants, lines, arrays, functions of time, a simulation, or an earlier solution.

1. Make an earlier Solution or a Rollout a mapping from names to values.
2. Check its names; take the times and parameters that are free from it, or from the problem.
3. Put every state on the nodes and every control on its points, by default from ends and bounds.
4. Join them to the program's variables, within their bounds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geodepth.control.model.bounds import NO_BOUND
from geodepth.control.model.ends import end_range
from geodepth.control.model.errors import CHECKS, ProblemError, check_names
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.model.vector_names import by_entry
from geodepth.control.solution.resampling import samples
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.scaling.path_sizes import comparable
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Transcription
from geodepth.foundation.frozen_copies import freeze_fields
from geodepth.foundation.shapes import Float
from geodepth.foundation.time_limits import time_left

RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE = 1e-6, 1e-9
"""Of the simulation of a Rollout, the second in the states' units (chosen by hand): it is a guess."""
MOST_EVALUATIONS = 20_000
"""Of the dynamics in one simulation (chosen by hand): a few seconds."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """A guess by simulation: the dynamics from the initial state under these controls.

    Attributes
    ----------
    controls : mapping
        From a name to a number or a function of time; what is not named takes its default.
    start : mapping
        By a number each: states that `initial_state` leaves free, free parameters and free times.
    """

    controls: Mapping[str, Any]
    start: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for which in ("controls", "start"):
            if not isinstance(getattr(self, which), Mapping):
                raise CHECKS.refusal(
                    f"Rollout: {which}", getattr(self, which), "a mapping from names, as in {'u': ...}"
                )
        freeze_fields(self)


Guess = Solution | Rollout | Mapping[str, Any] | None
"""An earlier Solution (on any mesh), a Rollout of a control, or a mapping from names to guesses.

In a mapping, a state or control is guessed by a number, a pair (start, end) of a straight line, an array over the nodes
(intervals for controls), or a function of time; "final_time" and free parameters by a number. What is not named is
guessed from ends and bounds."""


def initial_variables(transcription: Transcription, guess: Guess) -> Float[np.ndarray, " size"]:
    """The guess as the program's variables, within their bounds.

    Raises
    ------
    ProblemError
        The guess names what the problem does not have, or holds what does not fit.
    """
    problem, layout, mesh = transcription.problem, transcription.layout, transcription.mesh
    if isinstance(guess, Solution):
        guess = samples(transcription, guess)
    elif isinstance(guess, Rollout):
        guess = _rolled_out(problem, mesh, guess)
    if guess is not None and not isinstance(guess, Mapping):
        raise ProblemError(f"guess is a {type(guess).__name__}; give a Solution, a Rollout, a mapping, or None")
    names = [*problem.states, *problem.controls]
    given = dict(by_entry("guess", guess, names) or {})
    for name in given:
        if name in problem.algebraic:
            raise ProblemError(
                f"guess names {name!r}, an algebraic variable, which follows from the others at every time; where its "
                "search starts is the problem's algebraic_guess"
            )
    check_names("guess", given, [*problem.states, *problem.controls, *problem.free])
    free = _free_values(problem, given)
    nodes = _nodes(problem, mesh, free)
    # Control points of all intervals in one row of times, (K, points).
    points = nodes[:-1, None] + np.diff(nodes)[:, None] * transcription.control_points[None, :]
    states = np.column_stack([_series(n, given.get(n, _default_state(problem, n)), nodes) for n in problem.states])
    controls = np.zeros((layout.intervals, layout.points, layout.controls))
    for i, name in enumerate(problem.controls):
        controls[:, :, i] = _control_series(name, given.get(name, _default_control(problem, name)), points)
    carried = np.array([*free.values(), *mesh.breakpoints[list(mesh.movable)]])
    return np.asarray(np.clip(layout.join(states, carried, controls), transcription.lower, transcription.upper))


def _free_values(problem: OptimalControlProblem, given: Mapping[str, Any]) -> dict[str, float]:
    return {n: _scalar(n, given.get(n, number.guess)) for n, number in problem.free.items()}


def _nodes(problem: OptimalControlProblem, mesh: Mesh, free: Mapping[str, float]) -> Float[np.ndarray, " K+1"]:
    start, end = problem.horizon(free)
    if not start < end:
        raise ProblemError(f"guess: final_time {end} must come after initial_time {start}; move one")
    nodes = start + (end - start) * mesh.breakpoints
    return nodes if problem.steps is None else np.round(nodes - start) + start


def _scalar(name: str, value: Any) -> float:
    return CHECKS.number(f"guess[{name!r}]", value)


def _default_state(problem: OptimalControlProblem, name: str) -> tuple[float, float]:
    start, end = (_given_end(problem, which, name) for which in ("initial_state", "final_state"))
    first = start if start is not None else end if end is not None else _middle(*_bounds(problem, "states", name))
    return float(first), float(end if end is not None else first)


def _given_end(problem: OptimalControlProblem, which: str, name: str) -> float | None:
    """What is given at an end, the middle of a range, or None where nothing is."""
    return _middle(*end_range(problem, which, name)) if name in (getattr(problem, which) or {}) else None


def _default_control(problem: OptimalControlProblem, name: str) -> float:
    return _middle(*_bounds(problem, "controls", name))


def _bounds(problem: OptimalControlProblem, of: str, name: str) -> tuple[float, float]:
    lower, upper = (float(side[list(getattr(problem, of)).index(name)]) for side in problem.bounds(of))
    return lower, upper


def _middle(lower: float, upper: float) -> float:
    """The middle of a range whose bounds are of comparable size; otherwise the point of it that is nearest to zero."""
    if lower == upper:
        return lower
    return (lower + upper) / 2 if comparable(lower, upper) else min(max(0.0, lower), upper)


def _series(name: str, value: Any, times: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    if callable(value):
        array = _applied(name, value, times)
    else:
        array = _array(name, value)
        if array.ndim == 0:
            array = np.full(times.shape, float(array))
        elif array.shape == (2,) and times.size != 2:
            span = times[-1] - times[0]
            fraction = (times - times[0]) / span if span else np.full(times.shape, 0.5)
            array = array[0] + fraction * (array[1] - array[0])
    if array.size and not np.all(np.isfinite(array)):
        where = int(np.argmax(~np.isfinite(array.ravel())))
        raise ProblemError(f"guess[{name!r}] holds {array.ravel()[where]} at index {where}; give finite numbers")
    if array.shape != times.shape:
        raise ProblemError(
            f"guess[{name!r}] has shape {array.shape}; give a number, a pair (start, end), a function of time, or "
            f"{times.size} values"
        )
    if np.max(np.abs(array)) >= NO_BOUND:
        raise ProblemError(
            f"guess[{name!r}] reaches {np.max(np.abs(array)):.3g}; numbers from {NO_BOUND:.0e} on stand for none: give "
            "values of the size that is expected"
        )
    return array


def _control_series(name: str, value: Any, points: Float[np.ndarray, "K points"]) -> Float[np.ndarray, "K points"]:
    if not callable(value):
        array = _array(name, value)
        if array.shape == points.shape:
            return _series(name, array.ravel(), points.ravel()).reshape(points.shape)
        if array.shape == points.shape[:1] and array.size != 2:
            return np.tile(_series(name, array, points[:, 0])[:, None], (1, points.shape[1]))
    return _series(name, value, points.ravel()).reshape(points.shape)


def _array(name: str, value: Any) -> np.ndarray:
    return CHECKS.real_numbers(f"guess[{name!r}]", value, "numbers, or a function of time")


def _applied(name: str, function: Callable[[Any], Any], times: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    try:
        return np.array([float(function(t)) for t in times])
    except Exception as error:
        raise ProblemError(f"guess[{name!r}] fails at a time of the horizon: {error}") from error


def _rolled_out(problem: OptimalControlProblem, mesh: Mesh, rollout: Rollout) -> dict[str, Any]:
    """The simulated states at the mesh's nodes, and the controls as given; ProblemError where that breaks down."""
    from scipy.integrate import solve_ivp

    check_names("Rollout: controls", rollout.controls, problem.controls)
    check_names("Rollout: start", rollout.start, [*problem.states, *problem.free])
    free = _free_values(problem, rollout.start)
    nodes = _nodes(problem, mesh, free)
    values = [(problem.fixed_parameters | free)[n] for n in problem.parameters or {}]
    controls = [(n, rollout.controls.get(n, _default_control(problem, n))) for n in problem.controls]
    initial = [_scalar(n, rollout.start.get(n, _default_state(problem, n)[0])) for n in problem.states]

    if problem.steps is not None:
        states = _stepped(problem, nodes, controls, initial, values)
        return _guessed(problem, rollout, states.T)
    evaluations = 0

    def rate(time: float, state: np.ndarray) -> np.ndarray:
        nonlocal evaluations
        evaluations += 1
        if evaluations > MOST_EVALUATIONS:
            raise ProblemError(
                f"Rollout: the simulation took {MOST_EVALUATIONS} evaluations of the dynamics to t = {time:.6g}, where "
                f"the largest state is {np.max(np.abs(state)):.3g}; give other controls, or a mapping"
            )
        if time_left() <= 0:
            raise ProblemError(f"Rollout: time_limit was over in the simulation, at t = {time:.6g}; raise it")
        now = _controls_at(controls, time)
        return np.array(problem.functions.dynamics(state, now, time, values)).ravel()

    horizon = problem.horizon(free)
    if not np.all(np.isfinite(rate(horizon[0], np.array(initial)))):
        raise ProblemError(f"Rollout: the dynamics are NaN or infinite at its start, {initial}; start elsewhere")
    with np.errstate(all="ignore"):
        # LSODA becomes implicit where the dynamics are stiff.
        found = solve_ivp(rate, horizon, initial, "LSODA", nodes, rtol=RELATIVE_TOLERANCE, atol=ABSOLUTE_TOLERANCE)
    if not found.success or not np.all(np.isfinite(found.y)):
        raise ProblemError(
            "Rollout: the states leave every bound on the way, or where the dynamics are defined; give other controls, "
            "or a mapping"
        )
    return _guessed(problem, rollout, found.y)


def _guessed(problem: OptimalControlProblem, rollout: Rollout, states: Float[np.ndarray, "nx K+1"]) -> dict[str, Any]:
    """The guess of these states, by name."""
    start = {n: rollout.start[n] for n in problem.free if n in rollout.start}
    return {**start, **dict(zip(problem.states, states, strict=True)), **dict(rollout.controls)}


def _controls_at(controls: list[tuple[str, Any]], time: float) -> list[float]:
    return [_applied(n, c, np.array([time]))[0] if callable(c) else _scalar(n, c) for n, c in controls]


def _stepped(
    problem: OptimalControlProblem, nodes: np.ndarray, controls: list[tuple[str, Any]], initial: Any, values: Any
) -> Float[np.ndarray, "K+1 nx"]:
    """The states of a map from step to step."""
    states = [np.array(initial, dtype=float)]
    for time in nodes[:-1].tolist():
        change = problem.functions.dynamics(states[-1], _controls_at(controls, time), time, values)
        states.append(states[-1] + np.array(change).ravel())
        if not np.all(np.isfinite(states[-1])):
            raise ProblemError(f"Rollout: x_next is NaN or infinite at t = {time:g}; give other controls, or a mapping")
    return np.array(states)
