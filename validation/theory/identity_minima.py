"""Minima of the cost of identity ‖A‖²_K = ‖Aσ(A)⁺‖_F² without bias: Propositions 2 and 3, made constructive.

Proposition 2, a neuron that lowers the cost:

1. Adding a neuron whose row is εv, with v ≥ 0 in the image of K, changes the cost by −ε² vᵀQv + O(ε⁴), where
   Q = K⁺AᵀAK⁺ − K⁺.
2. Summed over the rows v_i of σ(A) this is Tr[KQ] = ‖A‖²_K − rank σ(A).
3. So where the cost exceeds that rank, one of the neurons' own activations is a direction of descent, and A is no
   stable minimum.

Proposition 3, a path of constant cost to a silent neuron:

1. Re-weighting row i by √t_i, with Σ t_i a_i a_iᵀ and Σ t_i σ(a_i)σ(a_i)ᵀ unchanged, keeps K, AᵀA and the cost.
2. These are N(N + 1) linear conditions on w weights.
3. So with more neurons than that one of them can be brought to zero.

Source: Jacot and Kaiser, arXiv:2405.17573, Propositions 2 and 3, whose proofs these constructions follow in spirit.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from geodepth.foundation.activations import RELU
from geodepth.foundation.shapes import Float
from geodepth.validation.argument_checks import check_array
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.kernel import KernelGeometry

from .check import Check, Statement

_STABLE = "stable minima of the cost of identity are non-negative, and there it equals the rank"
_PATH = "wide networks: a path of constant cost of identity leads from any other minimum to a saddle"
_ABOUT_RELU = "it is about ReLU without bias"
_INFINITE = "the cost of identity is infinite here"


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """A neuron to add.

    Attributes
    ----------
    row : (N,)
        v ≥ 0.
    rate : float
        vᵀQv, the second-order rate at which −‖A‖²_K grows with ε².
    """

    row: Float[np.ndarray, " N"]
    rate: float


@dataclass(frozen=True, slots=True, eq=False)
class ConstantCostPath:
    """Representations of one cost of identity, from the given A to one with a silent neuron.

    Attributes
    ----------
    representations : (T, w, N)
    costs : (T,)
    silent : int
        The neuron that falls silent.
    """

    representations: Float[np.ndarray, "T w N"]
    costs: Float[np.ndarray, " T"]
    silent: int


def cost_of_identity(representations: Any) -> float:
    """‖A‖²_K of A (w, N) with ReLU and without bias; infinite where a row of A leaves the image of K."""
    A = _matrix(representations)
    return KernelGeometry.of(np.maximum(A, 0.0)).norm_squared(A)


def descent_by_a_neuron(representations: Any) -> Descent:
    """Find the best neuron to add to A (w, N) among the present ones' activations.

    A positive rate means that A is not stable.
    """
    A = _matrix(representations)
    active = np.maximum(A, 0.0)
    inverse = np.linalg.pinv(active.T @ active, rcond=1e-12, hermitian=True)
    Q = inverse @ A.T @ A @ inverse - inverse
    rates = np.einsum("in,nm,im->i", active, Q, active)
    best = int(np.argmax(rates))
    return Descent(active[best].copy(), float(rates[best]))


def stable_minima(path: RepresentationPath) -> Check:
    """Check Proposition 2 at the path's middle layer; see `stable_minimum`."""
    if path.bias or path.activation != RELU:
        return Statement("Proposition 2", "cost of identity = rank").not_applicable(_ABOUT_RELU)
    return stable_minimum(path.representations[path.layers // 2])


def stable_minimum(representations: Any, tolerance: float = 1e-6) -> Check:
    """Check Proposition 2 on one A: ‖A‖²_K = rank A where A ≥ 0, and else a neuron lowers it.

    Parameters
    ----------
    representations : (w, N)
        A.
    tolerance : float
        Entries above minus this times the largest count as non-negative.

    Returns
    -------
    Check
        For a non-negative A, its cost (left) and its rank (right). Where ‖A‖²_K > rank σ(A), the cost after (left) and
        before (right) adding the neuron, at the best of a few ε. Not applicable where the cost is infinite, or below
        the rank while some entries are negative.

    Raises
    ------
    ValidationError
        A is no matrix of finite numbers.
    """
    A = _matrix(representations)
    statement, active = Statement("Proposition 2", _STABLE), np.maximum(A, 0.0)
    rank = float(np.linalg.matrix_rank(active, rtol=1e-10))
    if A.min() >= -tolerance * np.abs(A).max():
        return statement.equality(cost_of_identity(active), rank, 1e-6, "A is non-negative")
    cost = cost_of_identity(A)
    if not np.isfinite(cost):
        return statement.not_applicable(_INFINITE)
    if cost <= rank + 1e-9:
        return statement.not_applicable(f"A has negative entries at a cost {cost:.3g} below the rank {rank:g}")
    neuron = descent_by_a_neuron(A).row
    after = min(cost_of_identity(np.vstack([A, size * neuron])) for size in np.logspace(-3, 1, 9))
    reason = "A has negative entries; adding a neuron lowers its cost, as claimed"
    return statement.inequality(after, cost, -1e-12 * cost, reason)


def constant_cost_path(representations: Any, points: int = 21) -> ConstantCostPath | None:
    """Construct Proposition 3's path: re-weighted neurons of one cost of identity, until one is silent.

    Parameters
    ----------
    representations : (w, N)
        A.
    points : int
        T, how many representations to list.

    Returns
    -------
    ConstantCostPath or None
        None if there is none; there always is one for w > N(N + 1).

    Raises
    ------
    ValidationError
        A is no matrix of finite numbers.
    """
    A = _matrix(representations)
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


def path_to_saddle(path: RepresentationPath) -> Check:
    """Check Proposition 3 at the path's middle layer; see `constant_cost_to_saddle`."""
    if path.bias or path.activation != RELU:
        return Statement("Proposition 3", "a path of constant cost").not_applicable(_ABOUT_RELU)
    return constant_cost_to_saddle(path.representations[path.layers // 2])


def constant_cost_to_saddle(representations: Any) -> Check:
    """Check Proposition 3 on one A (w, N): the cost is constant along the path, and falls from its end.

    Returns
    -------
    Check
        The cost along the path (left) and at its start (right). Not applicable where no re-weighting exists
        (w ≤ N(N + 1) may be too narrow), the cost is infinite, or the end is not seen to be unstable
        (‖A‖²_K ≤ rank σ(A)).
    """
    A = _matrix(representations)
    statement, cost = Statement("Proposition 3", _PATH), cost_of_identity(A)
    width, samples = A.shape
    if not np.isfinite(cost):
        return statement.not_applicable(_INFINITE)
    path = constant_cost_path(A)
    if path is None:
        return statement.not_applicable(f"width {width} is not above N(N + 1) = {samples * (samples + 1)}")
    descent = descent_by_a_neuron(path.representations[-1])
    if descent.rate <= 1e-9:
        return statement.not_applicable("adding a neuron lowers nothing: this may be a stable minimum")
    reason = f"neuron {path.silent} falls silent, and then lowers the cost at rate {descent.rate:.3g}"
    # Conditioning of K enters twice: once in K⁺ and once in the re-weighting.
    return statement.equality(path.costs, cost, 1e-8 * max(1.0, cost), reason)


def _matrix(representations: Any) -> Float[np.ndarray, "w N"]:
    return check_array("representations", representations, (None, None), "(w, N)")
