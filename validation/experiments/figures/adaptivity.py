"""Does adaptivity help? Test error, epochs and time of the three step schemes, paired over seeds."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geodepth.validation.experiments.sweeps.outcome import Row
from geodepth.validation.experiments.sweeps.statistics import Effect, Interval, paired_effect
from geodepth.validation.experiments.sweeps.tables import Measured
from geodepth.validation.figures.style import MARKERS, colour, legend_below, panels, style

from .drawing import Drawn, interval_numbers, seeds_phrase
from .figure_2 import SCHEMES, scheme_lines

QUANTITIES: Mapping[str, str] = {
    "test_error": "test error",
    "cost": "final cost $J$",
    "epochs": "epochs to the same cost",
    "processor": "processor time",
}
NEAR = 1.05
"""Epochs are counted to within 5 % of the worst of the three schemes' final costs, of the same seed and L."""


def draw(measured: Sequence[Measured]) -> list[Drawn]:
    """The curves over L by data set, and the paired effects."""
    known = [part for part in measured if part.results]
    if not known:
        return []
    return [curves(known), effects(known)]


def curves(measured: Sequence[Measured]) -> Drawn:
    """Test error over L, one panel per data set."""
    rows: list[Row] = []
    columns = 3
    with style():
        lines = -(-len(measured) // columns)
        figure, axes = panels(lines, columns, 2.4, 2.2)
        flat = [axis for line in axes for axis in line]
        for axis, part in zip(flat, measured, strict=False):
            rows += [{"data": part.sweep.name, **row} for row in scheme_lines(axis, part.rows, "test_error")]
            axis.set_title(part.sweep.name)
        for axis in flat[len(measured) :]:
            axis.remove()
        for line in axes:
            line[0].set_ylabel("test error")
        legend_below(figure, flat[0], columns=3)
    caption = (
        f"Test error over the number of layers L at L̃ = 3: {seeds_phrase(rows)}; every seed has data (a teacher or a "
        "split) and initial weights of its own, the same for the three schemes; single runs faint."
    )
    return Drawn("adaptivity", figure, caption, rows)


def effects(measured: Sequence[Measured]) -> Drawn:
    """Adaptive and irregular over equidistant: the median of paired ratios with its interval."""
    rows = [row for part in measured for row in effect_rows(part)]
    names = [part.sweep.name for part in measured]
    layers = sorted({row["layers"] for row in rows})
    with style():
        figure, axes = panels(1, len(QUANTITIES), 1.8, 1.1 + 0.36 * len(names), share_y=True)
        for axis, (quantity, label) in zip(axes[0], QUANTITIES.items(), strict=True):
            for row in rows:
                if row["quantity"] != quantity or row["scheme"] != "adaptive":
                    continue
                number = layers.index(row["layers"])
                place = names.index(row["data"]) + 0.22 * (number - 0.5 * (len(layers) - 1))
                axis.errorbar(
                    row["median"],
                    place,
                    xerr=[[row["median"] - row["low"]], [row["high"] - row["median"]]],
                    color=colour(number),
                    marker=MARKERS[number],
                    ms=3.2,
                    capsize=1.6,
                    elinewidth=0.8,
                    label=f"$L$ = {row['layers']}",
                    ls="none",
                )
            axis.axvline(1.0, color="#777777", lw=0.8, ls=":")
            axis.set_xscale("log")
            axis.set_xlabel(label, fontsize=8)
            _ratio_ticks(axis)
        figure.suptitle("adaptive over equidistant steps, ratios", fontsize=9.5)
        axes[0][0].set_yticks(range(len(names)), names)
        axes[0][0].invert_yaxis()
        legend_below(figure, axes[0][0], columns=len(layers))
    caption = (
        f"Adaptive over equidistant steps: {seeds_phrase(rows).replace('medians', 'medians of paired ratios')}. "
        f"Left of 1 adaptive is better. Epochs: the first recorded epoch within {100 * (NEAR - 1):.0f} % of the worst "
        "of the three schemes' final costs of that seed. The table has the irregular steps too, and Hedges' g of the "
        "paired log ratios. Processor time is measured for batches of seeds, and its bar is the range over batches."
    )
    return Drawn("effects", figure, caption, rows)


def effect_rows(part: Measured) -> list[Row]:
    """A row per number of layers, scheme and quantity: ratio to equidistant with its interval, and the standardized
    effect; empty where seeds are fewer than two."""
    table = _by_seed(part)
    found = []
    for layers in sorted({key[0] for key in table}):
        for scheme in SCHEMES[1:]:
            for quantity in QUANTITIES:
                pairs = [
                    (entry[quantity], table[layers, "equidistant", seed][quantity])
                    for (other, name, seed), entry in table.items()
                    if (other, name) == (layers, scheme) and (layers, "equidistant", seed) in table
                ]
                whole = [(a, b) for a, b in pairs if a and b and np.isfinite(a) and np.isfinite(b)]
                if len(whole) >= 2:
                    found.append(_effect_row(part.sweep.name, layers, scheme, quantity, whole))
    return found


def _effect_row(data: str, layers: int, scheme: str, quantity: str, pairs: Sequence[tuple[float, float]]) -> Row:
    left, right = np.array(pairs, dtype=float).T
    effect: Effect = paired_effect(left, right)
    logs: Interval = paired_effect(np.log(left), np.log(right)).standardized
    assert effect.ratio is not None  # epochs, costs, errors and times are positive
    return {
        **{"data": data, "layers": layers, "scheme": scheme, "quantity": quantity},
        **interval_numbers(effect.ratio),
        **{"share better": effect.better, "hedges g": logs.estimate, "g low": logs.low, "g high": logs.high},
    }


def _by_seed(part: Measured) -> dict[tuple[int, str, int], dict[str, Any]]:
    """(layers, scheme, seed) → what is compared. Processor time is measured a batch, and a batch counts once."""
    runs: dict[tuple[int, str, int], dict[str, Any]] = {}
    for result in part.results:
        layers, scheme = int(result.parameters["layers"]), str(result.parameters["layer_steps"])
        seconds = result.circumstances.get("seconds", {}).get("training, processor")
        for member, row in enumerate(result.rows):
            runs[layers, scheme, int(row["seed"])] = {
                "test_error": row["test_error"],
                "cost": row["cost"],
                "history": (result.arrays["epochs"][member], result.arrays["objectives"][member]),
                "processor": seconds if member == 0 else None,
            }
    for (layers, _, seed), entry in runs.items():
        others = [runs[layers, s, seed]["cost"] for s in SCHEMES if (layers, s, seed) in runs]
        epochs, history = entry["history"]
        reached = np.flatnonzero(history <= NEAR * max(others))
        entry["epochs"] = float(max(epochs[reached[0]], 1.0)) if len(reached) else None
    return runs


def _ratio_ticks(axis: Any) -> None:
    low, high = axis.get_xlim()
    low, high = min(low, 0.88), max(high, 1.14)
    fine: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0, 4.0)
    if high / low < 2.2:
        fine = (0.9, 1.0, 1.1, 1.2) if high / low < 1.5 else (0.6, 0.8, 1.0, 1.2, 1.4)
    ticks = [tick for tick in fine if low <= tick <= high]
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_xticks([], minor=True)
    axis.set_xlim(low, high)
