"""Figure 3: what must stay bounded for the theory to apply does stay bounded as L̃ grows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..styles import TRUTH, panels, style
from .drawing import Drawn, legend_below, median_line, plain_log, seeds_phrase
from .results import Row
from .tables import Measured, grouped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUANTITIES = (
    ("length", r"path length $\int\|\partial_pA\|_F\,dp\,/\sqrt{N}$"),
    ("momentum", r"largest $\|B_p\|_F$"),
    ("momentum_activation", r"largest $\|B_p\sigma(A_p)^\top\|_F$"),
)


def draw(measured: Sequence[Measured]) -> list[Drawn]:
    """Figure 3: on small data sets truth, networks, and stationary networks; below the paper's teacher."""
    networks, *small = measured
    lines = [
        list(zip(small, ("truth", "networks", "networks, Newton-CG at the end"), strict=True)),
        [(networks, "networks, learned projections")],
    ]  # fmt: skip
    lines = [kept for line in lines if (kept := [part for part in line if part[0].results])]
    if not lines:
        return []
    rows: list[Row] = []
    with style():
        figure, axes = panels(len(lines), len(QUANTITIES), 2.3, 2.1)
        for line, parts in zip(axes, lines, strict=True):
            for axis, (name, label) in zip(line, QUANTITIES, strict=True):
                rows += _bounded(axis, parts, name, label)
            line[0].set_ylabel("teacher " + _route(parts[0][0]))
        legend_below(figure, *axes[0], *axes[-1], columns=2)
    return [Drawn("fig3", figure, _caption(rows, lines), rows)]


def _bounded(axis: Axes, parts: Sequence[tuple[Measured, str]], name: str, label: str) -> list[Row]:
    drawn: list[Row] = []
    for number, (part, series) in enumerate(parts):
        samples = part.results[0].parameters["data"]["samples"]
        given = [{**row, "length": float(row["path_length"]) / np.sqrt(samples)} for row in part.rows]
        learned = series.endswith("projections")
        drawn += [
            {**row, "series": series, "quantity": name}
            for row in median_line(
                axis, given, "effective_depth", name, 3 if learned else number, series, shift=0.03 * (number - 1),
                shade=TRUTH if series == "truth" else None,
            )
        ]  # fmt: skip
    depth_axis(axis, parts[0][0].rows)
    axis.set_yscale("log")
    plain_log(axis)
    axis.set_title(label, fontsize=8.5)
    return drawn


def _caption(rows: Sequence[Row], lines: Sequence[Sequence[tuple[Measured, str]]]) -> str:
    words = [
        f"Figure 3. Path length a sample, momenta, and momenta times activations over the effective depth: "
        f"{seeds_phrase(rows)}; single runs faint. λL̃ is the same at every L̃."
    ]
    for (series,), mine in grouped(rows, ["series"]).items():
        growth = [_growth([row for row in mine if row["quantity"] == name]) for name, _ in QUANTITIES]
        words.append(f"From the least to the largest L̃ the medians change by {_and(growth)} ({series}).")
    words.append(
        "B_1 = (2/λN) Pᵀ(Y − PA_1) and λ ∝ 1/L̃, so momenta stay bounded only where the error falls as 1/L̃: as it does "
        "on the geodesic, and not in networks whose training ends before. "
        + " ".join(
            f"Median of √fit · L̃ from the least to the largest L̃: {_errors(part)} ({series})."
            for line in lines for part, series in line
        )
    )  # fmt: skip
    return " ".join(words)


def _growth(line: Sequence[Row]) -> str:
    return f"×{line[-1]['median'] / line[0]['median']:.2g}" if line else "nothing"


def _and(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _errors(part: Measured) -> str:
    depths = sorted({float(row["effective_depth"]) for row in part.rows})
    ends = []
    for depth in (depths[0], depths[-1]):
        fits = [float(row["fit"]) for row in part.rows if row["effective_depth"] == depth]
        ends.append(f"{float(np.median(np.sqrt(fits))) * depth:.2g}")
    return " to ".join(ends)


def _route(measured: Measured) -> str:
    return " → ".join(str(d) for d in measured.results[0].parameters["data"]["dimensions"])


def depth_axis(axis: Axes, rows: Sequence[Row]) -> None:
    """A logarithmic axis of L̃ with ticks where the data are."""
    depths = sorted({float(row["effective_depth"]) for row in rows})
    axis.set_xscale("log")
    axis.set_xticks(depths, [f"{d:g}" for d in depths])
    axis.set_xticks([], minor=True)
    axis.set_xlabel(r"effective depth $\tilde{L}$")
