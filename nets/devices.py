"""Which device to compute on, and how precisely."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from .argument_checks import checks


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
        raise checks.refusal("device", device, "auto, cpu, cuda or cuda:N") from None
    if resolved.type == "meta":
        raise checks.refusal("device", str(device), "a device that computes; use auto or cpu")
    try:
        torch.empty(1, device=resolved)
    except (RuntimeError, AssertionError, ImportError):
        count = torch.cuda.device_count()
        wanted = f"a device that this machine has, with its {count} CUDA devices; use auto or cpu"
        raise checks.refusal("device", str(device), wanted) from None
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


LEAST_SHARE = 500_000
"""Multiply-adds of one layer that a thread should get at least: some 10 µs, a few times what starting an operation
takes. Chosen by hand."""


@contextmanager
def sample_threads(device: torch.device, samples: int, per_sample: int) -> Iterator[int]:
    """How many threads should share the samples of a batch; while they do, an operation of torch takes one thread.

    Parameters
    ----------
    device : torch.device
        On an accelerator one thread feeds it.
    samples, per_sample : int
        Of a batch, and multiply-adds of one layer for one of them.

    Notes
    -----
    As many as torch has been given, torch's own setting is restored after. Batches that are too small for that leave
    the threads to torch's operations.
    """
    before = torch.get_num_threads()
    threads = min(before, samples * per_sample // LEAST_SHARE, samples) if device.type == "cpu" else 1
    if threads < 2:
        yield 1
        return
    torch.set_num_threads(1)
    try:
        yield threads
    finally:
        torch.set_num_threads(before)
