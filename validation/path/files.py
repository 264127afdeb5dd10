"""Paths on disk: one path in one .npz file.

Nothing that is loaded can execute code. A file holds the arrays of a RepresentationPath under their own names, and
its other fields as JSON text under "metadata", with the format's version and the axes of every array.
"""

from pathlib import Path

import numpy as np

from geodepth.foundation.argument_checks import shown
from geodepth.foundation.files.npz_files import read_arrays_and_metadata, reading, write_arrays
from geodepth.foundation.files.opened_files import DamagedFileError
from geodepth.validation.argument_checks import CHECKS, check_array
from geodepth.validation.errors import ValidationError

from .representation_path import RepresentationPath

FORMAT = "geodepth path"
FORMAT_VERSION = 1
_AXES = {
    "representations": ("layer boundary", "neuron", "sample"),
    "weights": ("layer", "neuron", "neuron before, and bias"),
    "momenta": ("layer boundary", "neuron", "sample"),
    "layer_steps": ("layer",),
    "inputs": ("input", "sample"),
    "targets": ("output", "sample"),
    "embedding": ("neuron", "input"),
    "readout": ("output", "neuron"),
}
_FIELDS = ("effective_depth", "weight_decay", "bias", "activation", "smoothing", "origin", "label")


def save_path(path: RepresentationPath, file: str | Path) -> Path:
    """Write a path to a .npz file, whole or not at all.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValidationError
        The name does not end in .npz, or the file cannot be written.
    """
    target = CHECKS.path("file", file)
    if target.suffix != ".npz":
        raise ValidationError(f"file is {target.name!r}; give a name that ends in .npz")
    metadata = {"format": FORMAT, "format_version": FORMAT_VERSION, "axes": _AXES}
    metadata |= {name: getattr(path, name) for name in _FIELDS}
    return write_arrays(target, {name: getattr(path, name) for name in _AXES}, metadata, ValidationError)


def load_path(file: str | Path) -> RepresentationPath:
    """Read what `save_path` wrote, bit by bit.

    Raises
    ------
    ValidationError
        The file is missing, damaged, of another format or version, or its arrays are refused as those of any path.

    Notes
    -----
    Files of version 0.1 call the smoothed ReLU "relu" with a smoothing above 0; they are read as what they mean.
    """
    CHECKS.path("file", file)
    try:
        arrays, metadata = read_arrays_and_metadata(file)
        found, version = metadata["format"], metadata["format_version"]
    except (FileNotFoundError, DamagedFileError, KeyError) as error:
        raise ValidationError(f"{file} is no readable path ({error}); give a file of save_path") from None
    if found != FORMAT or version != FORMAT_VERSION:
        said = f"{shown(found)} version {shown(version)}"
        raise ValidationError(f"{file} has format {said}; expected {FORMAT!r} {FORMAT_VERSION}")
    missing = sorted((set(_AXES) - arrays.keys()) | (set(_FIELDS) - metadata.keys()))
    if missing:
        raise ValidationError(f"{file} lacks {', '.join(missing)}; save it again")
    with reading(file, FORMAT, ValidationError):
        steps = check_array("layer_steps", arrays["layer_steps"], (None,), "(L,)")
        return RepresentationPath(
            positions=np.concatenate([[0.0], np.cumsum(steps)]),
            **{name: arrays[name] for name in _AXES},
            **{name: metadata[name] for name in _FIELDS},
        )
