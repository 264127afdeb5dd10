"""Hessian-vector products of J in what it penalizes, by a tangent sweep through the discrete adjoint.

The adjoint's two recursions are differentiated in the direction V (the R-operator: Pearlmutter, Neural Computation 6,
1994). With dots for derivatives along V, and σ', σ'' taken at A_{ℓ−1}, first forward,

    Ȧ_0 = 0,   Ȧ_ℓ = (1 − ρ_ℓ L̃) Ȧ_{ℓ−1} + ρ_ℓ V_ℓ σ(A_{ℓ−1}) + ρ_ℓ W_ℓ (σ' ∘ Ȧ_{ℓ−1}),

then backward,

    Ġ_L = (2/N) PᵀP Ȧ_L,
    Ġ_{ℓ−1} = (1 − ρ_ℓ L̃) Ġ_ℓ + σ' ∘ ρ_ℓ (W_ℓᵀ Ġ_ℓ + V_ℓᵀ G_ℓ) + σ'' ∘ Ȧ_{ℓ−1} ∘ ρ_ℓ W_ℓᵀ G_ℓ,
    (∇²J V)_ℓ = ρ_ℓ ( Ġ_ℓ σ(A_{ℓ−1})ᵀ + G_ℓ (σ' ∘ Ȧ_{ℓ−1})ᵀ + (λ/L̃) V_ℓ ).

Biases, the last column of W and V, are left out of this: their input does not vary. A product costs two gradients.

Penalized projections have directions E' and P' of their own. With R = (2/N)(P A_L − Y) and Ṙ = (2/N)(P Ȧ_L + P' A_L),

    Ȧ_0 = E' X,   Ġ_L = Pᵀ Ṙ + P'ᵀ R,   and the products are   Ġ_0 Xᵀ + λ E'   and   Ṙ A_Lᵀ + R Ȧ_Lᵀ + λ P'.
"""

import torch

from geodepth.nets.shapes import Vectors

from .adjoint import Adjoint


class Curvature:
    """The Hessian of J with respect to `adjoint.penalized`, at the point that `adjoint` evaluated last.

    1. `prepare` takes that point.
    2. `product` multiplies by the Hessian, as often as wanted. The adjoint must not evaluate elsewhere meanwhile.

    Projections that are not penalized are held fixed.
    """

    def __init__(self, adjoint: Adjoint) -> None:
        self.adjoint = adjoint
        self._sweep = adjoint.only_sweep
        whole = self._sweep.representations
        layerwise = whole[:, 1:].shape
        self._layers = layerwise[1]
        self._pushed, self._pulled = whole.new_empty(layerwise), whole.new_empty(layerwise)
        self._moved, self._turned = torch.zeros_like(whole), torch.empty_like(whole)
        self._sloped = whole.new_empty(layerwise)
        self._bent, self._second = whole.new_empty(layerwise), whole.new_empty(layerwise)
        self._pushes, self._pulls = self._pushed.unbind(1), self._pulled.unbind(1)
        self._moves, self._turns = self._moved.unbind(1), self._turned.unbind(1)
        self._slopings, self._bends = self._sloped.unbind(1), self._bent.unbind(1)

    def prepare(self) -> None:
        """Compute what all products at this point share."""
        sweep = self._sweep
        weights = self.adjoint.scaled_weights[..., : self._moved.shape[2]]
        pulled = torch.matmul(weights.mT, sweep.gradients_of_states[:, 1:])
        torch.mul(sweep.activation.second_derivative(sweep.representations[:, :-1]), pulled, out=self._second)
        self._slopes = sweep.slopes.unbind(1)

    def product(self, direction: Vectors) -> Vectors:
        """∇²J V for V = `direction`, both (members, R), laid out as `adjoint.penalized`."""
        adjoint, sweep = self.adjoint, self._sweep
        width = self._moved.shape[2]
        along, *ends = adjoint.split(direction)
        if ends:
            torch.matmul(ends[0], sweep.inputs, out=self._moves[0])
        scaled = along * adjoint.steps
        torch.matmul(scaled, sweep.activated, out=self._pushed)
        slopes, keeps, layers = self._slopes, adjoint.keeps, adjoint.layers
        for layer in range(self._layers):
            before, after, sloped = self._moves[layer], self._moves[layer + 1], self._slopings[layer]
            torch.mul(before, slopes[layer], out=sloped)
            torch.addcmul(self._pushes[layer], before, keeps[layer], out=after)
            after.baddbmm_(layers[layer][..., :width], sloped)
        readout, last = adjoint.readout, sweep.representations[:, -1]
        pulls = (readout @ self._moves[-1]).mul_(2.0 / adjoint.samples)
        if ends:
            pulls.baddbmm_(ends[1], last, alpha=2.0 / adjoint.samples)
        torch.matmul(readout.mT, pulls, out=self._turns[-1])
        if ends:
            self._turns[-1].baddbmm_(ends[1].mT, sweep.pulls)
        gradients = sweep.gradients_of_states[:, 1:]
        torch.matmul(scaled[..., :width].mT, gradients, out=self._pulled)
        torch.mul(self._second, self._moved[:, :-1], out=self._bent)
        for layer in range(self._layers - 1, -1 if ends else 0, -1):
            after, before, pulled = self._turns[layer + 1], self._turns[layer], self._pulls[layer]
            pulled.baddbmm_(layers[layer][..., :width].mT, after)
            torch.addcmul(self._bends[layer], slopes[layer], pulled, out=before)
            before.addcmul_(keeps[layer], after)
        product = torch.matmul(self._turned[:, 1:], sweep.activated.mT)
        product[..., :width] += torch.matmul(gradients, self._sloped.mT)
        found = [product.add_(along, alpha=adjoint.decay).mul_(adjoint.steps)]
        if ends:
            products = (self._turns[0] @ sweep.inputs.mT, pulls @ last.mT + sweep.pulls @ self._moves[-1].mT)
            weight_decay = adjoint.decay * adjoint.leak_or_one
            found += [part.add_(end, alpha=weight_decay) for part, end in zip(products, ends, strict=True)]
        return torch.cat([part.flatten(1) for part in found], 1) if ends else found[0].flatten(1)
