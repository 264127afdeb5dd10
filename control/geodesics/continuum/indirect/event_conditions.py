"""The equations that fix the positions of the events at the kink, as many as there are events.

1. At a crossing, A = 0.
2. At an entry A = 0 and A' = 0, which the gate then keeps until the exit, wherever that is.
3. What rests from p = 0 on is zero there as data, and needs A' = 0 there alone.
4. What rests to p = 1 is held at zero there instead of at its entry.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geodepth.control.geodesics.continuum.hamiltonian_system import RESTING, complex_step
from geodepth.foundation.shapes import Float

from .collocated_path import CollocatedPath


@dataclass(frozen=True, slots=True)
class EventCondition:
    """A = 0, or with `slope` A' = 0, of one input at a node."""

    node: int
    neuron: int
    sample: int
    slope: bool

    def value(self, path: CollocatedPath) -> float:
        """What has to be zero."""
        row = path.nodes[self.node : self.node + 1]
        return float(self._speed(path, row)[0] if self.slope else row[0, path.column(self.neuron, self.sample)])

    def derivative(self, path: CollocatedPath) -> Float[np.ndarray, " 2Nw"]:
        """Its derivative in (A, B) at the node."""
        if self.slope:
            node = path.nodes[self.node : self.node + 1]
            return np.asarray(complex_step(lambda row: self._speed(path, row)[:, None], node)[0, 0])
        row = np.zeros(path.nodes.shape[1])
        row[path.column(self.neuron, self.sample)] = 1.0
        return row

    def _speed(self, path: CollocatedPath, row: Float[np.ndarray, "1 2Nw"]) -> np.ndarray:
        assert path.sides is not None
        return np.asarray(path.system.speeds(row, path.sides[self.node : self.node + 1])[:, self.sample, self.neuron])


def event_conditions(path: CollocatedPath) -> list[EventCondition]:
    """One condition for a crossing, two for the two ends of a rest."""
    found, entered = [], set()
    for c in path.crossings:
        lasts = path.sides is not None and path.sides[-1, c.sample, c.neuron] == RESTING
        later = any(
            d.kind == "exit" and (d.neuron, d.sample) == (c.neuron, c.sample) and d.position > c.position
            for d in path.crossings
        )
        if c.kind == "crossing" or (c.kind == "entry" and (later or not lasts)):
            found.append(EventCondition(c.node, c.neuron, c.sample, slope=False))
        if c.kind == "entry":
            entered.add((c.neuron, c.sample))
            found.append(EventCondition(c.node, c.neuron, c.sample, slope=True))
        elif c.kind == "exit" and (c.neuron, c.sample) not in entered:
            found.append(EventCondition(0, c.neuron, c.sample, slope=True))
            entered.add((c.neuron, c.sample))
    return found


class HeldEnd(NamedTuple):
    """An input that rests at p = 1: its column in (A, B), and the row of the end's conditions that A = 0 replaces."""

    row: int
    column: int


def held_ends(path: CollocatedPath) -> list[HeldEnd]:
    """The inputs that rest at p = 1.

    Of a neuron that is not read, A' = 0 there is B = 0 already, which is the condition replaced. A fixed end of one
    that is read is zero by its target, and replaces nothing.
    """
    if path.sides is None:
        return []
    columns = np.flatnonzero(path.sides[-1].ravel() == RESTING)
    found = [HeldEnd(path.system.end_row(int(column)), int(column)) for column in columns]
    return [held for held in found if held.row >= 0]


def stretches(path: CollocatedPath) -> Float[np.ndarray, "K m"]:
    """∂(length of interval k)/∂(position of event j): intervals keep their share of the arc between two events."""
    lengths = path.lengths
    found = np.zeros((lengths.size, len(path.crossings)))
    anchors = [0, *(c.node for c in path.crossings), lengths.size]
    for arc in range(len(anchors) - 1):
        inside = slice(anchors[arc], anchors[arc + 1])
        share = lengths[inside] / lengths[inside].sum()
        if arc > 0:
            found[inside, arc - 1] -= share
        if arc < len(path.crossings):
            found[inside, arc] += share
    return found
