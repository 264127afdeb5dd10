"""Which device to compute on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from .errors import NetworkError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator


def resolve_device(device: str | torch.device | None = "auto") -> torch.device:
    """The torch device that `device` names: "auto" (or None) is a CUDA GPU where there is one, else the CPU.

    Raises NetworkError for a name that torch does not know, and for a device that this machine does not have.
    """
    if device is None or device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        if not isinstance(device, (str, torch.device)):
            raise TypeError
        resolved = torch.device(device)
    except (RuntimeError, TypeError, UnicodeError):
        raise NetworkError(f"device is {shown(device)}; expected auto, cpu, cuda or cuda:N; choose one") from None
    if resolved.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if count <= (resolved.index or 0):
            raise NetworkError(
                f"device is {shown(str(device))}; expected one of this machine's {count} CUDA devices; use auto or cpu"
            )
    elif resolved.type != "cpu":
        try:
            torch.empty(1, device=resolved)
        except (RuntimeError, NotImplementedError, AssertionError):
            raise NetworkError(
                f"device is {shown(str(device))}; expected a device that this machine has; use auto or cpu"
            ) from None
        if resolved.type == "meta":
            raise NetworkError("device is 'meta'; expected a device that computes; use auto or cpu")
    return resolved


@contextmanager
def matmul_precision(tf32: bool) -> Iterator[None]:
    """Single-precision products in full precision, or in TF32 if asked for; torch's own setting is restored after."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
