"""A solution between its nodes: polynomials of its method in continuous time, and what holds since the last step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.control.transcription.interpolation import hermite, lagrange
from geodepth.control.transcription.mesh import ROUNDOFF
from geodepth.foundation.shapes import Float, Int


@dataclass(frozen=True, slots=True)
class Sample:
    """A solution at the times asked for.

    Attributes
    ----------
    times : ndarray
        (n,).
    states : ndarray
        (n, nx).
    controls : ndarray
        (n, nu).
    algebraic : ndarray
        (n, nz).
    """

    times: Float[np.ndarray, " n"]
    states: Float[np.ndarray, "n nx"]
    controls: Float[np.ndarray, "n nu"]
    algebraic: Float[np.ndarray, "n nz"]


def sampled(solution: Any, times: object) -> Sample:
    """A Solution at any times of its horizon: see `Solution.sample`."""
    wanted = np.atleast_1d(CHECKS.real_numbers("sample: times", times, "numbers within the horizon"))
    nodes = solution.times
    tolerance = ROUNDOFF * float(np.max(np.abs(nodes[[0, -1]])))
    inside = (wanted >= nodes[0] - tolerance) & (wanted <= nodes[-1] + tolerance)
    if wanted.ndim != 1:
        raise ProblemError(f"sample: times has shape {wanted.shape}; give numbers in a row")
    if not np.all(inside):
        raise ProblemError(f"sample: times must lie within the horizon [{nodes[0]:g}, {nodes[-1]:g}]")
    interval = np.clip(np.searchsorted(nodes, wanted, side="right") - 1, 0, nodes.size - 2)
    s = (wanted - nodes[interval]) / np.diff(nodes)[interval]
    controls = _polynomial(solution.control_points, solution.control_values[interval], s)
    return Sample(wanted, _states(solution, interval, s), controls, _algebraic(solution, interval, s))


def _algebraic(solution: Any, interval: Int[np.ndarray, " n"], s: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n nz"]:
    """At a fraction of each of these intervals."""
    if not solution.algebraic_names:
        return np.zeros((interval.size, 0))
    values = solution.algebraic_values[interval]
    return _polynomial(solution.algebraic_points, values, s)


def _states(solution: Any, interval: Int[np.ndarray, " n"], s: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n nx"]:
    """At a fraction of each of these intervals."""
    left, right = solution.states[interval], solution.states[interval + 1]
    if solution.in_steps:
        return np.asarray(np.where((s > 1 - ROUNDOFF * solution.times.size)[:, None], right, left))
    step = getattr(solution.method, "integrator", None)
    # One collocation polynomial of at least third degree is better than Hermite's cubic.
    if solution.inner_points.size > 2 and getattr(step, "substeps", 1) == 1:
        known = np.concatenate([left[:, None], solution.inner_states[interval]], axis=1)
        return _polynomial(np.array([0.0, *solution.inner_points]), known, s)
    slopes, length = solution.slopes[interval], np.diff(solution.times)[interval][:, None]
    return hermite(s[:, None], (left, right), (length * slopes[:, 0], length * slopes[:, 1]))


def _polynomial(
    points: Float[np.ndarray, " s"], values: Float[np.ndarray, "n s m"], at: Float[np.ndarray, " n"]
) -> Float[np.ndarray, "n m"]:
    """Interval by interval, the polynomial through values at the points."""
    return np.asarray(np.einsum("ns,nsm->nm", lagrange(points, at), values))
