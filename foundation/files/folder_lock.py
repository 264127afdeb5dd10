"""One run at a time in a folder."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from geodepth.foundation.argument_checks import ArgumentChecks
from geodepth.foundation.errors import InputError

from .atomic_files import make_folder

NO_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK)
"""What file systems say that know no locks."""


@contextmanager
def only_run_in(
    folder: str | os.PathLike[str] | None, name: str = "folder", error: type[InputError] = InputError, part: str = ""
) -> Iterator[None]:
    """Make a folder where it is missing, and hold it, so that no other run writes into it meanwhile.

    Parameters
    ----------
    folder : path, optional
        None: there is nothing to hold.
    name : str
        The argument that names the folder, for the message.
    error : type of InputError, optional
        What is raised.
    part : str
        Runs that do different parts of the work share a folder.

    Raises
    ------
    InputError
        The class `error`, where the folder cannot be made or written, or another run holds it.

    Notes
    -----
    The system keeps the lock, and lets it go when its process ends, however it ends. The file `.lock` stays behind, and
    means nothing. A file system that knows no locks is written without one.
    """
    if folder is None:
        yield
        return
    from filelock import FileLock, Timeout

    ArgumentChecks(error).path(name, folder)
    lock = FileLock(os.path.join(make_folder(name, folder, error), f".lock{part}"))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise error(f"{name} {folder} is in use by another run; wait for its end, or give another folder") from None
    except (OSError, NotImplementedError) as refused:
        if isinstance(refused, OSError) and refused.errno not in NO_LOCKS:
            raise error(f"{name} {folder} cannot be held ({refused.strerror}); give another folder") from None
        yield
        return
    try:
        yield
    finally:
        lock.release()
