"""Checks of the tensors and arrays that a user gives."""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from geodepth.foundation.argument_checks import shown
from geodepth.foundation.shapes import Float
from geodepth.nets.shapes import Inputs, Targets

from .argument_checks import checks
from .errors import NetworkError


def as_tensor(name: str, value: Any, dtype: torch.dtype, device: torch.device) -> Float[Tensor, "..."]:
    """Array-like `value` as a finite tensor of `dtype` on `device`.

    Raises
    ------
    NetworkError
        For text, objects, complex numbers, masked entries, whole numbers from 2**53 on, tensors without numbers, NaN,
        infinities, and numbers too large or all too small for `dtype`.
    """
    if isinstance(value, Tensor):
        given = value.detach()
        if given.is_complex():
            raise NetworkError(f"{name} has type {given.dtype}; expected real numbers; take its real part first")
        if given.layout != torch.strided or given.is_meta or given.is_quantized:
            raise NetworkError(f"{name} is a {_kind(given)} tensor; expected one of plain numbers; convert it first")
        if given.dtype in (torch.int64, torch.uint64):
            checks.real_numbers(name, given.cpu().numpy(), "an array of real numbers")
    else:
        try:
            if np.asarray(value).dtype.kind not in "fiub":
                raise TypeError
        except (TypeError, ValueError, OverflowError, RuntimeError):
            raise NetworkError(
                f"{name} is {shown(value)}; expected an array of real numbers; convert it to numbers first"
            ) from None
        # A copy of its own, because PyTorch warns of arrays that cannot be written.
        given = torch.from_numpy(checks.real_numbers(name, value, "an array of real numbers"))
    tensor = given.to(device=device, dtype=dtype)
    if not bool(torch.isfinite(tensor).all()):
        raise NetworkError(
            f"{name} has values that are NaN, infinite or too large for {dtype}; expected finite numbers; "
            "remove or impute them"
        )
    if bool((given != 0).any()) and not bool(tensor.any()):
        raise NetworkError(f"{name} has values too small for {dtype}, which makes them zero; expected a smaller unit")
    return tensor


def _kind(tensor: Tensor) -> str:
    if tensor.layout != torch.strided:
        return str(tensor.layout).removeprefix("torch.").replace("_", " ")
    return "meta" if tensor.is_meta else "quantized"


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
