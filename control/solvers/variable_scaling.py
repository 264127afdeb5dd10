"""Scales of variables: what a program's unknowns are divided by, so that a solver sees numbers of order one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from geodepth.control.model.errors import CHECKS, check_names
from geodepth.control.transcription.transcription import START_ABOVE, Transcription
from geodepth.foundation.shapes import Float

Scaling = Mapping[str, float] | str | None
""""automatic" (from bounds and guess), None (as they are), or a mapping from names to positive scales; what a mapping
does not name is scaled automatically."""
ORDINARY = 8.0
"""Sizes between 1/8 and 8, in the variable's unit, are left alone (chosen by hand)."""


@dataclass(frozen=True, slots=True)
class Scales:
    """What a solver sees is divided by: powers of two, which round nothing.

    Attributes
    ----------
    variables : ndarray
        Positive (n,).
    constraints : ndarray
        Positive (m,).
    """

    variables: Float[np.ndarray, " n"]
    constraints: Float[np.ndarray, " m"]


def scales(transcription: Transcription, variables: Float[np.ndarray, " n"], scaling: Scaling) -> Scales | None:
    """The scales of a program for a start.

    Parameters
    ----------
    transcription : Transcription
        The program.
    variables : ndarray
        The start (n,).
    scaling : str, mapping or None
        "automatic"; scales by name, of which the nearest powers of two are taken; None for none.

    Returns
    -------
    Scales or None
        None when all are one.

    Raises
    ------
    ProblemError
        For another word, an unknown name, or a scale that is not positive.

    Notes
    -----
    Automatically: the largest finite bound where both are finite, otherwise the largest value in the guess. Defects
    and stage equations are divided as their states are, which keeps the ones that fatrop looks for.
    """
    if scaling is None:
        return None
    problem, layout = transcription.problem, transcription.layout
    by_hand = _by_hand(transcription, scaling)
    variables = transcription.completed(variables, transcription.parameter_values(), START_ABOVE)
    states, carried, controls = layout.split(variables)
    tables = (np.abs(states).max(0), np.abs(carried).max(0), np.abs(controls).max((0, 1)))
    infinite = (np.full(layout.carried, -np.inf), np.full(layout.carried, np.inf))
    bounds = (problem.bounds("states"), infinite, problem.bounds("controls"))
    names = (problem.states, transcription.carried, problem.controls)
    found = []
    for sizes, (lower, upper), words in zip(tables, bounds, names, strict=True):
        both = np.isfinite(lower) & np.isfinite(upper)
        largest = np.where(both, np.maximum(np.abs(lower), np.abs(upper)), sizes)
        found.append(np.array([by_hand.get(w, _power(s)) for w, s in zip(words, largest, strict=True)]))
    count = layout.intervals
    along, ends = (np.array([_power(s) for s in np.abs(v).max(0)]) for v in layout.slack_values(variables))
    if all(np.all(f == 1) for f in (*found, along, ends)):
        return None
    rows = np.ones(transcription.constraint_lower.size)
    rows[transcription.defects] = np.concatenate([found[0], ends, found[1]])
    rows[transcription.inner_rows] = found[0]
    columns = layout.join(
        np.tile(found[0], (count + 1, 1)),
        found[1],
        np.tile(found[2], (count, layout.points, 1)),
        np.tile(found[0], (count, len(layout.inner), 1)),
        (np.tile(along, (count, 1)), ends),
    )
    return Scales(columns, rows)


def _power(size: float) -> float:
    if not math.isfinite(size) or size == 0 or 1 / ORDINARY <= size <= ORDINARY:
        return 1.0
    return float(2.0 ** round(math.log2(size)))


def _by_hand(transcription: Transcription, scaling: Mapping[str, float] | str) -> dict[str, float]:
    if isinstance(scaling, str) and scaling == "automatic":
        return {}
    if not isinstance(scaling, Mapping):
        raise CHECKS.refusal("scaling", scaling, "'automatic', None, or a mapping from names to scales")
    problem = transcription.problem
    check_names("scaling", scaling, [*problem.states, *problem.controls, *transcription.carried])
    given = {}
    for name, value in scaling.items():
        CHECKS.number(f"scaling[{name!r}]", value, above=0, wanted="a positive finite number")
        given[name] = float(2.0 ** round(math.log2(value)))
    return given
