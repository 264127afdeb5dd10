"""Neural collapse along p: of the truth beside networks, and of networks on several data sets."""

from collections.abc import Mapping, Sequence

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.experiments.sweeps.outcome import Row
from geodepth.validation.experiments.sweeps.tables import Measured
from geodepth.validation.figures.style import TRUTH, legend_below, panels, style

from .drawing import Drawn, band, seeds_phrase

PANELS = {
    "scatter_ratio": "NC1: scatter within / between",
    "angle_error": "NC2: |cos + 1/(C−1)|",
    "readout_gap": "NC3: gap to the readout",
    "weight_share": "NC3: weights in class means",
}
"""What is drawn, and its words."""


def draw(measured: Sequence[Measured]) -> list[Drawn]:
    """All that the results allow."""
    there = [part for part in measured if part.results]
    trained = [part for part in there if _has(part, "networks")]
    others = {f"truth, {part.sweep.fixed['loss']}": part for part in there if "loss" in part.sweep.fixed}
    drawn = []
    for part in trained:
        if _has(part, "truth"):
            lines = {series: (part, series) for series in ("truth", "networks")}
            data = part.sweep.fixed["data"]
            lines |= {name: (o, "truth") for name, o in others.items() if o.sweep.fixed["data"] == data}
            drawn.append(_along(part.sweep.name, lines))
    if trained:
        drawn.append(_along("data sets", {part.sweep.name: (part, "networks") for part in trained}))
    return drawn


def _has(part: Measured, series: str) -> bool:
    return any(row["series"] == series for row in part.rows)


def _along(name: str, lines: Mapping[str, tuple[Measured, str]]) -> Drawn:
    rows: list[Row] = []
    with style():
        figure, axes = panels(1, len(PANELS), 2.2, 2.4)
        for axis, (quantity, words) in zip(axes[0], PANELS.items(), strict=True):
            for number, (label, (part, series)) in enumerate(lines.items()):
                runs = curves(part, series, quantity)
                if not len(runs):
                    continue
                places = part.results[0].arrays["positions"][0][: runs.shape[1]]
                shade = TRUTH if label == "truth" else None
                found = band(axis, places, runs, number, label, shade=shade)
                rows += [{**row, "quantity": quantity, "series": label} for row in found]
            axis.set(xlabel="position $p$", title=words)
            axis.title.set_fontsize(7.5)
        axes[0][0].set_yscale("log")
        for axis in axes[0][1:]:
            axis.set_ylim(bottom=0.0)
        legend_below(figure, *axes[0])
    return Drawn(name.replace(" ", "-"), figure, _caption(name, lines, rows), rows)


def _caption(name: str, lines: Mapping[str, tuple[Measured, str]], rows: Sequence[Row]) -> str:
    words = (
        f"Neural collapse along p, {name}: scatter within classes over scatter between them, the mean error of the "
        "angles of a simplex, the distance of class means from the readout (both of norm one), the share of ‖W‖² in "
        f"the span of the class means. {seeds_phrase(rows).capitalize()}; a seed picks the samples, and its median "
        "network counts."
    )
    searches = [row["settled"] for part, series in lines.values() for row in part.rows if row["series"] == series]
    found = [bool(settled) for settled in searches if settled is not None]
    return f"{words} {sum(found)} of {len(found)} searches settled." if found else words


def curves(part: Measured, series: str, quantity: str) -> Float[np.ndarray, "seeds points"]:
    """A curve for every seed: of the truth, or of the median network at every p."""
    found: dict[int, list[np.ndarray]] = {}
    for result in part.results:
        for row, values in zip(result.rows, result.arrays[quantity], strict=True):
            if row["series"] == series:
                found.setdefault(int(row["seed"]), []).append(values)
    return np.array([np.median(members, axis=0) for members in found.values()])
