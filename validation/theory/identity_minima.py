"""Minima of the cost of identity ‖A‖²_K = ‖Aσ(A)⁺‖_F² without bias: Propositions 2 and 3, made constructive.

Adding a neuron whose row is εv with v ≥ 0 in the image of K changes the cost of identity by
−ε² vᵀQv + O(ε⁴), Q = K⁺AᵀAK⁺ − K⁺. Summed over the rows v_i of σ(A) this is Tr[KQ] = ‖A‖²_K − rank σ(A): so where the
cost exceeds that rank, one of the neurons' own activations is a direction of descent, and A is no stable minimum.
Re-weighting row i by √t_i with Σ t_i a_i a_iᵀ and Σ t_i σ(a_i)σ(a_i)ᵀ unchanged keeps K, AᵀA and the cost: these are
N(N + 1) linear conditions on w weights, so with more neurons than that one of them can be brought to zero.
Source: Jacot and Kaiser, arXiv:2405.17573, Propositions 2 and 3, whose proofs these constructions follow in spirit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.argument_checks import check_array
from geodepth.validation.physics.kernel import KernelGeometry

from .check import Check, equality, inequality, not_applicable

_STABLE = "stable minima of the cost of identity are non-negative, and there it equals the rank"
_PATH = "wide networks: a path of constant cost of identity leads from any other minimum to a saddle"


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """A neuron to add: its row v (N,) ≥ 0, the second-order rate vᵀQv at which −‖A‖²_K grows with ε²."""

    row: Float[np.ndarray, " N"]
    rate: float


@dataclass(frozen=True, slots=True, eq=False)
class ConstantCostPath:
    """Representations (T, w, N) of one cost of identity, from the given A to one with a silent neuron."""

    representations: Float[np.ndarray, "T w N"]
    costs: Float[np.ndarray, " T"]
    silent: int


def cost_of_identity(representations: Any) -> float:
    """‖A‖²_K of A (w, N) with ReLU and without bias; infinite where a row of A leaves the image of K."""
    A = check_array("representations", representations, (None, None), "(w, N)")
    return KernelGeometry.of(np.maximum(A, 0.0)).norm_squared(A)


def descent_by_a_neuron(representations: Any) -> Descent:
    """The best neuron to add among the present ones' activations; a positive rate means that A is not stable."""
    A = check_array("representations", representations, (None, None), "(w, N)")
    active = np.maximum(A, 0.0)
    inverse = np.linalg.pinv(active.T @ active, rcond=1e-12, hermitian=True)
    Q = inverse @ A.T @ A @ inverse - inverse
    rates = np.einsum("in,nm,im->i", active, Q, active)
    best = int(np.argmax(rates))
    return Descent(active[best].copy(), float(rates[best]))


def stable_minimum(representations: Any, tolerance: float = 1e-6) -> Check:
    """Proposition 2 on one A (w, N): ‖A‖²_K = rank A where A ≥ 0, and a neuron that lowers it where ‖A‖²_K > rank σ(A).

    The second case reports the cost before (right) and after (left) adding the neuron, at the best of a few ε.
    Entries above −tolerance times the largest count as non-negative. Not applicable where the cost is infinite, or
    below the rank while some entries are negative. Raises ValidationError.
    """
    A = check_array("representations", representations, (None, None), "(w, N)")
    name, cost = "Proposition 2", cost_of_identity(A)
    if A.min() >= -tolerance * np.abs(A).max():
        rank = float(np.linalg.matrix_rank(np.maximum(A, 0.0), rtol=1e-10))
        return equality(name, _STABLE, cost_of_identity(np.maximum(A, 0.0)), rank, 1e-6, "A is non-negative")
    rank = float(np.linalg.matrix_rank(np.maximum(A, 0.0), rtol=1e-10))
    if not np.isfinite(cost):
        return not_applicable(name, _STABLE, "the cost of identity is infinite here")
    if cost <= rank + 1e-9:
        return not_applicable(name, _STABLE, f"A has negative entries at a cost {cost:.3g} below the rank {rank:g}")
    neuron = descent_by_a_neuron(A).row
    sizes = np.logspace(-3, 1, 9)
    after = min(cost_of_identity(np.vstack([A, size * neuron])) for size in sizes)
    return inequality(
        name, _STABLE, after, cost, -1e-12 * cost, "A has negative entries; adding a neuron lowers its cost, as claimed"
    )


def constant_cost_path(representations: Any, points: int = 21) -> ConstantCostPath | None:
    """Proposition 3's path: re-weighted neurons of one cost of identity until one is silent, None if there is none.

    There always is one for w > N(N + 1). Raises ValidationError.
    """
    A = check_array("representations", representations, (None, None), "(w, N)")
    active = np.maximum(A, 0.0)
    upper = np.triu_indices(A.shape[1])
    moments = [np.array([np.outer(row, row)[upper] for row in rows]).T for rows in (A, active)]
    conditions = np.concatenate(moments)
    _, values, directions = np.linalg.svd(conditions / np.abs(conditions).max(), full_matrices=True)
    rank = int(np.sum(values > 1e-10 * values[0]))
    if rank == A.shape[0]:
        return None
    move = directions[-1]
    move = move if move.min() < 0.0 else -move  # the weights 1 + τ·move must reach zero for some τ > 0
    falling = move < 0.0
    silent = int(np.flatnonzero(falling)[np.argmin(-1.0 / move[falling])])
    end = -1.0 / move[silent]
    weights = np.clip(1.0 + np.linspace(0.0, end, points)[:, None] * move, 0.0, None)
    weights[-1, silent] = 0.0
    path = np.sqrt(weights)[:, :, None] * A
    return ConstantCostPath(path, np.array([cost_of_identity(point) for point in path]), silent)


def constant_cost_to_saddle(representations: Any) -> Check:
    """Proposition 3 on one A (w, N): the cost along the path against its value at the start, and at the end descent.

    Not applicable where no re-weighting exists (w ≤ N(N + 1) may be too narrow), the cost is infinite, or the end is
    not seen to be unstable (‖A‖²_K ≤ rank σ(A)).
    """
    A = check_array("representations", representations, (None, None), "(w, N)")
    name, cost = "Proposition 3", cost_of_identity(A)
    width, samples = A.shape
    if not np.isfinite(cost):
        return not_applicable(name, _PATH, "the cost of identity is infinite here")
    path = constant_cost_path(A)
    if path is None:
        return not_applicable(name, _PATH, f"width {width} is not above N(N + 1) = {samples * (samples + 1)}")
    descent = descent_by_a_neuron(path.representations[-1])
    if descent.rate <= 1e-9:
        return not_applicable(name, _PATH, "adding a neuron lowers nothing: this may be a stable minimum")
    reason = f"neuron {path.silent} falls silent, and then lowers the cost at rate {descent.rate:.3g}"
    # Conditioning of K enters twice: once in K⁺ and once in the re-weighting.
    return equality(name, _PATH, path.costs, cost, 1e-8 * max(1.0, cost), reason)
