"""Networks on disk: safetensors for numbers, JSON for what they mean. Nothing that is loaded can execute code.

A folder holds `network.safetensors`, whose header carries the architecture, and `config.json`, the same architecture
for people and other programs. Every file is written whole or not at all.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from geodepth.foundation.argument_checks import shown
from geodepth.foundation.files import safetensors_files
from geodepth.foundation.files.atomic_files import write_atomically
from geodepth.foundation.files.opened_files import DamagedFileError
from geodepth.foundation.files.text_files import read_json
from geodepth.nets.argument_checks import checks
from geodepth.nets.errors import NetworkError

from .architecture import Architecture
from .units import SCALING_NAMES

FORMAT = "geodepth network 1"
WEIGHTS_NAME = "network.safetensors"
CONFIG_NAME = "config.json"
TENSORS = ("weights", "layer_steps", "embedding", "readout")
"""Without these there is no network; a file that lists others is not one of ours."""


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, Any]) -> None:
    """Write a safetensors file with JSON `metadata` in its header, whole or not at all.

    Raises
    ------
    NetworkError
        Where the place cannot be written.
    """
    from safetensors.torch import save

    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    safetensors_files.write_tensors(path, save(plain), metadata, NetworkError)


def read_tensors(path: Path, expected_format: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and metadata of a file that `write_tensors` wrote.

    Raises
    ------
    NetworkError
        For a file that is missing, damaged or of another format.
    """
    try:
        tensors, metadata = safetensors_files.read_tensors(path, "pt")
    except FileNotFoundError:
        raise NetworkError(f"path is {path}; expected a file there; check the name") from None
    except DamagedFileError as reason:
        raise NetworkError(
            f"{path} cannot be read ({reason}); expected a whole safetensors file; restore it or train again"
        ) from None
    found = metadata.get("format")
    if found != expected_format:
        raise NetworkError(
            f"{path} has the format {shown(found)}; expected {expected_format!r}; choose a file that this version wrote"
        )
    return tensors, metadata


@dataclass(frozen=True, slots=True, eq=False)
class SavedNetwork:
    """What the folder of a network holds.

    Attributes
    ----------
    file : Path
        Of the tensors, for messages.
    architecture : dict
        The fields of an `Architecture`, unchecked.
    tensors : dict
        Those of `TENSORS`, unchecked.
    units : dict
        The four vectors of a `Scaling`, or none of them: then the data are raw.
    """

    file: Path
    architecture: dict[str, Any]
    tensors: dict[str, Tensor]
    units: dict[str, Tensor]

    @property
    def arguments(self) -> dict[str, Any]:
        """Of the LeakyResNet that the tensors fit."""
        given = {name: self.tensors[name] for name in ("layer_steps", "embedding", "readout")}
        return {**self.architecture, **given, "dtype": self.tensors["weights"].dtype}

    def copy_into(self, network: Mapping[str, Tensor]) -> None:
        """Copy the tensors into those of a network, bit by bit.

        Raises
        ------
        NetworkError
            Where one has another shape.
        """
        for name, read in self.tensors.items():
            if network[name].shape != read.shape:
                raise NetworkError(
                    f"{self.file} has {name} of shape {tuple(read.shape)}; its architecture expects "
                    f"{tuple(network[name].shape)}; it was put together from two networks: save it again"
                )
            network[name].detach().copy_(read)


def write_network(
    folder: str | os.PathLike[str],
    architecture: Architecture,
    tensors: Mapping[str, Tensor],
    about: Mapping[str, Any] | None = None,
) -> None:
    """Write the two files of a network into a folder, which is made if needed.

    Parameters
    ----------
    tensors : mapping
        `TENSORS`, and the vectors of a `Scaling`.
    about : mapping, optional
        Anything that JSON knows, kept beside the architecture for whoever reads the file: data, settings, ends.

    Raises
    ------
    NetworkError
        Where the folder cannot be written.
    """
    description = {
        "format": FORMAT,
        "architecture": architecture.to_dict(),
        "dtype": str(tensors["weights"].dtype).removeprefix("torch."),
        "torch": torch.__version__,
    }
    if about is not None:
        description["about"] = dict(about)
    place = checks.path("path", folder)
    write_tensors(place / WEIGHTS_NAME, tensors, description)
    text = json.dumps(description, indent=2, sort_keys=True) + "\n"
    write_atomically(place / CONFIG_NAME, text.encode(), NetworkError)


def read_network(folder: str | os.PathLike[str]) -> SavedNetwork:
    """What `write_network` wrote into a folder.

    The header of `network.safetensors` decides; a `config.json` beside it must agree with it, and may be missing.

    Raises
    ------
    NetworkError
        For a file that is missing, truncated, a pickle or of another format, and for tensors or a `config.json` that
        do not belong together.
    """
    place = checks.path("path", folder)
    file = place / WEIGHTS_NAME
    tensors, description = read_tensors(file, FORMAT)
    _check_agreement(place / CONFIG_NAME, description)
    units = {name: tensors.pop(name) for name in SCALING_NAMES if name in tensors}
    if sorted(tensors) != sorted(TENSORS) or len(units) not in (0, len(SCALING_NAMES)):
        found = ", ".join(sorted(tensors | units))
        raise NetworkError(f"{file} holds {found}; expected {', '.join(TENSORS + SCALING_NAMES)}; save it again")
    architecture = description.get("architecture")
    if not isinstance(architecture, dict):
        raise NetworkError(
            f"{file} has the architecture {shown(architecture)}; expected its fields by name; save it again"
        )
    return SavedNetwork(file, architecture, tensors, units)


def _check_agreement(path: Path, description: dict[str, Any]) -> None:
    try:
        architecture = read_json(path)["architecture"]
    except FileNotFoundError:
        return
    except (DamagedFileError, KeyError, TypeError):
        raise NetworkError(
            f"{path} is not the JSON that save_network writes; expected an architecture; delete it, the weights "
            "carry their own"
        ) from None
    if architecture != description.get("architecture"):
        raise NetworkError(
            f"{path} describes another architecture than {WEIGHTS_NAME} beside it; expected the same; delete "
            f"{CONFIG_NAME} to trust the weights' own"
        )
