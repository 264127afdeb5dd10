"""The folder of a job, before any work."""

from pathlib import Path

from geodepth.foundation.files.atomic_files import write_atomically
from geodepth.validation.errors import ValidationError


def check_writable(out: Path) -> None:
    """Make the folder and write in it once, so that no work is lost for want of a place.

    Raises
    ------
    ValidationError
        It cannot be written.
    """
    try:
        write_atomically(out / ".probe", b"").unlink()
    except OSError as error:
        raise ValidationError(f"--out {out} cannot be written ({error.strerror}); give another folder") from None
