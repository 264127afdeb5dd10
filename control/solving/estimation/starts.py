"""Where an estimate starts: at states that are read off the measured values, and at the simulation of a guess."""

import contextlib
from collections.abc import Mapping
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.control.solving.guess import Guess, Rollout, initial_variables
from geodepth.control.transcription.transcription import Transcription
from geodepth.foundation.shapes import Float


def starts(
    t: Transcription, r: Any, theta: Float[np.ndarray, " theta"], guess: Guess
) -> list[Float[np.ndarray, " size"]]:
    """The starts that a guess leads to.

    Parameters
    ----------
    t : Transcription
        What is solved.
    r : expression
        The residuals over their deviations, of the program's variables.
    theta : ndarray
        θ.
    guess : Solution, Rollout, mapping or None
        As `solve` takes it. An earlier solution or a rollout is a start as it is. Of a mapping, states that it does not
        name are read off the measured values; where it names none, the simulation from there is a start too.
    """
    first = initial_variables(t, guess)
    if guess is not None and not isinstance(guess, Mapping):
        return [first]
    named = dict(guess or {})
    states, carried, controls = t.layout.split(first)
    table = states.copy()
    for i, values in _read_off(t, r, theta, first).items():
        if t.problem.states[i] not in named:
            table[:, i] = values
    found = [np.clip(t.layout.join(table, carried, controls), t.lower, t.upper)]
    if all(name in t.problem.free for name in named):
        begin = {name: float(table[0, i]) for i, name in enumerate(t.problem.states)}
        with contextlib.suppress(ProblemError):
            found.append(initial_variables(t, Rollout({}, begin | named)))
    return found


def _read_off(t: Transcription, r: Any, theta: np.ndarray, first: np.ndarray) -> dict[int, Float[np.ndarray, " K+1"]]:
    """The states that are seen, along the nodes: the nearest ones that predict the values, by one Gauss-Newton step."""
    z, layout = t.variables, t.layout
    value, slopes = ca.Function("seen", [z, t.parameters], [r, ca.jacobian(r, z)])(first, theta)
    missed, jacobian = np.array(value).ravel(), slopes.sparse().tocsc()
    times: dict[int, list[int]] = {}
    values: dict[int, list[float]] = {}
    for node in range(layout.intervals + 1):
        columns = node * layout.stage + np.arange(layout.states)
        block = jacobian[:, columns].toarray()
        rows = np.any(block != 0, axis=1)
        if not np.any(rows) or not np.all(np.isfinite(block[rows])) or not np.all(np.isfinite(missed[rows])):
            continue
        step = np.linalg.lstsq(block[rows], -missed[rows], rcond=None)[0]
        for i in np.flatnonzero(np.any(block != 0, axis=0)).tolist():
            times.setdefault(i, []).append(node)
            values.setdefault(i, []).append(float(first[columns[i]] + step[i]))
    where = t.mesh.breakpoints
    return {i: np.interp(where, where[times[i]], values[i]) for i in times}
