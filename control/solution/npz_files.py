"""One atomic .npz file for each result: arrays, and metadata as JSON; nothing that is loaded can execute code."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.foundation.argument_checks import shown
from geodepth.foundation.files.npz_files import read_arrays_and_metadata, reading, write_arrays
from geodepth.foundation.versions import versions_of


def versions() -> dict[str, str]:
    """Versions of what a control result depends on."""
    return versions_of("geodepth", "casadi", "numpy", "scipy")


def check_path(path: object) -> Path:
    """The path as a Path. Raises ProblemError when it is none, or names no file."""
    known = CHECKS.path("path", path)
    if not known.name:
        raise CHECKS.refusal("path", path, "a file's name")
    return known


def write_npz(
    path: str | Path, kind: str, version: int, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, Any]
) -> Path:
    """Write arrays and metadata so that the file is either the whole new one or the whole old one.

    Parameters
    ----------
    path : path
        Gets the ending .npz where it has another; its folder must exist.
    kind, version : str, int
        The format and its version, which `read_npz` asks for.
    arrays : mapping
        By name.
    metadata : mapping
        What JSON can hold; the format and library versions are added.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    ProblemError
        The place is none, or cannot be written.
    """
    path = check_path(path)
    path = path if path.suffix == ".npz" else path.with_suffix(path.suffix + ".npz")
    if not os.path.isdir(path.parent):
        raise ProblemError(f"there is no folder {path.parent} to save {path.name} in; make it, or choose another")
    whole = {"format": kind, "version": version, **metadata, "versions": versions()}
    return write_arrays(path, arrays, whole, ProblemError)


def read_npz(path: str | Path, kind: str, newest: int) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and metadata of a file that `write_npz` wrote.

    Parameters
    ----------
    path : path
        Of the file.
    kind : str
        What its metadata must call its format.
    newest : int
        The newest version of that format which can be read.

    Raises
    ------
    ProblemError
        There is no such file, it is not whole, of another kind, or from a newer geodepth.
    """
    path = check_path(path)
    with reading(path, kind, ProblemError):
        arrays, metadata = read_arrays_and_metadata(path)
    if metadata.get("format") != kind:
        raise ProblemError(f"{path} holds {shown(metadata.get('format'))}, not a {kind}")
    with reading(path, kind, ProblemError):
        version = int(metadata["version"])
    if version > newest:
        raise ProblemError(f"{path} was written by a newer geodepth (format {version}); upgrade to read it")
    return arrays, metadata
