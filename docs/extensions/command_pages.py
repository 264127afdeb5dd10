"""The command line's own help as a page."""

import contextlib
import io
import os
from pathlib import Path
from typing import Any

from geodepth.cli.known_commands import COMMANDS
from geodepth.cli.main import main

PLACE = Path(__file__).parent.parent / "built" / "command_line.md"
COLUMNS = "80"
"""Letters a line of the help has here."""


def setup(app: Any) -> dict[str, bool]:
    """Write the page before Sphinx looks for it."""
    app.connect("builder-inited", lambda _: write_page())
    return {"parallel_read_safe": True}


def write_page() -> None:
    """Write the page; nothing where it says the same already."""
    parts = [f"# Command line\n\n```text\n{_said()}\n```\n"]
    parts += [f"## geodepth {name}\n\n```text\n{_said(name, '--help')}\n```\n" for name in COMMANDS]
    text = "\n".join(parts)
    if not PLACE.exists() or PLACE.read_text() != text:
        PLACE.parent.mkdir(exist_ok=True)
        PLACE.write_text(text)


def _said(*words: str) -> str:
    os.environ["COLUMNS"] = COLUMNS
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        main(words)
    return said.getvalue().strip()
