"""Whether a path rests on a kink, where first-order conditions of smooth functions say nothing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geodepth.control.model.kinks_of_problem import Kink
from geodepth.control.solution.solution import Solution
from geodepth.foundation.shapes import Float

from .error_scales import state_scale
from .pontryagin import Along

TOUCHED = 0.05
"""How near to zero a kink's gap counts as on it all through an interval, relative to the size of its terms along the
path and the interval's share of the horizon. Chosen by hand: a path that crosses goes through twenty times as much."""
NO_MATTER = 1e-7
"""Relative difference of values, or of slopes, of both sides of a kink that makes none (chosen by hand)."""


@dataclass(frozen=True, slots=True)
class Rest:
    """How long a path rests on a kink.

    Attributes
    ----------
    kink : Kink
        On which.
    share : float
        Of the horizon; 1 for a kink at its ends, and NaN where the function cannot be looked into.
    """

    kink: Kink
    share: float


def longest_rest(kinks: Sequence[Kink], solution: Solution, along: Along) -> Rest | None:
    """The kink that a path rests on for the longest share of the horizon.

    Parameters
    ----------
    kinks : sequence of Kink
        Of the problem solved.
    solution : Solution
        Its path.
    along : Along
        The path, sampled.

    Returns
    -------
    Rest or None
        None where there is no kink. A share of zero: the path passes through kinks, if at all.

    Notes
    -----
    An interval counts where every sampled point of it is on the kink, and its two sides differ in value or slope.
    """
    return max((_rest(solution, along, kink) for kink in kinks), key=lambda rest: rest.share, default=None)


def _rest(solution: Solution, along: Along, kink: Kink) -> Rest:
    if kink.sides is None:
        return Rest(kink, math.nan)
    end = (solution.states[-1], solution.times[-1], along.parameters)
    both = (solution.states[0], solution.states[-1], solution.times[0], solution.times[-1], along.parameters)
    once = {"terminal_cost": end, "boundary_constraints": both}.get(kink.where)
    if once is not None:
        return Rest(kink, float(_touched(kink, once, np.array([NO_MATTER]), 0.0)[0]))
    states, controls, times, parameters, _ = along.arguments()
    span = solution.times[-1] - solution.times[0]
    # A state that hardly moves changes by less than its size over the horizon.
    least = state_scale(along.problem, solution)[:, None] / span if kink.where in ("dynamics", "x_next") else 0.0
    shares = np.diff(solution.times) / span
    near = TOUCHED * np.repeat(shares, along.times.shape[1])
    points = _touched(kink, (states, controls, times, parameters), near, least).reshape(along.times.shape)
    return Rest(kink, float(np.sum(shares[np.all(points, axis=1)])))


def _touched(
    kink: Kink, arguments: tuple[Any, ...], near: Float[np.ndarray, " n"], least: float | Float[np.ndarray, "m 1"]
) -> np.ndarray:
    """At which points (n,) the path is as near to the kink, relative to its terms, and it makes a difference."""
    gap, size, left, right, *slopes = (np.array(value) for value in kink.sides.map(near.size)(*arguments))
    before, behind = (slope.reshape(-1, left.shape[0], near.size) for slope in slopes)
    scale = np.maximum(np.max(np.abs(left), axis=1, keepdims=True), least)
    same = np.all(np.abs(left - right) <= NO_MATTER * scale, axis=0)
    steepest = np.max(np.abs(before), axis=2, keepdims=True)
    bends = np.any(np.abs(before - behind) > NO_MATTER * steepest, axis=(0, 1))
    return np.asarray(((np.abs(gap[0]) <= near * np.max(size)) | same) & (bends | ~same))
