"""The reduced Newton system condensed onto the weights: time linear in N, quadratic to cubic in L."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import lapack

from .structured_model import ShootingModel
from .structured_step import Linearization

if TYPE_CHECKING:
    from jaxtyping import Float


def condensed_flops(layers: int, width: int, columns: int, samples: int) -> float:
    """Floating-point operations of one factorization."""
    unknowns = float(layers * width * columns)
    return unknowns**3 / 3.0 + unknowns**2 * samples * (1.0 + width / columns)


class Condensed:
    """The reduced Hessian in all weights, its states eliminated sample by sample, and its Cholesky factor.

    Going down the layers, the force that a unit change of a later weight exerts on A_ℓ, of one sample, is kept in
    Λ_ℓ (N, w, columns of later weights); Λ_{ℓ−1} = F_ℓᵀΛ_ℓ + cross, joined by ρS ⊗ Q_ℓ with Q_{ℓ−1} = FᵀQF + D. The
    block row of weight ℓ is the sum over samples of ρS ⊗ Λ_ℓ. Weights are ordered (layer, column, row).
    """

    def __init__(self, model: ShootingModel) -> None:
        L, N, w, c = model.layers, model.samples, model.width, model.columns
        self._shape = (L, N, w, c)
        self._hessian = np.zeros((L * c * w, L * c * w))
        self._forces = np.empty((N, w, L * c * w))
        self._next = np.empty((N, w, L * c * w))
        self._point: Linearization | None = None
        self._regularization = 0.0

    def factor(self, point: Linearization, regularization: float) -> bool:
        """See LinearSolver.factor: assembly layer by layer, then one dense Cholesky factorization."""
        L, N, w, c = self._shape
        model, block = point.model, c * w
        self._point, self._regularization = point, regularization
        transitions = point.transitions()
        features = model.steps * point.evaluation.features
        diagonals = point.bends + regularization * model.proximities
        hessian, forces, spare = self._hessian, self._forces, self._next
        curvature = model.final_curvature + regularization * model.proximities[-1] * np.eye(w)
        curvature = np.broadcast_to(curvature, (N, w, w))
        for layer in range(L - 1, -1, -1):
            first, last = layer * block, (layer + 1) * block
            own = np.multiply(features[layer][:, None, :, None], curvature[:, :, None, :])
            forces[:, :, first:last] = own.reshape(N, w, block)
            rows = hessian[first:last].reshape(c, w, L * block)[:, :, first:]
            np.matmul(features[layer].T, forces[:, :, first:].transpose(1, 0, 2), out=rows.transpose(1, 0, 2))
            if layer == 0:
                break
            F = transitions[layer]
            np.matmul(F, forces[:, :, first:], out=spare[:, :, first:])
            cross = np.einsum("nbba->nba", spare[:, :, first:last].reshape(N, w, c, w)[:, :, :w])
            cross += point.gates[layer][:, :, None] * point.forces[layer][:, None, :]
            curvature = np.matmul(np.matmul(F, curvature), F.transpose(0, 2, 1))
            curvature.reshape(N, w * w)[:, :: w + 1] += diagonals[layer]
            forces, spare = spare, forces
        penalties = np.repeat((1.0 + regularization) * model.penalties.ravel(), block)
        hessian.reshape(-1)[:: L * block + 1] += penalties
        return int(lapack.dpotrf(hessian.T, lower=1, clean=0, overwrite_a=1)[1]) == 0

    def solve(
        self, drift: Float[np.ndarray, "L N w"], force: Float[np.ndarray, "N w"], defects: Float[np.ndarray, "L N w"]
    ) -> tuple[Float[np.ndarray, "L N w"], Float[np.ndarray, "L c w"]]:
        """See LinearSolver.solve."""
        L, N, w, c = self._shape
        point = self._point
        assert point is not None
        model = point.model
        pushes = (point.bends[1:] + self._regularization * model.proximities[1:]) * drift[:-1]
        forces = np.empty((L, N, w))
        forces[-1] = force
        for layer in range(L - 1, 0, -1):
            forces[layer - 1] = point.pull(layer, forces[layer])
            forces[layer - 1] += pushes[layer - 1]
        features = model.steps * point.evaluation.features
        loads = model.penalties * point.iterate.weights + np.matmul(features.transpose(0, 2, 1), forces)
        loads[1:, :w] += np.matmul((point.gates[1:] * drift[:-1]).transpose(0, 2, 1), point.forces[1:])
        change, _ = lapack.dpotrs(self._hessian.T, loads.reshape(-1), lower=1)
        weights = -change.reshape(L, c, w)
        states = np.matmul(features, weights)
        states -= defects
        for layer in range(1, L):
            states[layer] += point.push(layer, states[layer - 1])
        return states, weights
