"""Pieces of HTML: figures, tables, numbers, escaped text."""

from __future__ import annotations

import base64
import html
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from geodepth.validation.figures.style import to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# A figure this wide fills the page; narrower ones keep their type size instead of growing.
_FULL_WIDTH = 7.8
_LEAST_PIXELS = 84.0  # an inch of the figure: its smallest type is then 9 pixels high


def figure_html(figure: Figure, caption: str) -> str:
    """A figure with its caption. As an image of its own it cannot collide with the identifiers of another."""
    encoded = base64.b64encode(to_svg(figure).encode()).decode()
    width = float(figure.get_figwidth())
    share = min(100.0, 100.0 * width / _FULL_WIDTH)
    # On a narrow screen it scrolls instead of shrinking beyond what can be read.
    size = f"width:{share:.0f}%;min-width:{min(width, _FULL_WIDTH) * _LEAST_PIXELS:.0f}px"
    return (
        f'<figure><div class="scroll"><img src="data:image/svg+xml;base64,{encoded}" style="{size}" '
        f'alt="{text(caption)}"></div><figcaption>{text(caption)}</figcaption></figure>'
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table from a plain head and cells that are already HTML."""
    top = f"<thead><tr>{''.join(f'<th>{text(cell)}</th>' for cell in head)}</tr></thead>" if head else ""
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table>{top}<tbody>{body}</tbody></table></div>'


def number(value: float | None, digits: int = 3) -> str:
    """A number for people; a dash where there is none."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.{digits}g}".replace("-", "−")


def formula(value: str) -> str:
    """Escaped, with one-letter indices set as such, A_p, ‖M‖_F, and numbers with a minus sign, not a hyphen."""
    signed = re.sub(r"(?<!\w)-(?=\d)|(?<=\de)-(?=\d)", "−", text(value))
    return re.sub(r"_([A-Za-z0-9])(?![A-Za-z0-9])", r"<sub>\1</sub>", signed)


def text(value: Any) -> str:
    """Escaped."""
    return html.escape(str(value), quote=True)
