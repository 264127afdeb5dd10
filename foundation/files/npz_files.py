"""Files of arrays, .npz: the only place that opens one. Nothing that is read can execute code.

`write_arrays` puts a digest of all content into the metadata, and `read_arrays_and_metadata` compares it: an array that
was exchanged, renamed or converted is told from the one that was written. Files without a digest are older, or foreign.
"""

import hashlib
import io
import json
import math
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.foundation.errors import InputError

from .atomic_files import write_atomically
from .opened_files import DamagedFileError, one_line, open_file
from .text_files import parse_json

MOST_BYTES = 805_306_368
"""Bytes of all arrays of a file together, 768 MiB; a zip file of a megabyte can claim a thousand times as much as it
has. A data set of 1 GiB took 4.05 GiB with the copies that were made of it, measured; so this takes 3."""
METADATA, DIGEST = "metadata", "sha256"


def write_arrays(
    path: str | PathLike[str],
    arrays: Mapping[str, np.ndarray],
    metadata: Mapping[str, Any],
    error: type[InputError] = InputError,
) -> Path:
    """Write arrays and metadata, whole or not at all; the same content gives the same bytes.

    Parameters
    ----------
    path : path
        Of the file.
    arrays : mapping
        By name.
    metadata : mapping
        What JSON can hold, NumPy's scalars included.
    error : type of InputError, optional
        What is raised where the place cannot be written.

    Raises
    ------
    InputError
        The class `error`, where the place cannot be written.
    """
    plain = json.loads(json.dumps(dict(metadata), default=_plain))
    text = json.dumps(plain | {DIGEST: _digest(arrays, plain)})
    whole: dict[str, Any] = {**arrays, METADATA: np.array(text)}
    return write_atomically(path, lambda file: np.savez_compressed(file, **whole), error)


def read_arrays(path: str | PathLike[str]) -> dict[str, Any]:
    """The arrays of a .npz file, by name.

    Raises
    ------
    FileNotFoundError
        There is none.
    DamagedFileError
        It cannot be read, is not whole, holds something else than arrays of numbers or text, or claims more than
        `MOST_BYTES`.
    """
    try:
        with open_file(path) as file, zipfile.ZipFile(file) as archive:
            return _members(archive)
    except (FileNotFoundError, DamagedFileError):
        raise
    # For a damaged byte NumPy, zipfile, zlib and tokenize raise errors of their own, and memory may not suffice.
    except Exception as error:
        raise DamagedFileError(one_line(error)) from error


def read_arrays_and_metadata(path: str | PathLike[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arrays of a .npz file by name, and the JSON object under "metadata".

    Raises
    ------
    FileNotFoundError
        There is none.
    DamagedFileError
        It cannot be read, is not whole, has no such metadata, or holds other content than was written.
    """
    arrays = read_arrays(path)
    text = arrays.pop(METADATA, np.array(None))[()]
    if not isinstance(text, str):
        raise DamagedFileError("no metadata")
    metadata = parse_json(str(text))
    if not isinstance(metadata, dict):
        raise DamagedFileError("its metadata is no JSON object")
    digest = metadata.pop(DIGEST, None)
    if digest is not None and digest != _digest(arrays, metadata):
        raise DamagedFileError("its content is not what was written")
    return arrays, metadata


def check_shapes(arrays: Mapping[str, np.ndarray], shapes: Mapping[str, str]) -> None:
    """Refuse arrays that do not fit together.

    Parameters
    ----------
    arrays : mapping
        By name; those that `shapes` does not name are not looked at.
    shapes : mapping
        Name → sizes of its axes: numbers, names, or names with "+1". "K+1 nx" is as long as "K" and one more. A name
        is as long everywhere.

    Raises
    ------
    DamagedFileError
        An array is missing, is not of the type float64, or has other axes.
    """
    sizes: dict[str, int] = {}
    for name, shape in shapes.items():
        array = arrays.get(name)
        axes = shape.split()
        if array is None or array.dtype != np.float64 or array.ndim != len(axes):
            found = "missing" if array is None else f"{array.dtype} of shape {array.shape}"
            raise DamagedFileError(f"{name} is {found}; it must be float64 of shape ({', '.join(axes)})")
        for axis, length in zip(axes, array.shape, strict=True):
            symbol, _, more = axis.partition("+")
            size = length - int(more or 0)
            if size != (int(symbol) if symbol.isdigit() else sizes.setdefault(symbol, size)) or size < 0:
                raise DamagedFileError(f"{name} has shape {array.shape}; it must be ({', '.join(axes)})")


@contextmanager
def reading(path: object, kind: str, error: type[InputError]) -> Iterator[None]:
    """Within, what a file's content raises becomes one error in one line.

    Parameters
    ----------
    path : path
        Of the file.
    kind : str
        What it should be, for the message.
    error : type of InputError
        What is raised.

    Raises
    ------
    InputError
        The class `error`, for a file that is missing or damaged, and content of a wrong type or shape.
    """
    try:
        yield
    except FileNotFoundError:
        raise error(f"there is no file {path}") from None
    except (InputError, DamagedFileError) as reason:
        words = " ".join(str(reason).split())
    except KeyError as reason:
        words = f"no {reason}"
    except (TypeError, ValueError, AttributeError, IndexError, OverflowError) as reason:
        words = one_line(reason)
    else:
        return
    raise error(f"{path} is not a whole {kind} file ({words}); write it again")


def _members(archive: zipfile.ZipFile) -> dict[str, np.ndarray]:
    members = archive.infolist()
    times = Counter(member.filename for member in members)
    strange = [name for name in times if not name.endswith(".npy") or times[name] > 1]
    if strange:
        raise DamagedFileError(f"it holds {strange[0]!r}, which is no array, or is there twice")
    claimed = sum(member.file_size for member in members)
    if claimed > MOST_BYTES:
        raise DamagedFileError(f"it claims {claimed} bytes; at most {MOST_BYTES} are read")
    return {member.filename.removesuffix(".npy"): _array(archive.read(member)) for member in members}


def _array(content: bytes) -> np.ndarray:
    """One array in NumPy's format. NumPy's own reader makes room for what the header claims before it looks."""
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
    shape, fortran, dtype = read_header(stream)
    if dtype.hasobject:
        raise DamagedFileError("it holds Python objects, which could execute code")
    held = len(content) - stream.tell()
    if math.prod(shape) * dtype.itemsize != held:
        raise DamagedFileError(f"it claims an array of shape {shape}, and holds {held} bytes")
    order: Any = "F" if fortran else "C"
    return np.ndarray(shape, dtype, content, stream.tell(), order=order).copy(order)


def _digest(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        whole = np.asarray(array)
        digest.update(f"{name} {whole.dtype.str} {whole.shape}".encode() + whole.tobytes())
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    """NumPy's scalars as Python's."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} in the metadata; expected numbers, text, lists or None")
