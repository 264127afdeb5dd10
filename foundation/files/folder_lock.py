"""One run at a time in a folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from geodepth.foundation.errors import InputError


@contextmanager
def only_run_in(
    folder: str | os.PathLike[str], name: str = "folder", error: type[InputError] = InputError, part: str = ""
) -> Iterator[None]:
    """Hold a folder, so that no other run writes into it meanwhile.

    Parameters
    ----------
    folder : path
        It is there.
    name : str
        The argument that names the folder, for the message.
    error : type of InputError, optional
        What is raised.
    part : str
        Runs that do different parts of the work share a folder.

    Raises
    ------
    InputError
        The class `error`, where another run holds the folder.

    Notes
    -----
    The system keeps the lock, and lets it go when its process ends, however it ends. The file `.lock` stays behind, and
    means nothing. A file system that knows no locks is written without one.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(os.path.join(folder, f".lock{part}"))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise error(f"{name} {folder} is in use by another run; wait for its end, or give another folder") from None
    except (OSError, NotImplementedError):
        lock = None
    try:
        yield
    finally:
        if lock is not None:
            lock.release()
