"""Pieces of HTML: figures, tables, numbers, escaped text."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .styles import to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# A figure this wide fills the page; narrower ones keep their type size instead of growing.
_FULL_WIDTH = 7.8


def figure_html(figure: Figure, caption: str) -> str:
    """A figure with its caption. As an image of its own it cannot collide with the identifiers of another."""
    encoded = base64.b64encode(to_svg(figure).encode()).decode()
    share = min(100.0, 100.0 * float(figure.get_figwidth()) / _FULL_WIDTH)
    return (
        f'<figure><img src="data:image/svg+xml;base64,{encoded}" style="width:{share:.0f}%" alt="{text(caption)}">'
        f"<figcaption>{text(caption)}</figcaption></figure>"
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


def text(value: Any) -> str:
    """Escaped."""
    return html.escape(str(value), quote=True)
