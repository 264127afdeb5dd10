"""Checks of the files that a command is to write, before any work starts."""

from __future__ import annotations

import os
from pathlib import Path

from geodepth.control import ProblemError


def check_file(argument: str, path: Path, endings: tuple[str, ...]) -> None:
    """Raises ProblemError unless `path` has one of the endings and its folder exists and can be written."""
    if path.suffix not in endings:
        raise ProblemError(f"{argument} is {path}; give a name that ends in {' or '.join(endings)}")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise ProblemError(f"{argument} {path} cannot be written: there is no folder {path.parent}; make it first")
    if path.is_dir() or not os.access(folder, os.W_OK):
        raise ProblemError(f"{argument} {path} cannot be written; give another place")
