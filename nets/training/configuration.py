"""Training of Leaky ResNets by first-order methods: Adam, then gradient descent with a small rate.

`train` is the whole interface: a network, data and a `TrainingConfig` in, a `TrainingResult` out. The loop itself is in
`training_loop.py`. Losses of members are summed, so their gradients never mix and members stay independent.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geodepth.foundation.shapes import Bool, Float, Int
from geodepth.nets.network.devices import resolve_device
from geodepth.nets.network.errors import NetworkError, check_choice, check_integer, check_number, check_pairs, shown
from geodepth.nets.network.layer_steps import AdaptiveSteps, equidistant, irregular

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import ArrayLike

    from geodepth.nets.network.leaky_resnet import LeakyResNet


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How to train. Everything is checked here, before any work.

    weight_decay          λ > 0
    epochs                epochs of Adam
    learning_rate         Adam's rate at the start; an entry of W is of order L̃, and ρ multiplies it in the path
    schedule              "cosine", "linear" or "constant": how the rate falls to `final_fraction` of itself
    sgd_epochs            epochs of gradient descent afterwards; None: a fifth of `epochs`, as in the paper
    sgd_learning_rate     its rate at the start; with full batches each member's rate adapts, and J never rises
    clip                  None, or the largest norm of a member's gradient that an update of Adam sees
    stop_residual         None, or the relative residual of stationarity at which training ends, once every member that
                          has not diverged is there and adaptive steps are frozen
    batch_size            None: full batch; else samples a step, drawn without replacement, a remainder left out
    layer_steps           "network" (the network's own), "equidistant", "irregular" or "adaptive" (from equidistant)
    irregular_amplitude   a of the irregular steps, 0 ≤ a < 1
    adaptive              options of the adaptive steps
    seed                  of the mini-batches
    device                "auto", "cpu", "cuda", …: where to train
    tf32                  let single-precision products on a GPU round to TF32's ten bits, for speed
    record_every          epochs between records of the objective, and between checks for divergence
    checkpoint            None, or the directory in which to save the state of the training
    checkpoint_every      epochs between saves; None: a tenth of all epochs
    resume                go on from the checkpoint where there is one of this very training; else start over
    metrics               None, or a file that gets one JSON object a line for every record
    tensorboard           None, or a directory for TensorBoard (the extra `tensorboard`)
    progress              a bar with median objective, residual and time left, shown on terminals only

    Raises NetworkError for a value out of range.
    """

    weight_decay: float
    epochs: int
    learning_rate: float = 0.1
    schedule: str = "cosine"
    final_fraction: float = 0.01
    sgd_epochs: int | None = None
    sgd_learning_rate: float = 0.01
    clip: float | None = None
    stop_residual: float | None = None
    batch_size: int | None = None
    layer_steps: str = "network"
    irregular_amplitude: float = 0.5
    adaptive: AdaptiveSteps = field(default_factory=AdaptiveSteps)
    seed: int = 0
    device: str = "auto"
    tf32: bool = False
    record_every: int = 50
    checkpoint: str | os.PathLike[str] | None = None
    checkpoint_every: int | None = None
    resume: bool = True
    metrics: str | os.PathLike[str] | None = None
    tensorboard: str | os.PathLike[str] | None = None
    progress: bool = False

    def __post_init__(self) -> None:
        check_number("weight_decay", self.weight_decay, 0.0, open_below=True)
        check_integer("epochs", self.epochs, 0)
        check_number("learning_rate", self.learning_rate, 0.0, open_below=True)
        check_choice("schedule", self.schedule, ("cosine", "linear", "constant"))
        check_number("final_fraction", self.final_fraction, 0.0, 1.0)
        check_number("sgd_learning_rate", self.sgd_learning_rate, 0.0, open_below=True)
        check_choice("layer_steps", self.layer_steps, ("network", "equidistant", "irregular", "adaptive"))
        irregular(1, self.irregular_amplitude)
        check_integer("seed", self.seed, 0)
        check_integer("record_every", self.record_every, 1)
        for name, smallest in (("sgd_epochs", 0), ("batch_size", 1), ("checkpoint_every", 1)):
            if getattr(self, name) is not None:
                check_integer(name, getattr(self, name), smallest)
        for name in ("clip", "stop_residual"):
            if getattr(self, name) is not None:
                check_number(name, getattr(self, name), 0.0, open_below=True)
        if not isinstance(self.adaptive, AdaptiveSteps):
            raise NetworkError(f"adaptive is {shown(self.adaptive)}; expected AdaptiveSteps(...); pass one")
        for name in ("resume", "progress", "tf32"):
            if not isinstance(getattr(self, name), bool):
                raise NetworkError(f"{name} is {shown(getattr(self, name))}; expected True or False; set it to one")
        for name, kind in (("checkpoint", "directory"), ("metrics", "file"), ("tensorboard", "directory")):
            if getattr(self, name) is not None and not isinstance(getattr(self, name), (str, os.PathLike)):
                raise NetworkError(f"{name} is {shown(getattr(self, name))}; expected the path of a {kind}; pass one")

    @property
    def tail_epochs(self) -> int:
        """Epochs of gradient descent after Adam."""
        return self.epochs // 5 if self.sgd_epochs is None else self.sgd_epochs

    @property
    def total_epochs(self) -> int:
        """Epochs of Adam and of the descent together."""
        return self.epochs + self.tail_epochs


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What training found. Arrays are NumPy's, float64, whatever the network's type.

    network        the trained network: each member's best recorded iterate on its final steps, not simply its last
    epochs         (records,), updates done when each record was taken
    objectives     (records, members), J; the last row is the returned network's own
    fit, penalty   (members,), the two terms of J for the returned network
    stationarity   (members,), the relative residual of W_ℓ = L̃ B_ℓ σ(A_{ℓ−1})ᵀ, for the returned network
    layer_steps    (members, L), the steps that the objective is on
    diverged       (members,), members whose objective blew up; they stopped at their last good state, and a warning of
                   the logger "geodepth.nets" named them
    seconds        spent in training, over all sessions
    interrupted    whether the training was broken off at least once and resumed from its checkpoint
    """

    network: LeakyResNet
    epochs: Int[np.ndarray, " records"]
    objectives: Float[np.ndarray, "records members"]
    fit: Float[np.ndarray, " members"]
    penalty: Float[np.ndarray, " members"]
    stationarity: Float[np.ndarray, " members"]
    layer_steps: Float[np.ndarray, "members layers"]
    diverged: Bool[np.ndarray, " members"]
    seconds: float
    interrupted: bool

    @property
    def objective(self) -> Float[np.ndarray, " members"]:
        """J of the returned network, (members,)."""
        objective: np.ndarray = self.fit + self.penalty
        return objective


def train(
    network: LeakyResNet, inputs: ArrayLike | torch.Tensor, targets: ArrayLike | torch.Tensor, config: TrainingConfig
) -> TrainingResult:
    """Minimize J over the weights (and the projections, if they are learned) of every member of `network`.

    `inputs` (samples, network.inputs) and `targets` (samples, network.outputs), arrays or tensors. The network is moved
    to the device and changed in place, at the end: an interrupted training leaves its numbers as they were. Ctrl-C is
    answered after the current epoch: the state is saved when a checkpoint is configured, and KeyboardInterrupt raised.

    Raises NetworkError, before any work, for data that do not fit the network, steps that its effective depth forbids,
    a device that is missing, or a checkpoint of another training.
    """
    from .loop import TrainingLoop

    _check_steps(network, config)
    device = resolve_device(config.device)
    x, y = check_pairs(inputs, targets, (network.inputs, network.outputs), network.weights.dtype, device)
    if config.batch_size is not None and config.batch_size > x.shape[0]:
        raise NetworkError(
            f"batch_size is {config.batch_size} and there are {x.shape[0]} samples; expected at most as many; "
            "lower it, or leave it None for full batches"
        )
    network.to(device)
    return TrainingLoop(network, x, y, config).run()


def starting_steps(network: LeakyResNet, config: TrainingConfig) -> Float[torch.Tensor, "members layers"]:
    """The steps with which the training of `network` starts, (members, L), float64, on the network's device."""
    if config.layer_steps == "network":
        return network.layer_steps.clone()
    if config.layer_steps == "irregular":
        steps = irregular(network.layers, config.irregular_amplitude)
    else:
        steps = equidistant(network.layers)
    return steps.to(network.weights.device).expand(network.members, -1).clone()


def _check_steps(network: Any, config: Any) -> None:
    from geodepth.nets.network.leaky_resnet import LeakyResNet

    if not isinstance(network, LeakyResNet):
        raise NetworkError(f"network is {shown(network)}; expected a LeakyResNet; build one first")
    if not isinstance(config, TrainingConfig):
        raise NetworkError(f"config is {shown(config)}; expected a TrainingConfig; build one first")
    largest = float(starting_steps(network, config).max())
    if config.layer_steps != "network" and largest * network.effective_depth >= 1.0:
        raise NetworkError(
            f"layers is {network.layers} and effective_depth is {network.effective_depth:g}; expected a "
            f"largest step below 1/effective_depth, and {config.layer_steps} steps have {largest:g}; use more layers"
        )
