"""The gallery: one page that shows every figure of a folder, with what is behind it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from geodepth.validation.experiments.sweeps.results import write_atomically
from geodepth.validation.report.html import table, text
from geodepth.validation.report.style_sheet import STYLE


@dataclass(frozen=True, slots=True)
class Entry:
    """An experiment's place in the gallery; time is the sum of its tasks' times, wherever they ran."""

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


def write_gallery(folder: Path) -> Path:
    """index.html from the entries that are there; figures and tables are linked, each beside its entry. Atomic."""
    sections = []
    for path in sorted(folder.glob("*/entry.json")):
        try:
            entry = Entry(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            continue
        sections.append(_section(entry, path.parent.name, path.parent))
    body = "\n".join(sections) or "<p>No figures yet.</p>"
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Hamiltonian mechanics of feature learning: the figures</title>\n<style>{STYLE}</style>\n</head>\n"
        "<body>\n<main>\n<h1>Hamiltonian mechanics of feature learning: the figures, with seeds</h1>\n"
        "<p>Every interval is over seeds; each caption says how many. The data behind each point is a row of the "
        f"table linked below its figure.</p>\n{body}\n</main>\n</body>\n</html>\n"
    )
    target = folder / "index.html"
    write_atomically(target, page.encode())
    return target


def _section(entry: Entry, place: str, folder: Path) -> str:
    parts = [f'<section id="{text(place)}"><h2>{text(entry.name)}, {text(entry.size)}</h2>']
    parts.append(f"<p>{text(entry.question)}</p>")
    for name, caption in zip(entry.figures, entry.captions, strict=True):
        parts.append(
            f'<figure><img src="{text(place)}/{text(name)}.svg" style="max-width:100%" alt="{text(caption)}">'
            f"<figcaption>{text(caption)} {_links(place, name)}</figcaption></figure>"
        )
    runs = " ".join(
        f'<a href="{text(place)}/{path.name}">{path.name}</a>' for path in sorted(folder.glob("runs-*.csv"))
    )
    rows = [
        ["command", f"<code>{text(entry.command)}</code>"],
        ["tasks", text(f"{entry.tasks}; their time adds up to {entry.time}")],
        ["sweeps", "<br>".join(text(sweep) for sweep in entry.sweeps)],
        ["hardware", text("; ".join(entry.hardware))],
        ["measured by", text("; ".join(entry.measured_by))],
        ["drawn with", text(", ".join(f"{name} {number}" for name, number in entry.versions.items()))],
        ["drawn", text(entry.drawn)],
        ["data", f"single runs: {runs}; results with curves and weights: <code>data/</code>"],
    ]
    # Its cells are sentences: they wrap, on a phone too.
    return "\n".join([*parts, f'<div class="wrapped">{table([], rows)}</div>', "</section>"])


def _links(place: str, name: str) -> str:
    return " ".join(
        f'<a href="{text(place)}/{text(name)}.{ending}">{ending.upper()}</a>' for ending in ("csv", "svg", "png")
    )
