"""The Gauss-Newton part of the Hessian, M = JᵀJ + (λ/L̃) I, and its inverse through the tangent kernel J Jᵀ.

With r = √(2/N) (P A_L − Y) the fit is ½‖r‖², and J is the derivative of r with respect to the scaled weights √ρ_ℓ W_ℓ.
Samples do not see each other, so J is made of outer products: with D_ℓ the derivative of the outputs with respect to
A_ℓ (outputs × width, one for each sample),

    ∂r_{in}/∂(√ρ_ℓ W_ℓ) = √(2ρ_ℓ/N) D_ℓ[i, :, n] σ(A_{ℓ−1})[:, n]ᵀ,
    (J Jᵀ)_{in,jm} = (2/N) Σ_ℓ ρ_ℓ ⟨D_ℓ[i, :, n], D_ℓ[j, :, m]⟩ ⟨σ(A_{ℓ−1})[:, n], σ(A_{ℓ−1})[:, m]⟩,

a matrix of the size of the data, outputs × samples, however many weights there are. By Woodbury's identity
M⁻¹v = (v − Jᵀ(J Jᵀ + (λ/L̃) I)⁻¹ J v)/(λ/L̃).

Penalized projections, as √L̃ E and √L̃ P, are two more terms of the sum, with 1/L̃ in place of ρ_ℓ: D_0 and X in place of
D_ℓ and σ(A_{ℓ−1}), then the identity and A_L.
"""

import torch

from geodepth.nets.shapes import Errors, Vectors

from .adjoint import Adjoint


class GaussNewton:
    """M at the point that `adjoint` evaluated last before `prepare`. Vectors are (members, R), in the penalty's metric.

    Its kernel takes the square of outputs × samples in numbers, and the cube in work.
    """

    def __init__(self, adjoint: Adjoint) -> None:
        self.adjoint = adjoint
        self._sweep = adjoint.only_sweep
        members, points, width, samples = self._sweep.representations.shape
        self.outputs = adjoint.readout.shape[-2]
        self._shape = (members, points - 1, width, samples)
        self._sensitivity = adjoint.gradient.new_empty(points - 1, members, self.outputs, width, samples)
        self._factor = (2.0 / samples * adjoint.steps).sqrt()
        self._end_factor = (2.0 / samples / adjoint.leak_or_one) ** 0.5

    def prepare(self) -> None:
        """Sensitivities of the outputs by one sweep for all of them, then the factor of the kernel."""
        adjoint = self.adjoint
        members, layers, width, samples = self._shape
        slopes = self._sweep.slopes
        self._activated = self._sweep.activated.clone()
        ends = adjoint.penalizes_projections
        last = adjoint.readout[..., None].expand(members, self.outputs, width, samples)
        for layer in range(layers - 1, -1, -1):
            self._sensitivity[layer].copy_(last)
            if layer or ends:
                matrix = adjoint.layers[layer][:, None, :, :width].mT
                pulled = torch.matmul(matrix, last) * slopes[:, layer, None]
                last = torch.addcmul(pulled, last, adjoint.keeps[layer][:, None])
        rows = self.outputs * samples
        kernel = slopes.new_zeros(members, self.outputs, samples, self.outputs, samples)
        for layer in range(layers):
            # (members, outputs · samples, width) and the samples' inner products: one layer at a time for memory.
            flat = self._sensitivity[layer].mT.reshape(members, rows, width)
            near = (flat @ flat.mT).view_as(kernel)
            active = self._activated[:, layer]
            near *= (active.mT @ active)[:, None, :, None, :]
            kernel += near * adjoint.steps[:, layer, :, :, None, None]
        if ends:
            self._at_start, self._last = last, self._sweep.representations[:, -1].clone()
            flat, x = last.mT.reshape(members, rows, width), self._sweep.inputs
            near = (flat @ flat.mT).view_as(kernel).mul_((x.mT @ x)[:, None, :, None, :])
            # Output i alone sees row i of P.
            near.diagonal(dim1=1, dim2=3).add_((self._last.mT @ self._last)[..., None])
            kernel += near / adjoint.leak_or_one
        matrix = kernel.view(members, rows, rows).mul_(2.0 / samples)
        matrix.diagonal(dim1=1, dim2=2).add_(adjoint.decay)
        self._cholesky = torch.linalg.cholesky(matrix)

    def push(self, vector: Vectors) -> Errors:
        """J v."""
        matrix, *ends = self.adjoint.split(vector)
        moved = torch.matmul(matrix * self._factor, self._activated)
        found = torch.einsum("lmown,mlwn->mon", self._sensitivity, moved)
        if ends:
            found += torch.einsum("mown,mwn->mon", self._at_start, ends[0] @ self._sweep.inputs) * self._end_factor
            found += ends[1] @ self._last * self._end_factor
        return found

    def pull(self, residual: Errors) -> Vectors:
        """Jᵀ u."""
        turned = torch.einsum("lmown,mon->mlwn", self._sensitivity, residual)
        found = (torch.matmul(turned, self._activated.mT) * self._factor).flatten(1)
        if not self.adjoint.penalizes_projections:
            return found
        start = torch.einsum("mown,mon->mwn", self._at_start, residual) @ self._sweep.inputs.mT
        ends = [(part * self._end_factor).flatten(1) for part in (start, residual @ self._last.mT)]
        return torch.cat([found, *ends], 1)

    def inverse(self, vector: Vectors) -> Vectors:
        """M⁻¹ v."""
        return (vector - self._nearest(self.push(vector))) / self.adjoint.decay

    def correction(self, step: Vectors, before: Errors, after: Errors) -> Vectors | None:
        """What takes the second order of a step back: the smallest c, in the metric of M, with J c ≈ r + J s − r(s).

        Parameters
        ----------
        step : (members, R)
            s.
        before, after : (members, outputs, N)
            The errors P A_L − Y at the point and after the step.

        Notes
        -----
        Fits are curved valleys; the correction keeps a long step along the bottom of one.
        Source: Transtrum and Sethna, arXiv:1010.1449, section V.
        """
        return self._nearest(self.push(step) - (after - before) * (2.0 / before.shape[-1]) ** 0.5)

    def _nearest(self, residual: Errors) -> Vectors:
        """Jᵀ(J Jᵀ + (λ/L̃) I)⁻¹ u, the minimizer s of ‖J s − u‖² + (λ/L̃)‖s‖²."""
        solved = torch.cholesky_solve(residual.flatten(1)[..., None], self._cholesky)
        return self.pull(solved.view_as(residual))
