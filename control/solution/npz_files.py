"""One atomic .npz file for each result: arrays, and metadata as JSON; nothing that is loaded can execute code."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.foundation.files.atomic_files import write_atomically
from geodepth.foundation.files.npz_files import DamagedFileError, read_arrays_and_metadata
from geodepth.foundation.versions import versions_of


def versions() -> dict[str, str]:
    """Versions of what a control result depends on."""
    return versions_of("geodepth", "casadi", "numpy", "scipy")


def check_path(path: object) -> Path:
    """The path as a Path. Raises ProblemError when it is none."""
    if not isinstance(path, str | os.PathLike):
        raise CHECKS.refusal("path", path, "a file's name")
    return Path(path)


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
    if not path.parent.is_dir():
        raise ProblemError(f"there is no folder {path.parent} to save {path.name} in; make it, or choose another")
    text = json.dumps({"format": kind, "version": version, **metadata, "versions": versions()}, allow_nan=True)
    return write_atomically(
        path,
        lambda file: np.savez_compressed(file, metadata=np.array(text), **dict(arrays)),  # type: ignore[arg-type]
        ProblemError,
    )


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
    try:
        arrays, metadata = read_arrays_and_metadata(path)
    except FileNotFoundError:
        raise ProblemError(f"there is no file {path}") from None
    except DamagedFileError as error:
        raise ProblemError(f"{path} is not a whole {kind} file ({error}); write it again") from error
    if metadata.get("format") != kind:
        raise ProblemError(f"{path} holds {metadata.get('format')!r}, not a {kind}")
    if int(metadata.get("version", 0)) > newest:
        raise ProblemError(f"{path} was written by a newer geodepth (format {metadata['version']}); upgrade to read it")
    return arrays, metadata
