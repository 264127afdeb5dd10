"""The residual of stationarity as a function of the slopes that are chosen at the kinks of the ReLU.

1. An entry of A on a kink may have any slope in [0, 1]; the others have their own.
2. The momenta follow by the adjoint recursion with these slopes.
3. The residual is W_ℓ − L̃ B_ℓ σ(A_{ℓ−1})ᵀ, weighted by √ρ_ℓ and relative to the weights.
4. Its sum of squares is minimized over the slopes: by least squares with the full Jacobian where there are few, by
   L-BFGS with the gradient where there are many.
"""

import numpy as np

from geodepth.foundation.shapes import Float, Int
from geodepth.validation.path.representation_path import RepresentationPath

MOST_FOR_JACOBIAN = 300
"""Unknown slopes up to which least squares with the full Jacobian is used.

It takes a tenth of a second up to here, as measured when this was written; beyond, gradients alone are cheaper.
"""


class KinkProblem:
    """The residual of a path as a function of the m slopes at its kinks, with its Jacobian and its gradient.

    Parameters
    ----------
    path : RepresentationPath
    on_kink : (L+1, w, N)
        Which entries of A count as being on a kink.

    Attributes
    ----------
    unknowns : int
        m.
    """

    def __init__(self, path: RepresentationPath, on_kink: Float[np.ndarray, "L+1 w N"]) -> None:
        self._network = path.network
        self._weights, self._steps = path.weights, path.layer_steps
        self._square = path.weights[:, :, : path.width]  # without the bias
        self._features = path.features[:-1]
        self._depth = path.momentum_factor
        self._leak = 1.0 - path.layer_steps * path.effective_depth
        self._final = path.final_momentum(path.representations[-1])
        self._slopes = path.nonlinearity.slope(path.representations)
        self._on_kink = on_kink
        self._places: Int[np.ndarray, "m 3"] = np.argwhere(on_kink)
        self.unknowns = len(self._places)
        # Scaled so that the sum of squares is the squared residual.
        self._scale = np.sqrt(path.layer_steps) / (float(np.sqrt(path.parameter_norm)) or 1.0)

    def momenta(self, chosen: Float[np.ndarray, " m"]) -> Float[np.ndarray, "L+1 w N"]:
        """The momenta B (L+1, w, N) with these slopes (m,)."""
        return self._network.adjoint(self._final, self._with(chosen))

    def residual(self, chosen: Float[np.ndarray, " m"]) -> Float[np.ndarray, "L w c"]:
        """√ρ_ℓ (L̃ B_ℓ σ(A_{ℓ−1})ᵀ − W_ℓ)/‖W‖ as (L, w, c), whose norm is the path's stationarity."""
        wanted = self._depth * self.momenta(chosen)[1:] @ self._features.transpose(0, 2, 1)
        return np.asarray(self._scale[:, None, None] * (wanted - self._weights))

    def jacobian(self, chosen: Float[np.ndarray, " m"]) -> Float[np.ndarray, "Lwc m"]:
        """The derivative of the flattened residual, (L·w·c, m), carried from the last layer down."""
        slopes, momenta = self._with(chosen), self.momenta(chosen)
        layers, width, columns = self._weights.shape
        change = np.zeros((*self._final.shape, self.unknowns))  # ∂B_ℓ/∂s
        rows = np.empty((layers, width, columns, self.unknowns))
        for layer in range(layers - 1, -1, -1):
            rows[layer] = np.tensordot(change, self._features[layer], axes=(1, 1)).transpose(0, 2, 1)
            rows[layer] *= self._scale[layer] * self._depth
            pulled = np.tensordot(self._square[layer].T, change, axes=1)
            change = self._leak[layer] * change + self._steps[layer] * slopes[layer][:, :, None] * pulled
            here = np.flatnonzero(self._places[:, 0] == layer)
            neuron, sample = self._places[here, 1], self._places[here, 2]
            direct = self._square[layer].T @ momenta[layer + 1]
            change[neuron, sample, here] += self._steps[layer] * direct[neuron, sample]
        return rows.reshape(-1, self.unknowns)

    def value_and_gradient(self, chosen: Float[np.ndarray, " m"]) -> tuple[float, Float[np.ndarray, " m"]]:
        """Half the squared residual and its gradient (m,), by the adjoint of the momenta's recursion: forwards in ℓ."""
        slopes, momenta, residual = self._with(chosen), self.momenta(chosen), self.residual(chosen)
        gradient = np.zeros_like(slopes)
        carried = np.zeros_like(self._final)
        for layer, step in enumerate(self._steps):
            gradient[layer] = step * carried * (self._square[layer].T @ momenta[layer + 1])
            own = self._scale[layer] * self._depth * (residual[layer] @ self._features[layer])
            carried = own + self._leak[layer] * carried + step * (self._square[layer] @ (slopes[layer] * carried))
        return 0.5 * float(np.sum(residual**2)), gradient[self._on_kink]

    def solve(self, most_for_jacobian: int = MOST_FOR_JACOBIAN) -> Float[np.ndarray, " m"]:
        """The slopes (m,) in [0, 1] that make the residual least, from the middle of all of them.

        Parameters
        ----------
        most_for_jacobian : int
            How many unknowns least squares may have; see the file's head.
        """
        from scipy.optimize import least_squares, minimize

        start = np.full(self.unknowns, 0.5)
        if self.unknowns <= most_for_jacobian:
            limits = {"max_nfev": 60, "xtol": 1e-10, "ftol": 1e-10, "gtol": 1e-12}
            found = least_squares(
                lambda chosen: self.residual(chosen).ravel(), start, self.jacobian, bounds=(0.0, 1.0), **limits
            )
        else:
            limits = {"maxiter": 200, "ftol": 1e-14, "gtol": 1e-12}
            bounds = [(0.0, 1.0)] * self.unknowns
            found = minimize(self.value_and_gradient, start, jac=True, method="L-BFGS-B", bounds=bounds, options=limits)
        return np.asarray(found.x)

    def _with(self, chosen: Float[np.ndarray, " m"]) -> Float[np.ndarray, "L+1 w N"]:
        slopes = self._slopes.copy()
        slopes[self._on_kink] = chosen
        return slopes
