"""The reduced Newton system by a Riccati recursion over the layers: time linear in L and quadratic in N.

The value function of the linear-quadratic problem is ½aᵀV_ℓa in the change a of A_ℓ, with V a wN × wN matrix. From the
last layer, where V is the end's curvature, down:

1. G = ρ(S ⊗ I)V, one matrix product, with S the layer's features.
2. H = ρSG + (1 + μ)2κρI = RᵀR, the Hessian in the layer's weights. A failed Cholesky factorization says that the
   reduced Hessian is not positive definite.
3. Z = R⁻ᵀ(GF + cross), the weights' answer to a change of the layer's input.
4. V ← FᵀVF + D + δ_A − ZᵀZ, with F block-diagonal over samples.

A solve sweeps back for the forces, and forward for the step.
"""

import numpy as np

from geodepth.control.geodesics.newton.linearization import Linearization
from geodepth.control.geodesics.newton.shooting_model import ShootingModel
from geodepth.control.geodesics.statement.shapes import LayersRows, WeightRows
from geodepth.foundation.shapes import Float

from .riccati_kernels import factorize, solve_backward, solve_forward


def riccati_flops(layers: int, width: int, columns: int, samples: int) -> float:
    """Floating-point operations of one factorization."""
    block = width * columns
    return layers * (width * samples) ** 2 * (2.0 * block + 4.0 * width + 2.0 * columns)


class Riccati:
    """The inverse factors R⁻ᵀ and the answers Z of all layers; a `LinearSolver` for few samples."""

    def __init__(self, model: ShootingModel) -> None:
        L, m, d = model.layers, model.columns * model.width, model.width * model.samples
        self._inverses = np.empty((L, m, m))
        self._answers = np.empty((L, m, d))
        self._point: Linearization | None = None
        self._coefficients: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None = None

    def factor(self, point: Linearization, regularization: float) -> bool:
        """See LinearSolver.factor: one Cholesky factorization per layer."""
        model = point.model
        if point is not self._point:
            self._point = point
            features, gates = _samples_last(point.weighted_features), _samples_last(point.gates)
            self._coefficients = (features, gates, point.transfer, np.ascontiguousarray(model.leaks).reshape(-1))
        assert self._coefficients is not None
        return bool(
            factorize(
                *self._coefficients,
                _samples_last(point.forces),
                _samples_last(point.diagonals(regularization)),
                ((1.0 + regularization) * model.penalties).reshape(-1),
                self._final_value(model.final_curvature(point.iterate.states[-1], regularization)),
                self._inverses,
                self._answers,
            )
        )

    def _final_value(self, curvature: Float[np.ndarray, "n w w"]) -> Float[np.ndarray, "d d"]:
        """V of the last layer, from the curvature of each sample."""
        size, width = self._answers.shape[2], curvature.shape[1]
        value = np.zeros((size, size))
        blocks = np.einsum("anbn->nab", value.reshape(width, size // width, width, size // width))
        blocks[:] = curvature
        return value

    def solve(
        self, drift: LayersRows, pushes: LayersRows, loads: WeightRows, defects: LayersRows
    ) -> tuple[LayersRows, WeightRows]:
        """See LinearSolver.solve: one sweep back for the forces, one forward for the step."""
        layers, columns, width = loads.shape
        assert self._coefficients is not None
        factored = (*self._coefficients, self._inverses, self._answers)
        weights = _samples_last(loads).reshape(layers, width * columns)
        solve_backward(*factored, _samples_last(pushes), weights)
        states = _samples_last(-defects)
        solve_forward(*factored, _samples_last(drift), weights, states)
        return _samples_last(states), _samples_last(weights.reshape(layers, width, columns))


def _samples_last(array: np.ndarray) -> np.ndarray:
    """A copy with the last two axes exchanged in memory: the kernels write into what they are given."""
    return array.transpose(0, 2, 1).copy()
