"""Where a solve starts: constants, lines, arrays, functions of time, or an earlier solution."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.control.model.problem import FreeParameter, FreeTime, OptimalControlProblem
from geodepth.control.solution.resampling import samples
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Transcription
from geodepth.foundation.shapes import Float


@dataclass(frozen=True, slots=True)
class Rollout:
    """A guess by simulation: the dynamics from the initial state under these controls.

    controls: from a name to a number or a function of time; what is not named takes its default. start: likewise for
    states that `initial_state` leaves free, for free parameters and for free times, by a number.
    """

    controls: Mapping[str, Any]
    start: Mapping[str, float] = field(default_factory=dict)


Guess = Solution | Rollout | Mapping[str, Any] | None
"""An earlier Solution (on any mesh), a Rollout of a control, or a mapping from a name to a number, a pair (start, end)
of a straight line, an array over the nodes (intervals for controls), or a function of time; "final_time" and free
parameters likewise by a number. What is not named is guessed from ends and bounds."""


def initial_variables(transcription: Transcription, mesh: Mesh, guess: Guess) -> Float[np.ndarray, " size"]:
    """The guess as the program's variables, within their bounds. Raises ProblemError for what does not fit."""
    problem, layout = transcription.problem, transcription.layout
    if isinstance(guess, Solution):
        guess = samples(transcription, mesh, guess)
    elif isinstance(guess, Rollout):
        guess = _rolled_out(problem, mesh, guess)
    if guess is not None and not isinstance(guess, Mapping):
        raise ProblemError(f"guess is a {type(guess).__name__}; give a Solution, a Rollout, a mapping, or None")
    given = dict(guess or {})
    known = [*problem.states, *problem.controls, *problem.free]
    unknown = [name for name in given if name not in known]
    if unknown:
        raise ProblemError(f"guess names {unknown[0]!r}; it may name {known[:12]}")
    values = [_scalar(name, given.get(name, number.guess)) for name, number in problem.free.items()]
    carried = np.array([*values, *mesh.breakpoints[list(mesh.movable)]])
    start, end = _horizon(problem, given)
    nodes = start + (end - start) * mesh.breakpoints
    # Control points of all intervals in one row of times, (K, points).
    points = nodes[:-1, None] + np.diff(nodes)[:, None] * transcription.control_points[None, :]
    states = np.column_stack([_series(n, given.get(n, _default_state(problem, n)), nodes) for n in problem.states])
    controls = np.zeros((layout.intervals, layout.points, layout.controls))
    for i, name in enumerate(problem.controls):
        controls[:, :, i] = _control_series(name, given.get(name, _default_control(problem, name)), points)
    return np.asarray(np.clip(layout.join(states, carried, controls), transcription.lower, transcription.upper))


def _horizon(problem: OptimalControlProblem, given: Mapping[str, Any]) -> tuple[float, float]:
    ends = []
    for which in ("initial_time", "final_time"):
        time = getattr(problem, which)
        ends.append(_scalar(which, given.get(which, time.guess)) if isinstance(time, FreeTime) else float(time))
    if not ends[0] < ends[1]:
        raise ProblemError(f"guess: final_time {ends[1]} must come after initial_time {ends[0]}; move one")
    return ends[0], ends[1]


def _scalar(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ProblemError(f"guess[{name!r}] is {value!r}; give a finite number")
    return number


def _default_state(problem: OptimalControlProblem, name: str) -> tuple[float, float]:
    start, end = (problem.initial_state or {}).get(name), (problem.final_state or {}).get(name)
    index = list(problem.states).index(name)
    middle = _middle(*(float(side[index]) for side in problem.bounds("states")))
    first = start if start is not None else end if end is not None else middle
    return float(first), float(end if end is not None else first)


def _default_control(problem: OptimalControlProblem, name: str) -> float:
    index = list(problem.controls).index(name)
    return _middle(*(float(side[index]) for side in problem.bounds("controls")))


def _middle(lower: float, upper: float) -> float:
    """The middle of a finite range; otherwise the point of the range that is nearest to zero."""
    return (lower + upper) / 2 if math.isfinite(lower) and math.isfinite(upper) else min(max(0.0, lower), upper)


def _series(name: str, value: Any, times: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    if callable(value):
        array = _applied(name, value, times)
    else:
        array = _array(name, value)
        if array.ndim == 0:
            array = np.full(times.shape, float(array))
        elif array.shape == (2,) and times.size != 2:
            fraction = (times - times[0]) / (times[-1] - times[0])
            array = array[0] + fraction * (array[1] - array[0])
    if array.shape != times.shape or not np.all(np.isfinite(array)):
        raise ProblemError(
            f"guess[{name!r}] has shape {array.shape}; give a number, a pair (start, end), a function of time, or "
            f"{times.size} finite values"
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
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise ProblemError(f"guess[{name!r}] is {value!r:.80}; give numbers, or a function of time") from None


def _rolled_out(problem: OptimalControlProblem, mesh: Mesh, rollout: Rollout) -> dict[str, Any]:
    """The simulated states at the mesh's nodes, and the controls as given; ProblemError where that breaks down."""
    from scipy.integrate import solve_ivp

    known = [*problem.states, *problem.free]
    for which, given, names in (("controls", rollout.controls, problem.controls), ("start", rollout.start, known)):
        unknown = [name for name in given if name not in names]
        if unknown:
            raise ProblemError(f"Rollout: {which} names {unknown[0]!r}; it may name {list(names)[:12]}")
    start, end = _horizon(problem, rollout.start)
    values = [
        _scalar(n, rollout.start.get(n, v.guess)) if isinstance(v, FreeParameter) else float(v)
        for n, v in (problem.parameters or {}).items()
    ]
    controls = [rollout.controls.get(n, _default_control(problem, n)) for n in problem.controls]
    initial = [
        _scalar(n, rollout.start.get(n, (problem.initial_state or {}).get(n, _default_state(problem, n)[0])))
        for n in problem.states
    ]

    def rate(time: float, state: np.ndarray) -> np.ndarray:
        now = [_at(n, c, time) for n, c in zip(problem.controls, controls, strict=True)]
        return np.array(problem.functions.dynamics(state, now, time, values)).ravel()

    nodes = start + (end - start) * mesh.breakpoints
    with np.errstate(all="ignore"):
        found = solve_ivp(rate, (start, end), initial, t_eval=nodes, rtol=1e-6, atol=1e-9)
    if not found.success or not np.all(np.isfinite(found.y)):
        raise ProblemError("Rollout: the states leave every bound on the way; give other controls, or a mapping")
    free = {n: rollout.start[n] for n in problem.free if n in rollout.start}
    return {**free, **dict(zip(problem.states, found.y, strict=True)), **dict(rollout.controls)}


def _at(name: str, value: Any, time: float) -> float:
    return float(_applied(name, value, np.array([time]))[0]) if callable(value) else _scalar(name, value)


def _applied(name: str, function: Callable[[Any], Any], times: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    try:
        return np.array([float(function(t)) for t in times])
    except Exception as error:
        raise ProblemError(f"guess[{name!r}] fails at a time of the horizon: {error}") from error
