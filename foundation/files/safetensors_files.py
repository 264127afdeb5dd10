"""Files of tensors, .safetensors: the only place that opens one. Nothing that is read can execute code.

The header carries a JSON object under "geodepth", with a digest of all content, so that a byte that was changed is
seen. Files without it are older, or foreign.
"""

import hashlib
import json
import struct
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

from geodepth.foundation.errors import InputError

from .atomic_files import write_atomically
from .npz_files import DIGEST
from .opened_files import DamagedFileError, one_line, open_file
from .text_files import parse_json

OURS = "geodepth"
MOST_HEADER_BYTES = 100_000_000
"""Bytes of the largest header, as the format's own library has it."""


def write_tensors(
    path: str | PathLike[str], content: bytes, metadata: Mapping[str, Any], error: type[InputError] = InputError
) -> Path:
    """Write tensors with JSON metadata in the header, whole or not at all; the same content gives the same bytes.

    Parameters
    ----------
    path : path
        Of the file.
    content : bytes
        The tensors, as the format's library makes them.
    metadata : mapping
        What JSON can hold.
    error : type of InputError, optional
        What is raised where the place cannot be written.

    Raises
    ------
    InputError
        The class `error`, where the place cannot be written.
    """
    (length,) = struct.unpack_from("<Q", content)
    end = 8 + length
    header = json.loads(content[8:end])
    plain = json.loads(json.dumps(dict(metadata)))
    digest = _begun_digest(header, plain)
    tensors = memoryview(content)[end:]
    digest.update(tensors)
    header["__metadata__"] = {OURS: json.dumps(plain | {DIGEST: digest.hexdigest()}, sort_keys=True)}
    text = json.dumps(header, sort_keys=True).encode()
    text += b" " * (-len(text) % 8)

    def write(file: BinaryIO) -> None:
        file.write(struct.pack("<Q", len(text)) + text)
        file.write(tensors)

    return write_atomically(path, write, error)


def read_tensors(path: str | PathLike[str], framework: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tensors of a file by name, and the JSON object under "geodepth" in its header, empty where there is none.

    Parameters
    ----------
    path : path
        Of the file.
    framework : str
        Whose arrays to make: "pt" for PyTorch, "numpy".

    Raises
    ------
    FileNotFoundError
        There is none.
    DamagedFileError
        It cannot be read, is not whole, holds a type that the framework does not know, or other content than was
        written.
    """
    from safetensors import safe_open

    try:
        metadata = _checked_metadata(path)
        with safe_open(path, framework=framework) as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            # PyTorch's are views of the file itself, and would follow what others write into it.
            return {name: t.clone() if hasattr(t, "clone") else t for name, t in tensors.items()}, metadata
    except (FileNotFoundError, DamagedFileError):
        raise
    # The library raises errors of its own, and those of the framework for types that it does not know.
    except Exception as error:
        raise DamagedFileError(one_line(error)) from None


def _checked_metadata(path: str | PathLike[str]) -> dict[str, Any]:
    with open_file(path) as file:
        start = file.read(8)
        if len(start) < 8 or (length := int.from_bytes(start, "little")) > MOST_HEADER_BYTES:
            raise DamagedFileError("it does not begin with the length of a header")
        header = parse_json(file.read(length))
        if not isinstance(header, dict):
            raise DamagedFileError("its header is no JSON object")
        texts = header.pop("__metadata__", {})
        metadata = parse_json(texts.get(OURS, "{}") if isinstance(texts, dict) else "null")
        if not isinstance(metadata, dict):
            raise DamagedFileError("its metadata is no JSON object")
        wanted = metadata.pop(DIGEST, None)
        if wanted is not None:
            digest = hashlib.file_digest(file, lambda: _begun_digest(header, metadata))
            if digest.hexdigest() != wanted:
                raise DamagedFileError("its content is not what was written")
    return metadata


def _begun_digest(header: Mapping[str, Any], metadata: Mapping[str, Any]) -> "hashlib._Hash":
    return hashlib.sha256(json.dumps([header, metadata], sort_keys=True).encode())
