"""One Newton step of the collocation equations, with the stages eliminated and the nodes in a band.

1. On every interval, solve the stage equations for the stages' response to its first node, to the moves dτ of the
   events, and to the residual.
2. Continuity then couples neighbouring nodes only: solve the banded system for the residual, and for each dτ.
3. Fix dτ by the events' conditions, and put nodes and stages together.
"""

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Float

from .collocated_path import CollocatedPath
from .event_conditions import event_conditions, held_ends, stretches


@dataclass(frozen=True, slots=True, eq=False)
class Residual:
    """What is left of the equations.

    Attributes
    ----------
    start : (Nw,)
        A_0 − E X.
    equations : (K, s, 2Nw)
        Those of the stages.
    continuity : (K, 2Nw)
        Of the polynomials at the nodes.
    end : (Nw,)
        The conditions at p = 1.
    events : (m,)
        Those of the events at the kink.
    """

    start: Float[np.ndarray, " Nw"]
    equations: Float[np.ndarray, "K s 2Nw"]
    continuity: Float[np.ndarray, "K 2Nw"]
    end: Float[np.ndarray, " Nw"]
    events: Float[np.ndarray, " m"]

    @property
    def size(self) -> float:
        """The largest of all, infinite where one is not finite."""
        parts = (self.start, self.equations, self.continuity, self.end, self.events)
        largest = [float(np.max(np.abs(part), initial=0.0)) for part in parts]
        return max(largest) if np.all(np.isfinite(largest)) else np.inf


@dataclass(frozen=True, slots=True, eq=False)
class CollocationStep:
    """Newton's changes of nodes (K + 1, 2Nw), stages (K, s, 2Nw) and lengths of the intervals (K,)."""

    nodes: Float[np.ndarray, "K+1 2Nw"]
    stages: Float[np.ndarray, "K s 2Nw"]
    lengths: Float[np.ndarray, " K"]


def newton_step(path: CollocatedPath, residual: Residual) -> CollocationStep:
    """The step from a path with this residual."""
    intervals, _, size = path.stages.shape
    moves, moved = len(path.crossings), stretches(path)
    responses = _stage_responses(path, residual, moved)
    ends = path.method.extrapolation
    # dY = P dy_k + U dτ + q, the columns of `responses`: the continuity rows couple neighbouring nodes only.
    carried = np.einsum("r,krij->kij", ends[1:], responses)
    transfer = carried[:, :, :size] + ends[0] * np.eye(size)
    # Right-hand sides: what the residual asks for, and what each event's move adds.
    right = np.zeros((size * (intervals + 1), 1 + moves))
    right[:, 0] = -np.concatenate([residual.start, (residual.continuity - carried[:, :, -1]).ravel(), residual.end])
    right[size // 2 : -(size // 2), 1:] = carried[:, :, size : size + moves].reshape(size * intervals, moves)
    end = path.system.end_jacobian(path.nodes[-1])
    for row, column in held_ends(path):
        end[row] = np.eye(1, size, column)
    change = _solve_nodes(transfer, end, right).reshape(intervals + 1, size, -1)
    tau = np.zeros(moves)
    if moves:
        rows = np.stack([c.derivative(path) @ change[c.node] for c in event_conditions(path)])
        tau = np.linalg.solve(rows[:, 1:], -residual.events - rows[:, 0])
    nodes = change[:, :, 0] + change[:, :, 1:] @ tau
    stages = np.einsum("krij,kj->kri", responses[..., :size], nodes[:-1], optimize=True)
    stages += responses[..., -1] + responses[..., size : size + moves] @ tau
    return CollocationStep(nodes, stages, moved @ tau)


def _stage_responses(
    path: CollocatedPath, residual: Residual, moved: Float[np.ndarray, "K m"]
) -> Float[np.ndarray, "K s 2Nw columns"]:
    """The stages' response to the first node, to dτ, and to the residual: 2Nw + m + 1 columns."""
    intervals, count, size = path.stages.shape
    moves, slopes = moved.shape[1], path.method.slopes
    jacobian = path.system.jacobian(path.stage_rows, path.stage_sides).reshape(intervals, count, size, size)
    rates, lengths = path.rates(), path.lengths
    first, block = np.kron(slopes[:, :1], np.eye(size)), np.kron(slopes[:, 1:], np.eye(size))
    responses = np.empty((intervals, count, size, size + moves + 1))
    for k in range(intervals):
        matrix = block.copy()
        for j in range(count):
            inside = slice(j * size, (j + 1) * size)
            matrix[inside, inside] -= lengths[k] * jacobian[k, j]
        stretch = rates[k].reshape(-1, 1) * moved[k]
        right = np.hstack([-first, stretch, -residual.equations[k].reshape(-1, 1)])
        responses[k] = np.linalg.solve(matrix, right).reshape(count, size, -1)
    return responses


def _solve_nodes(
    transfer: Float[np.ndarray, "K n n"], end: Float[np.ndarray, "half n"], right: Float[np.ndarray, "nodes columns"]
) -> Float[np.ndarray, "nodes columns"]:
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
