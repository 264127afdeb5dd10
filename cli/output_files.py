"""The files that a command is to write: checked before any work starts, figures written whole."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from geodepth.foundation.argument_checks import shown
from geodepth.foundation.errors import InputError
from geodepth.foundation.files.atomic_files import write_atomically

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.figure import Figure

FIGURES = (".png", ".svg", ".pdf")
"""Endings of figures that Matplotlib draws."""


FILMS = (".gif", ".mp4")
"""Endings of films."""


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
    check_name(argument, path)
    folder = path.absolute().parent
    if not os.path.isdir(folder):
        raise InputError(f"{argument} {path} cannot be written: there is no folder {path.parent}; make it first")
    blocked = os.path.exists(path) and not os.path.isfile(path)  # by a folder, a pipe or a device
    if blocked or not os.access(folder, os.W_OK):
        raise InputError(f"{argument} {path} cannot be written; give another place")


def check_film(argument: str, path: Path | None) -> None:
    """Refuse a film that could not be written: as `check_file`, and .mp4 where ffmpeg is missing."""
    check_file(argument, path, FILMS)
    if path is not None and path.suffix == ".mp4" and shutil.which("ffmpeg") is None:
        raise InputError(f"{argument} is {path}; .mp4 needs the program ffmpeg, which is not there; give a .gif")


def check_folder(argument: str, path: Path) -> None:
    """Refuse a folder that could not be made or written. It is looked at, not made.

    Raises
    ------
    InputError
        A file is there, or what is above it cannot be written.
    """
    check_name(argument, path)
    if os.path.exists(path) and not os.path.isdir(path):
        raise InputError(f"{argument} is {path}; expected a folder, and it is a file; give another place")
    above = next(place for place in (path.absolute(), *path.absolute().parents) if os.path.exists(place))
    if not os.path.isdir(above) or not os.access(above, os.W_OK | os.X_OK):
        raise InputError(f"{argument} is {path}; expected a folder that can be written; give another place")


def check_name(argument: str, path: Path) -> None:
    """Refuse a name that the file system cannot have.

    Raises
    ------
    InputError
        It holds a NUL, or is too long.
    """
    try:
        os.stat(path)
    except (OSError, ValueError) as error:
        if isinstance(error, ValueError) or error.errno == errno.ENAMETOOLONG:
            raise InputError(f"{argument} {shown(str(path))} cannot be written ({error}); give another name") from None


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure into a file, whole or not at all; the name's ending says in which format.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    kind = path.suffix[1:]
    write_atomically(path, lambda file: figure.savefig(file, dpi=150, format=kind), InputError)


def save_film(animation: FuncAnimation, path: Path) -> None:
    """Write an animation into a .gif or an .mp4, whole or not at all.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / f"film{path.suffix}"
        animation.save(film, writer="pillow" if path.suffix == ".gif" else "ffmpeg")
        write_atomically(path, film.read_bytes(), InputError)
