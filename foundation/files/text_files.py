"""Text files that hold plain values: JSON and TOML."""

import json
import tomllib
from os import PathLike
from typing import Any

from .opened_files import DamagedFileError, one_line, open_file

MOST_BYTES = 16_777_216
"""Bytes of the largest file that is read, 16 MiB. The product's own have a few kB (chosen by hand)."""


def parse_json(text: str | bytes) -> Any:
    """The value that JSON text stands for.

    Raises
    ------
    DamagedFileError
        It is no JSON, nested too deeply, or holds a number too long to read.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DamagedFileError(one_line(error)) from None


def read_json(path: str | PathLike[str]) -> Any:
    """The value in a JSON file.

    Raises
    ------
    FileNotFoundError
        There is none.
    DamagedFileError
        It cannot be read, is larger than 16 MiB, or is no JSON in UTF-8.
    """
    return parse_json(read_text(path))


def read_toml(path: str | PathLike[str]) -> dict[str, Any]:
    """The table in a TOML file.

    Raises
    ------
    FileNotFoundError
        There is none.
    DamagedFileError
        It cannot be read, is larger than 16 MiB, or is no TOML in UTF-8.
    """
    text = read_text(path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DamagedFileError(f"it is not TOML: {' '.join(str(error).split())}") from None
    # For numbers that are too long and tables nested too deeply, the parser raises errors of other kinds.
    except (ValueError, RecursionError, OverflowError) as error:
        raise DamagedFileError(f"it is not TOML: {one_line(error)}") from None


def read_text(path: str | PathLike[str]) -> str:
    """The text of a file in UTF-8.

    Raises
    ------
    FileNotFoundError
        There is none.
    DamagedFileError
        It cannot be read, is larger than 16 MiB, or is not UTF-8.
    """
    try:
        with open_file(path) as file:
            content = file.read(MOST_BYTES)
            if file.read(1):
                raise DamagedFileError("it is larger than 16 MiB")
        return content.decode()
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedFileError(one_line(error)) from None
