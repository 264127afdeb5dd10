"""The one error that this package raises for bad input, and the checks that raise it."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from geodepth.foundation.errors import InputError
from geodepth.foundation.shapes import Float


class NetworkError(InputError):
    """Bad input to `geodepth.nets`: one line that names the argument, what was seen, what is expected, what to do."""


def shown(value: object) -> str:
    """A short picture of a value for an error message, on one line."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "..."


def check_integer(name: str, value: Any, smallest: int) -> int:
    """`value` as an int of at least `smallest`; raises NetworkError otherwise (a bool is not an integer here)."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or number < smallest:
        raise NetworkError(f"{name} is {shown(value)}; expected an integer of at least {smallest}; set {name} to one")
    return number


def check_number(
    name: str, value: Any, smallest: float, largest: float = math.inf, *, open_below: bool = False
) -> float:
    """`value` as a finite float in [smallest, largest], or in (smallest, largest] when `open_below`."""
    try:
        number = math.nan if isinstance(value, (bool, str, bytes)) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    too_small = number <= smallest if open_below else number < smallest
    if not math.isfinite(number) or too_small or number > largest:
        if math.isinf(largest):
            expected = f"a finite number {'above' if open_below else 'of at least'} {smallest:g}"
        else:
            expected = f"a number in {'(' if open_below else '['}{smallest:g}, {largest:g}]"
        raise NetworkError(f"{name} is {shown(value)}; expected {expected}; set {name} to one")
    return number


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """`value` when it is one of `choices`; raises NetworkError otherwise."""
    if not isinstance(value, str) or value not in choices:
        raise NetworkError(f"{name} is {shown(value)}; expected one of {', '.join(choices)}; choose one of them")
    return value


def as_tensor(name: str, value: Any, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Array-like `value` as a finite tensor of `dtype` on `device`; raises NetworkError for text, objects, NaN."""
    if isinstance(value, Tensor):
        tensor = value.detach()
        if tensor.is_complex():
            raise NetworkError(f"{name} has type {tensor.dtype}; expected real numbers; take its real part first")
    else:
        try:
            array = np.asarray(value)
            if array.dtype.kind not in "fiub":
                raise TypeError
        except (TypeError, ValueError):
            raise NetworkError(
                f"{name} is {shown(value)}; expected an array of real numbers; convert it to numbers first"
            ) from None
        # A copy, because PyTorch warns of arrays that cannot be written, and never shares memory with the caller's.
        tensor = torch.from_numpy(np.array(array, dtype=np.float64))
    tensor = tensor.to(device=device, dtype=dtype)
    if not bool(torch.isfinite(tensor).all()):
        raise NetworkError(
            f"{name} has values that are NaN, infinite or too large for {dtype}; expected finite numbers; "
            "remove or impute them"
        )
    return tensor


def check_samples(
    name: str, value: Any, columns: int, dtype: torch.dtype, device: torch.device
) -> Float[Tensor, "samples columns"]:
    """A data matrix, one row a sample, as a finite tensor; raises NetworkError for any other shape or for no rows."""
    tensor = as_tensor(name, value, dtype, device)
    if tensor.ndim != 2 or tensor.shape[1] != columns or tensor.shape[0] < 1:
        raise NetworkError(
            f"{name} has shape {tuple(tensor.shape)}; expected (samples, {columns}) with at least one sample; "
            "pass one row a sample"
        )
    return tensor


def check_pairs(
    inputs: Any, targets: Any, columns: tuple[int, int], dtype: torch.dtype, device: torch.device
) -> tuple[Float[Tensor, "samples inputs"], Float[Tensor, "samples outputs"]]:
    """Inputs and targets with as many rows; raises NetworkError as `check_samples` does, and for unequal lengths."""
    x = check_samples("inputs", inputs, columns[0], dtype, device)
    y = check_samples("targets", targets, columns[1], dtype, device)
    if x.shape[0] != y.shape[0]:
        raise NetworkError(
            f"targets has {y.shape[0]} rows and inputs has {x.shape[0]}; expected as many; pass one target an input"
        )
    return x, y
