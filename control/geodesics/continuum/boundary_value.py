"""Gauss collocation for the two-point boundary-value problem of an extremal, nodes on the kinks included.

On every interval A and B are polynomials that satisfy the system at Gauss's points; Newton's method works on nodes,
stages and, for the exact ReLU, the positions of crossings at once. The stages are eliminated interval by interval, the
nodes by a banded factorization. Source: Ascher, Mattheij and Russell, Numerical Solution of Boundary Value Problems for
Ordinary Differential Equations, chapters 5 and 7; a crossing is an interior condition A[i, n] = 0 with a free position.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geodepth.control.transcription.implicit_integrators import ImplicitRungeKutta
from geodepth.foundation.shapes import Float

from .hamiltonian_system import RESTING, HamiltonianSystem, complex_step

if TYPE_CHECKING:
    from .hamiltonian_system import Sides

HALVINGS = 12
SHORTEST = 1e-9  # the least length of an arc, as a fraction of the path


@dataclass(frozen=True, slots=True)
class Crossing:
    """The input of one neuron for one sample passes zero at `position`, where node number `node` lies.

    kind: "crossing"; or it comes to rest on zero, "entry", or leaves from there, "exit".
    """

    position: float
    node: int
    neuron: int
    sample: int
    kind: str = "crossing"


@dataclass(frozen=True, slots=True)
class _Condition:
    """A = 0, or A' = 0, of one input at a node; together they fix the positions of all events."""

    node: int
    neuron: int
    sample: int
    slope: bool


@dataclass(frozen=True, slots=True, eq=False)
class Collocated:
    """An iterate: nodes and stages (A, B) as rows of 2Nw numbers, the pieces of the ReLU, and the crossings."""

    positions: Float[np.ndarray, " K+1"]
    nodes: Float[np.ndarray, "K+1 2Nw"]
    stages: Float[np.ndarray, "K s 2Nw"]
    sides: Sides | None
    crossings: tuple[Crossing, ...]

    def stage_sides(self) -> Sides | None:
        """The sides at every stage."""
        return None if self.sides is None else np.repeat(self.sides, self.stages.shape[1], axis=0)


@dataclass(frozen=True, slots=True, eq=False)
class _Residual:
    start: np.ndarray
    equations: Float[np.ndarray, "K s 2Nw"]
    continuity: Float[np.ndarray, "K 2Nw"]
    end: np.ndarray
    events: np.ndarray

    @property
    def size(self) -> float:
        parts = (self.start, self.equations, self.continuity, self.end, self.events)
        largest = [float(np.max(np.abs(part), initial=0.0)) for part in parts]
        return max(largest) if np.all(np.isfinite(largest)) else np.inf


class BoundaryValueProblem:
    """Newton's method for one system and one collocation method."""

    def __init__(self, system: HamiltonianSystem, method: ImplicitRungeKutta) -> None:
        self.system, self.method = system, method
        self.iterations = 0

    def solve(self, iterate: Collocated, tolerance: float, limit: int = 40) -> tuple[Collocated, float]:
        """Iterate to a residual below `tolerance` relative to the size of (A, B); returns the last and its residual.

        Newton's steps are halved until the residual falls. It stops early where no step helps, at rounding for one.
        """
        residual = self._residual(iterate)
        for _ in range(limit):
            scale = max(1.0, float(np.max(np.abs(iterate.nodes))))
            if residual.size <= tolerance * scale:
                break
            step = self._step(iterate, residual)
            self.iterations += 1
            for halving in range(HALVINGS):
                trial = self._moved(iterate, step, 0.5**halving)
                if trial is not None:
                    found = self._residual(trial)
                    if found.size < (1 - 1e-4 * 0.5**halving) * residual.size:
                        break
            else:
                break
            iterate, residual = trial, found
        return iterate, residual.size / max(1.0, float(np.max(np.abs(iterate.nodes))))

    def _residual(self, at: Collocated) -> _Residual:
        slopes, ends = self.method.slopes, self.method.extrapolation
        half = self.system.half
        with np.errstate(over="ignore", invalid="ignore"):
            rates = self.system.field(at.stages.reshape(-1, 2 * half), at.stage_sides()).reshape(at.stages.shape)
        lengths = np.diff(at.positions)[:, None, None]
        equations = slopes[:, :1] * at.nodes[:-1, None] + np.matmul(slopes[:, 1:], at.stages) - lengths * rates
        carried = ends[0] * at.nodes[:-1] + np.einsum("r,kry->ky", ends[1:], at.stages)
        start = at.nodes[0, :half] - self.system.geodesic.initial_representations.T.ravel()
        end = self.system.end_residual(at.nodes[-1])
        for column in self._held_ends(at):
            end[column] = at.nodes[-1, column]
        events = np.array([self._condition(at, c) for c in _conditions(at)])
        return _Residual(start, equations, at.nodes[1:] - carried, end, events)

    def _column(self, event: Crossing | _Condition) -> int:
        return event.sample * self.system.geodesic.width + event.neuron

    def _condition(self, at: Collocated, c: _Condition) -> float:
        if not c.slope:
            return float(at.nodes[c.node, self._column(c)])
        return float(self._speed(at, c, at.nodes[c.node : c.node + 1])[0])

    def _speed(self, at: Collocated, c: _Condition, row: Float[np.ndarray, "1 2Nw"]) -> np.ndarray:
        assert at.sides is not None
        return np.asarray(self.system.speeds(row, at.sides[c.node : c.node + 1])[:, c.sample, c.neuron])

    def _condition_row(self, at: Collocated, c: _Condition) -> Float[np.ndarray, " 2Nw"]:
        """Its derivative to the node."""
        if c.slope:
            node = at.nodes[c.node : c.node + 1]
            return np.asarray(complex_step(lambda row: self._speed(at, c, row)[:, None], node)[0, 0])
        row = np.zeros(at.nodes.shape[1])
        row[self._column(c)] = 1.0
        return row

    def _held_ends(self, at: Collocated) -> list[int]:
        """Columns of the inputs that rest at p = 1. Of a neuron that is not read, A' = 0 there is B = 0 already."""
        if at.sides is None:
            return []
        return [int(column) for column in np.flatnonzero(at.sides[-1].ravel() == RESTING)]

    def _step(self, at: Collocated, residual: _Residual) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Newton's changes of nodes, stages and crossing positions."""
        intervals, _, size = at.stages.shape
        moves = len(at.crossings)
        stretches = _stretches(at)
        responses = self._eliminate(at, residual, stretches)
        ends = self.method.extrapolation
        # dY = P dy_k + U dτ + q, the columns of `responses`: the continuity rows couple neighbouring nodes only.
        carried = np.einsum("r,krij->kij", ends[1:], responses)
        transfer = carried[:, :, :size] + ends[0] * np.eye(size)
        # Right-hand sides: what the residual asks for, and what each crossing's move adds.
        right = np.zeros((size * (intervals + 1), 1 + moves))
        right[:, 0] = -np.concatenate([residual.start, (residual.continuity - carried[:, :, -1]).ravel(), residual.end])
        right[size // 2 : -(size // 2), 1:] = carried[:, :, size : size + moves].reshape(size * intervals, moves)
        end = self.system.end_jacobian(at.nodes[-1])
        for column in self._held_ends(at):
            end[column] = np.eye(1, size, column)
        change = self._solve_nodes(transfer, end, right).reshape(intervals + 1, size, -1)
        tau = np.zeros(moves)
        if moves:
            rows = np.stack([self._condition_row(at, c) @ change[c.node] for c in _conditions(at)])
            tau = np.linalg.solve(rows[:, 1:], -residual.events - rows[:, 0])
        node_step = change[:, :, 0] + change[:, :, 1:] @ tau
        stage_step = np.einsum("krij,kj->kri", responses[..., :size], node_step[:-1], optimize=True)
        stage_step += responses[..., -1] + responses[..., size : size + moves] @ tau
        return node_step, stage_step, stretches @ tau

    def _solve_nodes(
        self, transfer: Float[np.ndarray, "K n n"], end: Float[np.ndarray, "half n"], right: np.ndarray
    ) -> np.ndarray:
        """Solve the rows A_0, y_{k+1} − T_k y_k, end, which are banded in this order."""
        from scipy.linalg import solve_banded

        intervals, size, _ = transfer.shape
        half, below, above = size // 2, size + size // 2 - 1, size // 2
        band = np.zeros((below + above + 1, size * (intervals + 1)))

        def put(row: int, column: int, block: np.ndarray) -> None:
            rows, columns = np.indices(block.shape)
            band[above + row + rows - column - columns, column + columns] = block

        put(0, 0, np.eye(half))
        # One at a time for the identity: its block's corners lie outside the band.
        diagonal = size + np.arange(size * intervals)
        band[above + half - size, diagonal] = 1.0
        for k in range(intervals):
            put(half + k * size, k * size, -transfer[k])
        put(half + intervals * size, intervals * size, end)
        return np.asarray(solve_banded((below, above), band, right, overwrite_ab=True, check_finite=False))

    def _eliminate(self, at: Collocated, residual: _Residual, stretches: np.ndarray) -> np.ndarray:
        """The stages' response (K, s, 2Nw, 2Nw + moves + 1) to the first node, to dτ, and to the residual."""
        intervals, count, size = at.stages.shape
        moves, slopes = stretches.shape[1], self.method.slopes
        flat = at.stages.reshape(-1, size)
        jacobian = self.system.jacobian(flat, at.stage_sides()).reshape(intervals, count, size, size)
        rates = self.system.field(flat, at.stage_sides()).reshape(intervals, count, size)
        lengths = np.diff(at.positions)
        first, block = np.kron(slopes[:, :1], np.eye(size)), np.kron(slopes[:, 1:], np.eye(size))
        responses = np.empty((intervals, count, size, size + moves + 1))
        for k in range(intervals):
            matrix = block.copy()
            for j in range(count):
                inside = slice(j * size, (j + 1) * size)
                matrix[inside, inside] -= lengths[k] * jacobian[k, j]
            stretch = rates[k].reshape(-1, 1) * stretches[k]
            right = np.hstack([-first, stretch, -residual.equations[k].reshape(-1, 1)])
            responses[k] = np.linalg.solve(matrix, right).reshape(count, size, -1)
        return responses

    def _moved(
        self, at: Collocated, step: tuple[np.ndarray, np.ndarray, np.ndarray], fraction: float
    ) -> Collocated | None:
        """The iterate after a fraction of the step, or None where it would turn an arc around."""
        lengths = np.diff(at.positions) + fraction * step[2]
        if lengths.min() < SHORTEST:
            return None
        positions = np.concatenate([[0.0], np.cumsum(lengths)])
        positions[-1] = 1.0
        crossings = tuple(replace(c, position=float(positions[c.node])) for c in at.crossings)
        return Collocated(positions, at.nodes + fraction * step[0], at.stages + fraction * step[1], at.sides, crossings)


def _conditions(at: Collocated) -> list[_Condition]:
    """As many conditions as events: one for a crossing, two for the two ends of a rest.

    At an entry A = 0 and A' = 0, which the gate then keeps until the exit, wherever that is. What rests from p = 0 on
    is zero there as data; what rests to p = 1 is held at zero there instead.
    """
    found, entered = [], set()
    for c in at.crossings:
        node, lasts = c.node, at.sides is not None and at.sides[-1, c.sample, c.neuron] == RESTING
        later = any(
            d.kind == "exit" and (d.neuron, d.sample) == (c.neuron, c.sample) and d.position > c.position
            for d in at.crossings
        )
        if c.kind == "crossing" or (c.kind == "entry" and (later or not lasts)):
            found.append(_Condition(node, c.neuron, c.sample, slope=False))
        if c.kind == "entry":
            entered.add((c.neuron, c.sample))
            found.append(_Condition(node, c.neuron, c.sample, slope=True))
        elif c.kind == "exit" and (c.neuron, c.sample) not in entered:
            found.append(_Condition(0, c.neuron, c.sample, slope=True))
            entered.add((c.neuron, c.sample))
    return found


def _stretches(at: Collocated) -> Float[np.ndarray, "K m"]:
    """∂(length of interval k)/∂τ_j: intervals keep their share of the arc between two crossings."""
    lengths = np.diff(at.positions)
    stretches = np.zeros((lengths.size, len(at.crossings)))
    anchors = [0, *(c.node for c in at.crossings), lengths.size]
    for arc in range(len(anchors) - 1):
        inside = slice(anchors[arc], anchors[arc + 1])
        share = lengths[inside] / lengths[inside].sum()
        if arc > 0:
            stretches[inside, arc - 1] -= share
        if arc < len(at.crossings):
            stretches[inside, arc] += share
    return stretches
