"""A guess that leads around what a solution went through between its nodes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.verification.between_nodes.worst_places import Place, bounded_values
from geodepth.control.verification.error_scales import state_scale
from geodepth.foundation.shapes import Float

FIRST_PUSH = 1e-3
"""Relative to the states' sizes, in a random direction (chosen by hand): in the middle of an obstacle none is best."""
LONGEST_STEP = 0.1
"""Relative, of Newton's steps out of it: where its gradient nearly vanishes they would be far too long (by hand)."""
STEPS, HALVINGS = 50, 20
"""Of Newton's method, and of the bisection back to the boundary (chosen by hand)."""
BEYOND = 1.1
"""How far the guess goes, as a multiple of the way to the boundary (chosen by hand): a little inside."""


def detour(problem: OptimalControlProblem, solution: Solution, places: Sequence[Place], mesh: Mesh) -> dict[str, Any]:
    """The solution as a guess on another mesh, its states pushed out of the constraints that it violates.

    Parameters
    ----------
    problem : OptimalControlProblem
        What is solved.
    solution : Solution
        That violates constraints between its nodes.
    places : sequence of Place
        Where.
    mesh : Mesh
        Of the next solve.

    Notes
    -----
    The push at a place is sideways: along the path it would only shift the time. It fades over the length of the
    place's interval to either side.
    """
    generator = np.random.default_rng(0)
    first, last = solution.times[0], solution.times[-1]
    nodes = np.clip(first + (last - first) * mesh.breakpoints, first, last)
    push = np.zeros((nodes.size, len(problem.states)))
    for place in places:
        way = _way_out(problem, solution, place, generator)
        width = solution.times[place.interval + 1] - solution.times[place.interval]
        share = np.maximum(0.0, 1 - np.abs(nodes - place.time) / width)[:, None]
        push = np.where(np.abs(share * way) > np.abs(push), share * way, push)
    states = solution.sample(nodes).states + push
    middles = solution.sample((nodes[1:] + nodes[:-1]) / 2).controls
    guess: dict[str, Any] = {name: solution.parameters[name] for name in problem.free}
    guess |= dict(zip(problem.states, states.T, strict=True))
    return guess | dict(zip(problem.controls, middles.T, strict=True))


def _way_out(
    problem: OptimalControlProblem, solution: Solution, place: Place, generator: np.random.Generator
) -> Float[np.ndarray, " nx"]:
    """The change of the states at a place that takes them out of the constraint, orthogonal to the path's direction."""
    rows, j = bounded_values(problem), place.row
    here = solution.sample(place.time)
    parameters = np.array([solution.parameters[name] for name in problem.parameters or {}])
    x, u, size = here.states[0], here.controls[0], state_scale(problem, solution)
    along = np.array(problem.functions.dynamics(x, u, place.time, parameters)).ravel() / size
    along /= max(float(np.linalg.norm(along)), np.finfo(float).tiny)

    def excess(way: np.ndarray) -> float:
        return float(rows.excess((x + size * way, u, place.time, parameters))[j, 0])

    way = FIRST_PUSH * generator.normal(size=size.size)
    way -= (way @ along) * along
    for _ in range(STEPS):
        beyond = excess(way)
        if not beyond > 0:
            break
        at = (x + size * way, u, place.time, parameters)
        sign = 1.0 if float(np.array(rows.values(*at)).ravel()[j]) > rows.upper[j] else -1.0
        slope = sign * np.array(rows.slopes(*at)[0])[j] * size
        slope -= (slope @ along) * along
        step = beyond * slope / max(float(slope @ slope), np.finfo(float).tiny)
        way -= step * min(1.0, LONGEST_STEP / max(float(np.linalg.norm(step)), np.finfo(float).tiny))
    inside, outside = 1.0, 0.0
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if not excess(middle * way) > 0 else (inside, middle)
    return np.asarray(BEYOND * inside * way * size)
