"""The same path on another mesh: nodes equidistributed along it, and one on every event at the kink.

1. Measure what the polynomials leave of the system; its root says how densely nodes are wanted.
2. Between two events, give every interval the same share of that density.
3. Read the path off at the new nodes and stages.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from geodepth.control.geodesics.continuum.hamiltonian_system import Sides
from geodepth.control.transcription.interpolation import differentiation, lagrange
from geodepth.foundation.numerics.equidistribution import equal_shares, whole_shares
from geodepth.foundation.shapes import Float

from .collocated_path import CollocatedPath, Crossing, positions_inside
from .crossings import Event

FLOOR = 0.3
"""An interval gets at least this share of the mean density, so that none grows far beyond the others; chosen by
hand."""
ROUNDING = 1e-14
"""What rounding leaves of the system, relative to the largest |A|, |B|: a few units in the last place."""


def remeshed(path: CollocatedPath, events: Sequence[Event], arc_sides: Sides | None, intervals: int) -> CollocatedPath:
    """The path on this many intervals.

    Parameters
    ----------
    path : CollocatedPath
        As it is.
    events : sequence of Event
        Each gets a node.
    arc_sides : (arcs, N, w) or None
        The sides of the ReLU between two events; None for a smooth activation.
    intervals : int
        How many to share out; every arc gets one at least, which may make them more.
    """
    mass = np.concatenate([[0.0], np.cumsum(density(path) * path.lengths)])
    anchors = np.array([0.0, *(event.position for event in events), 1.0])
    marks = np.interp(anchors, path.positions, mass)
    parts, places = [np.zeros(1)], [0]
    for arc, count in enumerate(whole_shares(np.diff(marks) / mass[-1], intervals).tolist()):
        inner = equal_shares(path.positions, mass, count, marks[arc], marks[arc + 1])[1:]
        inner[-1] = anchors[arc + 1]
        parts.append(inner)
        places.append(places[-1] + count)
    positions = np.concatenate(parts)
    crossings = tuple(
        Crossing(event.position, node, event.neuron, event.sample, event.kind)
        for event, node in zip(events, places[1:-1], strict=True)
    )
    inner = positions_inside(positions, path.method.nodes)
    return replace(
        path,
        positions=positions,
        nodes=path.at(positions)[0],
        stages=path.at(inner.ravel())[0].reshape(*inner.shape, -1),
        sides=None if arc_sides is None else np.repeat(arc_sides, np.diff(places), axis=0),
        crossings=crossings,
    )


def on_intervals(path: CollocatedPath, intervals: int) -> CollocatedPath:
    """The path on this many intervals, with the events and sides that it has."""
    events = [Event(c.position, c.neuron, c.sample, c.kind) for c in path.crossings]
    arc_sides = None if path.sides is None else path.sides[[0, *(c.node for c in path.crossings)]]
    return remeshed(path, events, arc_sides, intervals)


def density(path: CollocatedPath) -> Float[np.ndarray, " K"]:
    """Where nodes are wanted: the s+1-st root of what the polynomials leave of the system, per length."""
    lengths, points = path.lengths, len(path.method.nodes) + 1
    roots = (defects(path) + ROUNDING * np.abs(path.nodes).max()) ** (1.0 / points) / lengths
    return np.asarray(np.maximum(roots, FLOOR * float(roots @ lengths)))


def defects(path: CollocatedPath) -> Float[np.ndarray, " K"]:
    """What the polynomials leave of the system on every interval, times its length: the largest between its points."""
    known = np.array([0.0, *path.method.nodes])
    points = np.append(known, 1.0)
    between = (points[1:] + points[:-1]) / 2
    rows = path.inside(between)
    slopes = np.einsum("mr,kry->kmy", lagrange(known, between) @ differentiation(known), path.values)
    rates = path.system.field(rows.reshape(-1, rows.shape[2]), path.sides_at(between.size)).reshape(rows.shape)
    return np.asarray(np.abs(slopes - path.lengths[:, None, None] * rates).max(axis=(1, 2)))
