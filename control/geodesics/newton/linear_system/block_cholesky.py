"""The reduced Newton system condensed onto the weights: time linear in N, quadratic to cubic in L.

Going down the layers, the force that a unit change of a later weight exerts on A_ℓ, of one sample, is kept in
Λ_ℓ (N, w, columns of later weights).

1. Curvatures at fixed weights: Q_{ℓ−1} = F_ℓᵀQ_ℓF_ℓ + D.
2. Forces: Λ_{ℓ−1} = F_ℓᵀΛ_ℓ + cross, joined by ρS ⊗ Q_ℓ, the layer's own.
3. The block row of weight ℓ is the sum over samples of ρS ⊗ Λ_ℓ, one matrix product.
4. After some layers, a panel, their rows are factorized: H = RRᵀ, weights ordered (layer from the last to the first,
   column, row), so that an indefinite Hessian is noticed early.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import get_blas_funcs, get_lapack_funcs

from geodepth.control.geodesics.newton.linearization import Linearization, Shifted
from geodepth.control.geodesics.newton.shooting_model import ShootingModel
from geodepth.control.geodesics.statement.shapes import LayersRows, WeightRows
from geodepth.foundation.shapes import Float

from .layer_sweeps import carry_back, carry_forward
from .precision import Kind, kind_for

PANEL_COLUMNS = 200
"""Columns of weights that are assembled and factorized together: enough for matrix products at full speed, few enough
that an indefinite Hessian is noticed before all of it has been assembled."""
CHUNK_BYTES = 1_200_000
"""Bytes of forces, about, in a chunk of samples that is taken through a panel's layers: they stay in a core's cache."""


def condensed_flops(layers: int, width: int, columns: int, samples: int) -> float:
    """Floating-point operations of one factorization."""
    unknowns = float(layers * width * columns)
    return unknowns**3 / 3.0 + unknowns**2 * samples * (1.0 + width / columns)


@dataclass(frozen=True, slots=True, eq=False)
class _Coefficients:
    """What the blocks are made of, at one point and shift."""

    transitions: Float[np.ndarray, "L N w w"]
    features: Float[np.ndarray, "L N c"]
    gates: LayersRows
    forces: LayersRows
    repeated: Float[np.ndarray, "L N cw"]
    """Features, each as often as there are rows, so that their products with `tiled` run over contiguous entries."""
    tiled: Float[np.ndarray, "L N w cw"]
    """Q_ℓ for every layer's output, side by side for each column."""


class _Room:
    """The arrays of a factorization in one precision."""

    def __init__(self, model: ShootingModel, chunk: int, kind: Kind) -> None:
        w, c = model.width, model.columns
        unknowns = model.layers * c * w
        self.hessian = np.zeros((unknowns, unknowns), kind)
        self.forces = np.empty((model.samples, w, unknowns), kind)
        self.wide = [np.empty(chunk * w * unknowns, kind) for _ in range(2)]
        self.rows = [np.empty((c, w * (place + 1) * c * w), kind) for place in range(model.layers)]
        self.gemm, self.trsm = get_blas_funcs(("gemm", "trsm"), dtype=kind)
        self.potrf, self.potrs = get_lapack_funcs(("potrf", "potrs"), dtype=kind)


class Condensed:
    """The reduced Hessian in all weights and its Cholesky factor; a `LinearSolver` for many samples.

    Parameters
    ----------
    model : ShootingModel
        Of the points that it factorizes at.
    single : bool, default False
        As `Riccati` takes it.
    """

    def __init__(self, model: ShootingModel, single: bool = False) -> None:
        L, N, w, c = model.layers, model.samples, model.width, model.columns
        self._model, self._single = model, single
        self._shape = (L, N, w, c)
        self._panel = max(1, PANEL_COLUMNS // (c * w))
        self._chunk = min(N, max(8, CHUNK_BYTES // (8 * w * L * c * w)))
        self._rooms: dict[Kind, _Room] = {}
        self._kind: Kind = np.float64
        self._point: Linearization | None = None

    @property
    def _room(self) -> _Room:
        if self._kind not in self._rooms:
            self._rooms[self._kind] = _Room(self._model, self._chunk, self._kind)
        return self._rooms[self._kind]

    def factor(self, shifted: Shifted) -> bool:
        """See LinearSolver.factor: panel by panel, assembly and Cholesky factorization."""
        L, N, w, c = self._shape
        self._point, self._kind = shifted.point, kind_for(shifted.shift, self._single)
        block, room, coefficients = c * w, self._room, self._coefficients(shifted)
        penalties = ((1.0 + shifted.shift) * shifted.point.model.penalties).ravel()[::-1]
        diagonal = room.hessian.reshape(-1)[:: L * block + 1]
        for first in range(0, L, self._panel):
            last = min(L, first + self._panel)
            for begin in range(0, N, self._chunk):
                self._assemble(coefficients, first, last, slice(begin, min(N, begin + self._chunk)))
            for place in range(first, last):
                rows = room.hessian[place * block : (place + 1) * block, : (place + 1) * block]
                rows[:] = room.rows[place].reshape(rows.shape)
            diagonal[first * block : last * block] += np.repeat(penalties[first:last], block)
            if not self._eliminate(first * block, last * block):
                return False
        return True

    def _coefficients(self, shifted: Shifted) -> _Coefficients:
        """The blocks' factors, with Q_ℓ for every layer's output, at fixed weights."""
        L, N, w, _ = self._shape
        point = shifted.point
        transitions, features, gates, forces, diagonals = (
            array.astype(self._kind, copy=False)
            for array in (point.transitions(), point.weighted_features, point.gates, point.forces, shifted.diagonals)
        )
        curvatures = np.empty((L, N, w, w), self._kind)
        curvatures[-1] = shifted.final
        for layer in range(L - 1, 0, -1):
            F = transitions[layer]
            np.matmul(np.matmul(F, curvatures[layer]), F.transpose(0, 2, 1), out=curvatures[layer - 1])
            curvatures[layer - 1].reshape(N, w * w)[:, :: w + 1] += diagonals[layer]
        tiled = np.tile(curvatures, (1, 1, 1, point.model.columns))
        return _Coefficients(transitions, features, gates, forces, np.repeat(features, w, axis=2), tiled)

    def _assemble(self, coefficients: _Coefficients, first: int, last: int, chunk: slice) -> None:
        """Add a chunk of samples to the block rows at places first … last − 1, place 0 being the last layer."""
        L, _, w, c = self._shape
        features, gates, pushes = coefficients.features, coefficients.gates, coefficients.forces
        block, size, room = c * w, chunk.stop - chunk.start, self._room
        forces = room.forces[chunk, :, : first * block]
        for place in range(first, last):
            layer, columns = L - 1 - place, (place + 1) * block
            wide = room.wide[place % 2][: size * w * columns].reshape(size, w, columns)
            if place > 0:
                np.matmul(coefficients.transitions[layer + 1, chunk], forces, out=wide[:, :, :-block])
                previous = wide[:, :, -2 * block : -block].reshape(size, w, c, w)
                cross = np.einsum("nbba->nba", previous[:, :, :w])
                cross += gates[layer + 1, chunk][:, :, None] * pushes[layer + 1, chunk][:, None, :]
            np.multiply(
                coefficients.repeated[layer, chunk][:, None], coefficients.tiled[layer, chunk], out=wide[:, :, -block:]
            )
            room.gemm(
                1.0,
                wide.reshape(size, w * columns).T,
                features[layer, chunk].T,
                beta=0.0 if chunk.start == 0 else 1.0,
                c=room.rows[place].T,
                trans_b=1,
                overwrite_c=1,
            )
            forces = wide
        room.forces[chunk, :, : last * block] = forces

    def _eliminate(self, first: int, last: int) -> bool:
        """Continue the Cholesky factorization H = RRᵀ by the rows first … last − 1; False if H is not positive."""
        room, width = self._room, self._panel * self._shape[2] * self._shape[3]
        H = room.hessian
        for begin in range(0, first, width):
            end = begin + width
            rest = H[first:last, begin:end] - H[first:last, :begin] @ H[begin:end, :begin].T
            factor = np.ascontiguousarray(H[begin:end, begin:end])
            room.trsm(1.0, factor.T, rest.T, trans_a=1, overwrite_b=1)
            H[first:last, begin:end] = rest
        rest = H[first:last, first:last] - H[first:last, :first] @ H[first:last, :first].T
        _, info = room.potrf(rest.T, clean=0, overwrite_a=1)
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
        change, _ = self._room.potrs(self._room.hessian.T, loads[::-1].reshape(-1).astype(self._kind))
        return np.asarray(change.reshape(loads.shape)[::-1], dtype=float)

    def hessian(self) -> Float[np.ndarray, "n n"]:
        """H again, from its factor, with the weights in the order (layer, column, row)."""
        L, _, w, c = self._shape
        lower = np.tril(self._room.hessian)
        shape = (L, c * w, L, c * w)
        return np.ascontiguousarray((lower @ lower.T).reshape(shape)[::-1, :, ::-1]).reshape(lower.shape)
