"""Where a path crosses the kink of the ReLU, and whether it lies on the sides that it was solved for.

1. Look at every input at many points of every interval, and find its changes of sign.
2. Leave out those next to a rest on the kink; add the ends of the rests.
3. Join events that lie together, and say which side every input is on between two of them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geodepth.control.geodesics.continuum.hamiltonian_system import RESTING
from geodepth.foundation.shapes import Int8

from .collocated_path import SAMPLES_PER_INTERVAL, CollocatedPath
from .rests import Rest

REST_MARGIN = 0.03
"""A change of sign this near to a rest, in p, is its end: the smoothed path passes zero a little outside. An exact
network does not, up to a layer. Chosen by hand."""
CLOSE = 1e-7
"""Crossings closer than this, in p, are one node: those of coinciding samples, say, which cross together."""
GATE_NOISE = 1e-7
"""By which a gate may miss [0, 1], without unit: what Newton's method leaves of it; chosen by hand."""
END_NOISE = 1e-6
"""By which the conditions at p = 1 may be missed, relative to max(1, |A|, |B|); chosen by hand, above `GATE_NOISE`."""
SIGN_NOISE = 1e-9
"""Values of the wrong sign up to this, relative to the largest |A|, are rounding at a crossing."""


class Event(NamedTuple):
    """A crossing of the kink, or an end of a rest on it, before it has a node; the fields are those of `Crossing`."""

    position: float
    neuron: int
    sample: int
    kind: str = "crossing"


def find_crossings(
    path: CollocatedPath, rests: Sequence[Rest] = (), margin: float = REST_MARGIN
) -> tuple[list[Event], Int8[np.ndarray, "arcs N w"]]:
    """Where inputs of the ReLU change sign along the path as it is, and the sides between these places.

    Inputs that rest on the kink enter and leave there instead of crossing, from start and to the end without an event.
    """
    where = path.fine_positions()
    a = path.inputs_at(where)
    # Inputs that start on the kink, as those of padded neurons do, have the side of where they go.
    a[0] = np.where(a[0] == 0.0, a[1], a[0])
    events: list[Event] = []
    for m, n, i in np.argwhere((a[1:] > 0) != (a[:-1] > 0)):
        before, after = a[m, n, i], a[m + 1, n, i]
        place = float(where[m] + (where[m + 1] - where[m]) * before / (before - after))
        near = (r for r in rests if (r.neuron, r.sample) == (i, n))
        if not any(r.start - margin <= place <= r.end + margin for r in near):
            events.append(Event(place, int(i), int(n)))
    for rest in rests:
        ends = ((rest.start, "entry"), (rest.end, "exit"))
        events.extend(Event(place, rest.neuron, rest.sample, kind) for place, kind in ends if 0 < place < 1)
    events.sort()
    apart = [k == 0 or e.position - events[k - 1].position > CLOSE for k, e in enumerate(events)]
    kept = [e for e, alone in zip(events, apart, strict=True) if CLOSE < e.position < 1 - CLOSE and alone]
    anchors = np.array([0.0, *(e.position for e in kept), 1.0])
    middles = (anchors[1:] + anchors[:-1]) / 2
    sides = (path.inputs_at(middles) > 0).astype(np.int8)
    for rest in rests:
        sides[(rest.start < middles) & (middles < rest.end), rest.sample, rest.neuron] = RESTING
    return kept, sides


def inconsistent(path: CollocatedPath) -> bool:
    """Whether an input of the ReLU lies on another side than its interval says, or rests without a gate in [0, 1].

    Or whether the path misses a condition at p = 1 that an input was held at zero for.
    """
    assert path.sides is not None
    if np.abs(path.system.end_residual(path.nodes[-1])).max() > END_NOISE * path.scale:
        return True
    gates = path.system.gates(path.stage_rows, path.stage_sides)
    if not np.all((gates >= -GATE_NOISE) & (gates <= 1 + GATE_NOISE)):
        return True
    rows = path.inside(np.linspace(0.0, 1.0, SAMPLES_PER_INTERVAL))
    a = path.system.split(rows.reshape(-1, rows.shape[2]))[0].reshape(*rows.shape[:2], *path.sides.shape[1:])
    wrong = np.where(path.sides[:, None] == RESTING, np.abs(a), np.where(path.sides[:, None] > 0, -a, a))
    return bool(wrong.max() > SIGN_NOISE * max(1.0, float(np.abs(a).max())))
