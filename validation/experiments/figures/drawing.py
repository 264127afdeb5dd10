"""Pieces that the paper's figures share: medians with intervals over faint single runs, curves, captions."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from geodepth.foundation.shapes import Float
from geodepth.validation.experiments.sweeps.outcome import Row
from geodepth.validation.experiments.sweeps.statistics import Interval, median_interval, present
from geodepth.validation.experiments.sweeps.tables import Measured, grouped
from geodepth.validation.figures.style import MARKERS, TRUTH, colour, panels, style

COLUMN = 3.35
"""Inches, the width of a column of a two-column paper; figures are drawn for it, one panel per column."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A figure.

    Attributes
    ----------
    name : str
        For files.
    figure : Figure
        What is drawn.
    caption : str
        The sentences below it.
    rows : sequence of dict
        The numbers behind its points, tidy: each with its quantity.
    """

    name: str
    figure: Figure
    caption: str
    rows: Sequence[Row]


def interval_numbers(interval: Interval) -> Row:
    """A median with its interval, over how many seeds it is, and what it covers."""
    median = {"median": interval.estimate, "low": interval.low, "high": interval.high}
    return {**median, "seeds": interval.count, "coverage": round(interval.coverage, 4)}


def interval_row(quantity: str, x: float | None, x_name: str, interval: Interval) -> Row:
    """The row behind a point: the median of a quantity at x, with its interval."""
    return {"quantity": quantity, "x": x, "x_name": x_name, **interval_numbers(interval)}


def median_line(
    axis: Axes,
    rows: Iterable[Row],
    x: str,
    value: str,
    number: int,
    label: str,
    *,
    faint: bool = True,
    marker: bool = True,
    style: str = "-",
    shift: float = 0.0,
    shade: str | None = None,
) -> list[Row]:
    """Draw the median of a column over another, with its 95 % interval.

    Parameters
    ----------
    axis : Axes
        Where to draw.
    rows : iterable of dict
        One per run, each with its seed.
    x, value : str
        The columns.
    number, label : int, str
        Of the series: its colour and marker, and its name.
    faint : bool
        Whether single runs are drawn faintly behind.
    marker, style : bool, str
        Whether points are marked, and how they are joined.
    shift : float
        Moves the marks by this factor in x, so that intervals of several series do not hide each other.
    shade : str, optional
        The colour in place of the number's.

    Returns
    -------
    list of dict
        The rows behind the points.
    """
    chosen = [row for row in rows if row.get(value) is not None and np.isfinite(row[value])]
    shade = colour(number) if shade is None else shade
    if faint:
        for runs in grouped(chosen, ["seed"]).values():
            points = sorted((float(row[x]) * (1.0 + shift), float(row[value])) for row in runs)
            axis.plot(*zip(*points, strict=True), color=shade, lw=0.5, alpha=0.25, zorder=1)
    found = {
        float(place): median_interval([row[value] for row in members])
        for (place,), members in sorted(grouped(chosen, [x]).items())
    }
    if not found:
        return []
    middle, low, high = np.array([(i.estimate, i.low, i.high) for i in found.values()]).T
    axis.errorbar(
        np.array(list(found)) * (1.0 + shift),
        middle,
        yerr=np.abs(np.stack([middle - low, high - middle])),
        marker=MARKERS[number % len(MARKERS)] if marker else None,
        label=label,
        color=shade,
        lw=1.3,
        ls=style,
        capsize=1.8,
        elinewidth=0.9,
        ms=3.4,
        zorder=3,
    )
    return [interval_row(label, place, x, interval) for place, interval in found.items()]


def exact_line(
    axis: Axes, rows: Iterable[Row], x: str, value: str, label: str, style: str = "-", **besides: Any
) -> list[Row]:
    """Draw a column of the truths over another, in black, without intervals; the rows behind it, with what is named
    besides in front."""
    points = [(row[x], row[value]) for row in sorted(rows, key=lambda row: float(row[x]))]
    axis.plot(*zip(*points, strict=True), color=TRUTH, ls=style, lw=1.2, label=label, zorder=4)
    return [{"quantity": label, **besides, "x": a, "x_name": x, "median": b} for a, b in points]


def band(
    axis: Axes,
    x: Float[np.ndarray, " points"],
    runs: Float[np.ndarray, "seeds points"],
    number: int,
    label: str,
    style: str = "-",
    shade: Any = None,
) -> list[Row]:
    """Draw curves as their pointwise median with its interval as a band, single runs faint; the rows behind it.

    Parameters
    ----------
    axis : Axes
        Where to draw.
    x : (points,)
        Positions.
    runs : (seeds, points)
        The curves.
    number, label : int, str
        Of the series: its colour, and its name.
    style : str
        Of the median's line.
    shade : colour, optional
        In place of the number's.
    """
    shade = colour(number) if shade is None else shade
    axis.plot(x, runs.T, color=shade, lw=0.4, alpha=0.2, zorder=1)
    intervals = [median_interval(column) if len(present(column)) else None for column in runs.T]
    numbers = [(np.nan,) * 3 if i is None else (i.estimate, i.low, i.high) for i in intervals]
    middle, low, high = np.array(numbers).T
    axis.fill_between(x, low, high, color=shade, alpha=0.22, lw=0, zorder=2)
    axis.plot(x, middle, color=shade, lw=1.3, ls=style, label=label, zorder=3)
    return [interval_row(label, float(p), "p", i) for p, i in zip(x, intervals, strict=True) if i is not None]


def lines_by(
    axis: Axes, rows: Sequence[Row], column: str, names: Sequence[str], x: str, value: str, spread: float
) -> list[Row]:
    """A median line for each value of a column, moved apart by `spread` in x; the rows behind them."""
    return [
        drawn
        for number, name in enumerate(names)
        for drawn in median_line(
            axis, [row for row in rows if row[column] == name], x, value, number, name, shift=spread * (number - 1)
        )
    ]


@contextmanager
def one_panel(height: float) -> Iterator[tuple[Figure, Axes]]:
    """A figure of one panel, as wide as a column of a paper and so high, in the style of all figures."""
    with style():
        figure, axes = panels(1, 1, COLUMN, height)
        yield figure, axes[0][0]


def ticks_at(axis: Axes, places: Iterable[float], scale: str = "log") -> None:
    """Ticks of the horizontal axis where the data are, and nowhere else."""
    here = sorted(set(places))
    axis.set_xscale(scale)
    axis.set_xticks(here, [f"{place:g}" for place in here])
    axis.set_xticks([], minor=True)


def depth_axis(axis: Axes, rows: Iterable[Row]) -> None:
    """A logarithmic axis of L̃ with ticks where the data are."""
    ticks_at(axis, (float(row["effective_depth"]) for row in rows))
    axis.set_xlabel(r"effective depth $\tilde{L}$")


def layers_axis(axis: Axes, rows: Iterable[Row]) -> None:
    """A logarithmic axis of L with ticks where the data are."""
    ticks_at(axis, (int(row["layers"]) for row in rows))
    axis.set_xlabel("layers $L$")


def route(measured: Measured) -> str:
    """The dimensions that a teacher passes through, with arrows between."""
    return " → ".join(str(d) for d in measured.results[0].parameters["data"]["dimensions"])


def plain_log(axis: Axes) -> None:
    """Plain numbers, few but never one alone, on a logarithmic vertical axis that may span less than a decade."""
    low, high = axis.get_ylim()
    subs: tuple[float, ...] = (1.0,)
    for most, finer in ((1000.0, (1.0, 3.0)), (30.0, (1.0, 2.0, 5.0)), (10.0, (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))):
        subs = finer if high < most * low else subs
    axis.yaxis.set_major_locator(LogLocator(base=10.0, subs=subs))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_formatter(NullFormatter())


def on_grid(
    positions: Float[np.ndarray, "seeds points"],
    curves: Float[np.ndarray, "seeds points ..."],
    grid: Float[np.ndarray, " grid"],
) -> Float[np.ndarray, "seeds grid ..."]:
    """Curves (seeds, points, …) at positions of their own (seeds, points), linear between them, on one grid."""
    flat = curves.reshape(*curves.shape[:2], -1)
    found = [
        np.stack([np.interp(grid, p, column) for column in c.T], axis=1) for p, c in zip(positions, flat, strict=True)
    ]
    return np.stack(found).reshape(len(curves), len(grid), *curves.shape[2:])


def seeds_phrase(rows: Iterable[Row]) -> str:
    """What an interval is over, for captions: the number of seeds, and the method."""
    counts = sorted({int(row["seeds"]) for row in rows if row.get("seeds")})
    if not counts:
        return "no seeds yet"
    many = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    kind = "95 % intervals of the median by interpolated order statistics"
    if counts[-1] < 6:
        kind = f"their range (which covers the median with {100 * (1 - 0.5 ** (counts[-1] - 1)):.0f} %)"
    elif counts[0] < 6:
        kind += " (ranges where fewer than six seeds are left)"
    return f"medians over {many} seeds with {kind}"
