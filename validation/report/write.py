"""Writing a report: one self-contained HTML page, and every number of it as JSON next to it."""

import json
from pathlib import Path

from geodepth.foundation.files.atomic_files import write_atomically
from geodepth.validation.errors import ValidationError
from geodepth.validation.figures.style import to_bytes

from .analysis import analyse_report
from .data import ReportData
from .numbers import report_numbers
from .page import render_page
from .page_figures import PageFigures

FORMATS = ("pdf", "svg", "png")
"""In which figures are written beside a report: two for print, one for slides."""


def write_report(data: ReportData, path: str | Path, figures: str | None = None) -> Path:
    """Write the page of a report, and its numbers to the same name with .json.

    Every file appears whole or not at all.

    Parameters
    ----------
    data : ReportData
        What the report says.
    path : str or Path
        The page's file, ending in .html. Its folder is made where it does not exist.
    figures : str, optional
        One of `FORMATS`: every figure of the page is written in that format too, into the folder figures beside it.

    Returns
    -------
    Path
        The page's file.

    Raises
    ------
    ValidationError
        The name does not end in .html, the format is unknown, or the folder cannot be written.
    """
    page = Path(path)
    if page.suffix.lower() not in (".html", ".htm"):
        raise ValidationError(f"path is {page.name!r}; give a name that ends in .html")
    if figures is not None and figures not in FORMATS:
        raise ValidationError(f"figures is {figures!r}; give one of {', '.join(FORMATS)}")
    analyses = analyse_report(data)
    drawn = PageFigures.of(data, analyses)
    numbers = json.dumps(report_numbers(data, analyses), indent=1, allow_nan=False, ensure_ascii=False)
    write_atomically(page.with_suffix(".json"), _bytes(numbers), ValidationError)
    write_atomically(page, _bytes(render_page(data, analyses, drawn)), ValidationError)
    if figures is not None:
        for name, figure in drawn.by_name.items():
            write_atomically(page.parent / "figures" / f"{name}.{figures}", to_bytes(figure, figures), ValidationError)
    return page


def _bytes(text: str) -> bytes:
    """UTF-8; the name of a file need not be, and shall not end the job."""
    return text.encode(errors="backslashreplace")
