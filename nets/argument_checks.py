"""Checks of what a user gives, by the rules of `geodepth.foundation.argument_checks`; those of tensors are elsewhere.

Nothing here waits for PyTorch, so that a wrong setting is told at once.
"""

import re
from typing import Any

from geodepth.foundation.argument_checks import ArgumentChecks

from .errors import NetworkError

checks = ArgumentChecks(NetworkError, give="expected", choose="expected")


LARGEST_SEED = 2**64 - 1
"""torch's generators take no larger one."""


def keep_plain(record: Any, name: str, checked: Any) -> None:
    """Put a checked value into a frozen record; a Python number stays as it is given.

    A NumPy scalar is not to reach a file of JSON; but 3 and 3.0 would name different trainings.
    """
    if type(getattr(record, name)) not in (int, float):
        object.__setattr__(record, name, checked)


DEVICE_TYPES = (
    *("cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla", "lazy"),
    *("vulkan", "mps", "meta", "hpu", "mtia", "privateuseone"),
)
"""What PyTorch calls devices, as it lists them itself where it is given another name."""


def check_device_name(device: Any) -> None:
    """Refuse a name that no device has; whether this machine has it, `resolve_device` says.

    Raises
    ------
    NetworkError
        It is neither "auto" nor the name of a kind of device, with a number or without.
    """
    kind, _, number = device.partition(":") if isinstance(device, str) else ("", "", "")
    if device != "auto" and (kind not in DEVICE_TYPES or not re.fullmatch("[0-9]*", number) or device[-1] == ":"):
        raise checks.refusal("device", device, "auto, cpu, cuda or cuda:N")
