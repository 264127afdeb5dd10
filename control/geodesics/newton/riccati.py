"""The reduced Newton system by a Riccati recursion over the layers: time linear in L and quadratic in N.

The value function of the linear-quadratic problem is ½aᵀV_ℓa in the change a of A_ℓ, with V a wN × wN matrix, samples
major. From the last layer, where V is the end's curvature, down:

1. G = ρ(S ⊗ I)V, one matrix product, with S the layer's features.
2. H = ρSG + (1 + μ)2κρI = RᵀR, the Hessian in the layer's weights, ordered (column, row). A failed Cholesky
   factorization says that the reduced Hessian is not positive definite.
3. Z = (GF + cross)ᵀR⁻¹, the weights' answer to a change of the layer's input.
4. V ← FᵀVF + D + δ_A − ZZᵀ, with F block-diagonal over samples: products batched over w × w blocks.

A solve sweeps back for the forces, and forward for the step.
"""

import numpy as np
from scipy.linalg import blas, lapack

from geodepth.control.geodesics.statement.shapes import LayersRows, WeightRows
from geodepth.foundation.shapes import Float

from .linearization import Linearization
from .shooting_model import ShootingModel


def riccati_flops(layers: int, width: int, columns: int, samples: int) -> float:
    """Floating-point operations of one factorization."""
    block = width * columns
    return layers * (width * samples) ** 2 * (2.0 * block + 4.0 * width + 2.0 * columns)


class Riccati:
    """V, the factors R and the answers Z of all layers; a `LinearSolver` for few samples."""

    def __init__(self, model: ShootingModel) -> None:
        L, N, w, c = model.layers, model.samples, model.width, model.columns
        self._shape = (L, N, w, c)
        self._value = np.empty((N * w, N * w))
        self._half = np.empty((N, w, N * w))
        self._next = np.empty((N * w, N * w))
        self._gain = np.empty((c, w * N * w))
        self._gain_transposed = np.empty((N * w, c * w))
        self._hessians = np.empty((L, c * w, c * w))
        self._answers = np.empty((L, N * w, c * w))
        self._point: Linearization | None = None

    def factor(self, point: Linearization, regularization: float) -> bool:
        """See LinearSolver.factor: one Cholesky factorization per layer."""
        L, N, w, c = self._shape
        model = point.model
        self._point = point
        transitions = point.transitions()
        scaled = np.ascontiguousarray(point.weighted_features.transpose(0, 2, 1))
        diagonals = point.diagonals(regularization)
        penalties = ((1.0 + regularization) * model.penalties).ravel().tolist()
        value, spare = self._value, self._next
        self._set_final(value, model.final_curvature(point.iterate.states[-1], regularization))
        for layer in range(L - 1, -1, -1):
            S, H = scaled[layer], self._hessians[layer]
            np.matmul(S, value.reshape(N, w * N * w), out=self._gain)
            np.copyto(self._gain_transposed, self._gain.reshape(c * w, N * w).T)
            np.matmul(S, self._gain_transposed.reshape(N, w * c * w), out=H.reshape(c, w * c * w))
            H.reshape(-1)[:: c * w + 1] += penalties[layer]
            _, info = lapack.dpotrf(H.T, lower=1, clean=0, overwrite_a=1)
            if info != 0:
                return False
            if layer == 0:
                return True
            F, Z = transitions[layer], self._answers[layer]
            np.matmul(F, self._gain_transposed.reshape(N, w, c * w), out=Z.reshape(N, w, c * w))
            cross = np.einsum("nbba->nba", Z.reshape(N, w, c, w)[:, :, :w])
            cross += point.gates[layer][:, :, None] * point.forces[layer][:, None, :]
            blas.dtrsm(1.0, H.T, Z.T, lower=1, overwrite_b=1)
            np.matmul(F, value.reshape(N, w, N * w), out=self._half)
            halves = self._half.reshape(N * w, N, w).transpose(1, 2, 0)
            np.matmul(F, halves, out=spare.reshape(N, w, N * w))
            spare.reshape(-1)[:: N * w + 1] += diagonals[layer].reshape(-1)
            blas.dgemm(-1.0, Z.T, Z.T, beta=1.0, c=spare.T, trans_a=1, overwrite_c=1)
            value, spare = spare, value
        return True

    def _set_final(self, value: Float[np.ndarray, "d d"], curvature: Float[np.ndarray, "n w w"]) -> None:
        _, N, w, _ = self._shape
        value.fill(0.0)
        blocks = np.einsum("nanb->nab", value.reshape(N, w, N, w))
        blocks[:] = curvature

    def solve(self, drift: LayersRows, pushes: LayersRows, defects: LayersRows) -> tuple[LayersRows, WeightRows]:
        """See LinearSolver.solve: one sweep back for the forces, one forward for the step."""
        L, N, w, c = self._shape
        point = self._point
        assert point is not None
        model = point.model
        loads = model.penalties * point.iterate.weights
        loads[1:, :w] += np.matmul((point.gates[1:] * drift[:-1]).transpose(0, 2, 1), point.forces[1:])
        features = point.weighted_features
        answers = np.empty((L, c * w))
        force = pushes[-1]
        for layer in range(L - 1, -1, -1):
            load = loads[layer]
            load += features[layer].T.dot(force)
            answer = lapack.dtrtrs(self._hessians[layer].T, load.reshape(-1), lower=1)[0]
            answers[layer] = answer
            if layer > 0:
                force = point.pull(layer, force)
                force += pushes[layer - 1]
                force -= self._answers[layer].dot(answer).reshape(N, w)
        states, weights = np.empty((L, N, w)), np.empty((L, c, w))
        for layer in range(L):
            answer = answers[layer]
            if layer > 0:
                answer = answer + (states[layer - 1] - drift[layer - 1]).reshape(-1).dot(self._answers[layer])
            change = lapack.dtrtrs(self._hessians[layer].T, answer, lower=1, trans=1)[0].reshape(c, w)
            np.negative(change, out=weights[layer])
            states[layer] = features[layer].dot(weights[layer])
            states[layer] -= defects[layer]
            if layer > 0:
                states[layer] += point.push(layer, states[layer - 1])
        return states, weights
