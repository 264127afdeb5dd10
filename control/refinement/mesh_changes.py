"""From one mesh to the next: where intervals split and merge, and where nodes come to lie on switches."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.direct_collocation import DirectCollocation
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Method
from geodepth.foundation.shapes import Float

from .error_estimates import IntervalErrors

MOST_PIECES = 4
"""Of one interval in one round: an estimate of an error on long intervals may be far too large. Chosen by hand."""
MOST_POINTS = 6
"""Of collocation on one interval; beyond it more intervals serve better than more points. Chosen by hand."""
NEXT_TO_A_NODE = 0.05
"""As a share of an interval: a new node comes no nearer to an old one. Chosen by hand."""
FEWEST_INTERVALS = 8
"""Below which none are merged. Chosen by hand."""
IDLE = 1e-4
"""An interval whose errors are below this share of the goal may be merged with a neighbour: the error of one
of twice the length, of at least fourth order, stays well below the goal. Chosen by hand."""


def discretization(solution: Solution) -> tuple[Method, Mesh]:
    """The method and mesh of a solution that `solve` returned."""
    assert solution.method is not None
    assert solution.mesh is not None
    return solution.method, solution.mesh


def finer_discretization(
    solution: Solution, errors: IntervalErrors, goal: float, merging: bool = True
) -> tuple[Method, Mesh] | None:
    """The method and mesh of the next round: more points where all is smooth, else intervals split and merged.

    Parameters
    ----------
    solution : Solution
        On the mesh that is to change.
    errors : IntervalErrors
        Its errors. Where constraints are violated between nodes comes a node.
    goal : float
        The relative error that every interval may have.
    merging : bool, default True
        Whether intervals that ask for nothing may be merged.

    Returns
    -------
    (Method, Mesh) or None
        None where no interval asks to be split, and none violates a constraint between its points.
    """
    method, mesh = discretization(solution)
    # Local errors fall with the fourth power of the interval at least, for what is smooth; what is not comes again.
    pieces = np.ceil(np.maximum(errors.states / goal, errors.cost / goal) ** 0.25)
    pieces = np.clip(np.where(np.isfinite(pieces), pieces, MOST_PIECES), 1, MOST_PIECES).astype(int)
    if np.all(pieces == 1) and not errors.places:
        return None
    nodes = [mesh.breakpoints[p.interval] + p.fraction * mesh.steps[p.interval] for p in errors.places]
    if isinstance(method, DirectCollocation) and method.order < MOST_POINTS and np.mean(pieces > 1) > 0.5:
        return replace(method, order=method.order + 1), with_nodes(mesh, nodes)
    idle = (np.maximum(errors.states, errors.cost) < IDLE * goal) & ~errors.needed & merging
    changed = split_and_merge(mesh, pieces, idle)
    return method, with_nodes(changed, nodes)


def with_nodes(mesh: Mesh, positions: Sequence[float]) -> Mesh:
    """The mesh with nodes at these positions of the horizon [0, 1] too, a little off where it has one next to them."""
    points = mesh.breakpoints
    new = []
    for position in positions:
        k = int(np.clip(np.searchsorted(points, position, side="right") - 1, 0, mesh.intervals - 1))
        near = NEXT_TO_A_NODE * mesh.steps[k]
        new.append(np.clip(position, points[k] + near, points[k + 1] - near))
    nodes = np.union1d(points, new)
    return Mesh(nodes, tuple(int(i) for i in np.searchsorted(nodes, points[list(mesh.movable)])))


def split_and_merge(mesh: Mesh, pieces: np.ndarray, idle: np.ndarray) -> Mesh:
    """Cut every interval into its number of pieces; join pairs of idle intervals, but never over a movable node.

    Parameters
    ----------
    mesh : Mesh
        Of K intervals.
    pieces : (K,) of int
        At least 1.
    idle : (K,) of bool
        Which intervals may be joined with a neighbour that may be too.
    """
    nodes, movable, k = [0.0], [], 0
    points = mesh.breakpoints
    while k < mesh.intervals:
        if k in mesh.movable:
            movable.append(len(nodes) - 1)
        pair = k + 1 < mesh.intervals and idle[k] and idle[k + 1] and k + 1 not in mesh.movable
        if pair and mesh.intervals > FEWEST_INTERVALS:
            nodes.append(float(points[k + 2]))
            k += 2
        else:
            nodes.extend(np.linspace(points[k], points[k + 1], int(pieces[k]) + 1)[1:].tolist())
            k += 1
    return Mesh(np.array(nodes), tuple(movable))


def mesh_on_switches(mesh: Mesh, times: Float[np.ndarray, " K+1"], switches: tuple[float, ...], least: int = 3) -> Mesh:
    """Put a movable node on every switch.

    Parameters
    ----------
    mesh : Mesh
        Of K intervals, whose nodes stay where they are not next to a switch.
    times : (K + 1,)
        Of its nodes, in the problem's unit of time.
    switches : tuple of float
        The switch times, in the same unit.
    least : int
        How many intervals there are between two switches at least.
    """
    span = times[-1] - times[0]
    positions = [(t - times[0]) / span for t in switches]
    anchors = [0.0, *positions, 1.0]
    nodes: list[float] = [0.0]
    movable = []
    for left, right in itertools.pairwise(anchors):
        length = right - left
        inside = mesh.breakpoints[(mesh.breakpoints > left) & (mesh.breakpoints < right)]
        # A node next to a switch would leave a sliver between them.
        near, far = (0.3 * min(_step_at(mesh, side), length / least) for side in (left, right))
        inside = inside[(inside - left > near) & (right - inside > far)]
        arc = np.array([left, *inside, right])
        while arc.size - 1 < least:
            widest = int(np.argmax(np.diff(arc)))
            arc = np.insert(arc, widest + 1, (arc[widest] + arc[widest + 1]) / 2)
        nodes.extend(arc[1:].tolist())
        movable.append(len(nodes) - 1)
    return Mesh(np.array(nodes), tuple(movable[:-1]))


def _step_at(mesh: Mesh, position: float) -> float:
    """The length of the shorter interval next to the mesh's nearest node."""
    k = int(np.argmin(np.abs(mesh.breakpoints - position)))
    return float(np.min(mesh.steps[max(k - 1, 0) : k + 1]))
