"""Networks on disk: safetensors for numbers, JSON for what they mean. Nothing that is loaded can execute code.

A directory holds `network.safetensors`, whose header carries the architecture, and `config.json`, the same architecture
for people and other programs. Every file is written beside its place, synchronized, and moved there in one step, so a
process that dies while saving leaves the previous file whole.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from .errors import NetworkError
from .leaky_resnet import LeakyResNet
from .units import SCALING_NAMES, Scaling

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "geodepth network 1"
WEIGHTS_NAME = "network.safetensors"
CONFIG_NAME = "config.json"
# Without these there is no network; a file that lists others is not one of ours.
_TENSORS = ("weights", "layer_steps", "embedding", "readout")


def write_atomically(path: Path, content: bytes) -> None:
    """Put `content` at `path`, replacing what is there whole or not at all. Raises NetworkError if it cannot."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise NetworkError(
            f"path is {path}; expected a place that can be written ({error.strerror}); choose another"
        ) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; what a program saves should be as readable as any file of its user.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(beside, 0o666 & ~umask)
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def make_directory(argument: str, path: str | os.PathLike[str]) -> None:
    """Make the directory `path`, before the work that is to end there. Raises NetworkError if it cannot be written."""
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise NetworkError(
            f"{argument} is {path}; expected a directory that can be written ({error.strerror}); choose another"
        ) from None


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, Any]) -> None:
    """A safetensors file with JSON `metadata` in its header, written atomically."""
    from safetensors.torch import save

    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_atomically(path, save(plain, {"geodepth": json.dumps(metadata, sort_keys=True)}))


def read_tensors(path: Path, expected_format: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and metadata of a file that `write_tensors` wrote. Raises NetworkError for any other file."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise NetworkError(f"path is {path}; expected a file there; check the name")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = json.loads((file.metadata() or {}).get("geodepth", "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise NetworkError(
            f"{path} cannot be read ({reason}); expected a whole safetensors file; restore it or train again"
        ) from None
    found = metadata.get("format") if isinstance(metadata, dict) else None
    if found != expected_format:
        raise NetworkError(
            f"{path} has the format {found!r}; expected {expected_format!r}; choose a file that this version wrote"
        )
    return tensors, metadata


def save_network(network: LeakyResNet, path: str | os.PathLike[str], about: Mapping[str, Any] | None = None) -> None:
    """Write `network` into the directory `path`, which is made if needed: `network.safetensors` and `config.json`.

    `about`, anything that JSON knows, is kept beside the architecture for whoever reads the file: data, settings, ends.
    Raises NetworkError if the directory cannot be written, or the activation is not one that a name brings back.
    """
    directory = Path(path)
    description = {
        "format": FORMAT,
        "architecture": network.architecture.to_dict(),
        "dtype": str(network.weights.dtype).removeprefix("torch."),
        "torch": torch.__version__,
    }
    if about is not None:
        description["about"] = dict(about)
    tensors = {name: getattr(network, name) for name in _TENSORS} | network.scaling.items()
    write_tensors(directory / WEIGHTS_NAME, tensors, description)
    write_atomically(directory / CONFIG_NAME, (json.dumps(description, indent=2, sort_keys=True) + "\n").encode())


def load_network(path: str | os.PathLike[str], device: str | torch.device | None = None) -> LeakyResNet:
    """The network that `save_network` wrote into the directory `path`, on `device` (the CPU by default).

    The header of `network.safetensors` decides; a `config.json` beside it must agree with it, and may be missing.
    Raises NetworkError for a file that is missing, truncated, a pickle, of another format, or whose tensors or
    `config.json` do not fit its architecture.
    """
    directory = Path(path)
    file = directory / WEIGHTS_NAME
    tensors, description = read_tensors(file, FORMAT)
    _check_agreement(directory / CONFIG_NAME, description)
    # A file without units is one of raw data.
    units = {name: tensors.pop(name) for name in SCALING_NAMES if name in tensors}
    if sorted(tensors) != sorted(_TENSORS) or len(units) not in (0, len(SCALING_NAMES)):
        found = ", ".join(sorted(tensors | units))
        raise NetworkError(f"{file} holds {found}; expected {', '.join(_TENSORS + SCALING_NAMES)}; save it again")
    try:
        architecture: dict[str, Any] = description["architecture"]
        network = LeakyResNet(
            **architecture,
            layer_steps=tensors["layer_steps"],
            embedding=tensors["embedding"],
            readout=tensors["readout"],
            dtype=tensors["weights"].dtype,
            device="cpu" if device is None else device,
            # A generator of its own, so that loading leaves torch's global one as it was.
            generator=torch.Generator(),
        )
        if units:
            network.set_scaling(Scaling(**units))
    except (KeyError, TypeError, NetworkError) as error:
        raise NetworkError(
            f"{file} does not describe a network ({error}); expected what save_network writes; save it again"
        ) from None
    with torch.no_grad():
        for name in _TENSORS:
            own, read = getattr(network, name), tensors[name]
            if own.shape != read.shape:
                raise NetworkError(
                    f"{file} has {name} of shape {tuple(read.shape)}; its architecture expects {tuple(own.shape)}; "
                    "it was put together from two networks: save it again"
                )
            own.copy_(read)
    return network


def _check_agreement(path: Path, description: dict[str, Any]) -> None:
    if not path.is_file():
        return
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        architecture = config["architecture"]
    except (OSError, ValueError, KeyError, TypeError):
        raise NetworkError(
            f"{path} is not the JSON that save_network writes; expected an architecture; delete it, the weights "
            "carry their own"
        ) from None
    if architecture != description.get("architecture"):
        raise NetworkError(
            f"{path} describes another architecture than {WEIGHTS_NAME} beside it; expected the same; delete "
            f"{CONFIG_NAME} to trust the weights' own"
        )
