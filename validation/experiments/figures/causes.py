"""What moves the estimates of the rank: one network, changed in one thing at a time."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from geodepth.foundation.shapes import Float
from geodepth.validation.experiments.measures.causes import PLACES
from geodepth.validation.experiments.sweeps.outcome import Row
from geodepth.validation.experiments.sweeps.statistics import median_interval
from geodepth.validation.experiments.sweeps.tables import Measured, grouped
from geodepth.validation.figures.style import colour, legend_below, panels, style

from .drawing import Drawn, band, interval_numbers, route, seeds_phrase, ticks_at

FACTORS = ("base", "residual", "layers", "projections", "samples", "price", "depth")
"""What is changed, from top to bottom."""
QUANTITIES = {
    "spread": (r"$-(2/\tilde{L})\mathcal{H}$, largest less least", (0.3, 1, 3, 10)),
    "hamiltonian": (r"$-(2/\tilde{L})\mathcal{H}$, median", ()),
    "least_cost_of_identity": ("least cost of identity", (3, 5, 10, 20, 50)),
}
"""What is drawn, its words, and the ticks of its axis where that is logarithmic."""
LEAST = -1.5
"""Where the axis of medians ends: networks as Adam left them lie far below (chosen by hand)."""
Keyed = Mapping[tuple[str, str], Sequence[Row]]


def draw(measured: Sequence[Measured]) -> list[Drawn]:
    """All that the results allow."""
    return [_one_thing_at_a_time(part) for part in measured if part.results]


def _one_thing_at_a_time(part: Measured) -> Drawn:
    networks = [
        {**row, "spread": row["hamiltonian_max"] - row["hamiltonian_min"],
         "averaged_spread": row["averaged_max"] - row["averaged_min"]}
        for row in part.rows
    ]  # fmt: skip
    found = grouped(networks, ["factor", "level"])
    keyed: dict[tuple[str, str], Sequence[Row]] = {
        (factor, level): rows for name in FACTORS for (factor, level), rows in found.items() if factor == name
    }
    rows: list[Row] = []
    with style():
        figure, axes = panels(1, 4, 2.1, 3.6)
        rows += _along(axes[0][0], part)
        for axis, (quantity, (words, ticks)) in zip(axes[0][1:], QUANTITIES.items(), strict=True):
            rows += _beside_the_base(axis, keyed, quantity)
            axis.set_xlabel(words)
            if ticks:
                ticks_at(axis, ticks)
            axis.set_yticks(range(len(keyed)), [_words(*key) for key in keyed])
            axis.tick_params(axis="y", labelsize=6.5, labelleft=quantity == "spread")
            axis.set_ylim(len(keyed) - 0.5, -0.5)
        rank = int(part.results[0].parameters["data"]["dimensions"][1])
        axes[0][2].set_xlim(left=max(LEAST, axes[0][2].get_xlim()[0]))
        for axis in axes[0][2:]:
            axis.axvline(rank, color="#777777", lw=0.9, ls=":", label="rank of the teacher")
        legend_below(figure, *axes[0])
    rows += _averaged(keyed)
    return Drawn("causes", figure, _caption(part, keyed, rows), rows)


def _words(factor: str, level: str) -> str:
    if factor == "base":
        return "the base"
    bare = factor == "projections" or (factor == "residual" and level[0].isdigit())
    return f"{factor} {level}" if bare else level


def _along(axis: Axes, part: Measured) -> list[Row]:
    """−(2/L̃)H along p for every number of layers."""
    rows: list[Row] = []
    layers = int(part.results[0].parameters["layers"])
    known = {("base", "base"): f"$L = {layers}$"} | {
        ("layers", str(change["level"])): f"${change['level']}$"
        for change in part.results[0].parameters["changes"]
        if change["factor"] == "layers"
    }
    for (key, label), dashes in zip(known.items(), ("-", "--", "-"), strict=False):
        curves = [
            values
            for result in part.results
            for row, values in zip(result.rows, result.arrays["hamiltonian"], strict=True)
            if (row["factor"], row["level"]) == key
        ]
        if curves:
            number = FACTORS.index(key[0])
            drawn = band(axis, PLACES, np.array(curves), number, label, dashes)
            rows += [{"factor": key[0], "level": key[1], **row, "quantity": "hamiltonian along p"} for row in drawn]
    axis.set(xlabel="position $p$", ylabel=r"$-(2/\tilde{L})\mathcal{H}$")
    return rows


def _beside_the_base(axis: Axes, keyed: Keyed, quantity: str) -> list[Row]:
    """A median with its interval for every change, single seeds faint; the rows behind them."""
    rows: list[Row] = []
    for place, ((factor, level), members) in enumerate(keyed.items()):
        shade = colour(FACTORS.index(factor))
        values = np.array([float(row[quantity]) for row in members])
        axis.plot(values, np.full(len(values), place), "o", color=shade, ms=2.0, alpha=0.35, zorder=1)
        interval = median_interval(values)
        width = [[interval.estimate - interval.low], [interval.high - interval.estimate]]
        axis.errorbar([interval.estimate], [place], xerr=width, fmt="o", color=shade, ms=3.6, capsize=1.8, zorder=3)
        numbers = {**_numbers(quantity, members), **_against(keyed, factor, level, quantity)}
        rows.append({"factor": factor, "level": level, **numbers})
    base = float(np.median([row[quantity] for row in keyed["base", "base"]]))
    axis.axvline(base, color=colour(0), lw=0.7, alpha=0.5, zorder=0)
    return rows


def _numbers(quantity: str, members: Sequence[Row]) -> Row:
    return {"quantity": quantity, **interval_numbers(median_interval([float(row[quantity]) for row in members]))}


def _against(keyed: Keyed, factor: str, level: str, quantity: str) -> Row:
    """The difference to the base, seed by seed."""
    base = {row["seed"]: float(row[quantity]) for row in keyed["base", "base"]}
    difference = median_interval([float(row[quantity]) - base[row["seed"]] for row in keyed[factor, level]])
    return {"difference": difference.estimate, "difference_low": difference.low, "difference_high": difference.high}


def _averaged(keyed: Keyed) -> list[Row]:
    """What is in the table and not in the figure."""
    names = ("averaged", "averaged_spread", "stable", "residual", "rank", "fourth_value", "cost")
    return [
        {"factor": factor, "level": level, **_numbers(name, members)}
        for (factor, level), members in keyed.items()
        for name in names
    ]


def _caption(part: Measured, keyed: Keyed, rows: Sequence[Row]) -> str:
    asked = part.results[0].parameters
    residuals: Float[np.ndarray, " networks"] = np.array(
        [float(row["residual"]) for (factor, _), members in keyed.items() if factor != "residual" for row in members]
    )
    return (
        f"What moves the estimates of the rank. Base: teacher {route(part)} ({asked['data']['kind']}), "
        f"N = {asked['data']['samples']}, w = {asked['width']}, L = {asked['layers']}, L̃ = "
        f"{asked['effective_depth']:g}, λ = {asked['weight_decay']:g}, {asked['projections']} projections, trained by "
        f"Adam and taken to a residual of {asked['stops'][-1]:g}; every other network differs in one thing and goes on "
        "from the base where its weights fit. With L̃ the layers grow, so that L̃/L stays. "
        f"{seeds_phrase(rows).capitalize()}; every seed has a teacher, data and first weights of its own. Left: along "
        f"p, by the number of layers. Medians below {LEAST:g} are cut off. Residuals of all but the networks named by "
        f"theirs: median {np.median(residuals):.1g}, {np.mean(residuals <= 1e-2):.0%} at most 0.01."
    )
