"""Checks of the files that a command is to write, before any work starts."""

import os
from pathlib import Path

from geodepth.foundation.errors import InputError

FIGURES = (".png", ".svg", ".pdf")
"""Endings of figures that Matplotlib draws."""


def check_file(argument: str, path: Path | None, endings: tuple[str, ...]) -> None:
    """Refuse a file that could not be written.

    Parameters
    ----------
    argument : str
        The option that names the file, for the message.
    path : Path, optional
        The file. None: nothing is to be written.
    endings : tuple of str
        One of which the name must have.

    Raises
    ------
    InputError
        The name has another ending, or its folder is missing or cannot be written.
    """
    if path is None:
        return
    if path.suffix not in endings:
        raise InputError(f"{argument} is {path}; give a name that ends in {' or '.join(endings)}")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise InputError(f"{argument} {path} cannot be written: there is no folder {path.parent}; make it first")
    if path.is_dir() or not os.access(folder, os.W_OK):
        raise InputError(f"{argument} {path} cannot be written; give another place")
