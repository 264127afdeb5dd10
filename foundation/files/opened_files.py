"""Opening what a user names, which may be anything: a folder, a pipe that never ends, a name that no file can have."""

import os
import stat
from io import BufferedReader
from os import PathLike


class DamagedFileError(Exception):
    """A file cannot be read, or is not what it should be; the message is the reason, in one line."""


def open_file(path: str | PathLike[str]) -> BufferedReader:
    """Open a file for reading; what is no regular file is refused, for reading a pipe or a device may never end.

    Raises
    ------
    FileNotFoundError
        There is none.
    DamagedFileError
        It is a folder, a pipe or a device, its name is none, or the system refuses.
    """
    try:
        # A pipe without a writer would hold up a plain open for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedFileError(error.strerror or str(error)) from None
    except (TypeError, ValueError) as error:  # no path at all, or a NUL inside the name
        raise DamagedFileError(str(error)) from None
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise DamagedFileError("it is a folder" if stat.S_ISDIR(mode) else "it is a pipe or a device, not a file")
    return os.fdopen(handle, "rb")


def one_line(error: BaseException) -> str:
    """An error's class and message in one line of at most 200 characters, for the reason of another."""
    words = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return words if len(words) <= 200 else f"{words[:197]}..."
