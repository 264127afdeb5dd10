"""What training is asked for."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from geodepth.nets.adaptive_options import AdaptiveSteps
from geodepth.nets.argument_checks import LARGEST_SEED, check_device_name, checks, keep_plain

_OPTIONAL = ("sgd_epochs", "clip", "stop_residual", "batch_size", "checkpoint_every")
LARGEST_WEIGHT_DECAY = 1e300
"""Above it λ‖W‖² leaves the range of double precision before training begins."""


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How to train. Everything is checked here, before any work.

    Attributes
    ----------
    weight_decay : float
        λ > 0.
    epochs : int
        Epochs of Adam.
    learning_rate : float
        Adam's rate at the start. An entry of W is of order L̃, and ρ multiplies it in the path.
    schedule : str
        "cosine", "linear" or "constant": how the rate falls to `final_fraction` of itself.
    final_fraction : float
        The share of the rate that is left in the end, in [0, 1].
    sgd_epochs : int, optional
        Epochs of gradient descent afterwards; None: a fifth of `epochs`, as in the paper.
    sgd_learning_rate : float
        Its rate at the start. With full batches each member's rate adapts, and J never rises.
    clip : float, optional
        The largest norm of a member's gradient that an update of Adam sees; None: any.
    stop_residual : float, optional
        The relative residual of stationarity at which training ends, once every member that has not diverged is there
        and adaptive steps are frozen; None: it does not end early.
    batch_size : int, optional
        Samples per update, drawn without replacement, a remainder left out; None: full batches.
    layer_steps : str
        "network" (the network's own), "equidistant", "irregular" or "adaptive" (from equidistant).
    irregular_amplitude : float
        a of the irregular steps, 0 ≤ a < 1.
    adaptive : AdaptiveSteps
        Options of the adaptive steps.
    seed : int
        Of the mini-batches.
    device : str
        "auto", "cpu", "cuda", …: where to train.
    tf32 : bool
        Let single-precision products on a GPU round to TF32's ten bits, for speed.
    record_every : int
        Epochs between records of the objective, and between checks for divergence.
    checkpoint : path, optional
        The folder in which to save the state of the training.
    checkpoint_every : int, optional
        Epochs between saves; None: a tenth of all epochs.
    resume : bool
        Go on from the checkpoint where there is one of this very training; else start over.
    metrics : path, optional
        A file that gets one JSON object per line for every record.
    tensorboard : path, optional
        A folder for TensorBoard (the extra `tensorboard`).
    callback : function, optional
        Called as callback(epoch, values) for every record, for trackers: values is what a line of `metrics` holds, by
        name, with a list entry per member. What it raises ends the training.
    progress : bool
        A bar with median objective, residual and time left, shown on terminals only.

    Raises
    ------
    NetworkError
        For a value out of range.

    Notes
    -----
    The defaults of the rates and intervals were chosen by hand; those of `adaptive` are measured.
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
    callback: Callable[[int, dict[str, Any]], None] | None = None
    progress: bool = False

    def __post_init__(self) -> None:
        def settle(name: str, check: Callable[..., Any], **bounds: Any) -> None:
            if getattr(self, name) is not None or name not in _OPTIONAL:
                keep_plain(self, name, check(name, getattr(self, name), **bounds))

        settle("weight_decay", checks.number, above=0.0, most=LARGEST_WEIGHT_DECAY)
        for name in ("learning_rate", "sgd_learning_rate", "clip", "stop_residual"):
            settle(name, checks.number, above=0.0)
        settle("final_fraction", checks.number, least=0.0, most=1.0)
        settle("schedule", checks.choice, choices=("cosine", "linear", "constant"))
        settle("layer_steps", checks.choice, choices=("network", "equidistant", "irregular", "adaptive"))
        settle("irregular_amplitude", checks.number, least=0.0, below=1.0)
        for name in ("epochs", "sgd_epochs"):
            settle(name, checks.count, least=0)
        for name in ("record_every", "batch_size", "checkpoint_every"):
            settle(name, checks.count)
        settle("seed", checks.count, least=0, most=LARGEST_SEED)
        if self.callback is not None and not callable(self.callback):
            raise checks.refusal("callback", self.callback, "a function of the epoch and the values, or None")
        if isinstance(self.device, str):
            check_device_name(self.device)
        if not isinstance(self.adaptive, AdaptiveSteps):
            raise checks.refusal("adaptive", self.adaptive, "AdaptiveSteps(...)")
        for name in ("resume", "progress", "tf32"):
            settle(name, checks.flag)
        for name, kind in (("checkpoint", "folder"), ("metrics", "file"), ("tensorboard", "folder")):
            if not isinstance(getattr(self, name), (str, os.PathLike, type(None))):
                raise checks.refusal(name, getattr(self, name), f"the path of a {kind}, or None")

    @property
    def tail_epochs(self) -> int:
        """Epochs of gradient descent after Adam."""
        return self.epochs // 5 if self.sgd_epochs is None else self.sgd_epochs

    @property
    def total_epochs(self) -> int:
        """Epochs of Adam and of the descent together."""
        return self.epochs + self.tail_epochs
