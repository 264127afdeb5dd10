"""The checkpoint of a training: everything it needs to go on as if it had never stopped, and the file that holds it."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from geodepth.foundation.shapes import Bool, Float, Int
from geodepth.nets.network.errors import NetworkError
from geodepth.nets.network.files import read_tensors, write_tensors
from geodepth.nets.network.leaky_resnet import LeakyResNet

from .configuration import TrainingConfig

FORMAT = "geodepth training state 1"
FILE_NAME = "training.safetensors"
EXPLOSION = 1e3
"""An objective this many times above both its start and the data's own mean square is not going to come back. Chosen
by hand."""
# They change what is shown or where it is kept, not what is computed.
_COSMETIC = {"progress", "metrics", "tensorboard", "checkpoint", "checkpoint_every", "resume", "device"}


@dataclass(slots=True, kw_only=True)
class TrainingState:
    """The mutable state of a run. P is the number of a member's parameters.

    Attributes
    ----------
    epoch, updates : int
        Epochs done, and updates of Adam done.
    seconds : float
        Spent so far, over all sessions.
    interrupted, stopped : bool
        Whether Ctrl-C broke the run off once, and whether it ended early.
    parameters, layer_steps : (members, P), (members, L)
        The present iterate.
    first_moment, second_moment : (members, P)
        Adam's averages.
    anchor_gradient, anchor_objective, rates : (members, P), (members,), (members,)
        Of the descent: gradient and objective at `parameters`, and each member's rate.
    kept_parameters, kept_layer_steps, kept_objective : (members, P), (members, L), (members,)
        The best recorded iterate.
    diverged : (members,)
        Which members blew up.
    limit : (members,)
        The objective above which a member has blown up.
    generator : (bytes,)
        The state of the mini-batches' generator.
    record_epochs, record_objectives : (records,), (records, members)
        What was recorded.
    """

    epoch: int = 0
    updates: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    stopped: bool = False
    parameters: Float[Tensor, "members P"]
    layer_steps: Float[Tensor, "members layers"]
    first_moment: Float[Tensor, "members P"]
    second_moment: Float[Tensor, "members P"]
    anchor_gradient: Float[Tensor, "members P"]
    anchor_objective: Float[Tensor, " members"]
    rates: Float[Tensor, " members"]
    kept_parameters: Float[Tensor, "members P"]
    kept_layer_steps: Float[Tensor, "members layers"]
    kept_objective: Float[Tensor, " members"]
    diverged: Bool[Tensor, " members"]
    limit: Float[Tensor, " members"]
    generator: Tensor
    record_epochs: Int[Tensor, " records"]
    record_objectives: Float[Tensor, "records members"]

    @classmethod
    def begin(
        cls,
        parameters: Float[Tensor, "members P"],
        layer_steps: Float[Tensor, "members layers"],
        objective: Float[Tensor, " members"],
        scale: float,
        generator: torch.Generator,
    ) -> TrainingState:
        """The state before the first epoch; `scale` is the mean square of the targets."""
        finite = torch.isfinite(objective)
        return cls(
            parameters=parameters.clone(),
            layer_steps=layer_steps.clone(),
            first_moment=torch.zeros_like(parameters),
            second_moment=torch.zeros_like(parameters),
            anchor_gradient=torch.zeros_like(parameters),
            anchor_objective=torch.zeros_like(parameters[:, 0]),
            rates=torch.zeros_like(parameters[:, 0]),
            kept_parameters=parameters.clone(),
            kept_layer_steps=layer_steps.clone(),
            kept_objective=objective.clone(),
            diverged=~finite,
            limit=EXPLOSION * (torch.where(finite, objective, 0.0) + scale),
            generator=generator.get_state(),
            record_epochs=torch.zeros(1, dtype=torch.int64),
            record_objectives=objective.cpu()[None].clone(),
        )

    def record(self, objective: Float[Tensor, " members"]) -> None:
        """Note the objective at the present epoch."""
        self.record_epochs = torch.cat([self.record_epochs, torch.tensor([self.epoch])])
        self.record_objectives = torch.cat([self.record_objectives, objective.cpu()[None]])


def training_fingerprint(
    network: LeakyResNet,
    inputs: Float[Tensor, "samples inputs"],
    targets: Float[Tensor, "samples outputs"],
    config: TrainingConfig,
) -> str:
    """A digest of all that decides a run: the network's shape and initial numbers, the data, the configuration."""
    settings = {name: value for name, value in asdict(config).items() if name not in _COSMETIC}
    shape = network.architecture.to_dict()
    # The spelling of the first version, so that its states still load.
    shape["activation"] = shape["activation"].replace("smoothed relu", "smoothed_relu")
    text = json.dumps([shape, str(network.weights.dtype), settings], sort_keys=True)
    digest = hashlib.sha256(text.encode())
    tensors = [inputs, targets, network.weights, network.embedding, network.readout]
    if config.layer_steps == "network":
        tensors.append(network.layer_steps)
    for tensor in tensors:
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def save_state(folder: str | os.PathLike[str], fingerprint: str, state: TrainingState) -> None:
    """Write the state into a folder, replacing an older one whole or not at all."""
    values = {item.name: getattr(state, item.name) for item in fields(state)}
    tensors = {name: value for name, value in values.items() if isinstance(value, Tensor)}
    plain = {name: value for name, value in values.items() if not isinstance(value, Tensor)}
    write_tensors(Path(folder) / FILE_NAME, tensors, {"format": FORMAT, "fingerprint": fingerprint, "state": plain})


def load_state(folder: str | os.PathLike[str], fingerprint: str, like: TrainingState) -> TrainingState | None:
    """The state in a folder, on the device of `like`, or None where there is none.

    Parameters
    ----------
    fingerprint : str
        Of the training that asks; see `training_fingerprint`.
    like : TrainingState
        A state of the same training, for the shapes.

    Raises
    ------
    NetworkError
        For a damaged file, and for the state of another training.
    """
    path = Path(folder) / FILE_NAME
    if not path.exists():
        return None
    tensors, metadata = read_tensors(path, FORMAT)
    if metadata.get("fingerprint") != fingerprint:
        raise NetworkError(
            f"checkpoint {path} belongs to another training (data, network, its initial weights or configuration "
            "differ); expected this one's; choose another directory, or start over with resume=False (--restart)"
        )
    on_cpu = {"generator", "record_epochs", "record_objectives"}
    values: dict[str, Any] = {**metadata.get("state", {}), **tensors}
    for item in fields(like):
        name, expected = item.name, getattr(like, item.name)
        if name not in values:
            raise NetworkError(f"checkpoint {path} lacks '{name}'; expected a whole state; delete it")
        if not isinstance(expected, Tensor) or name in on_cpu:
            continue
        if values[name].shape != expected.shape or values[name].dtype != expected.dtype:
            raise NetworkError(
                f"checkpoint {path} has {name} of shape {tuple(values[name].shape)}; expected "
                f"{tuple(expected.shape)}, as in this network; delete it"
            )
        values[name] = values[name].to(expected.device)
    return TrainingState(**{item.name: values[item.name] for item in fields(like)})
