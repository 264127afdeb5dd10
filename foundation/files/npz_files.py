"""Reading .npz files, which may be missing, cut or damaged; nothing that is read can execute code."""

import json
from os import PathLike
from typing import Any

import numpy as np


class DamagedFileError(Exception):
    """A file is no whole .npz file; the message is the reason, in one line."""


def read_arrays(path: str | PathLike[str]) -> dict[str, Any]:
    """The arrays of a .npz file, by name.

    Raises
    ------
    FileNotFoundError
        There is none.
    DamagedFileError
        It cannot be read, or is not whole.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise
    # For a damaged byte NumPy, zipfile, zlib and tokenize raise errors of their own, and memory may not suffice.
    except Exception as error:
        raise DamagedFileError(f"{type(error).__name__}: {' '.join(str(error).split())}") from error


def read_arrays_and_metadata(path: str | PathLike[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arrays of a .npz file by name, and the JSON object under "metadata".

    Raises
    ------
    FileNotFoundError
        There is none.
    DamagedFileError
        It cannot be read, is not whole, or has no such metadata.
    """
    arrays = read_arrays(path)
    try:
        metadata = json.loads(str(arrays.pop("metadata")))
    except (KeyError, ValueError) as error:
        raise DamagedFileError(f"{type(error).__name__}: no metadata") from error
    if not isinstance(metadata, dict):
        raise DamagedFileError("its metadata is no JSON object")
    return arrays, metadata
