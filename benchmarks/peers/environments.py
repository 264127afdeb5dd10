"""An environment of its own for every peer, made once, with the version that is compared."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

REQUIRED = {"rockit": ("rockit-meco==0.6.7",), "yapss": ("yapss==0.2.3",), "dymos": ("dymos==1.15.1", "casadi==3.8.2")}


def python_of(peer: str, folder: Path) -> Path:
    """The interpreter of a peer's environment in this folder, which is made where it is not there.

    Raises
    ------
    SystemExit
        pip could not install it.
    """
    there = folder / peer
    python = there / "bin" / "python"
    done = there / "installed"
    if not done.exists():
        print(f"making {there}: {' '.join(REQUIRED[peer])}", file=sys.stderr)
        venv.create(there, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *REQUIRED[peer]]
        if subprocess.run(command, check=False).returncode:
            raise SystemExit(f"pip could not install {peer} into {there}; its message is above")
        done.touch()
    return python
