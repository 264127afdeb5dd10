"""Everything that a training run needs to go on as if it had never stopped, and the file that holds it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from geodepth.foundation.shapes import Bool, Float, Int
from geodepth.nets.network.errors import NetworkError
from geodepth.nets.network.files import read_tensors, write_tensors

if TYPE_CHECKING:
    import os

    from geodepth.nets.network.leaky_resnet import LeakyResNet

    from .configuration import TrainingConfig

FORMAT = "geodepth training state 1"
FILE_NAME = "training.safetensors"
# An objective this many times above both its start and the data's own mean square is not going to come back.
EXPLOSION = 1e3
# They change what is shown or where it is kept, not what is computed.
_COSMETIC = {"progress", "metrics", "tensorboard", "checkpoint", "checkpoint_every", "resume", "device"}


@dataclass(slots=True)
class TrainingState:
    """The mutable state of a run. Tensors have a leading `members` dimension, except generator and records."""

    epoch: int
    updates: int
    seconds: float
    interrupted: bool
    stopped: bool
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
        parameters: Tensor,
        layer_steps: Tensor,
        objective: Float[Tensor, " members"],
        scale: float,
        generator: torch.Generator,
    ) -> TrainingState:
        """The state before the first epoch; `scale` is the mean square of the targets."""
        limit = EXPLOSION * (torch.where(torch.isfinite(objective), objective, 0.0) + scale)
        zeros = torch.zeros_like(parameters)
        return cls(
            0,
            0,
            0.0,
            False,
            False,
            parameters.clone(),
            layer_steps.clone(),
            zeros,
            zeros.clone(),
            zeros.clone(),
            torch.zeros_like(parameters[:, 0]),
            torch.zeros_like(parameters[:, 0]),
            parameters.clone(),
            layer_steps.clone(),
            objective.clone(),
            ~torch.isfinite(objective),
            limit,
            generator.get_state(),
            torch.zeros(1, dtype=torch.int64),
            objective.cpu()[None].clone(),
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
    text = json.dumps([network.architecture.to_dict(), str(network.weights.dtype), settings], sort_keys=True)
    digest = hashlib.sha256(text.encode())
    tensors = [inputs, targets, network.weights, network.embedding, network.readout]
    if config.layer_steps == "network":
        tensors.append(network.layer_steps)
    for tensor in tensors:
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def save_state(directory: str | os.PathLike[str], fingerprint: str, state: TrainingState) -> None:
    """Write the state into `directory`, replacing an older one whole or not at all."""
    values = {item.name: getattr(state, item.name) for item in fields(state)}
    tensors = {name: value for name, value in values.items() if isinstance(value, Tensor)}
    plain = {name: value for name, value in values.items() if not isinstance(value, Tensor)}
    write_tensors(Path(directory) / FILE_NAME, tensors, {"format": FORMAT, "fingerprint": fingerprint, "state": plain})


def load_state(directory: str | os.PathLike[str], fingerprint: str, like: TrainingState) -> TrainingState | None:
    """The state in `directory`, on the device of `like`, or None where there is none.

    Raises NetworkError for a damaged file, and for the state of another training.
    """
    path = Path(directory) / FILE_NAME
    if not path.exists():
        return None
    tensors, metadata = read_tensors(path, FORMAT)
    if metadata.get("fingerprint") != fingerprint:
        raise NetworkError(
            f"checkpoint {path} belongs to another training (data, network, its initial weights or configuration "
            "differ); expected this one's; choose another directory, or start over with resume=False (--restart)"
        )
    plain: dict[str, Any] = metadata.get("state", {})
    on_cpu = {"generator", "record_epochs", "record_objectives"}
    try:
        values: dict[str, Any] = {
            item.name: plain[item.name]
            if item.name in plain
            else tensors[item.name]
            if item.name in on_cpu
            else tensors[item.name].to(like.parameters.device)
            for item in fields(like)
        }
    except KeyError as missing:
        raise NetworkError(f"checkpoint {path} lacks {missing}; expected a whole state; delete it") from None
    for name in tensors.keys() - on_cpu:
        expected = getattr(like, name)
        if values[name].shape != expected.shape or values[name].dtype != expected.dtype:
            raise NetworkError(
                f"checkpoint {path} has {name} of shape {tuple(values[name].shape)}; expected "
                f"{tuple(expected.shape)}, as in this network; delete it"
            )
    return TrainingState(**values)
