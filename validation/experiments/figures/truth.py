"""The figures that only ground truth allows: excess cost, deviation along p, discretization, onset, landscapes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from geodepth.validation.experiments.sweeps.outcome import Row
from geodepth.validation.experiments.sweeps.statistics import median_interval
from geodepth.validation.experiments.sweeps.tables import Measured, grouped
from geodepth.validation.figures.style import TRUTH, legend_below, panels, style

from .drawing import (
    COLUMN,
    Drawn,
    band,
    depth_axis,
    interval_row,
    layers_axis,
    lines_by,
    median_line,
    one_panel,
    plain_log,
    seeds_phrase,
)

FLOOR = 1e-8
"""Excesses below this are drawn here: the truth is not known any better."""
OPTIMIZERS = ("Adam", "Adam, SGD", "Adam, SGD, Newton-CG")


def draw(measured: Sequence[Measured]) -> list[Drawn]:
    """All that the results allow."""
    beside, gaps, reference, truths, networks = measured
    drawn = []
    if beside.results:
        drawn += [excess(beside), excess_by_epoch(beside), deviations(beside), landscape(beside)]
    if gaps.results and reference.results:
        drawn.append(discretization(gaps, reference))
    if truths.results and networks.results:
        drawn.append(onset(truths, networks))
    return drawn


@dataclass(frozen=True, slots=True, eq=False)
class DataSet:
    """The networks of one width beside the truth of one data set.

    Attributes
    ----------
    rows : sequence of dict
        One per network and optimizer.
    arrays : mapping of str to array
        What was measured of this data set.
    """

    rows: Sequence[Row]
    arrays: Mapping[str, np.ndarray]


def data_sets(beside: Measured) -> dict[int, list[DataSet]]:
    """By width, rising, every data set."""
    found: dict[int, list[DataSet]] = {}
    for result in sorted(beside.results, key=lambda result: int(result.parameters["width"])):
        for place, seed in enumerate(result.parameters["seeds"]):
            arrays = {name: values[place] for name, values in result.arrays.items()}
            one = DataSet([row for row in result.rows if row["seed"] == seed], arrays)
            found.setdefault(int(result.parameters["width"]), []).append(one)
    return found


def median_of_seed(rows: Sequence[Row]) -> list[Row]:
    """The median member of every seed, width and optimizer: a seed (its data) counts once."""
    return [
        {
            **{name: members[0][name] for name in ("seed", "width", "optimizer", "share_in_best", "minima")},
            "excess": float(np.median([max(float(row["excess"]), FLOOR) for row in members])),
        }
        for members in grouped(rows, ["seed", "width", "optimizer"]).values()
    ]


def excess(beside: Measured) -> Drawn:
    """Excess cost over the truth against width, by optimizer, with the levels of the landscape's minima."""
    given = median_of_seed(beside.rows)
    with one_panel(3.0) as (figure, axis):
        rows = lines_by(axis, given, "optimizer", OPTIMIZERS, "width", "excess", 0.03) + _levels(beside, axis)
        axis.set(yscale="log", xlabel="width $w$", ylabel="relative excess $(J-J^*)/J^*$")
        axis.set_xticks(sorted({int(row["width"]) for row in given}))
        legend_below(figure, axis, columns=2)
    members = beside.results[0].parameters["members"]
    first = f"{OPTIMIZERS[0]} and {OPTIMIZERS[1]}"
    adam, tail = ([row["excess"] for row in given if row["optimizer"] == name] for name in OPTIMIZERS[:2])
    gain = np.subtract(adam, tail)
    caption = (
        f"Excess of trained networks over the truth of their own data, against width, by optimizer: "
        f"{seeds_phrase(rows)}; a seed is a data set, of which the median of {members} networks counts. {first} nearly "
        f"coincide: the descent after Adam lowers the excess by {np.median(gain):.1g} (median). Grey: the second and "
        f"third minimum of the landscape, medians. Values below {FLOOR:g} are drawn there."
    )
    return Drawn("excess", figure, caption, rows)


def _levels(beside: Measured, axis: Axes) -> list[Row]:
    """The second and the third minimum over the best one."""
    rows: list[Row] = []
    for place, dashes in ((1, "--"), (2, ":")):
        name = f"minimum {place + 1}"
        found = {
            width: np.array([one.arrays["minima"][place] / one.arrays["minima"][0] - 1.0 for one in sets])
            for width, sets in data_sets(beside).items()
        }
        known = {width: median_interval(v) for width, v in found.items() if np.isfinite(v).any()}
        heights = [interval.estimate for interval in known.values()]
        axis.plot(list(known), heights, color="#777777", ls=dashes, lw=1.0, label=name)
        rows += [interval_row(name, width, "width", interval) for width, interval in known.items()]
    return rows


def excess_by_epoch(beside: Measured) -> Drawn:
    """Excess over epochs of Adam, by width."""
    rows: list[Row] = []
    with one_panel(2.8) as (figure, axis):
        for number, (width, sets) in enumerate(data_sets(beside).items()):
            costs = [np.median(s.arrays["objectives"], axis=1) / s.rows[0]["truth_cost"] for s in sets]
            runs, epochs = np.maximum(np.stack(costs) - 1.0, FLOOR), np.maximum(sets[-1].arrays["epochs"], 1.0)
            drawn = band(axis, epochs, runs, number, f"$w$ = {width}")
            rows += [{**row, "x_name": "epoch", "width": width} for row in drawn]
        axis.set(xscale="log", yscale="log", xlabel="epoch of Adam", ylabel="relative excess $(J-J^*)/J^*$")
        legend_below(figure, axis, columns=3)
    caption = (
        f"Excess over the truth along the training by Adam: {seeds_phrase(rows)}; a seed is a data set, of which the "
        "median network counts; single data sets faint."
    )
    return Drawn("excess-by-epoch", figure, caption, rows)


def deviations(beside: Measured) -> Drawn:
    """Where in p the networks deviate from the geodesic, after the last optimizer, neurons matched: those in the basin
    of the best minimum, and those that ended in another."""
    rows: list[Row] = []
    counts: list[int] = []
    with style():
        figure, axes = panels(1, 2, COLUMN, 2.6)
        for axis, best in zip(axes[0], (True, False), strict=True):
            counts.append(0)
            for number, (width, sets) in enumerate(data_sets(beside).items()):
                runs = []
                for one in sets:
                    last = one.rows[-1]["optimizer"]
                    chosen = [(r["minimum"] == 1) == best and r["optimizer"] == last for r in one.rows]
                    counts[-1] += sum(chosen)
                    if any(chosen):
                        runs.append(np.median(one.arrays["deviations"][np.array(chosen)], axis=0))
                if runs:
                    drawn = band(axis, sets[-1].arrays["positions"], np.stack(runs), number, f"$w$ = {width}")
                    rows += [{**row, "width": width, "basin": "best" if best else "another"} for row in drawn]
            axis.set(xlabel="position $p$", title=f"nearest minimum: {'the best' if best else 'another'}")
            axis.set_ylim(bottom=0.0)
        axes[0][0].set_ylabel("deviation from the geodesic")
        legend_below(figure, *axes[0], columns=3)
    caption = (
        f"‖A_p − ΠA'_p‖_F between truth and network (after the last optimizer; neurons matched by Π), over the "
        f"truth's largest ‖A_p‖_F. Left: the {counts[0]} networks nearest to the best known minimum; right: "
        f"the {counts[1]} nearest to another one. {seeds_phrase(rows).capitalize()}; a seed is a data set, whose "
        "median network counts."
    )
    return Drawn("deviation", figure, caption, rows)


def landscape(beside: Measured) -> Drawn:
    """The share of starts that end in the best minimum, and the number of minima, against width."""
    given = [row for row in median_of_seed(beside.rows) if row["optimizer"] == OPTIMIZERS[0]]
    rows: list[Row] = []
    with style():
        figure, axes = panels(1, 2, 2.5, 2.5)
        rows += median_line(axes[0][0], given, "width", "share_in_best", 0, "share of starts in the best minimum")
        rows += median_line(axes[0][1], given, "width", "minima", 1, "distinct minima")
        axes[0][0].set_ylabel("share of starts in the best")
        axes[0][1].set_ylabel("distinct minima found")
        for axis in axes[0]:
            axis.set_xlabel("width $w$")
            axis.set_xticks(sorted({int(row["width"]) for row in given}))
            axis.set_ylim(bottom=0.0)
    starts = beside.results[0].parameters["starts"]
    caption = (
        f"Does width remove poor minima? Left: the share of {starts} random starts of the optimizer that end in the "
        f"best minimum known; right: how many distinct minima are known. {seeds_phrase(rows).capitalize()}; a "
        "seed is a data set."
    )
    return Drawn("landscape", figure, caption, rows)


def discretization(gaps: Measured, reference: Measured) -> Drawn:
    """J of the best L-layer path over J of the continuous geodesic, by step scheme."""
    limits = {row["seed"]: float(row["limit"]) for row in reference.rows}
    doubt = max(float(row["limit_error"]) / float(row["limit"]) for row in reference.rows)
    given = [
        {**row, "gap": abs(float(row["cost"]) / limits[row["seed"]] - 1.0), "below": row["cost"] < limits[row["seed"]]}
        for row in gaps.rows
        if row["seed"] in limits
    ]
    with one_panel(2.8) as (figure, axis):
        rows = lines_by(axis, given, "steps", ("equidistant", "irregular", "adaptive"), "layers", "gap", 0.012)
        layers = sorted({int(row["layers"]) for row in given})
        middle = [row["median"] for row in rows if row["quantity"] == "equidistant"]
        axis.plot(layers, middle[0] * layers[0] / np.array(layers), color="#777777", ls=":", lw=1.0, label="∝ 1/L")
        layers_axis(axis, given)
        axis.set(yscale="log", ylabel=r"$|J_L/J_\infty-1|$")
        plain_log(axis)
        legend_below(figure, axis, columns=2)
    first, times = reference.results[0].parameters["layers"], reference.results[0].parameters["doublings"]
    below = sum(bool(row["below"]) for row in given)
    caption = (
        f"The gap between the best L-layer path and the continuous geodesic for the three step schemes: "
        f"{seeds_phrase(rows)}; a seed is a data set. The continuum is the extrapolation of {first} to "
        f"{first * 2**times} layers, which moved by at most {100.0 * doubt:.2g} % with the last doubling. The L-layer "
        f"path costs less than the continuous one in {below} of {len(given)} cases."
    )
    return Drawn("discretization", figure, caption, rows)


def onset(truths: Measured, networks: Measured) -> Drawn:
    """From which L̃ on the rank is what it stays: truth beside networks, data set by data set."""
    rows: list[Row] = []
    settled = {}
    with one_panel(2.8) as (figure, axis):
        for number, (part, series) in enumerate(((truths, "truth"), (networks, "networks"))):
            shift = 0.02 * (2 * number - 1)
            shade = TRUTH if series == "truth" else None
            rows += median_line(axis, part.rows, "effective_depth", "rank", number, series, shift=shift, shade=shade)
            runs = grouped(part.rows, ["seed"]).values()
            settled[series] = median_interval([_settled(run) for run in runs])
        depth_axis(axis, truths.rows)
        axis.set_yticks(range(int(max(row["rank"] for row in [*truths.rows, *networks.rows])) + 1))
        axis.set_ylabel("bottleneck rank, by counting")
        legend_below(figure, axis, columns=2)
    rows += [interval_row(f"onset, {series}", None, "", i) for series, i in settled.items()]
    ranks = {(row["seed"], row["effective_depth"]): row["rank"] for row in truths.rows}
    pairs = [(row["rank"], ranks.get((row["seed"], row["effective_depth"]))) for row in networks.rows]
    equal = sum(a == b for a, b in pairs)
    caption = (
        "Onset of the bottleneck: the number of singular values of W above L̃/2 that lasts longest in p. It settles "
        f"(stays what it is at the largest L̃) from L̃ = {settled['truth'].estimate:g} for the truth, from "
        f"{settled['networks'].estimate:g} for networks (medians; what changes until the end counts as the largest L̃); "
        f"the ranks are equal in {equal} of {len(pairs)} cases; "
        f"{seeds_phrase(rows)}; a seed is a data set, and its network's initial weights; single runs faint."
    )
    return Drawn("onset", figure, caption, rows)


def _settled(run: Sequence[Row]) -> float:
    """The least L̃ from which on the rank stays the one of the largest L̃."""
    ordered = sorted(run, key=lambda row: float(row["effective_depth"]))
    settled = ordered[-1]
    for row in reversed(ordered):
        if row["rank"] != ordered[-1]["rank"]:
            break
        settled = row
    return float(settled["effective_depth"])
