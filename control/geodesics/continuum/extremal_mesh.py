"""Meshes of an extremal: equidistributed along the path, with nodes on the crossings of the kink."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodepth.control.transcription.implicit_integrators import ImplicitRungeKutta
from geodepth.control.transcription.interpolation import differentiation, lagrange
from geodepth.foundation.equidistribution import equal_shares
from geodepth.foundation.shapes import Float, Int8

from .boundary_value import Collocated, Crossing
from .hamiltonian_system import RESTING, HamiltonianSystem

if TYPE_CHECKING:
    from .hamiltonian_system import Sides

Event = tuple[float, int, int, str]
"""(position, neuron, sample, kind) of a crossing of the kink, or of an end of a rest on it."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The input of one neuron for one sample stays on the kink from `start` to `end`."""

    neuron: int
    sample: int
    start: float
    end: float


SAMPLES_AN_INTERVAL = 24
# A path that only crosses the kink is near it for less than this, at the smallest ε.
SHORTEST_REST, SHORTEST_LIMIT, REST_MARGIN = 0.01, 2e-3, 0.03
# A neuron whose momenta are below this share of the largest does nothing, and lies on the kink all along.
IDLE = 1e-4
GATE_NOISE = 1e-7
PUSH = 1e-6
# Crossings closer than this are one node: those of coinciding samples, say, which cross together.
CLOSE = 1e-7
# An interval gets at least this share of the mean density, so that none grows far beyond the others.
FLOOR = 0.3
# Values of the wrong sign up to this, relative to the largest |A|, are rounding at a crossing.
SIGN_NOISE = 1e-9


def sample_rows(
    at: Collocated, method: ImplicitRungeKutta, where: Float[np.ndarray, " m"]
) -> tuple[Float[np.ndarray, "m 2Nw"], Sides | None]:
    """(A, B) and the sides at positions in [0, 1], by the polynomials of the intervals that hold them."""
    interval = np.clip(np.searchsorted(at.positions, where, side="right") - 1, 0, at.positions.size - 2)
    fraction = (where - at.positions[interval]) / np.diff(at.positions)[interval]
    weights = lagrange((0.0, *method.nodes), fraction)
    values = np.concatenate([at.nodes[:-1, None], at.stages], axis=1)
    rows = np.einsum("mr,mry->my", weights, values[interval])
    return rows, None if at.sides is None else at.sides[interval]


def density(system: HamiltonianSystem, at: Collocated, method: ImplicitRungeKutta) -> Float[np.ndarray, " K"]:
    """Where nodes are wanted: the s+1-st root of what the polynomials leave of the system, per length."""
    points = np.array([0.0, *method.nodes, 1.0])
    between = (points[1:] + points[:-1]) / 2
    values = np.concatenate([at.nodes[:-1, None], at.stages], axis=1)
    known = points[:-1]
    weights = lagrange(known, between)
    rows = np.einsum("mr,kry->kmy", weights, values)
    slopes = np.einsum("mr,kry->kmy", weights @ differentiation(known), values)
    sides = None if at.sides is None else np.repeat(at.sides, between.size, axis=0)
    lengths = np.diff(at.positions)
    rates = system.field(rows.reshape(-1, rows.shape[2]), sides).reshape(rows.shape)
    left = np.abs(slopes - lengths[:, None, None] * rates).max(axis=(1, 2))
    roots = (left + 1e-14 * np.abs(at.nodes).max()) ** (1.0 / (len(method.nodes) + 1)) / lengths
    return np.asarray(np.maximum(roots, FLOOR * float(roots @ lengths)))


def remesh(
    at: Collocated, wanted: Float[np.ndarray, " K"], events: Sequence[Event], intervals: int
) -> tuple[Float[np.ndarray, " K+1"], tuple[Crossing, ...]]:
    """About `intervals` intervals with equal shares of the density, and a node on every event."""
    mass = np.concatenate([[0.0], np.cumsum(wanted * np.diff(at.positions))])
    anchors = np.array([0.0, *(event[0] for event in events), 1.0])
    marks = np.interp(anchors, at.positions, mass)
    nodes, places = [np.zeros(1)], [0]
    for arc in range(anchors.size - 1):
        count = max(1, round(intervals * (marks[arc + 1] - marks[arc]) / mass[-1]))
        inner = equal_shares(at.positions, mass, count, marks[arc], marks[arc + 1])[1:]
        inner[-1] = anchors[arc + 1]
        nodes.append(inner)
        places.append(places[-1] + count)
    crossings = tuple(
        Crossing(position, node, neuron, sample, kind)
        for (position, neuron, sample, kind), node in zip(events, places[1:-1], strict=True)
    )
    return np.concatenate(nodes), crossings


def carried_over(
    at: Collocated,
    fresh: tuple[Float[np.ndarray, " K+1"], tuple[Crossing, ...]],
    arc_sides: Sides | None,
    method: ImplicitRungeKutta,
) -> Collocated:
    """The same path on a fresh mesh; the sides of the ReLU are those of the arc between two crossings."""
    positions, crossings = fresh
    inner = positions[:-1, None] + np.diff(positions)[:, None] * np.array(method.nodes)
    nodes, _ = sample_rows(at, method, positions)
    stages, _ = sample_rows(at, method, inner.ravel())
    sides = None
    if arc_sides is not None:
        places = [0, *(c.node for c in crossings), positions.size - 1]
        sides = np.repeat(arc_sides, np.diff(places), axis=0)
    return Collocated(positions, nodes, stages.reshape(positions.size - 1, len(method.nodes), -1), sides, crossings)


def find_crossings(
    system: HamiltonianSystem, at: Collocated, method: ImplicitRungeKutta, rests: Sequence[Rest] = ()
) -> tuple[list[Event], Int8[np.ndarray, "arcs N w"]]:
    """Where inputs of the ReLU change sign along the path as it is, and the sides between these places.

    Inputs that rest on the kink enter and leave there instead of crossing, from start and to the end without an event.
    """
    where, a = _fine(system, at, method)
    # Inputs that start on the kink, as those of padded neurons do, have the side of where they go.
    a[0] = np.where(a[0] == 0.0, a[1], a[0])
    events: list[Event] = []
    for m, n, i in np.argwhere((a[1:] > 0) != (a[:-1] > 0)):
        before, after = a[m, n, i], a[m + 1, n, i]
        place = float(where[m] + (where[m + 1] - where[m]) * before / (before - after))
        # Where a path comes to rest, or leaves, the smoothed one may pass zero a little outside.
        near = (r for r in rests if (r.neuron, r.sample) == (i, n))
        if not any(r.start - REST_MARGIN <= place <= r.end + REST_MARGIN for r in near):
            events.append((place, int(i), int(n), "crossing"))
    for rest in rests:
        ends = ((rest.start, "entry"), (rest.end, "exit"))
        events.extend((place, rest.neuron, rest.sample, kind) for place, kind in ends if 0 < place < 1)
    events.sort()
    kept = [e for k, e in enumerate(events) if CLOSE < e[0] < 1 - CLOSE and (k == 0 or e[0] - events[k - 1][0] > CLOSE)]
    anchors = np.array([0.0, *(e[0] for e in kept), 1.0])
    middles = (anchors[1:] + anchors[:-1]) / 2
    sides = (system.split(sample_rows(at, method, middles)[0])[0] > 0).astype(np.int8)
    for rest in rests:
        sides[(rest.start < middles) & (middles < rest.end), rest.sample, rest.neuron] = RESTING
    return kept, sides


def find_rests(system: HamiltonianSystem, at: Collocated, method: ImplicitRungeKutta, reach: float) -> list[Rest]:
    """Where inputs stay within `reach` of the kink for long; not those of a neuron that does nothing at all."""
    where, a = _fine(system, at, method)
    b = system.split(at.nodes)[1]
    idle = np.abs(b).max(axis=(0, 1)) <= IDLE * np.abs(b).max()
    rests = []
    for n, i in np.ndindex(*a.shape[1:]):
        close = np.concatenate([[False], np.abs(a[:, n, i]) < reach, [False]])
        edges = np.flatnonzero(np.diff(close.astype(np.int8)))
        for first, last in zip(edges[::2], edges[1::2] - 1, strict=True):
            if not idle[i] and where[last] - where[first] > SHORTEST_REST:
                rests.append(Rest(int(i), int(n), float(where[first]), float(where[last])))
    return rests


def limiting_rests(coarse: Sequence[Rest], sharp: Sequence[Rest], epsilons: tuple[float, float]) -> list[Rest]:
    """The rests that last in the limit ε → 0, of those that were found at two values of ε, the larger one first.

    Towards a rest the path goes like a square, A = c(p − entry)²: it is within a multiple of ε from a distance of order
    √ε on, so that ends move linearly in √ε. What only crosses or touches the kink is left with no length.
    """
    first, last = np.sqrt(epsilons)
    share = last / (first - last)
    found = []
    for rest in sharp:
        same = (r for r in coarse if (r.neuron, r.sample) == (rest.neuron, rest.sample))
        before = next((r for r in same if r.start < rest.end and rest.start < r.end), rest)
        start = rest.start + share * (rest.start - before.start)
        end = rest.end + share * (rest.end - before.end)
        if end - start > SHORTEST_LIMIT:
            found.append(Rest(rest.neuron, rest.sample, max(0.0, start), min(1.0, end)))
    return found


def mended_rests(
    system: HamiltonianSystem, at: Collocated, method: ImplicitRungeKutta
) -> tuple[Collocated, list[Rest]] | None:
    """The parts of the rests whose gate lies in [0, 1], and the path pushed off the kink elsewhere; None if none does.

    A gate below 0 would have to hold back a path that both pieces push up, one above 1 a path that they push down.
    """
    where, _ = _fine(system, at, method)
    rows, sides = sample_rows(at, method, where)
    assert sides is not None
    gates = system.gates(rows, sides)
    size = PUSH * float(np.abs(system.split(at.nodes)[0]).max())
    nodes, stages, rests, mended = at.nodes.copy(), at.stages.copy(), [], False
    for n, i in np.argwhere(np.any(sides == RESTING, axis=0)):
        resting, gate = sides[:, n, i] == RESTING, gates[:, n, i]
        good = np.concatenate([[False], resting & (gate >= 0) & (gate <= 1), [False]])
        for first, last in np.flatnonzero(np.diff(good.astype(np.int8))).reshape(-1, 2):
            start, end = float(where[first]), float(where[last - 1])
            if end - start > SHORTEST_LIMIT:
                rests.append(Rest(int(i), int(n), start, end))
        wrong, column = resting & ((gate < 0) | (gate > 1)), n * system.geodesic.width + i
        mended |= bool(wrong.any())
        pushed = np.where(wrong, np.where(gate < 0, size, -size), 0.0)
        for values, places in (
            (nodes, at.positions),
            (stages, at.positions[:-1, None] + np.diff(at.positions)[:, None] * np.array(method.nodes)),
        ):
            values[..., column] += np.interp(places, where, pushed)
    return (Collocated(at.positions, nodes, stages, at.sides, at.crossings), rests) if mended else None


def _fine(
    system: HamiltonianSystem, at: Collocated, method: ImplicitRungeKutta
) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, "m N w"]]:
    """Positions, many an interval, and A there."""
    share = np.linspace(0.0, 1.0, SAMPLES_AN_INTERVAL, endpoint=False)
    where = np.append((at.positions[:-1, None] + np.diff(at.positions)[:, None] * share).ravel(), 1.0)
    return where, system.split(sample_rows(at, method, where)[0])[0]


def inconsistent(system: HamiltonianSystem, at: Collocated, method: ImplicitRungeKutta) -> bool:
    """Whether an input of the ReLU lies on another side than its interval says, or rests without a gate in [0, 1]."""
    assert at.sides is not None
    flat = at.stages.reshape(-1, at.nodes.shape[1])
    gates = system.gates(flat, at.stage_sides())
    if not np.all((gates >= -GATE_NOISE) & (gates <= 1 + GATE_NOISE)):
        return True
    share = np.linspace(0.0, 1.0, SAMPLES_AN_INTERVAL)
    where = np.clip(at.positions[:-1, None] + np.diff(at.positions)[:, None] * share, 0.0, 1.0)
    values = np.concatenate([at.nodes[:-1, None], at.stages], axis=1)
    rows = np.einsum("mr,kry->kmy", lagrange((0.0, *method.nodes), share), values)
    a = system.split(rows.reshape(-1, rows.shape[2]))[0].reshape(*where.shape, *at.sides.shape[1:])
    wrong = np.where(at.sides[:, None] == RESTING, np.abs(a), np.where(at.sides[:, None] > 0, -a, a))
    return bool(wrong.max() > SIGN_NOISE * max(1.0, float(np.abs(a).max())))
