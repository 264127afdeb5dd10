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

from ..implicit import ImplicitRungeKutta
from .hamiltonian import HamiltonianSystem

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

HALVINGS = 12
SHORTEST = 1e-9  # the least length of an arc, as a fraction of the path


@dataclass(frozen=True, slots=True)
class Crossing:
    """The input of one neuron for one sample passes zero at `position`, where node number `node` lies."""

    position: float
    node: int
    neuron: int
    sample: int


@dataclass(frozen=True, slots=True, eq=False)
class Collocated:
    """An iterate: nodes and stages (A, B) as rows of 2Nw numbers, the pieces of the ReLU, and the crossings."""

    positions: Float[np.ndarray, " K+1"]
    nodes: Float[np.ndarray, "K+1 2Nw"]
    stages: Float[np.ndarray, "K s 2Nw"]
    sides: Bool[np.ndarray, "K N w"] | None
    crossings: tuple[Crossing, ...]

    def stage_sides(self) -> Bool[np.ndarray, "Ks N w"] | None:
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
        events = np.array([at.nodes[c.node, self._column(c)] for c in at.crossings])
        return _Residual(start, equations, at.nodes[1:] - carried, self.system.end_residual(at.nodes[-1]), events)

    def _column(self, crossing: Crossing) -> int:
        return crossing.sample * self.system.geodesic.width + crossing.neuron

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
        change = self._solve_nodes(transfer, self.system.end_jacobian(at.nodes[-1]), right).reshape(
            intervals + 1, size, -1
        )
        tau = np.zeros(moves)
        if moves:
            rows = np.stack([change[c.node, self._column(c)] for c in at.crossings])
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
