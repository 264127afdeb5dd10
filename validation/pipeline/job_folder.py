"""The folder of a job: seen to be writable before any work, and held while it lasts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geodepth.foundation.files.atomic_files import make_folder
from geodepth.foundation.files.folder_lock import only_run_in
from geodepth.validation.errors import ValidationError


@contextmanager
def job_folder(out: Path) -> Iterator[None]:
    """Make the folder, and hold it against other runs.

    Raises
    ------
    ValidationError
        It cannot be written, or another run holds it.
    """
    make_folder("--out", out, ValidationError)
    with only_run_in(out, "--out", ValidationError):
        yield
