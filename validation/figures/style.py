"""The look that all figures share: colours that colour-blind readers can tell apart, one type size, vector output."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence, Sized
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), the yellow last: it is too light for lines on white.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
TRUTH = "#000000"
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
SEQUENTIAL = "cividis"

# Relative. Below this excess two costs are one number: the solver's bracket is no tighter.
LEAST_EXCESS = 1e-8
# Inches: the width of a row of panels. A figure this wide fills the report's page.
FULL_WIDTH = 7.8
# Dots per inch of a PNG file, as most journals ask of figures with lines and shades.
PRINT_DPI = 300

# Sizes in points, chosen by hand: readable at the width of a page and in a column of a paper.
_SETTINGS: Any = {
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9.0,
    "legend.fontsize": 8.0,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.3,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "geodepth",  # the same figure gives the same file
    "svg.fonttype": "path",
    "pdf.fonttype": 42,  # TrueType: many journals refuse Matplotlib's own choice, Type 3
}


@contextmanager
def style() -> Iterator[None]:
    """The settings of all figures, for as long as the block lasts."""
    import matplotlib

    with matplotlib.rc_context(_SETTINGS):
        yield


def panels(
    rows: int, columns: int, width: float, height: float, *, share_x: bool = False, share_y: bool = False
) -> tuple[Figure, list[list[Axes]]]:
    """A figure of panels on the Agg canvas; pyplot is not involved.

    Parameters
    ----------
    rows, columns : int
        How many panels.
    width, height : float
        The size of each in inches.
    share_x, share_y : bool
        Whether all share one range.

    Returns
    -------
    figure : Figure
    axes : list of lists
        Its axes by row and column.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, sharex=share_x, sharey=share_y, squeeze=False)
    return figure, [list(row) for row in axes]


def panel_width(columns: int, least: float = 2.3) -> float:
    """The width of each of so many panels in a row, in inches: together as wide as the page, none below `least`."""
    return max(least, FULL_WIDTH / columns)


def colour(number: int) -> str:
    """The colour of the number-th series, counted from 0."""
    return PALETTE[number % len(PALETTE)]


def shades(count: int) -> list[Any]:
    """`count` colours from dark to light of one sequential map, the light end left out."""
    import matplotlib

    chosen = matplotlib.colormaps[SEQUENTIAL]
    return [chosen(0.9 * number / max(1, count - 1)) for number in range(count)]


def path_title(path: RepresentationPath) -> str:
    """What a panel calls a path."""
    return path.label or path.origin or "path"


def share_limits(axes: Sequence[Axes]) -> None:
    """Give the axes one vertical range, that of all of them together."""
    limits = [axis.get_ylim() for axis in axes]
    for axis in axes:
        axis.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))


def legend_below(figure: Figure, *axes: Axes, columns: int | None = None) -> None:
    """One legend under the axes, every name once, in so many columns; by default in one row of at most five."""
    seen: dict[str, Any] = {}
    for axis in axes:
        for handle, name in zip(*axis.get_legend_handles_labels(), strict=True):
            seen.setdefault(name, handle)
    figure.legend(list(seen.values()), list(seen), loc="outside lower center", ncols=columns or min(5, len(seen)))


def check_some(name: str, given: Sized) -> None:
    """Raise a ValidationError where there is nothing to draw."""
    if not len(given):
        raise ValidationError(f"{name} is empty; give at least one to draw")


def to_svg(figure: Figure) -> str:
    """The figure as SVG text, without date, so that the same data give the same text."""
    buffer = io.StringIO()
    with style():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, dpi=160)
    return buffer.getvalue()


def to_png(figure: Figure, dpi: int = 160) -> bytes:
    """The figure as PNG bytes."""
    buffer = io.BytesIO()
    with style():
        figure.savefig(buffer, format="png", metadata={"Software": None}, dpi=dpi)
    return buffer.getvalue()


def to_bytes(figure: Figure, kind: str) -> bytes:
    """The figure in one of the formats svg, png and pdf; the same data give the same bytes."""
    if kind != "pdf":
        return to_png(figure, PRINT_DPI) if kind == "png" else to_svg(figure).encode()
    buffer = io.BytesIO()
    with style():
        figure.savefig(buffer, format="pdf", metadata={"CreationDate": None, "Creator": None, "Producer": None})
    return buffer.getvalue()
