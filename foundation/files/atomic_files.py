"""Files that are there whole or not at all, whatever dies meanwhile.

1. Write to a file beside the place, whose name no other process or machine can have.
2. Synchronize it with the disk.
3. Make it as readable as any file of its user; a temporary file is private, a result is not.
4. Move it to its place in one step. On any failure before, take it away; what was there stays.
"""

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from geodepth.foundation.errors import InputError

LONGEST_PREFIX = 40
"""Letters of the file's name in that of the one beside it, which must not be too long where the file's is not."""


def write_atomically(
    path: str | os.PathLike[str], content: bytes | Callable[[BinaryIO], object], error: type[InputError] | None = None
) -> Path:
    """Put `content` at `path`, replacing what is there whole or not at all.

    Parameters
    ----------
    path : path
        Folders that lead there are made.
    content : bytes or function
        The bytes, or a function that writes them into the open file it is given.
    error : type of InputError, optional
        What is raised, in one line, where the system refuses. Without it the system's OSError goes through.

    Returns
    -------
    Path
        The path.

    Raises
    ------
    InputError
        The class `error`, where the place cannot be written.
    OSError
        The same, without `error`.
    """
    path = Path(path)
    try:
        _refuse_nul(path)
        # Moving a file over a device, such as /dev/null, would take that away.
        if os.path.exists(path) and not os.path.isfile(path):
            raise OSError(errno.EEXIST, "it is a folder, a pipe or a device")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:LONGEST_PREFIX]}.")
        try:
            with os.fdopen(handle, "wb") as file:
                if isinstance(content, bytes):
                    file.write(content)
                else:
                    content(file)
                file.flush()
                os.fsync(file.fileno())
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(beside, 0o666 & ~umask)
            os.replace(beside, path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as refused:
        if error is None:
            raise
        raise error(f"{path} cannot be written ({_reason(refused)}); choose a place that can be written") from None
    return path


def make_folder(name: str, path: str | os.PathLike[str], error: type[InputError] = InputError) -> Path:
    """Make the folder `path` where it is missing, and try to write in it, before the work that is to end there.

    Parameters
    ----------
    name : str
        The argument that names the folder, for the message.

    Raises
    ------
    InputError
        The class `error`, where the folder cannot be made or written.
    """
    try:
        _refuse_nul(path)
        Path(path).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as refused:
        raise error(
            f"{name} is {path}; expected a folder that can be written ({_reason(refused)}); choose another"
        ) from None
    return Path(path)


def _refuse_nul(path: str | os.PathLike[str]) -> None:
    """The system's own refusal of such a name is no OSError."""
    if "\0" in os.fspath(path):
        raise OSError(errno.EINVAL, "its name holds a NUL")


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
