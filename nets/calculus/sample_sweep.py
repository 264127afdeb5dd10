"""One sweep forward through the recursion and one backward through the momenta, for some of the samples.

The formulas stand in adjoint.py, which owns the weights and hands the samples to one sweep, or to several that run side
by side. Samples are columns.
"""

import torch
from torch import Tensor

from geodepth.nets.network.activations import Activation, ReLU
from geodepth.nets.shapes import Inputs, Paths, PerMember, Targets, Weights

ALIGNMENT = 8
"""Rows of σ(A), with those of ones, are filled up to a multiple of this. Products G σ(A)ᵀ with 101 columns run at 80
GFLOP/s, with 104 at 93 (one core of an AMD EPYC, measured while writing this)."""

LARGE_LAYER = 200_000
"""Multiplications of a layer from which all is done with it while it is in the cache: slopes are computed with the
values, and states pass through one buffer where nobody asks for all of them. For w = 100 and N = 1000, a layer of 10
million, J and its gradient then take 9 % less time with the ReLU (one core of an AMD EPYC). Below, more operations cost
as much as they save."""

# What comes from above where the state is positive, else zero: the slope of the ReLU in one pass.
_where_positive = torch.ops.aten.threshold_backward.grad_input


class SampleSweep:
    """The two sweeps for n samples, in buffers made once.

    Parameters
    ----------
    scaled_weights : (members, L, w, columns)
        ρ_ℓ W_ℓ, read at every evaluation.
    keeps : (members, L, 1, 1)
        1 − ρ_ℓ L̃, the same.
    activation : Activation
        σ.
    samples : int
        n.
    keeps_states : bool
        Whether all A_ℓ and G_ℓ are kept, as derivatives of second order need. Otherwise, in large layers on a CPU, each
        takes the place of the one before and is used while it is in the cache; σ(A) tells where A > 0.

    Attributes
    ----------
    activation : Activation
        σ.
    gradients_of_states : (members, L + 1, w, n)
        G_0 … G_L, where states are kept.
    activated : (members, L, columns, n)
        σ(A_{ℓ−1}), with its row of ones where there is a bias.
    outer : (members, L, w, columns)
        G_ℓ σ(A_{ℓ−1})ᵀ, summed over these samples.
    errors, pulls : (members, outputs, n)
        P A_L − Y, and 2/N of it, with all N samples.
    inputs : (members, inputs, n)
        X.
    """

    errors: Tensor
    pulls: Tensor
    inputs: Tensor

    def __init__(
        self, scaled_weights: Weights, keeps: Tensor, activation: Activation, samples: int, keeps_states: bool = True
    ) -> None:
        members, layers, width, columns = scaled_weights.shape
        like = scaled_weights.new_empty
        self.activation = activation
        rectified = isinstance(activation, ReLU)
        self._large = scaled_weights.device.type == "cpu" and width * columns * samples >= LARGE_LAYER
        self._keeps_states = keeps_states or not self._large
        # A_0 and one state, or all of them.
        self._states = like(members, layers + 1 if self._keeps_states else 2, width, samples)
        self.gradients_of_states = like(members, layers + 1 if self._keeps_states else 1, width, samples)
        filled = -(-columns // ALIGNMENT) * ALIGNMENT
        rows = scaled_weights.new_zeros(members, layers, filled, samples)
        rows[:, :, width:columns] = 1.0
        self.activated = rows[:, :, :columns]
        self._products, self._turned = like(members * layers, width, filled), rows.flatten(0, 1).mT
        self.outer = self._products.view(members, layers, width, filled)[..., :columns]
        self._pulled = like(members, width, samples)
        self._slopes = None if rectified else like(members, layers, width, samples)
        # Views of every layer, made once: indexing costs as much as the arithmetic of a small layer.
        self._paths, self._gradients = self._states.unbind(1), self.gradients_of_states.unbind(1)
        if not self._keeps_states:
            self._paths, self._gradients = self._paths[:1] + self._paths[1:] * layers, self._gradients * (layers + 1)
        self._outers = self._products.view(members, layers, width, filled).unbind(1)
        self._turned_layers = rows.mT.unbind(1)
        self._inputs_of_layers = self.activated.unbind(1)
        self._neurons = [layer[:, :width] for layer in self._inputs_of_layers]
        self._layers, self._keeps = scaled_weights.unbind(1), keeps.unbind(1)
        self._transposed = [layer[..., :width].mT for layer in self._layers]

    @property
    def representations(self) -> Paths:
        """A_0 … A_L of the last evaluation, (members, L + 1, w, n)."""
        if self._keeps_states:
            return self._states
        states = [self._paths[0]]
        for scaled, keep, inputs in zip(self._layers, self._keeps, self._inputs_of_layers, strict=True):
            states.append((states[-1] * keep).baddbmm_(scaled, inputs))
        return torch.stack(states, 1)

    @property
    def slopes(self) -> Tensor:
        """σ'(A_{ℓ−1}) at the last evaluation, (members, L, w, n)."""
        return self.activation.derivative(self.representations[:, :-1]) if self._slopes is None else self._slopes

    def load(self, inputs: Inputs, targets: Targets) -> None:
        """Take new samples, as many as before."""
        self.inputs = inputs.mT.contiguous().expand(len(self._pulled), -1, -1)
        self._y = targets.mT.contiguous()

    def embed(self, embedding: Tensor) -> None:
        """A_0 = E X, for E of every member."""
        torch.bmm(embedding, self.inputs, out=self._paths[0])

    def evaluate(self, readout: Tensor, over_samples: float, to_start: bool) -> None:
        """Fill all buffers, from A_0 as it stands.

        Parameters
        ----------
        readout : (members, outputs, w)
            P.
        over_samples : float
            2/N, with all N samples.
        to_start : bool
            Whether G_0 is wanted.
        """
        self._forward()
        self.errors = torch.bmm(readout, self._paths[-1]).sub_(self._y)
        self.pulls = self.errors * over_samples
        torch.bmm(readout.mT, self.pulls, out=self._gradients[-1])
        self._backward(to_start)
        if not self._large:
            torch.bmm(self.gradients_of_states[:, 1:].flatten(0, 1), self._turned, out=self._products)

    def squares(self) -> PerMember:
        """‖P A_L − Y‖_F², over these samples."""
        return self.errors.square().sum((1, 2))

    def gradients_of_projections(self) -> tuple[Tensor, Tensor]:
        """Of the fit with respect to E and P, the part of these samples; G_0 must have been wanted."""
        return self._gradients[0] @ self.inputs.mT, self.pulls @ self._paths[-1].mT

    def _forward(self) -> None:
        rectified = isinstance(self.activation, ReLU)
        for layer, (scaled, keep) in enumerate(zip(self._layers, self._keeps, strict=True)):
            before, after, neurons = self._paths[layer], self._paths[layer + 1], self._neurons[layer]
            if rectified:
                torch.clamp_min(before, 0.0, out=neurons)
            else:
                neurons.copy_(self.activation.value(before))
                if self._large and self._slopes is not None:
                    self._slopes[:, layer].copy_(self.activation.derivative(before))
            torch.mul(before, keep, out=after)
            after.baddbmm_(scaled, self._inputs_of_layers[layer])

    def _backward(self, to_start: bool) -> None:
        if self._slopes is not None and not self._large:
            self._slopes.copy_(self.activation.derivative(self.representations[:, :-1]))
        pulled = self._pulled
        for layer in range(len(self._layers) - 1, -1, -1):
            after = self._gradients[layer + 1]
            if self._large:
                torch.bmm(after, self._turned_layers[layer], out=self._outers[layer])
            if not layer and not to_start:
                return
            torch.bmm(self._transposed[layer], after, out=pulled)
            if self._slopes is None:
                _where_positive(pulled, self._neurons[layer], 0.0, grad_input=pulled)
            else:
                pulled.mul_(self._slopes[:, layer])
            torch.addcmul(pulled, after, self._keeps[layer], out=self._gradients[layer])
