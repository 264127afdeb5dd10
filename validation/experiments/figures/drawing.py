"""Pieces that the paper's figures share: medians with intervals over faint single runs, curves, captions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodepth.validation.experiments.sweeps.outcome import Row
from geodepth.validation.experiments.sweeps.statistics import median_interval, present
from geodepth.validation.experiments.sweeps.tables import grouped
from geodepth.validation.figures.style import MARKERS, colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMN = 3.35
"""Inches, the width of a column of a two-column paper; figures are drawn for it, a panel a column."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A figure, its name for files, its caption, and the rows behind its points (tidy, each with its quantity)."""

    name: str
    figure: Figure
    caption: str
    rows: Sequence[Row]


def median_line(
    axis: Axes, rows: Iterable[Row], x: str, value: str, number: int, label: str, *, faint: bool = True,
    marker: bool = True, style: str = "-", shift: float = 0.0, shade: str | None = None,
) -> list[Row]:  # fmt: skip
    """The median of a column over x with its 95 % interval, single runs (by seed) faint behind; the rows drawn.

    shift moves the marks by this factor in x, so that intervals of several series do not hide each other. shade is the
    colour in place of the number's.
    """
    chosen = [row for row in rows if row.get(value) is not None and np.isfinite(row[value])]
    shade = colour(number) if shade is None else shade
    if faint:
        for runs in grouped(chosen, ["seed"]).values():
            points = sorted((float(row[x]) * (1.0 + shift), float(row[value])) for row in runs)
            axis.plot(*zip(*points, strict=True), color=shade, lw=0.5, alpha=0.25, zorder=1)
    places, intervals = [], []
    for (place,), members in sorted(grouped(chosen, [x]).items()):
        places.append(float(place))
        intervals.append(median_interval([row[value] for row in members]))
    if not places:
        return []
    at = np.array(places) * (1.0 + shift)
    middle = np.array([interval.estimate for interval in intervals])
    below = middle - np.array([interval.low for interval in intervals])
    above = np.array([interval.high for interval in intervals]) - middle
    axis.errorbar(
        at, middle, yerr=np.abs(np.stack([below, above])), color=shade, lw=1.3, ls=style, capsize=1.8, elinewidth=0.9,
        marker=MARKERS[number % len(MARKERS)] if marker else None, ms=3.4, label=label, zorder=3,
    )  # fmt: skip
    return [
        {"quantity": label, "x": place, "x_name": x, "median": i.estimate, "low": i.low, "high": i.high,
         "seeds": i.count, "coverage": round(i.coverage, 4)}
        for place, i in zip(places, intervals, strict=True)
    ]  # fmt: skip


def band(axis: Axes, x: np.ndarray, runs: np.ndarray, number: int, label: str, style: str = "-") -> list[Row]:
    """Curves (seeds, points): pointwise median and interval as a band, single runs faint; the rows drawn."""
    shade = colour(number)
    axis.plot(x, runs.T, color=shade, lw=0.4, alpha=0.2, zorder=1)
    intervals = [median_interval(column) if len(present(column)) else None for column in runs.T]
    middle = np.array([np.nan if i is None else i.estimate for i in intervals])
    low = np.array([np.nan if i is None else i.low for i in intervals])
    high = np.array([np.nan if i is None else i.high for i in intervals])
    axis.fill_between(x, low, high, color=shade, alpha=0.22, lw=0, zorder=2)
    axis.plot(x, middle, color=shade, lw=1.3, ls=style, label=label, zorder=3)
    return [
        {"quantity": label, "x": float(p), "x_name": "p", "median": i.estimate, "low": i.low, "high": i.high,
         "seeds": i.count, "coverage": round(i.coverage, 4)}
        for p, i in zip(x, intervals, strict=True) if i is not None
    ]  # fmt: skip


def plain_log(axis: Axes) -> None:
    """Plain numbers, few but never one alone, on a logarithmic vertical axis that may span less than a decade."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_ylim()
    subs: tuple[float, ...] = (1.0,)
    for most, finer in ((1000.0, (1.0, 3.0)), (30.0, (1.0, 2.0, 5.0)), (10.0, (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))):
        subs = finer if high < most * low else subs
    axis.yaxis.set_major_locator(LogLocator(base=10.0, subs=subs))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_formatter(NullFormatter())


def on_grid(positions: np.ndarray, curves: np.ndarray, grid: np.ndarray) -> np.ndarray:
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
