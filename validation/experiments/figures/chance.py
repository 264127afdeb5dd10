"""The chance that training finds the best path known, against width, learning rate, mini-batches and updates."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from geodepth.validation.experiments.sweeps.outcome import Row
from geodepth.validation.experiments.sweeps.statistics import share_interval
from geodepth.validation.experiments.sweeps.tables import Measured, grouped
from geodepth.validation.figures.style import MARKERS, colour, legend_below, panels, style

from .drawing import Drawn, ticks_at

NEAR = 1e-3
"""Relative excess up to which a minimum counts as nearly the best."""
FACTORS = {
    "width": "width $w$",
    "learning_rate": "learning rate",
    "batch_size": "samples a batch",
    "updates": "updates of Adam",
}
"""What is varied, and its words."""
SERIES = {"the best path": "found", "within 0.1 % of it": "near"}
"""What counts, by its words."""


def draw(measured: Sequence[Measured]) -> list[Drawn]:
    """All that the results allow."""
    rows = [_named(row, part) for part in measured for row in part.rows]
    return [chances(rows)] if rows else []


def chances(given: Sequence[Row]) -> Drawn:
    """The share of networks that lead to the best path, one factor varied at a time from the usual training."""
    usual = usual_training(given)
    rows: list[Row] = []
    with style():
        figure, axes = panels(1, len(FACTORS), 2.0, 2.4, share_y=True)
        for axis, (factor, words) in zip(axes[0], FACTORS.items(), strict=True):
            others = {name: value for name, value in usual.items() if name != factor}
            chosen = [row for row in given if all(row[name] == value for name, value in others.items())]
            rows += _drawn(axis, chosen, factor)
            axis.set_xlabel(words)
            axis.set_ylim(0.0, 1.0)
        axes[0][0].set_ylabel("share of networks")
        legend_below(figure, axes[0][0])
    truths = {(row["seed"], row["width"], row["sweep"]): bool(row["settled"]) for row in given}
    caption = (
        "The chance that a trained network leads to the best path known: a descent of the optimizer from the network "
        "ends there, or within 0.1 % of its cost. One factor is varied at a time from "
        f"w = {usual['width']}, rate {usual['learning_rate']:g}, all samples at once and {usual['updates']} updates. "
        f"Wilson's 95 % intervals, widened by the design effect of {len({row['seed'] for row in given})} data sets. "
        f"{sum(truths.values())} of {len(truths)} searches settled with no network below them; elsewhere the best path "
        "known may be a network's."
    )
    return Drawn("chance", figure, caption, rows)


def usual_training(given: Sequence[Row]) -> Mapping[str, float]:
    """The value of every factor that most of the networks have."""
    counts = {name: grouped(given, [name]) for name in FACTORS}
    return {name: max(groups.items(), key=lambda group: len(group[1]))[0][0] for name, groups in counts.items()}


def _drawn(axis: Axes, chosen: Sequence[Row], factor: str) -> list[Row]:
    rows: list[Row] = []
    groups = {value: members for (value,), members in sorted(grouped(chosen, [factor]).items())}
    for number, (label, column) in enumerate(SERIES.items()):
        found = {}
        for value, members in groups.items():
            sets = grouped(members, ["seed"]).values()
            found[value] = share_interval([sum(r[column] for r in one) for one in sets], [len(one) for one in sets])
        middle, low, high = np.array([(i.estimate, i.low, i.high) for i in found.values()]).T
        axis.errorbar(
            np.array(list(found)) * (1.0 + 0.03 * number),
            middle,
            yerr=[middle - low, high - middle],
            color=colour(number),
            marker=MARKERS[number],
            ms=3.4,
            capsize=1.8,
            elinewidth=0.9,
            label=label,
        )
        rows += [
            {"quantity": label, "x": x, "x_name": factor, "share": share.estimate, "share_low": share.low,
             "share_high": share.high, "networks": share.count, "data_sets": len(grouped(groups[x], ["seed"]))}
            for x, share in found.items()
        ]  # fmt: skip
    ticks_at(axis, groups)
    return rows


def _named(row: Row, part: Measured) -> Row:
    samples = part.sweep.fixed["data"]["samples"]
    near = row["minimum_excess"] is not None and row["minimum_excess"] <= NEAR
    batch = row["batch_size"] or samples
    return {**row, "batch_size": batch, "updates": row["epochs"] * (samples // batch), "near": near}
