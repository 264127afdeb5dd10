"""Writing a report: one self-contained HTML page, and every number of it as JSON next to it."""

import json
from pathlib import Path
from typing import Any

from geodepth.foundation.files.atomic_files import write_atomically
from geodepth.validation.errors import ValidationError
from geodepth.validation.figures.style import to_bytes

from .analysis import analyse_report
from .data import ReportData
from .numbers import report_numbers
from .page import render_page
from .page_figures import FIGURE_NAMES, SEARCH, PageFigures

FORMATS = ("pdf", "svg", "png")
"""In which figures are written beside a report: two for print, one for slides."""


def write_report(data: ReportData, path: str | Path, figures: str | None = None) -> Path:
    """Write the page of a report, and its numbers to the same name with .json.

    Every file appears whole or not at all. Figures of another report that was there before are removed.

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
    found = report_numbers(data, analyses)
    numbers = json.dumps(found, indent=1, allow_nan=False, ensure_ascii=False)
    if _without_circumstances(earlier_numbers(page)) != _without_circumstances(json.loads(numbers)):
        _remove_figures(page.parent / "figures")
    write_atomically(page.with_suffix(".json"), _bytes(numbers), ValidationError)
    write_atomically(page, _bytes(render_page(data, analyses, drawn)), ValidationError)
    if figures is not None:
        for name, figure in drawn.by_name.items():
            write_atomically(page.parent / "figures" / f"{name}.{figures}", to_bytes(figure, figures), ValidationError)
    return page


def earlier_numbers(page: Path) -> dict[str, Any]:
    """The numbers of the report that is there already; empty where there is none, or none that can be read."""
    try:
        found = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def replaced_report(page: Path, command: str) -> str | None:
    """What to tell before the report of another command is replaced; None where there is none."""
    earlier = earlier_numbers(page).get("command")
    if not earlier or earlier == command:
        return None
    return f"{page} of another command ({earlier}) will be replaced; give another --out to keep it"


def _without_circumstances(numbers: dict[str, Any]) -> dict[str, Any]:
    """What figures show: all but how and how fast it was made."""
    circumstances = ("command", "seconds", "settings", "versions")
    return {name: value for name, value in numbers.items() if name not in circumstances}


def _remove_figures(folder: Path) -> None:
    """Remove what an earlier report's figures are called, and nothing else."""
    for kind in FORMATS:
        for file in folder.glob(f"*.{kind}"):
            if file.stem in FIGURE_NAMES or file.stem.startswith(SEARCH):
                file.unlink(missing_ok=True)


def _bytes(text: str) -> bytes:
    """UTF-8; the name of a file need not be, and shall not end the job."""
    return text.encode(errors="backslashreplace")
