"""The objective J of a Leaky ResNet and its gradient, by the discrete adjoint, in buffers made once.

One sweep forward through the recursion, one sweep backward through the momenta (arXiv:2405.17573, section 1.3):

    G_L = (2/N) Pᵀ(P A_L − Y),   G_{ℓ−1} = (1 − ρ_ℓ L̃) G_ℓ + σ'(A_{ℓ−1}) ∘ ρ_ℓ [W_ℓᵀ G_ℓ]_{first w rows},
    ∂J/∂W_ℓ = ρ_ℓ ( G_ℓ σ(A_{ℓ−1})ᵀ + (λ/L̃) W_ℓ ),   and B_ℓ = −G_ℓ/λ.

It says the same as automatic differentiation of `LeakyResNet.objective` (a test compares the two), at three small
tensor operations a layer and direction and without a tape: training spends its time here. Samples are columns.
"""

import torch
from torch import Tensor

from geodepth.nets.network.activations import Activation, ReLU
from geodepth.nets.network.leaky_resnet import LeakyResNet
from geodepth.nets.network.stationarity import stationarity_residual
from geodepth.nets.shapes import Inputs, PerMember, Steps, Targets, Vectors


class Adjoint:
    """Evaluates J and its gradient, for the weights in `parameters`. Nothing here touches the network.

    Parameters
    ----------
    network : LeakyResNet
        Gives the shape, the activation, the steps and the first `parameters`.
    samples : int
        N, the number of samples of every batch.
    weight_decay : float
        λ.

    Attributes
    ----------
    parameters, gradient : (members, P)
        A row per member: W (members, L, w, columns), then, when the projections are learned, E and P, each flattened.
        `evaluate` reads the one and fills the other.
    fit, penalty : (members,)
        The two terms of J at the last evaluation.
    decay : float
        λ/L̃, or λ for a plain ResNet: the curvature of the penalty in √ρ_ℓ W_ℓ.
    steps : (members, L, 1, 1)
        ρ_ℓ.
    scaled_weights : (members, L, w, columns)
        ρ_ℓ W_ℓ.
    activated : (members, L, columns, N)
        σ(A_{ℓ−1}), with its row of ones where there is a bias.
    slopes : (members, L, w, N)
        σ'(A_{ℓ−1}).
    gradients_of_states : (members, L + 1, w, N)
        G_ℓ.
    errors : (members, outputs, N)
        P A_L − Y.
    representations : (members, L + 1, w, N)
        A_0 … A_L of the last evaluation, samples as columns.
    layers, keeps : sequence of L tensors
        Views of ρ_ℓ W_ℓ, and of 1 − ρ_ℓ L̃, layer by layer.
    """

    def __init__(self, network: LeakyResNet, samples: int, weight_decay: float) -> None:
        weights = network.weights.detach()
        members, layers, width, columns = weights.shape
        self.activation: Activation = network.activation
        self.samples = samples
        self._leak = network.effective_depth
        self.decay = weight_decay / network.leak_or_one
        self._learned = network.projections == "learned"
        self._fixed = [network.embedding.detach(), network.readout.detach()]
        pieces = [weights, *self._fixed] if self._learned else [weights]
        self._shapes = [piece.shape for piece in pieces]
        self.parameters = torch.cat([piece.flatten(1) for piece in pieces], 1)
        self.gradient = torch.zeros_like(self.parameters)
        self.fit, self.penalty = weights.new_zeros(members), weights.new_zeros(members)

        like = weights.new_empty
        self.representations = like(members, layers + 1, width, samples)
        self.activated = weights.new_ones(members, layers, columns, samples)
        self.gradients_of_states = like(members, layers + 1, width, samples)
        self.slopes = like(members, layers, width, samples)
        self._pulled = like(members, width, samples)
        self.scaled_weights = torch.empty_like(weights)
        self._outer = like(members * layers, width, columns)
        self.steps, self._keep = like(members, layers, 1, 1), like(members, layers, 1, 1)
        # Views of every layer, made once: indexing costs as much as the arithmetic of a small layer.
        self._paths, self._gradients = self.representations.unbind(1), self.gradients_of_states.unbind(1)
        self._inputs_of_layers = self.activated.unbind(1)
        self._activated_neurons = [layer[:, :width] for layer in self._inputs_of_layers]
        self.layers, self.keeps = self.scaled_weights.unbind(1), self._keep.unbind(1)
        self._slope = self.slopes.unbind(1)
        self._transposed = [layer[..., :width].mT for layer in self.layers]
        self.set_layer_steps(network.layer_steps)

    @property
    def objective(self) -> PerMember:
        """J at the parameters of the last evaluation."""
        return self.fit + self.penalty

    def split(self, matrix: Vectors) -> list[Tensor]:
        """Views of a matrix laid out as `parameters`: the weights, then E and P when they are learned."""
        parts = torch.split(matrix, [shape[1:].numel() for shape in self._shapes], 1)
        return [part.view(shape) for part, shape in zip(parts, self._shapes, strict=True)]

    def set_layer_steps(self, layer_steps: Steps) -> None:
        """Take new steps ρ."""
        self.steps.copy_(layer_steps[..., None, None])
        self._keep.copy_(1.0 - self._leak * layer_steps[..., None, None])

    def load_batch(self, inputs: Inputs, targets: Targets) -> None:
        """Take new samples, as many as before."""
        self._x = inputs.mT.contiguous().expand(len(self.fit), -1, -1)
        self._y = targets.mT.contiguous()
        if not self._learned:
            torch.bmm(self._for_each_member(self._fixed[0]), self._x, out=self.representations[:, 0])

    def _for_each_member(self, matrix: Tensor) -> Tensor:
        """A projection as a batch: folded into one product of all members, its sums would depend on their number."""
        return matrix.expand(len(self.fit), *matrix.shape[-2:])

    @property
    def readout(self) -> Tensor:
        """P of the last evaluation, (outputs, width) or (members, outputs, width)."""
        return self.split(self.parameters)[2] if self._learned else self._fixed[1]

    def evaluate(self) -> None:
        """J and its gradient at `parameters`."""
        weights, *projections = self.split(self.parameters)
        embedding, readout = (self._for_each_member(matrix) for matrix in projections or self._fixed)
        torch.mul(weights, self.steps, out=self.scaled_weights)
        if self._learned:
            torch.bmm(embedding, self._x, out=self.representations[:, 0])
        self._forward()
        residual = torch.bmm(readout, self._paths[-1]).sub_(self._y)
        self.errors = residual.clone()
        torch.sum(residual.square(), (1, 2), out=self.fit).div_(self.samples)
        torch.sum(weights * self.scaled_weights, (1, 2, 3), out=self.penalty).mul_(0.5 * self.decay)
        residual.mul_(2.0 / self.samples)
        torch.bmm(readout.mT, residual, out=self._gradients[-1])
        self._backward(to_start=self._learned)
        gradients = self.split(self.gradient)
        torch.bmm(self.gradients_of_states[:, 1:].flatten(0, 1), self.activated.flatten(0, 1).mT, out=self._outer)
        # ρ multiplies both terms: scaled already holds ρW.
        torch.mul(self._outer.view_as(weights), self.steps, out=gradients[0])
        gradients[0].add_(self.scaled_weights, alpha=self.decay)
        if self._learned:
            gradients[1].copy_(self._gradients[0] @ self._x.mT)
            gradients[2].copy_(residual @ self._paths[-1].mT)

    def _forward(self) -> None:
        rectified = isinstance(self.activation, ReLU)
        for layer, (scaled, keep) in enumerate(zip(self.layers, self.keeps, strict=True)):
            before, after, neurons = self._paths[layer], self._paths[layer + 1], self._activated_neurons[layer]
            if rectified:
                torch.clamp_min(before, 0.0, out=neurons)
            else:
                neurons.copy_(self.activation.value(before))
            torch.mul(before, keep, out=after)
            after.baddbmm_(scaled, self._inputs_of_layers[layer])

    def _backward(self, to_start: bool) -> None:
        if isinstance(self.activation, ReLU):
            torch.gt(self.representations[:, :-1], 0.0, out=self.slopes)
        else:
            self.slopes.copy_(self.activation.derivative(self.representations[:, :-1]))
        pulled = self._pulled
        for layer in range(len(self.layers) - 1, -1 if to_start else 0, -1):
            after = self._gradients[layer + 1]
            torch.bmm(self._transposed[layer], after, out=pulled)
            pulled.mul_(self._slope[layer])
            torch.addcmul(pulled, after, self.keeps[layer], out=self._gradients[layer])

    def stationarity(self) -> PerMember:
        """What `LeakyResNet.stationarity` gives, from the last evaluation's gradient."""
        weights, gradient = self.split(self.parameters)[0], self.split(self.gradient)[0]
        # ∂J/∂W_ℓ = (λ/L̃) ρ_ℓ (W_ℓ − L̃ B_ℓ σᵀ), and the residual is weighted by ρ_ℓ.
        missing = ((gradient / self.decay).square() / self.steps).sum((1, 2, 3))
        return stationarity_residual(missing, (self.steps * weights.square()).sum((1, 2, 3)))
