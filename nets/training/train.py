"""Training of Leaky ResNets by first-order methods: a network, data and a `TrainingConfig` in, a `TrainingResult` out.

1. Start from the network's numbers, or from the checkpoint.
2. For `epochs` epochs, update by Adam, batch by batch; where the steps are adaptive, update them when they are due.
3. For the rest, go down from the best recorded iterate: with full batches by steps that never rise, else by plain
   gradient descent.
4. Every `record_every` epochs, record J: keep the best iterate of each member, freeze those that blew up, report, and
   see whether to stop.
5. After each epoch save the state, when that is due. Ctrl-C ends the run here.
6. Put the best iterate into the network.
"""

import time
from collections.abc import Iterator
from contextlib import closing

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from geodepth.foundation.argument_checks import shown
from geodepth.foundation.files.folder_lock import only_run_in
from geodepth.foundation.interruption import interruption
from geodepth.foundation.machine_limits import refuse_absurd_size
from geodepth.nets.argument_checks import checks
from geodepth.nets.calculus.adjoint import Adjoint
from geodepth.nets.devices import matmul_precision, resolve_device, sample_threads
from geodepth.nets.errors import NetworkError
from geodepth.nets.network.adaptive_steps import adaptive
from geodepth.nets.network.leaky_resnet import LeakyResNet
from geodepth.nets.network.precision import check_trainable
from geodepth.nets.network.rediscretization import interpolate
from geodepth.nets.shapes import PerMember
from geodepth.nets.tensor_checks import Samples, check_samples

from .checkpoint import load_state, save_state, training_fingerprint
from .configuration import TrainingConfig
from .optimizers import adam_update, clip_rows, descent_update, scheduled_rate
from .reporting import Reporter
from .result import TrainingResult
from .starting_steps import starting_steps
from .state import TrainingState

VECTORS, STATES = 7, 1
"""How many arrays of the parameters' size, and of the size of A_0 … A_L, a training holds at once, at least:
TrainingState and Adjoint list them."""
LAYERS_PER_SECOND = 200_000
"""No machine starts the six operations of a layer, in both directions, in less than 5 µs."""
FASTEST = 10**15
"""Operations per second that no single device exceeds in single precision."""


def train(
    network: LeakyResNet, inputs: ArrayLike | Tensor, targets: ArrayLike | Tensor, config: TrainingConfig
) -> TrainingResult:
    """Minimize J over the weights (and the projections, if they are trained) of every member of `network`.

    Parameters
    ----------
    network : LeakyResNet
        Moved to the device and changed in place, at the end: an interrupted training leaves its numbers as they were.
    inputs : (samples, network.inputs)
        Arrays or tensors, one row per sample.
    targets : (samples, network.outputs)
        The same.
    config : TrainingConfig
        How to train.

    Returns
    -------
    TrainingResult
        The trained network, and what was recorded on the way.

    Raises
    ------
    NetworkError
        Before any work, for data that do not fit the network, steps that its effective depth forbids, a device that is
        missing, a checkpoint of another training, weights in half precision, sizes that this machine cannot hold or
        finish in a year, or a data term whose square is not finite at the start.
    KeyboardInterrupt
        After Ctrl-C, when the current epoch is finished and the state saved, if a checkpoint is configured.

    Notes
    -----
    Losses of members are summed, so their gradients never mix and members stay independent.
    """
    for name, given, kind in (("network", network, LeakyResNet), ("config", config, TrainingConfig)):
        if not isinstance(given, kind):
            raise checks.refusal(name, given, f"a {kind.__name__}; build one first")
    check_trainable(network.weights.dtype)
    starting_steps(config, network)
    device = resolve_device(config.device)
    samples = check_samples(inputs, targets, (network.inputs, network.outputs), network.weights.dtype, device)
    if config.batch_size is not None and config.batch_size > len(samples.inputs):
        wanted = f"at most the {len(samples.inputs)} samples, or None for full batches"
        raise checks.refusal("batch_size", config.batch_size, wanted)
    _refuse_absurd_training(network, samples, config)
    network.to(device)
    batch = len(samples.inputs) if config.batch_size is None else config.batch_size
    with (
        only_run_in(config.checkpoint, "checkpoint", NetworkError),
        sample_threads(device, batch, network.weights[0, 0].numel()) as threads,
    ):
        return TrainingLoop(network, samples, config, threads).run()


def _refuse_absurd_training(network: LeakyResNet, samples: Samples, config: TrainingConfig) -> None:
    """Floors of memory and time: see `VECTORS`, `STATES`, `LAYERS_PER_SECOND` and `FASTEST`."""
    members, layers, width, columns = network.weights.shape
    batch = len(samples.inputs) if config.batch_size is None else config.batch_size
    numbers = VECTORS * network.weights.numel() + STATES * members * layers * width * batch
    records = 8 * (members + 1) * (config.total_epochs // config.record_every)
    work = 6 * config.total_epochs * members * layers * width * columns * batch
    refuse_absurd_size(
        f"training of {members} members of width {width} and {layers} layers, with {batch} samples per update, for "
        f"{shown(config.epochs)} epochs with record_every {shown(config.record_every)},",
        numbers * network.weights.element_size() + records,
        max(config.total_epochs * layers // LAYERS_PER_SECOND, work // FASTEST),
        error=NetworkError,
    )


class TrainingLoop:
    """One training run: `run` takes it from its checkpoint, or from the start, to its end."""

    def __init__(self, network: LeakyResNet, samples: Samples, config: TrainingConfig, threads: int) -> None:
        self.network, self.samples, self.config = network, samples, config
        self.whole = Adjoint(network, len(samples.inputs), config.weight_decay, threads, keeps_states=False)
        self.whole.load_batch(*samples)
        self.batch = self.whole
        if config.batch_size is not None:
            self.batch = Adjoint(network, config.batch_size, config.weight_decay, threads, keeps_states=False)
        self.generator = torch.Generator().manual_seed(config.seed)
        self.fingerprint = training_fingerprint(network, samples, config)
        self.any_diverged = False

    def run(self) -> TrainingResult:
        """Train to the end, and put the best iterate of each member into the network."""
        with torch.inference_mode(), matmul_precision(self.config.tf32):
            state = self._starting_state()
            with closing(Reporter(self.config, state.epoch)) as self.reporter, interruption() as interrupted:
                while state.epoch < self.config.total_epochs and not state.stopped:
                    began = time.perf_counter()
                    self.run_epoch(state)
                    state.seconds += time.perf_counter() - began
                    self._save_when_due(state, interrupted.is_set())
                    if interrupted.is_set():
                        raise KeyboardInterrupt
            return self._result(state)

    def _starting_state(self) -> TrainingState:
        parameters = self.whole.parameters.clone()
        steps = starting_steps(self.config, self.network)
        self._take(parameters, steps)
        self.whole.evaluate()
        start = self.whole.objective.double()
        # Adam squares the gradient, which is as large as the fit: beyond that range it would stand still in silence.
        if not bool(torch.isfinite(self.whole.fit.square()).any()):
            largest = [float(tensor.abs().max()) for tensor in self.samples]
            raise NetworkError(
                f"inputs are up to {largest[0]:.3g} and targets up to {largest[1]:.3g} in size, where the square of "
                f"the data term leaves the range of {self.samples.inputs.dtype}; expected less, so standardize"
            )
        scale = float(self.samples.targets.double().square().sum(1).mean())
        state = TrainingState.begin(parameters, steps, start, scale, self.generator)
        if self.config.checkpoint is not None and self.config.resume:
            state = load_state(self.config.checkpoint, self.fingerprint, state) or state
            self._take(state.parameters, state.layer_steps)
            self.generator.set_state(state.generator)
        self.any_diverged = bool(state.diverged.any())
        return state

    def _take(self, parameters: Tensor, steps: Tensor) -> None:
        self.whole.parameters.copy_(parameters)
        for adjoint in {self.whole, self.batch}:
            adjoint.set_layer_steps(steps)

    def run_epoch(self, state: TrainingState) -> None:
        """Change `state` by one epoch: its updates, its steps if they are due, its record if that is due."""
        config = self.config
        in_tail = state.epoch >= config.epochs
        if in_tail and config.batch_size is None:
            self._descend(state)
        else:
            for adjoint in self._batches():
                adjoint.parameters.copy_(state.parameters)
                adjoint.evaluate()
                if in_tail:
                    state.parameters.add_(adjoint.gradient, alpha=-config.sgd_learning_rate)
                    continue
                if config.clip is not None:
                    clip_rows(adjoint.gradient, config.clip)
                done = state.epoch / config.epochs
                rate = scheduled_rate(config.schedule, config.learning_rate, config.final_fraction, done)
                adam_update(state, adjoint.gradient, rate)
        if self.any_diverged:
            torch.where(state.diverged[:, None], state.kept_parameters, state.parameters, out=state.parameters)
        state.epoch += 1
        if not in_tail and config.layer_steps == "adaptive" and config.adaptive.due(state.epoch, config.epochs):
            self._adapt(state)
        if state.epoch % config.record_every == 0 or state.epoch in (config.epochs, config.total_epochs):
            self._record(state)

    def _batches(self) -> Iterator[Adjoint]:
        size = self.config.batch_size
        if size is None:
            yield self.whole
            return
        inputs, targets = self.samples
        order = torch.randperm(len(inputs), generator=self.generator)
        for chosen in torch.split(order.to(inputs.device), size):
            if chosen.numel() == size:
                self.batch.load_batch(inputs[chosen], targets[chosen])
                yield self.batch

    def _descend(self, state: TrainingState) -> None:
        """One epoch of monotone descent. Afterwards `parameters` is the anchor: the best point so far."""
        whole = self.whole
        if state.epoch == self.config.epochs:
            # Adam may have ended a little above its best point, and the descent should start from that one.
            state.parameters.copy_(state.kept_parameters)
            self._take(state.parameters, state.layer_steps)
            whole.evaluate()
            state.anchor_gradient.copy_(whole.gradient)
            state.anchor_objective.copy_(whole.objective)
            state.rates.fill_(self.config.sgd_learning_rate)
        descent_update(state, whole)

    def _adapt(self, state: TrainingState) -> None:
        options = self.config.adaptive
        self.whole.parameters.copy_(state.parameters)
        self.whole.evaluate()
        steps = adaptive(self.whole.representations, state.layer_steps, options)
        # A member that diverged keeps the steps of its last good state; NaN anywhere keeps the present ones.
        usable = torch.isfinite(steps).all(1) & ~state.diverged
        steps = torch.where(usable[:, None], steps, state.layer_steps)
        if options.weights == "interpolate":
            weights = self.whole.split(state.parameters)[0]
            moved = interpolate(weights, state.layer_steps, steps)
            weights.copy_(torch.where(usable[:, None, None, None], moved, weights))
        state.layer_steps.copy_(steps)
        # Objectives on other steps do not compare, so the best one is looked for anew.
        state.kept_objective.masked_fill_(usable, torch.inf)
        self._take(state.parameters, steps)

    def _record(self, state: TrainingState) -> None:
        self.whole.parameters.copy_(state.parameters)
        self.whole.evaluate()
        objective = self.whole.objective.double()
        # A comparison with NaN is false.
        healthy = objective <= state.limit
        newly = ~healthy & ~state.diverged
        if bool(newly.any()):
            self.any_diverged = True
            self.reporter.diverged(newly, state.epoch)
            state.freeze(newly)
            self._take(state.parameters, state.layer_steps)
        state.keep(healthy & (objective < state.kept_objective), objective)
        state.record(objective)
        self._report(state, objective)

    def _report(self, state: TrainingState, objective: PerMember) -> None:
        """After a record, with `whole` evaluated at the present parameters: hand it on, and see whether to stop."""
        config = self.config
        residual = self.whole.stationarity()
        state.stopped = bool(state.diverged.all())
        if config.stop_residual is not None:
            moving = config.layer_steps == "adaptive" and state.epoch <= config.adaptive.stop * config.epochs
            there = (residual <= config.stop_residual) | state.diverged
            state.stopped = state.stopped or (not moving and bool(there.all()))
        terms = {"objective": objective, "stationarity": residual, "fit": self.whole.fit, "penalty": self.whole.penalty}
        if self.whole.penalizes_projections:
            terms["projection_penalty"] = self.whole.projection_penalty
        self.reporter.record(state.epoch, seconds=state.seconds, **terms, diverged=state.diverged)

    def _save_when_due(self, state: TrainingState, interrupted: bool) -> None:
        config = self.config
        if config.checkpoint is None:
            return
        every = config.checkpoint_every or max(1, config.total_epochs // 10)
        state.interrupted = state.interrupted or interrupted
        if interrupted or state.stopped or state.epoch % every == 0 or state.epoch == config.total_epochs:
            state.generator = self.generator.get_state()
            save_state(config.checkpoint, self.fingerprint, state)

    def _result(self, state: TrainingState) -> TrainingResult:
        self._take(state.kept_parameters, state.kept_layer_steps)
        self.whole.evaluate()
        self.whole.store(self.network)
        self.network.layer_steps.copy_(state.kept_layer_steps)
        found = {name: getattr(self.whole, name) for name in ("fit", "penalty", "projection_penalty")}
        found |= {"stationarity": self.whole.stationarity(), "layer_steps": state.kept_layer_steps}
        arrays = {name: tensor.double().cpu().numpy().copy() for name, tensor in found.items()}
        objectives = state.record_objectives.numpy().copy()
        objectives[-1] = arrays["fit"] + arrays["penalty"] + arrays["projection_penalty"]
        return TrainingResult(
            network=self.network,
            epochs=state.record_epochs.numpy().copy(),
            objectives=objectives,
            **arrays,
            diverged=state.diverged.cpu().numpy().copy(),
            seconds=state.seconds,
            interrupted=state.interrupted,
        )
