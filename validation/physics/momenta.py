"""Momenta where the ReLU has a kink: the slopes between 0 and 1 under which the weights are most nearly stationary.

At an optimum of the exact ReLU some activations sit on the kink (about one in twenty). There backpropagation's slope 0
is one choice among all of [0, 1], and momenta computed with it are not those of the optimum: its residual of
W = L̃Bσ(A)ᵀ is of order one even at the exact solution. A point is stationary when some choice makes the residual
vanish (Clarke's generalized gradient), and stationary to within δ when that holds for slopes free wherever |A| ≤ δ
(Goldstein's δ-subdifferential).

Sources: F. H. Clarke, Optimization and Nonsmooth Analysis (1983), section 2.6; A. A. Goldstein, Mathematical
Programming 13 (1977); for the momenta, Jacot and Kaiser, arXiv:2405.17573, the Hamiltonian reformulation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from geodepth.foundation.shapes import Float, Int
from geodepth.validation.argument_checks import check_number
from geodepth.validation.path.representation_path import RepresentationPath

KINK_TOLERANCE = 1e-3
# Least squares with the full Jacobian takes a tenth of a second up to here; beyond, gradients alone are cheaper.
_MOST_FOR_JACOBIAN = 300


@dataclass(frozen=True, slots=True, eq=False)
class SettledMomenta:
    """Momenta B (L+1, w, N) under the best slopes at the kinks, the residual with them (as
    RepresentationPath.stationarity defines it), and how many entries of A counted as being on a kink."""

    momenta: Float[np.ndarray, "L+1 w N"]
    residual: float
    kinks: int


def settle_momenta(path: RepresentationPath, kink_tolerance: float = KINK_TOLERANCE) -> RepresentationPath:
    """The same path with the momenta that fit its weights best; see `find_momenta`."""
    return replace(path, momenta=find_momenta(path, kink_tolerance).momenta)


@lru_cache(maxsize=64)  # a path is compared, analysed and drawn: the search is the one part of it that takes time
def find_momenta(path: RepresentationPath, kink_tolerance: float = KINK_TOLERANCE) -> SettledMomenta:
    """Choose slopes in [0, 1] at the kinks so that the residual of W_ℓ = L̃ B_ℓ σ(A_{ℓ−1})ᵀ is least.

    An entry of A_1 … A_{L−1} is on a kink where |A| ≤ kink_tolerance times the root mean square of A. Momenta that the
    path already has (multipliers of a solver, say) are kept where no choice of slopes does better. For a smooth
    activation, or without kinks, nothing is chosen. Raises ValidationError for a negative tolerance.
    """
    size = check_number("kink_tolerance", kink_tolerance, positive=False) * float(
        np.sqrt(np.mean(path.representations**2))
    )
    on_kink = np.abs(path.representations) <= size
    on_kink[[0, -1]] = False  # A_0 and A_L touch no weights through their slopes
    if not path.nonlinearity.has_kinks:
        on_kink[:] = False
    problem = _KinkProblem(path, on_kink)
    if problem.unknowns == 0 or path.parameter_norm == 0.0:
        slopes = np.zeros(problem.unknowns)
    elif problem.unknowns <= _MOST_FOR_JACOBIAN:
        slopes = problem.by_least_squares()
    else:
        slopes = problem.by_gradients()
    momenta = problem.momenta(slopes)
    settled = replace(path, momenta=momenta)
    better = settled if settled.stationarity < path.stationarity else path
    return SettledMomenta(better.momenta, better.stationarity, problem.unknowns)


class _KinkProblem:
    """The residual as a function of the slopes at the kinks, with its Jacobian and its gradient."""

    def __init__(self, path: RepresentationPath, on_kink: Float[np.ndarray, "L+1 w N"]) -> None:
        self.network = path.network
        self.weights, self.steps = path.weights, path.layer_steps
        self.square = path.weights[:, :, : path.width]  # without the bias
        self.features = path.features[:-1]
        self.depth = path.momentum_factor
        self.leak = 1.0 - path.layer_steps * path.effective_depth
        self.final = path.final_momentum(path.representations[-1])
        self.base = path.nonlinearity.slope(path.representations)
        self.on_kink = on_kink
        self.places: Int[np.ndarray, "m 3"] = np.argwhere(on_kink)
        self.unknowns = len(self.places)
        # Scaled so that the sum of squares is the squared residual.
        self.scale = np.sqrt(path.layer_steps) / (float(np.sqrt(path.parameter_norm)) or 1.0)

    def slopes(self, chosen: Float[np.ndarray, " m"]) -> Float[np.ndarray, "L+1 w N"]:
        full = self.base.copy()
        full[self.on_kink] = chosen
        return full

    def momenta(self, chosen: Float[np.ndarray, " m"]) -> Float[np.ndarray, "L+1 w N"]:
        return self.network.adjoint(self.final, self.slopes(chosen))

    def residual(self, chosen: Float[np.ndarray, " m"]) -> Float[np.ndarray, "L w c"]:
        wanted = self.depth * self.momenta(chosen)[1:] @ self.features.transpose(0, 2, 1)
        return np.asarray(self.scale[:, None, None] * (wanted - self.weights))

    def jacobian(self, chosen: Float[np.ndarray, " m"]) -> Float[np.ndarray, "Lwc m"]:
        slopes, momenta = self.slopes(chosen), self.momenta(chosen)
        layers, width, columns = self.weights.shape
        change = np.zeros((*self.final.shape, self.unknowns))  # ∂B_ℓ/∂s, from the last layer down
        rows = np.empty((layers, width, columns, self.unknowns))
        for layer in range(layers - 1, -1, -1):
            rows[layer] = np.tensordot(change, self.features[layer], axes=(1, 1)).transpose(0, 2, 1)
            rows[layer] *= self.scale[layer] * self.depth
            pulled = np.tensordot(self.square[layer].T, change, axes=1)
            change = self.leak[layer] * change + self.steps[layer] * slopes[layer][:, :, None] * pulled
            here = np.flatnonzero(self.places[:, 0] == layer)
            neuron, sample = self.places[here, 1], self.places[here, 2]
            direct = self.square[layer].T @ momenta[layer + 1]
            change[neuron, sample, here] += self.steps[layer] * direct[neuron, sample]
        return rows.reshape(-1, self.unknowns)

    def value_and_gradient(self, chosen: Float[np.ndarray, " m"]) -> tuple[float, Float[np.ndarray, " m"]]:
        """Half the squared residual and its gradient, by the adjoint of the momenta's recursion: forwards in ℓ."""
        slopes, momenta = self.slopes(chosen), self.momenta(chosen)
        wanted = self.depth * momenta[1:] @ self.features.transpose(0, 2, 1)
        residual = self.scale[:, None, None] * (wanted - self.weights)
        gradient = np.zeros_like(slopes)
        carried = np.zeros_like(self.final)
        for layer, step in enumerate(self.steps):
            gradient[layer] = step * carried * (self.square[layer].T @ momenta[layer + 1])
            own = self.scale[layer] * self.depth * (residual[layer] @ self.features[layer])
            carried = own + self.leak[layer] * carried + step * (self.square[layer] @ (slopes[layer] * carried))
        return 0.5 * float(np.sum(residual**2)), gradient[self.on_kink]

    def by_least_squares(self) -> Float[np.ndarray, " m"]:
        from scipy.optimize import least_squares

        found = least_squares(
            lambda chosen: self.residual(chosen).ravel(), np.full(self.unknowns, 0.5), jac=self.jacobian,
            bounds=(0.0, 1.0), max_nfev=60, xtol=1e-10, ftol=1e-10, gtol=1e-12,
        )  # fmt: skip
        return np.asarray(found.x)

    def by_gradients(self) -> Float[np.ndarray, " m"]:
        from scipy.optimize import minimize

        found = minimize(
            self.value_and_gradient, np.full(self.unknowns, 0.5), jac=True, method="L-BFGS-B",
            bounds=[(0.0, 1.0)] * self.unknowns, options={"maxiter": 200, "ftol": 1e-14, "gtol": 1e-12},
        )  # fmt: skip
        return np.asarray(found.x)
