"""The Gauss-Newton part of the Hessian layer by layer, as Kronecker products, and its inverse.

For data whose tangent kernel is too large (`gauss_newton.py`). In the variables √ρ_ℓ W_ℓ the block of layer ℓ is, with
D_ℓ[i, :, n] the derivative of output i of sample n with respect to A_ℓ,

    (2ρ_ℓ/N) Σ_n (Σ_i D_ℓ[i, :, n] D_ℓ[i, :, n]ᵀ) ⊗ σ(A_{ℓ−1})[:, n] σ(A_{ℓ−1})[:, n]ᵀ
        ≈ (2ρ_ℓ/N²) S_ℓ ⊗ T_ℓ,   S_ℓ = Σ_{in} D_ℓ[i, :, n] D_ℓ[i, :, n]ᵀ,   T_ℓ = σ(A_{ℓ−1}) σ(A_{ℓ−1})ᵀ,

as if both factors were independent over the samples. Blocks between layers are left out. What is kept is the
anisotropy within a layer: a few directions carry the data, and their curvature is a hundred thousand times that of the
penalty. M adds the penalty's (λ/L̃) I, and is inverted in the eigenvectors of S_ℓ and T_ℓ.

Penalized projections are two more blocks, with 1/L̃ in place of ρ_ℓ: E has S_0 and X Xᵀ, and P has exactly
(2/(NL̃)) I ⊗ A_L A_Lᵀ.

Source: Martens and Grosse, arXiv:1503.05671 (K-FAC), sections 3 and 4.
"""

import torch
from torch import Tensor

from geodepth.nets.shapes import Errors, Vectors

from .adjoint import Adjoint


class LayerFactors:
    """M where `adjoint` evaluated last before `prepare`. Vectors are (members, R), in the penalty's metric."""

    def __init__(self, adjoint: Adjoint) -> None:
        self._adjoint = adjoint
        self._sweep = adjoint.only_sweep
        members, _, width, samples = self._sweep.representations.shape
        like = adjoint.gradient
        # S_ℓ is a mean over normal combinations of the outputs, one per sample: the same for every member and call.
        outputs = adjoint.readout.shape[-2]
        probes = torch.randn(outputs, samples, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        self._probes = probes.to(like.device, like.dtype)
        self._seen = like.new_empty(members, len(adjoint.layers), width, samples)
        self._scale = 2.0 / samples**2 * adjoint.steps

    def prepare(self) -> None:
        """Both factors of every layer, and their eigenvectors."""
        adjoint, sweep = self._adjoint, self._sweep
        width = self._seen.shape[2]
        slopes = sweep.slopes
        pulled = adjoint.readout.mT @ self._probes
        for layer in range(len(adjoint.layers) - 1, -1, -1):
            self._seen[:, layer].copy_(pulled)
            if layer or adjoint.penalizes_projections:
                turned = (adjoint.layers[layer][..., :width].mT @ pulled) * slopes[:, layer]
                pulled = torch.addcmul(turned, pulled, adjoint.keeps[layer])
        self._blocks = [self._block(self._seen, sweep.activated, self._scale)]
        if adjoint.penalizes_projections:
            samples = self._seen.shape[3]
            scale = 2.0 / samples**2 / adjoint.leak_or_one
            # As if every sample saw every output once: S = N I.
            outputs = samples**0.5 * torch.eye(len(self._probes)).to(pulled).expand(len(pulled), -1, -1)
            self._blocks.append(self._block(pulled, sweep.inputs, scale))
            self._blocks.append(self._block(outputs, sweep.representations[:, -1], scale))

    def _block(self, seen: Tensor, features: Tensor, scale: Tensor | float) -> tuple[Tensor, Tensor, Tensor]:
        """The eigenvectors of S and T, and the curvatures in them."""
        rows, left = torch.linalg.eigh(seen @ seen.mT)
        columns, right = torch.linalg.eigh(features @ features.mT)
        # Rounding may leave an eigenvalue of a positive matrix below zero.
        product = rows.clamp_min(0.0)[..., :, None] * columns.clamp_min(0.0)[..., None, :]
        return left, right, self._adjoint.decay + scale * product

    def inverse(self, vector: Vectors) -> Vectors:
        """M⁻¹ v."""
        found = [
            (left @ ((left.mT @ matrix @ right) / curvature) @ right.mT).flatten(1)
            for matrix, (left, right, curvature) in zip(self._adjoint.split(vector), self._blocks, strict=True)
        ]
        return torch.cat(found, 1) if len(found) > 1 else found[0]

    def correction(self, step: Vectors, before: Errors, after: Errors) -> Vectors | None:
        """None: without J there is none."""
        return None
