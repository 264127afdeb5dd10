"""Under which circumstances a number was measured: by which code, on which hardware, with how many threads."""

import functools
import hashlib
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PACKAGES = ("geodepth", "numpy", "scipy", "torch", "casadi")
"""What numbers depend on."""
DRAWS_ONLY = ("figures", "report", "paper.py", "gallery.py")
"""Folders and files that no measured number depends on."""


@functools.cache
def code() -> str:
    """A digest of the sources that measured numbers can depend on, of all packages but the command line."""
    return digest_of_code(Path(__file__).parents[3])


def digest_of_code(root: Path) -> str:
    """The digest of the sources below a folder of packages."""
    digest = hashlib.sha256()
    for room in ("foundation", "control", "nets", "validation"):
        for path in sorted((root / room).rglob("*.py")):
            if not set(path.relative_to(root).parts) & set(DRAWS_ONLY):
                digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def hardware(device: str) -> str:
    """The processor, or the accelerator, that the numbers come from."""
    if device.startswith("cuda") and "torch" in sys.modules:
        return str(sys.modules["torch"].cuda.get_device_name(device))
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return f"{names[0] if names else platform.processor() or platform.machine()}, {os.cpu_count()} threads"


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Sums in one order, whatever pool the task runs in. Tasks that do not use torch do not pay for it."""
    if "torch" not in sys.modules:
        # The measure may import it later; then this is what it starts with.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        yield
        return
    torch: Any = sys.modules["torch"]
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
