"""The templates' environment: all text is escaped, and figures, numbers and formulas are set in one way."""

from __future__ import annotations

import base64
import functools
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from geodepth.validation.comparison.verdicts import Verdict
from geodepth.validation.figures.style import FULL_WIDTH, LEAST_EXCESS, to_svg
from geodepth.validation.theory.check import Status

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FOLDER = Path(__file__).parent

# Pixels for an inch of the figure, at least: its smallest type is then 9 pixels high.
_LEAST_PIXELS = 84.0

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

_MARKS = {
    Verdict.BEST_KNOWN: "good",
    Verdict.LOCAL_MINIMUM: "near",
    Verdict.STATIONARY_ELSEWHERE: "near",
    Verdict.NEAR_MINIMUM: "open",
    Verdict.ON_ITS_WAY: "open",
    Verdict.COLLAPSED: "bad",
    Verdict.BELOW_TRUTH: "bad",
    Status.HOLDS: "good",
    Status.FAILS: "bad",
    Status.NOT_APPLICABLE: "open",
}


def render(template: str, **values: Any) -> str:
    """A page or a part of one, from the template of that name in the folder of templates.

    Parameters
    ----------
    template : str
        The template's name without its ending .html.jinja.
    **values
        What the template names. A name without a value raises jinja2's UndefinedError.
    """
    return _environment().get_template(f"{template}.html.jinja").render(values)


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "percent": percent,
        "measured": measured,
        "truth_digits": truth_digits,
        "formula": formula,
        "words": words,
        "mark": mark,
        "as_image": as_image,
        "image_size": image_size,
    }
    environment.globals["file"] = lambda name: Markup((_FOLDER / "assets" / name).read_text(encoding="utf-8"))
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    return environment


def number(value: float | None, digits: int = 3, *, zeros: bool = False) -> str:
    """A number for people, to so many significant digits; a dash where there is none. Zeros at its end on demand."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    written = f"{value:#.{digits}g}".removesuffix(".") if zeros else f"{value:.{digits}g}"
    return written.replace("-", "−")


def percent(value: float | None) -> str:
    """A share in percent for people, to two significant digits; what is below 1e-8 is none, as in the figures."""
    if value is None or not math.isfinite(value):
        return number(value)
    share = 100.0 * value if abs(value) > LEAST_EXCESS else 0.0
    if abs(share) >= 10.0 or share == 0.0:
        return f"{share:.0f} %".replace("-", "−")
    if abs(share) >= 1e-3:
        return f"{share:#.2g} %".replace("-", "−")
    digits, _, power = f"{share:.1e}".partition("e")
    return f"{digits}·10{str(int(power)).translate(_RAISED)} %".replace("-", "−")


def measured(value: float | None, words: str, top: float | None = None) -> dict[str, Any]:
    """A cell of a table that is sorted by its number, and shows it as a bar too.

    Parameters
    ----------
    value : float or None
        The number.
    words : str
        How it is written.
    top : float, optional
        The number whose bar fills the cell. None: no bar.
    """
    known = value is not None and math.isfinite(value)
    share = min(1.0, max(0.0, float(value or 0.0) / top)) if known and top else None
    return {"words": words, "value": value if known else None, "share": share}


def truth_digits(bracket: float | None) -> int:
    """How many digits of a truth's cost its bracket vouches for, within 4 and 9; 6 where there is no bracket."""
    if bracket is None:
        return 6
    return 9 if bracket <= 1e-9 else max(4, min(9, math.ceil(-math.log10(bracket))))


def formula(value: str) -> Markup:
    """Escaped, with one-letter indices set as such, A_p, ‖M‖_F, and numbers with a minus sign, not a hyphen."""
    signed = re.sub(r"(?<!\w)-(?=\d)|(?<=\de)-(?=\d)", "−", str(escape(value)))
    return Markup(re.sub(r"_([A-Za-z0-9])(?![A-Za-z0-9])", r"<sub>\1</sub>", signed))


def mark(outcome: Verdict | Status) -> str:
    """The class of an outcome's mark in the style sheet: good, near, open or bad."""
    return _MARKS[outcome]


def words(value: Any) -> str:
    """A setting's value for people."""
    if isinstance(value, list | tuple):
        return ", ".join(str(entry) for entry in value)
    return "by default" if value is None else str(value)


def as_image(figure: Figure) -> str:
    """A figure as the address of an image. On its own it cannot collide with the identifiers of another."""
    return f"data:image/svg+xml;base64,{base64.b64encode(to_svg(figure).encode()).decode()}"


def image_size(figure: Figure) -> str:
    """The style that gives a figure its size on the page.

    A figure of full width fills the page; a narrower one keeps its type size instead of growing. On a narrow screen it
    scrolls instead of shrinking beyond what can be read.
    """
    width = float(figure.get_figwidth())
    share = min(100.0, 100.0 * width / FULL_WIDTH)
    return f"width:{share:.0f}%;min-width:{min(width, FULL_WIDTH) * _LEAST_PIXELS:.0f}px"
