"""Scales of variables: what a program's unknowns are divided by, so that a solver sees numbers of order one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from geodepth.control.model.errors import ProblemError, check_number
from geodepth.control.transcription.transcription import Transcription
from geodepth.foundation.shapes import Float

Scaling = Mapping[str, float] | str | None
""""automatic" (from bounds and guess), None (as they are), or a mapping from names to positive scales; what a mapping
does not name is scaled automatically."""
ORDINARY = 8.0
"""Sizes between 1/8 and 8 are left alone."""


@dataclass(frozen=True, slots=True)
class Scales:
    """Positive divisors of the variables (n,) and of the constraints (m,), all powers of two, which round nothing."""

    variables: Float[np.ndarray, " n"]
    constraints: Float[np.ndarray, " m"]


def scales(transcription: Transcription, variables: Float[np.ndarray, " n"], scaling: Scaling) -> Scales | None:
    """The scales for a start at `variables`; None when all are one.

    Automatically: the largest finite bound where both are finite, otherwise the largest value in the guess. Defects
    and stage equations are divided as their states are, which keeps the ones that fatrop looks for.
    """
    if scaling is None:
        return None
    problem, layout = transcription.problem, transcription.layout
    by_hand = _by_hand(transcription, scaling)
    states, carried, controls = layout.split(variables)
    tables = (
        [np.abs(states[:, i]).max() for i in range(layout.states)],
        [np.abs(carried[:, i]).max() for i in range(layout.carried)],
        [np.abs(controls[:, :, i]).max() for i in range(layout.controls)],
    )
    infinite = (np.full(layout.carried, -np.inf), np.full(layout.carried, np.inf))
    bounds = (problem.bounds("states"), infinite, problem.bounds("controls"))
    names = (problem.states, transcription.carried, problem.controls)
    found = []
    for sizes, (lower, upper), words in zip(tables, bounds, names, strict=True):
        both = np.isfinite(lower) & np.isfinite(upper)
        largest = np.where(both, np.maximum(np.abs(lower), np.abs(upper)), np.array(sizes))
        found.append(np.array([by_hand.get(w, _power(s)) for w, s in zip(words, largest, strict=True)]))
    if all(np.all(f == 1) for f in found):
        return None
    count = layout.intervals
    rows = np.ones(transcription.constraint_lower.size)
    rows[transcription.defects] = np.concatenate([found[0], found[1]])
    rows[transcription.inner_rows] = found[0]
    columns = layout.join(
        np.tile(found[0], (count + 1, 1)),
        np.tile(found[1], (count + 1, 1)).reshape(count + 1, layout.carried),
        np.tile(found[2], (count, layout.points, 1)),
    )
    return Scales(columns, rows)


def _power(size: float) -> float:
    if not math.isfinite(size) or size == 0 or 1 / ORDINARY <= size <= ORDINARY:
        return 1.0
    return float(2.0 ** round(math.log2(size)))


def _by_hand(transcription: Transcription, scaling: Mapping[str, float] | str) -> dict[str, float]:
    if isinstance(scaling, str):
        if scaling != "automatic":
            raise ProblemError(f"scaling is {scaling!r}; give 'automatic', None, or a mapping from names to scales")
        return {}
    if not isinstance(scaling, Mapping):
        raise ProblemError(f"scaling is {scaling!r:.80}; give 'automatic', None, or a mapping from names to scales")
    problem = transcription.problem
    known = [*problem.states, *problem.controls, *transcription.carried]
    given = {}
    for name, value in scaling.items():
        if name not in known:
            raise ProblemError(f"scaling names {name!r}; it may name {known[:12]}")
        check_number(f"scaling[{name!r}]", value, 0, math.inf, "a positive finite number")
        given[name] = float(2.0 ** round(math.log2(value)))
    return given
