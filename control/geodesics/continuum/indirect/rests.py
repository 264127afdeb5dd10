"""Where inputs of the ReLU stay on the kink: found on smoothed paths, and mended by the gate of what was solved.

1. On a smoothed path, find where inputs stay within a few ε of the kink for long.
2. From two values of ε, extrapolate the ends of what lasts in the limit.
3. Where the exact path needs a gate outside [0, 1], let go of that part of the rest, and push the path off the kink.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geodepth.control.geodesics.continuum.hamiltonian_system import RESTING
from geodepth.foundation.shapes import Bool, Int

from .collocated_path import CollocatedPath, positions_inside

SHORTEST_REST = 0.01
"""Length in p: a path that only crosses the kink is near it for less than this, at the smallest ε."""
SHORTEST_LIMIT = 2e-3
"""Length in p of what counts as a rest in the limit ε → 0; chosen by hand, above the error of the extrapolation."""
IDLE = 1e-4
"""A neuron whose momenta are below this share of the largest does nothing, and lies on the kink all along."""
PUSH = 1e-6
"""By how much a path is pushed off the kink, relative to the largest |A|; chosen by hand."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The input of one neuron for one sample stays on the kink from `start` to `end`, positions p in [0, 1]."""

    neuron: int
    sample: int
    start: float
    end: float


def rests_of(path: CollocatedPath) -> list[Rest]:
    """Where inputs rest on the sides that a path was solved for, by their beginning."""
    found: list[Rest] = []
    if path.sides is None:
        return found
    for n, i in np.argwhere(np.any(path.sides == RESTING, axis=0)):
        for first, last in stretches_of(path.sides[:, n, i] == RESTING):
            found.append(Rest(int(i), int(n), float(path.positions[first]), float(path.positions[last])))
    return sorted(found, key=lambda rest: rest.start)


def find_rests(path: CollocatedPath, reach: float) -> list[Rest]:
    """Where inputs stay within `reach` of the kink for long; not those of a neuron that does nothing at all."""
    where = path.fine_positions()
    a, b = path.inputs_at(where), path.system.split(path.nodes)[1]
    idle = np.abs(b).max(axis=(0, 1)) <= IDLE * np.abs(b).max()
    rests = []
    for n, i in np.ndindex(*a.shape[1:]):
        for first, past in stretches_of(np.abs(a[:, n, i]) < reach):
            if not idle[i] and where[past - 1] - where[first] > SHORTEST_REST:
                rests.append(Rest(int(i), int(n), float(where[first]), float(where[past - 1])))
    return rests


def limiting_rests(coarse: Sequence[Rest], sharp: Sequence[Rest], epsilons: tuple[float, float]) -> list[Rest]:
    """The rests that last in the limit ε → 0, of those that were found at two values of ε, the larger one first.

    Notes
    -----
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


def mended_rests(path: CollocatedPath) -> tuple[CollocatedPath, list[Rest]] | None:
    """The parts of the rests whose gate lies in [0, 1], and the path pushed off the kink elsewhere; None if none does.

    A gate below 0 would have to hold back a path that both pieces push up, one above 1 a path that they push down.
    """
    where = path.fine_positions()
    rows, sides = path.at(where)
    assert sides is not None
    gates = path.system.gates(rows, sides)
    size = PUSH * float(np.abs(path.system.split(path.nodes)[0]).max())
    nodes, stages, rests, mended = path.nodes.copy(), path.stages.copy(), [], False
    stage_positions = positions_inside(path.positions, path.method.nodes)
    for n, i in np.argwhere(np.any(sides == RESTING, axis=0)):
        resting, gate = sides[:, n, i] == RESTING, gates[:, n, i]
        for first, past in stretches_of(resting & (gate >= 0) & (gate <= 1)):
            start, end = float(where[first]), float(where[past - 1])
            if end - start > SHORTEST_LIMIT:
                rests.append(Rest(int(i), int(n), start, end))
        wrong, column = resting & ((gate < 0) | (gate > 1)), path.column(i, n)
        mended |= bool(wrong.any())
        pushed = np.where(wrong, np.where(gate < 0, size, -size), 0.0)
        for values, places in ((nodes, path.positions), (stages, stage_positions)):
            values[..., column] += np.interp(places, where, pushed)
    return (replace(path, nodes=nodes, stages=stages), rests) if mended else None


def stretches_of(on: Bool[np.ndarray, " m"]) -> Int[np.ndarray, "runs 2"]:
    """The first place, and the one past the last, of every stretch that is true."""
    padded = np.concatenate([[False], on, [False]])
    return np.flatnonzero(np.diff(padded.astype(np.int8))).reshape(-1, 2)
