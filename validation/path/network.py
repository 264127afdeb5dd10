"""The discrete network: its representations forwards, its momenta backwards.

1. A_0 = E X is given.
2. Forwards, A_ℓ = (1 − ρ_ℓL̃) A_{ℓ−1} + ρ_ℓ W_ℓ σ(A_{ℓ−1}).
3. B_L = (2/(λN)) Pᵀ(Y − P A_L) is given.
4. Backwards, B_{ℓ−1} = (1 − ρ_ℓL̃) B_ℓ + ρ_ℓ σ'(A_{ℓ−1}) ∘ [W_ℓᵀ B_ℓ], over the first w rows.

Source: Jacot and Kaiser, arXiv:2405.17573, the definition of a Leaky ResNet with layer steps ρ_ℓ, and the Hamiltonian
reformulation, discretized.
"""

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.activations import Activation
from geodepth.foundation.shapes import Float


def features(
    representations: Float[np.ndarray, "*layers w N"], activation: Activation, bias: bool = True
) -> Float[np.ndarray, "*layers c N"]:
    """σ(A): the activations, over a row of ones where there is a bias (c = w + 1; otherwise c = w)."""
    active = activation.value(representations)
    if not bias:
        return active
    ones = np.ones((*active.shape[:-2], 1, active.shape[-1]))
    return np.concatenate([active, ones], axis=-2)


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The maps from layer to layer.

    Attributes
    ----------
    weights : (L, w, c)
        W, the bias in the last column where c = w + 1; without a bias c = w.
    layer_steps : (L,)
        ρ.
    effective_depth : float
        L̃.
    activation : Activation
        σ.
    """

    weights: Float[np.ndarray, "L w c"]
    layer_steps: Float[np.ndarray, " L"]
    effective_depth: float
    activation: Activation

    @property
    def bias(self) -> bool:
        """Whether σ(A) has a row of ones."""
        return bool(self.weights.shape[2] == self.weights.shape[1] + 1)

    def propagate(self, initial: Float[np.ndarray, "w N"]) -> Float[np.ndarray, "L+1 w N"]:
        """The representations A_0 … A_L from A_0 = `initial`."""
        path = np.empty((len(self.layer_steps) + 1, *initial.shape))
        path[0] = initial
        for layer, (step, matrix) in enumerate(zip(self.layer_steps, self.weights, strict=True)):
            active = features(path[layer], self.activation, self.bias)
            path[layer + 1] = (1.0 - step * self.effective_depth) * path[layer] + step * (matrix @ active)
        return path

    def adjoint(
        self, final: Float[np.ndarray, "w N"], slopes: Float[np.ndarray, "L+1 w N"]
    ) -> Float[np.ndarray, "L+1 w N"]:
        """The momenta B_0 … B_L from B_L = `final`, with σ'(A_ℓ) = `slopes`.

        B_ℓ = −(1/λ) ∂C/∂A_ℓ, C the data term. With `activation.slope` this is backpropagation.
        """
        momenta = np.empty_like(slopes)
        momenta[-1] = final
        for layer in range(len(self.layer_steps) - 1, -1, -1):
            step, matrix = self.layer_steps[layer], self.weights[layer][:, : self.weights.shape[1]]
            momenta[layer] = (1.0 - step * self.effective_depth) * momenta[layer + 1]
            momenta[layer] += step * slopes[layer] * (matrix.T @ momenta[layer + 1])
        return momenta

    def defects(self, representations: Float[np.ndarray, "L+1 w N"]) -> Float[np.ndarray, " L"]:
        """‖A_ℓ − (1 − ρ_ℓL̃) A_{ℓ−1} − ρ_ℓ W_ℓ σ(A_{ℓ−1})‖_F of every layer."""
        leak = (1.0 - self.layer_steps * self.effective_depth)[:, None, None]
        driven = self.weights @ features(representations[:-1], self.activation, self.bias)
        stepped = leak * representations[:-1] + self.layer_steps[:, None, None] * driven
        return np.asarray(np.sqrt(np.sum((representations[1:] - stepped) ** 2, axis=(1, 2))))
