"""Lessons of `examples/` as pages: the first line of a lesson's docstring is its title, and the rest is plain text."""

import re
from typing import Any

from reference_pages import as_markup, escaped

PLACE = "built/tutorials/"


def setup(app: Any) -> dict[str, bool]:
    """Change what sphinx-gallery wrote while it is read."""
    app.connect("source-read", _with_title)
    return {"parallel_read_safe": True}


def _with_title(app: Any, page: str, source: list[str]) -> None:
    if not page.startswith(PLACE) or page.endswith("/index"):
        return
    head, label, rest = re.split(r"(\.\. _sphx_glr_[^\n]*:\n)", source[0], maxsplit=1)
    text, mark, code = rest.partition(".. GENERATED FROM")
    first, _, words = text.strip().partition("\n")
    title, _, sentence = first.partition(": ")
    title = escaped(title.rstrip("."))
    words = f"{sentence[:1].upper()}{sentence[1:]}\n{words}"
    cleaned = "\n".join(as_markup(words.splitlines()))
    source[0] = f"{head}{label}\n{title}\n{'=' * (len(title) + 10)}\n{cleaned}\n\n{mark}{code}"
