"""The checkpoint of a training: the file that holds its state, and whose training it is."""

import hashlib
import json
import os
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from geodepth.foundation.argument_checks import shown
from geodepth.nets.errors import NetworkError
from geodepth.nets.network.files import read_tensors, write_tensors
from geodepth.nets.network.leaky_resnet import LeakyResNet
from geodepth.nets.tensor_checks import Samples

from .configuration import TrainingConfig
from .state import TrainingState

FORMAT = "geodepth training state 1"
FILE_NAME = "training.safetensors"
# They change what is shown or where it is kept, not what is computed.
_COSMETIC = {"progress", "metrics", "tensorboard", "callback", "checkpoint", "checkpoint_every", "resume", "device"}
_GROWING = ("record_epochs", "record_objectives")
_ON_CPU = ("generator", *_GROWING)


def training_fingerprint(network: LeakyResNet, samples: Samples, config: TrainingConfig) -> str:
    """A digest of all that decides a run: the network's shape and initial numbers, the data, the configuration."""
    # Without the callback, for asdict copies what it holds, and a tracker's run need not bear that.
    settings = {name: value for name, value in asdict(replace(config, callback=None)).items() if name not in _COSMETIC}
    shape = network.architecture.to_dict()
    # The spelling of the first version, so that its states still load.
    shape["activation"] = shape["activation"].replace("smoothed relu", "smoothed_relu")
    text = json.dumps([shape, str(network.weights.dtype), settings], sort_keys=True)
    digest = hashlib.sha256(text.encode())
    tensors = [*samples, network.weights, network.embedding, network.readout]
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
    if not os.path.exists(path):
        return None
    tensors, metadata = read_tensors(path, FORMAT)
    if metadata.get("fingerprint") != fingerprint:
        raise NetworkError(
            f"checkpoint {path} belongs to another training (data, network, its initial weights or configuration "
            "differ); expected this one's; choose another directory, or start over with resume=False (--restart)"
        )
    state = metadata.get("state")
    values: dict[str, Any] = {**(state if isinstance(state, dict) else {}), **tensors}
    for item in fields(like):
        name, expected = item.name, getattr(like, item.name)
        found = values.get(name)
        if found is None:
            raise NetworkError(f"checkpoint {path} lacks '{name}'; expected a whole state; delete it")
        if not isinstance(expected, Tensor):
            if type(found) is not type(expected):
                raise NetworkError(f"checkpoint {path} has {name} = {shown(found)}; expected another type; delete it")
            continue
        grows = name in _GROWING and isinstance(found, Tensor) and found.ndim > 0
        shape = (len(found), *expected.shape[1:]) if grows else tuple(expected.shape)
        if not isinstance(found, Tensor) or tuple(found.shape) != shape or found.dtype != expected.dtype:
            raise NetworkError(
                f"checkpoint {path} has {name} of shape {tuple(getattr(found, 'shape', ()))}; expected "
                f"{shape} of type {expected.dtype}, as in this network; delete it"
            )
        values[name] = found if name in _ON_CPU else found.to(expected.device)
    if len(values["record_epochs"]) != len(values["record_objectives"]):
        raise NetworkError(f"checkpoint {path} has records without an epoch; expected one for each; delete it")
    return TrainingState(**{item.name: values[item.name] for item in fields(like)})
