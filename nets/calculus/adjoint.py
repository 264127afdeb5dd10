"""The objective J of a Leaky ResNet and its gradient, by the discrete adjoint, in buffers made once.

One sweep forward through the recursion, one sweep backward through the momenta (arXiv:2405.17573, section 1.3):

    G_L = (2/N) Pᵀ(P A_L − Y),   G_{ℓ−1} = (1 − ρ_ℓ L̃) G_ℓ + σ'(A_{ℓ−1}) ∘ ρ_ℓ [W_ℓᵀ G_ℓ]_{first w rows},
    ∂J/∂W_ℓ = ρ_ℓ ( G_ℓ σ(A_{ℓ−1})ᵀ + (λ/L̃) W_ℓ ),   and B_ℓ = −G_ℓ/λ;
    where they are trained, ∂J/∂E = G_0 Xᵀ and ∂J/∂P = (2/N) (P A_L − Y) A_Lᵀ, plus λE and λP where they are penalized.

What is penalized has a metric, in which the penalty is the square of a length: the variables √ρ_ℓ W_ℓ, √L̃ E and √L̃ P,
in which it is (λ/2L̃)‖·‖². Methods of second order work in them.

It says the same as automatic differentiation of `LeakyResNet.objective` (a test compares the two), at three small
tensor operations a layer and direction and without a tape: training spends its time here. Samples are columns.

Samples meet only in the sums of the fit and of the gradient. Where a layer's work is large, threads therefore take some
of the samples each and meet once, in the end. Threads that share every operation meet several hundred times instead,
and wait for each other: on a busy machine that makes two of them slower than one.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from geodepth.nets.network.leaky_resnet import LeakyResNet
from geodepth.nets.network.projections import sum_of_squares
from geodepth.nets.network.stationarity import stationarity_residual
from geodepth.nets.shapes import Errors, Inputs, Paths, PerMember, Steps, Targets, Vectors

from .sample_sweep import SampleSweep


class Adjoint:
    """Evaluates J and its gradient, for the weights in `parameters`. Only `store` touches the network.

    Parameters
    ----------
    network : LeakyResNet
        Gives the shape, the activation, the steps and the first `parameters`.
    samples : int
        N, the number of samples of every batch.
    weight_decay : float
        λ.
    threads : int
        How many threads share the samples. The last bits of the sums depend on it.
    keeps_states : bool
        Whether derivatives of second order will be asked for: see `SampleSweep`.

    Attributes
    ----------
    parameters, gradient : (members, P)
        A row per member: W (members, L, w, columns), then, when the projections are trained, E and P, each flattened.
        `evaluate` reads the one and fills the other.
    fit, penalty, projection_penalty : (members,)
        The terms of J at the last evaluation; the last is zero unless the projections are penalized.
    penalized, penalized_gradient : (members, R)
        Views of both up to the last entry that is penalized: W, then E and P where they are penalized.
    decay : float
        λ/L̃, or λ for a plain ResNet: the curvature of the penalty in the metric of what is penalized.
    leak_or_one : float
        L̃, or 1 for a plain ResNet: the metric of penalized projections, as ρ_ℓ is that of W_ℓ.
    steps : (members, L, 1, 1)
        ρ_ℓ.
    scaled_weights : (members, L, w, columns)
        ρ_ℓ W_ℓ.
    sweeps : tuple of SampleSweep
        One per thread, with the buffers of its samples.
    layers, keeps : sequence of L tensors
        Views of ρ_ℓ W_ℓ, and of 1 − ρ_ℓ L̃, layer by layer.
    """

    def __init__(
        self, network: LeakyResNet, samples: int, weight_decay: float, threads: int = 1, keeps_states: bool = True
    ) -> None:
        weights = network.weights.detach()
        members, layers = weights.shape[:2]
        self.samples = samples
        self._leak = network.effective_depth
        self.leak_or_one = network.leak_or_one
        self.decay = weight_decay / self.leak_or_one
        self._trained = network.architecture.trains_projections
        self.penalizes_projections = network.projections == "penalized"
        self._fixed = [network.embedding.detach(), network.readout.detach()]
        pieces = [weights, *self._fixed] if self._trained else [weights]
        self._shapes = [piece.shape for piece in pieces]
        self.parameters = torch.cat([piece.flatten(1) for piece in pieces], 1)
        self.gradient = torch.zeros_like(self.parameters)
        count = self.parameters.shape[1] if self.penalizes_projections else weights[0].numel()
        self.penalized, self.penalized_gradient = self.parameters[:, :count], self.gradient[:, :count]
        self.fit, self.penalty = weights.new_zeros(members), weights.new_zeros(members)
        self.projection_penalty = weights.new_zeros(members)
        self.scaled_weights = torch.empty_like(weights)
        self.steps, keeps = weights.new_empty(members, layers, 1, 1), weights.new_empty(members, layers, 1, 1)
        self._keep = keeps
        self.layers, self.keeps = self.scaled_weights.unbind(1), keeps.unbind(1)
        self._shares = [samples // threads + (thread < samples % threads) for thread in range(threads)]
        self.sweeps = tuple(
            SampleSweep(self.scaled_weights, keeps, network.activation, share, keeps_states) for share in self._shares
        )
        # The calling thread takes the first share. Idle threads end with the pool, and that with this object.
        self._helpers = ThreadPoolExecutor(threads - 1) if threads > 1 else None
        self.set_layer_steps(network.layer_steps)

    @property
    def objective(self) -> PerMember:
        """J at the parameters of the last evaluation."""
        return self.fit + self.penalty + self.projection_penalty

    @property
    def root_metric(self) -> Vectors:
        """√ρ_ℓ for entries of W_ℓ and √L̃ for those of penalized projections, (members, R)."""
        found = torch.full_like(self.penalized, self.leak_or_one**0.5)
        self.split(found)[0].copy_(self.steps.sqrt().expand_as(self.scaled_weights))
        return found

    @property
    def only_sweep(self) -> SampleSweep:
        """The sweep of all samples, for derivatives of second order: they run in one thread."""
        (sweep,) = self.sweeps
        return sweep

    @property
    def representations(self) -> Paths:
        """A_0 … A_L of the last evaluation, (members, L + 1, w, N)."""
        parts = [sweep.representations for sweep in self.sweeps]
        return parts[0] if len(parts) == 1 else torch.cat(parts, 3)

    @property
    def errors(self) -> Errors:
        """P A_L − Y of the last evaluation, (members, outputs, N)."""
        parts = [sweep.errors for sweep in self.sweeps]
        return parts[0] if len(parts) == 1 else torch.cat(parts, 2)

    def split(self, matrix: Vectors) -> list[Tensor]:
        """Views of a matrix laid out as `parameters` or `penalized`: the weights, then E and P where it has them."""
        sizes = [shape[1:].numel() for shape in self._shapes]
        parts = torch.split(matrix, sizes if matrix.shape[1] > sizes[0] else sizes[:1], 1)
        return [part.view(shape) for part, shape in zip(parts, self._shapes, strict=False)]

    def store(self, network: LeakyResNet, members: Sequence[int] | slice = slice(None)) -> None:
        """Put the parameters into a network: rows go, in their order, to these of its members."""
        for tensor, part in zip(network.parameters(), self.split(self.parameters), strict=True):
            tensor[members] = part

    def set_layer_steps(self, layer_steps: Steps) -> None:
        """Take new steps ρ."""
        self.steps.copy_(layer_steps[..., None, None])
        self._keep.copy_(1.0 - self._leak * layer_steps[..., None, None])

    def load_batch(self, inputs: Inputs, targets: Targets) -> None:
        """Take new samples, as many as before."""
        shares = (torch.split(rows, self._shares) for rows in (inputs, targets))
        for sweep, x, y in zip(self.sweeps, *shares, strict=True):
            sweep.load(x, y)
            if not self._trained:
                sweep.embed(self._for_each_member(self._fixed[0]))

    def _for_each_member(self, matrix: Tensor) -> Tensor:
        """A projection as a batch: folded into one product of all members, its sums would depend on their number."""
        return matrix.expand(len(self.fit), *matrix.shape[-2:])

    @property
    def readout(self) -> Tensor:
        """P of the last evaluation, (outputs, width) or (members, outputs, width)."""
        return self.split(self.parameters)[2] if self._trained else self._fixed[1]

    def evaluate(self) -> None:
        """J and its gradient at `parameters`."""
        weights, *projections = self.split(self.parameters)
        torch.mul(weights, self.steps, out=self.scaled_weights)
        torch.sum(weights * self.scaled_weights, (1, 2, 3), out=self.penalty).mul_(0.5 * self.decay)
        self._run_sweeps()
        first, *others = self.sweeps
        outer, squares = first.outer, first.squares()
        for sweep in others:
            outer.add_(sweep.outer)
            squares.add_(sweep.squares())
        torch.div(squares, self.samples, out=self.fit)
        gradients = self.split(self.gradient)
        # ρ multiplies both terms: scaled already holds ρW.
        torch.mul(outer, self.steps, out=gradients[0])
        gradients[0].add_(self.scaled_weights, alpha=self.decay)
        if self._trained:
            for target, *parts in zip(
                gradients[1:], *(sweep.gradients_of_projections() for sweep in self.sweeps), strict=True
            ):
                target.copy_(sum(parts[1:], parts[0]))
        if self.penalizes_projections:
            weight_decay = self.decay * self.leak_or_one
            torch.mul(sum_of_squares(*projections), 0.5 * weight_decay, out=self.projection_penalty)
            for target, projection in zip(gradients[1:], projections, strict=True):
                target.add_(projection, alpha=weight_decay)

    def _run_sweeps(self) -> None:
        embedding, readout = map(self._for_each_member, self.split(self.parameters)[1:] or self._fixed)
        inference = torch.is_inference_mode_enabled()

        # torch's modes, and how many threads its operations take, are those of a thread.
        def run(sweep: SampleSweep, in_helper: bool = True) -> None:
            if in_helper:
                torch.set_num_threads(1)
            with torch.inference_mode(inference):
                if self._trained:
                    sweep.embed(embedding)
                sweep.evaluate(readout, 2.0 / self.samples, to_start=self._trained)

        waiting = [self._helpers.submit(run, sweep) for sweep in self.sweeps[1:]] if self._helpers else []
        run(self.sweeps[0], in_helper=False)
        for share in waiting:
            share.result()

    def stationarity(self) -> PerMember:
        """What `LeakyResNet.stationarity` gives, from the last evaluation's gradient."""
        weights, *projections = self.split(self.penalized)
        gradient, *others = self.split(self.penalized_gradient)
        # ∂J/∂W_ℓ = (λ/L̃) ρ_ℓ (W_ℓ − L̃ B_ℓ σᵀ), and the residual is weighted by ρ_ℓ.
        missing = ((gradient / self.decay).square() / self.steps).sum((1, 2, 3))
        size = (self.steps * weights.square()).sum((1, 2, 3))
        if projections:
            missing += sum_of_squares(*others) / (self.decay**2 * self.leak_or_one)
            size += self.leak_or_one * sum_of_squares(*projections)
        return stationarity_residual(missing, size)
