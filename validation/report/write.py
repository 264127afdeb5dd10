"""Writing a report: one self-contained HTML page, and every number of it as JSON next to it."""

import json
from pathlib import Path

from geodepth.foundation.files.atomic_files import write_atomically
from geodepth.validation.errors import ValidationError

from .analysis import analyse_report
from .data import ReportData
from .numbers import report_numbers
from .page import render_page


def write_report(data: ReportData, path: str | Path) -> Path:
    """Write the page of a report, and its numbers to the same name with .json.

    Both files appear whole or not at all.

    Parameters
    ----------
    data : ReportData
        What the report says.
    path : str or Path
        The page's file, ending in .html. Its folder is made where it does not exist.

    Returns
    -------
    Path
        The page's file.

    Raises
    ------
    ValidationError
        The name does not end in .html, or the folder cannot be written.
    """
    page = Path(path)
    if page.suffix.lower() not in (".html", ".htm"):
        raise ValidationError(f"path is {page.name!r}; give a name that ends in .html")
    analyses = analyse_report(data)
    numbers = json.dumps(report_numbers(data, analyses), indent=1, allow_nan=False, ensure_ascii=False)
    write_atomically(page.with_suffix(".json"), _bytes(numbers), ValidationError)
    return write_atomically(page, _bytes(render_page(data, analyses)), ValidationError)


def _bytes(text: str) -> bytes:
    """UTF-8; the name of a file need not be, and shall not end the job."""
    return text.encode(errors="backslashreplace")
