"""Figure 3: what must stay bounded for the theory to apply does stay bounded as L̃ grows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..styles import TRUTH, panels, style
from .drawing import COLUMN, Drawn, legend_below, median_line, seeds_phrase
from .results import Row
from .tables import Measured

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUANTITIES = (
    ("path_length", r"path length $\int\|\partial_pA\|_F\,dp$", 0),
    ("momentum", r"largest $\|B_p\|_F$", 1),
    ("momentum_activation", r"largest $\|B_p\sigma(A_p)^\top\|_F$", 2),
)


def draw(measured: Sequence[Measured]) -> list[Drawn]:
    """Figure 3 from the sweeps of figure 1."""
    networks, truths, small = measured
    if not networks.results:
        return []
    rows: list[Row] = []
    with style():
        figure, axes = panels(1, 2 if truths.results else 1, COLUMN, 2.8)
        rows += _bounded(axes[0][0], networks.rows, "networks")
        axes[0][0].set_title("networks, teacher 30 → 3 → 30")
        if truths.results:
            rows += _bounded(axes[0][1], small.rows, "networks of the truth's size")
            rows += _truth(axes[0][1], truths.rows)
            axes[0][1].set_title("truth (black) and networks, small teacher")
        legend_below(figure, *axes[0], columns=3 if truths.results else 1)
    caption = (
        f"Figure 3. Path length, momenta, and momenta times activations over the effective depth: {seeds_phrase(rows)};"
        " single runs faint. λL̃ is the same at every L̃; momenta B = −(1/λ)∂C/∂A carry its scale. Momenta of a network "
        "are those of the theory only as far as it is stationary."
    )
    return [Drawn("fig3", figure, caption, rows)]


def _bounded(axis: Axes, rows: Sequence[Row], series: str) -> list[Row]:
    drawn: list[Row] = []
    for place, (name, label, number) in enumerate(QUANTITIES):
        shift = 0.02 * (place - 1)
        drawn += [
            {**row, "series": series}
            for row in median_line(axis, rows, "effective_depth", name, number, label, shift=shift)
        ]
    depth_axis(axis, rows)
    axis.set_yscale("log")
    axis.set_ylabel("norm")
    return drawn


def _truth(axis: Axes, rows: Sequence[Row]) -> list[Row]:
    drawn: list[Row] = []
    ordered = sorted(rows, key=lambda row: float(row["effective_depth"]))
    for (name, label, _), dashes in zip(QUANTITIES, ("-", "--", ":"), strict=True):
        x, y = [row["effective_depth"] for row in ordered], [row[name] for row in ordered]
        axis.plot(x, y, color=TRUTH, ls=dashes, lw=1.2, label=f"truth: {label}", zorder=4)
        drawn += [
            {"series": "truth", "quantity": label, "x": a, "x_name": "effective_depth", "median": b}
            for a, b in zip(x, y, strict=True)
        ]
    return drawn


def depth_axis(axis: Axes, rows: Sequence[Row]) -> None:
    """A logarithmic axis of L̃ with ticks where the data are."""
    depths = sorted({float(row["effective_depth"]) for row in rows})
    axis.set_xscale("log")
    axis.set_xticks(depths, [f"{d:g}" for d in depths])
    axis.set_xticks([], minor=True)
    axis.set_xlabel(r"effective depth $\tilde{L}$")
