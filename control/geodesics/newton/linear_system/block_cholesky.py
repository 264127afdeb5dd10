"""The reduced Newton system condensed onto the weights: time linear in N, quadratic to cubic in L.

Going down the layers, the force that a unit change of a later weight exerts on A_ℓ, of one sample, is kept in
Λ_ℓ (N, w, columns of later weights).

1. Curvatures at fixed weights: Q_{ℓ−1} = F_ℓᵀQ_ℓF_ℓ + D.
2. Forces: Λ_{ℓ−1} = F_ℓᵀΛ_ℓ + cross, joined by ρS ⊗ Q_ℓ, the layer's own.
3. The block row of weight ℓ is the sum over samples of ρS ⊗ Λ_ℓ, one matrix product.
4. After some layers, a panel, their rows are factorized: H = RRᵀ, weights ordered (layer from the last to the first,
   column, row), so that an indefinite Hessian is noticed early.
"""

import numpy as np
from scipy.linalg import blas, lapack

from geodepth.control.geodesics.newton.linearization import Linearization
from geodepth.control.geodesics.newton.shooting_model import ShootingModel
from geodepth.control.geodesics.statement.shapes import LayersRows, WeightRows
from geodepth.foundation.shapes import Float

from .layer_sweeps import carry_back, carry_forward

PANEL_COLUMNS = 200
"""Columns of weights that are assembled and factorized together: enough for matrix products at full speed, few enough
that an indefinite Hessian is noticed before all of it has been assembled."""
CHUNK_BYTES = 1_200_000
"""Bytes of forces, about, in a chunk of samples that is taken through a panel's layers: they stay in a core's cache."""


def condensed_flops(layers: int, width: int, columns: int, samples: int) -> float:
    """Floating-point operations of one factorization."""
    unknowns = float(layers * width * columns)
    return unknowns**3 / 3.0 + unknowns**2 * samples * (1.0 + width / columns)


class Condensed:
    """The reduced Hessian in all weights and its Cholesky factor; a `LinearSolver` for many samples."""

    def __init__(self, model: ShootingModel) -> None:
        L, N, w, c = model.layers, model.samples, model.width, model.columns
        block, unknowns = c * w, L * c * w
        self._shape = (L, N, w, c)
        self._panel = max(1, PANEL_COLUMNS // block)
        self._chunk = min(N, max(8, CHUNK_BYTES // (8 * w * unknowns)))
        self._hessian = np.zeros((unknowns, unknowns))
        self._forces = np.empty((N, w, unknowns))
        self._buffers = [np.empty(self._chunk * w * unknowns) for _ in range(2)]
        self._rows = [np.empty((c, w * (place + 1) * block)) for place in range(L)]
        self._point: Linearization | None = None

    def factor(self, point: Linearization, regularization: float) -> bool:
        """See LinearSolver.factor: panel by panel, assembly and Cholesky factorization."""
        L, N, w, c = self._shape
        model, block = point.model, c * w
        self._point = point
        transitions = point.transitions()
        features = point.weighted_features
        curvatures = self._curvatures(point, transitions, regularization)
        penalties = ((1.0 + regularization) * model.penalties).ravel()[::-1]
        diagonal = self._hessian.reshape(-1)[:: L * block + 1]
        for first in range(0, L, self._panel):
            last = min(L, first + self._panel)
            for begin in range(0, N, self._chunk):
                chunk = slice(begin, min(N, begin + self._chunk))
                self._assemble(point, transitions, features, curvatures, first, last, chunk)
            for place in range(first, last):
                rows = self._hessian[place * block : (place + 1) * block, : (place + 1) * block]
                rows[:] = self._rows[place].reshape(rows.shape)
            diagonal[first * block : last * block] += np.repeat(penalties[first:last], block)
            if not self._eliminate(first * block, last * block):
                return False
        return True

    def _curvatures(
        self, point: Linearization, transitions: Float[np.ndarray, "L N w w"], regularization: float
    ) -> Float[np.ndarray, "L N w w"]:
        """Q_ℓ for every layer's output, at fixed weights."""
        L, N, w, _ = self._shape
        model = point.model
        diagonals = point.diagonals(regularization)
        curvatures = np.empty((L, N, w, w))
        curvatures[-1] = model.final_curvature(point.iterate.states[-1], regularization)
        for layer in range(L - 1, 0, -1):
            F = transitions[layer]
            np.matmul(np.matmul(F, curvatures[layer]), F.transpose(0, 2, 1), out=curvatures[layer - 1])
            curvatures[layer - 1].reshape(N, w * w)[:, :: w + 1] += diagonals[layer]
        return curvatures

    def _assemble(
        self,
        point: Linearization,
        transitions: Float[np.ndarray, "L N w w"],
        features: Float[np.ndarray, "L N c"],
        curvatures: Float[np.ndarray, "L N w w"],
        first: int,
        last: int,
        chunk: slice,
    ) -> None:
        """Add a chunk of samples to the block rows at places first … last − 1, place 0 being the last layer."""
        L, _, w, c = self._shape
        block, size = c * w, chunk.stop - chunk.start
        forces = self._forces[chunk, :, : first * block]
        for place in range(first, last):
            layer, columns = L - 1 - place, (place + 1) * block
            wide = self._buffers[place % 2][: size * w * columns].reshape(size, w, columns)
            if place > 0:
                np.matmul(transitions[layer + 1, chunk], forces, out=wide[:, :, :-block])
                previous = wide[:, :, -2 * block : -block].reshape(size, w, c, w)
                cross = np.einsum("nbba->nba", previous[:, :, :w])
                cross += point.gates[layer + 1, chunk][:, :, None] * point.forces[layer + 1, chunk][:, None, :]
            own = wide[:, :, -block:].reshape(size, w, c, w)
            np.multiply(features[layer, chunk][:, None, :, None], curvatures[layer, chunk][:, :, None, :], out=own)
            blas.dgemm(
                1.0,
                wide.reshape(size, w * columns).T,
                features[layer, chunk].T,
                beta=0.0 if chunk.start == 0 else 1.0,
                c=self._rows[place].T,
                trans_b=1,
                overwrite_c=1,
            )
            forces = wide
        self._forces[chunk, :, : last * block] = forces

    def _eliminate(self, first: int, last: int) -> bool:
        """Continue the Cholesky factorization H = RRᵀ by the rows first … last − 1; False if H is not positive."""
        H, width = self._hessian, self._panel * self._shape[2] * self._shape[3]
        for begin in range(0, first, width):
            end = begin + width
            rest = H[first:last, begin:end] - H[first:last, :begin] @ H[begin:end, :begin].T
            factor = np.ascontiguousarray(H[begin:end, begin:end])
            blas.dtrsm(1.0, factor.T, rest.T, trans_a=1, overwrite_b=1)
            H[first:last, begin:end] = rest
        rest = H[first:last, first:last] - H[first:last, :first] @ H[first:last, :first].T
        _, info = lapack.dpotrf(rest.T, clean=0, overwrite_a=1)
        H[first:last, first:last] = rest
        return int(info) == 0

    def solve(
        self, drift: LayersRows, pushes: LayersRows, loads: WeightRows, defects: LayersRows
    ) -> tuple[LayersRows, WeightRows]:
        """See LinearSolver.solve."""
        point = self._point
        assert point is not None
        features = point.weighted_features
        forces = carry_back(point, pushes.copy())
        weights = -self.apply_inverse(loads + np.matmul(features.transpose(0, 2, 1), forces))
        return carry_forward(point, np.matmul(features, weights) - defects), weights

    def apply_inverse(self, loads: WeightRows) -> WeightRows:
        """H⁻¹ times a vector in the weights, H as it was factorized."""
        change, _ = lapack.dpotrs(self._hessian.T, loads[::-1].reshape(-1))
        return np.asarray(change.reshape(loads.shape)[::-1])

    def hessian(self) -> Float[np.ndarray, "n n"]:
        """H again, from its factor, with the weights in the order (layer, column, row)."""
        L, _, w, c = self._shape
        lower = np.tril(self._hessian)
        shape = (L, c * w, L, c * w)
        return np.ascontiguousarray((lower @ lower.T).reshape(shape)[::-1, :, ::-1]).reshape(lower.shape)
