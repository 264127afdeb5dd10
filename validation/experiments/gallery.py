"""The gallery: one page that shows every figure of a folder, with what is behind it.

Its words and its order stand in gallery.html.jinja, among the report's templates.
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from geodepth.foundation.files.atomic_files import write_atomically
from geodepth.foundation.files.opened_files import DamagedFileError
from geodepth.foundation.files.text_files import read_json
from geodepth.validation.errors import ValidationError
from geodepth.validation.report.templating import render


@dataclass(frozen=True, slots=True)
class Entry:
    """An experiment's place in the gallery.

    Attributes
    ----------
    name, size : str
        The experiment and its size.
    question : str
        What it asks.
    command : str
        What reproduces it.
    figures, captions : list of str
        The names of the figures' files without ending, and a caption for each.
    sweeps : list of str
        What each sweep holds, in words.
    hardware : list of str
        Where the tasks ran.
    time : str
        The sum of the tasks' times, wherever they ran.
    tasks : int
        How many they are.
    drawn : str
        The day on which the figures were drawn.
    versions : dict of str to str
        The versions of the libraries that they were drawn with.
    digest : str
        Of the results and of the code that draws; where it is the same, nothing is drawn again.
    measured_by : list of str
        The versions and the code that measured, each with its number of results.
    """

    name: str
    size: str
    question: str
    command: str
    figures: list[str]
    captions: list[str]
    sweeps: list[str]
    hardware: list[str]
    time: str
    tasks: int
    drawn: str
    versions: dict[str, str]
    digest: str
    measured_by: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """For a JSON file."""
        return asdict(self)

    @property
    def captioned(self) -> list[tuple[str, str]]:
        """Every figure with its caption."""
        return list(zip(self.figures, self.captions, strict=True))


def write_gallery(folder: Path) -> Path:
    """Write index.html from the entries that are there; figures and tables are linked, each beside its entry. Atomic.

    Parameters
    ----------
    folder : Path
        It holds a folder for each entry: entry.json, figures, tables. What cannot be read is left out.

    Returns
    -------
    Path
        The page's file.

    Raises
    ------
    ValidationError
        It cannot be written.
    """
    sections = []
    for path in sorted(folder.glob("*/entry.json")):
        try:
            entry = Entry(**read_json(path))
        except (FileNotFoundError, DamagedFileError, TypeError):
            continue
        sections.append((path.parent.name, entry, sorted(file.name for file in path.parent.glob("runs-*.csv"))))
    return write_atomically(folder / "index.html", render("gallery", sections=sections).encode(), ValidationError)
