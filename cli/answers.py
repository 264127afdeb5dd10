"""What a command found: in lines for a reader, or as one JSON object for other programs."""

import dataclasses
import enum
import json
import math
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def answer(numbers: Mapping[str, Any], in_lines: Callable[[], None], as_json: bool) -> None:
    """Print what was found.

    Parameters
    ----------
    numbers : mapping of str
        All of it by name. Arrays become lists, records become objects, and numbers that are not finite become null.
    in_lines : function
        Prints it for a reader.
    as_json : bool
        Print the numbers as one JSON object on one line instead.
    """
    if as_json:
        print(json.dumps(_plain(numbers), allow_nan=False, ensure_ascii=False))
    else:
        in_lines()


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return _plain(value.value)
    if isinstance(value, np.generic | np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value]
