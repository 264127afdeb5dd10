"""Which device to compute on, and how precisely."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from geodepth.foundation.argument_checks import shown

from .errors import NetworkError


def resolve_device(device: str | torch.device | None = "auto") -> torch.device:
    """The torch device that a name stands for.

    Parameters
    ----------
    device : str or torch.device, optional
        "auto" or None is a CUDA GPU where there is one, else the CPU.

    Raises
    ------
    NetworkError
        For a name that torch does not know, and for a device that this machine does not have.
    """
    if device is None or device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        if not isinstance(device, (str, torch.device)):
            raise TypeError
        resolved = torch.device(device)
    except (RuntimeError, TypeError, UnicodeError):
        raise NetworkError(f"device is {shown(device)}; expected auto, cpu, cuda or cuda:N; choose one") from None
    problem = ""
    if resolved.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        problem = f"one of this machine's {count} CUDA devices" if count <= (resolved.index or 0) else ""
    elif resolved.type == "meta":
        problem = "a device that computes"
    elif resolved.type != "cpu":
        try:
            torch.empty(1, device=resolved)
        except (RuntimeError, NotImplementedError, AssertionError):
            problem = "a device that this machine has"
    if problem:
        raise NetworkError(f"device is {shown(str(device))}; expected {problem}; use auto or cpu")
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
