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

from geodepth.control.geodesics.newton.linearization import Linearization, Shifted
from geodepth.control.geodesics.newton.shooting_model import ShootingModel
from geodepth.control.geodesics.statement.shapes import LayersRows, WeightRows
from geodepth.foundation.shapes import Float

from .precision import Kind, kind_for
from .riccati_kernels import factorize, solve_backward, solve_forward

Coefficients = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Features, gates, transfer, leaks and forces, samples last."""


def riccati_flops(layers: int, width: int, columns: int, samples: int) -> float:
    """Floating-point operations of one factorization, but for the second product with the features.

    RICCATI_RATE in solve_structured.py was measured by this count, before that product took the place of sums by rows.
    """
    block = width * columns
    return layers * (width * samples) ** 2 * (2.0 * block + 4.0 * width + 2.0 * columns)


class Riccati:
    """The inverse factors R⁻ᵀ and the answers Z of all layers; a `LinearSolver` for few samples.

    Parameters
    ----------
    model : ShootingModel
        Of the points that it factorizes at.
    single : bool, default False
        Factorize in single precision where the shift allows it (precision.py); steps are then right to about six
        digits.
    """

    def __init__(self, model: ShootingModel, single: bool = False) -> None:
        self._model, self._single = model, single
        self._size = model.width * model.samples
        self._factors: dict[Kind, tuple[np.ndarray, np.ndarray]] = {}
        self._kind: Kind = np.float64
        self._point: Linearization | None = None
        self._coefficients: dict[Kind, Coefficients] = {}

    def factor(self, shifted: Shifted) -> bool:
        """See LinearSolver.factor: one Cholesky factorization per layer."""
        self._kind = kind_for(shifted.shift, self._single)
        inverses, answers = self._inverses_and_answers()
        return bool(
            factorize(
                *self._coefficients_at(shifted.point, self._kind),
                _samples_last(shifted.diagonals, self._kind),
                ((1.0 + shifted.shift) * shifted.point.model.penalties).reshape(-1).astype(self._kind),
                self._final_value(shifted.final),
                inverses,
                answers,
            )
        )

    def _coefficients_at(self, point: Linearization, kind: Kind) -> Coefficients:
        """Features, gates, transfer, leaks and forces, which all shifts at a point have in common."""
        if point is not self._point:
            self._point, self._coefficients = point, {}
        if kind not in self._coefficients:
            features, gates, forces = (
                _samples_last(array, kind) for array in (point.weighted_features, point.gates, point.forces)
            )
            leaks = point.model.leaks.reshape(-1).astype(kind)
            self._coefficients[kind] = features, gates, point.transfer.astype(kind, copy=False), leaks, forces
        return self._coefficients[kind]

    def _inverses_and_answers(self) -> tuple[np.ndarray, np.ndarray]:
        """Where R⁻ᵀ and Z of the latest factorization are, in its precision."""
        if self._kind not in self._factors:
            layers, m = self._model.layers, self._model.columns * self._model.width
            shapes = (layers, m, m), (layers, m, self._size)
            self._factors[self._kind] = (np.empty(shapes[0], self._kind), np.empty(shapes[1], self._kind))
        return self._factors[self._kind]

    def _final_value(self, curvature: Float[np.ndarray, "n w w"]) -> Float[np.ndarray, "d d"]:
        """V of the last layer, from the curvature of each sample."""
        size, width = self._size, curvature.shape[1]
        value = np.zeros((size, size), self._kind)
        blocks = np.einsum("anbn->nab", value.reshape(width, size // width, width, size // width))
        blocks[:] = curvature
        return value

    def solve(
        self, drift: LayersRows, pushes: LayersRows, loads: WeightRows, defects: LayersRows
    ) -> tuple[LayersRows, WeightRows]:
        """See LinearSolver.solve: one sweep back for the forces, one forward for the step."""
        layers, columns, width = loads.shape
        assert self._point is not None
        features, gates, transfer, leaks, _ = self._coefficients_at(self._point, np.float64)
        factored = (features, gates, transfer, leaks, *self._inverses_and_answers())
        weights = _samples_last(loads).reshape(layers, width * columns)
        solve_backward(*factored, _samples_last(pushes), weights)
        states = _samples_last(-defects)
        solve_forward(*factored, _samples_last(drift), weights, states)
        return _samples_last(states), _samples_last(weights.reshape(layers, width, columns))


def _samples_last(array: np.ndarray, kind: Kind = np.float64) -> np.ndarray:
    """A copy with the last two axes exchanged in memory: the kernels write into what they are given."""
    return array.transpose(0, 2, 1).astype(kind, order="C")
