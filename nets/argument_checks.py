"""Checks of what a user gives, by the rules of `geodepth.foundation.argument_checks`, and those of tensors."""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from geodepth.foundation.argument_checks import ArgumentChecks, shown
from geodepth.foundation.shapes import Float
from geodepth.nets.shapes import Inputs, Targets

from .errors import NetworkError

checks = ArgumentChecks(NetworkError, give="expected", choose="expected")


def as_tensor(name: str, value: Any, dtype: torch.dtype, device: torch.device) -> Float[Tensor, "..."]:
    """Array-like `value` as a finite tensor of `dtype` on `device`.

    Raises
    ------
    NetworkError
        For text, objects, complex numbers, NaN, infinities, and numbers too large for `dtype`.
    """
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


def check_shape(name: str, tensor: Tensor, *shapes: tuple[int | str, ...]) -> Tensor:
    """`tensor` where it has one of the shapes; a word in a shape, such as "samples", is any size of at least one.

    Raises
    ------
    NetworkError
        For another shape.
    """

    def fits(shape: tuple[int | str, ...]) -> bool:
        if len(shape) != tensor.ndim:
            return False
        pairs = zip(shape, tensor.shape, strict=True)
        return all(found == size or (isinstance(size, str) and found > 0) for size, found in pairs)

    if not any(map(fits, shapes)):
        expected = " or ".join(str(shape).replace("'", "") for shape in shapes)
        raise NetworkError(f"{name} has shape {tuple(tensor.shape)}; expected {expected}; reshape or transpose it")
    return tensor


class Samples(NamedTuple):
    """Inputs and targets, one row per sample.

    Attributes
    ----------
    inputs, targets : (samples, inputs), (samples, outputs)
        Finite, and as many of one as of the other.
    """

    inputs: Inputs
    targets: Targets


def check_samples(
    inputs: Any, targets: Any, columns: tuple[int, int], dtype: torch.dtype, device: torch.device
) -> Samples:
    """Inputs and targets, with `columns` columns each, as finite tensors with as many rows.

    Raises
    ------
    NetworkError
        As `as_tensor` and `check_shape` do, and for unequal numbers of rows.
    """
    x = check_shape("inputs", as_tensor("inputs", inputs, dtype, device), ("samples", columns[0]))
    y = check_shape("targets", as_tensor("targets", targets, dtype, device), ("samples", columns[1]))
    if x.shape[0] != y.shape[0]:
        raise NetworkError(
            f"targets has {y.shape[0]} rows and inputs has {x.shape[0]}; expected as many; pass one target per input"
        )
    return Samples(x, y)
