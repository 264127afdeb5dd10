"""Figure 1: the bottleneck rank's estimates over L̃; spectra and energies along p."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from geodepth.validation.experiments.measures.problems import Problem
from geodepth.validation.experiments.sweeps.outcome import Row
from geodepth.validation.experiments.sweeps.results import Result
from geodepth.validation.experiments.sweeps.tables import Measured, grouped
from geodepth.validation.figures.rank_axis import rank_axis
from geodepth.validation.figures.style import MARKERS, colour, legend_below, panels, shades, style

from .drawing import (
    COLUMN,
    Drawn,
    band,
    depth_axis,
    exact_line,
    median_line,
    on_grid,
    one_panel,
    plain_log,
    route,
    seeds_phrase,
)

ESTIMATES = (
    ("stable", r"$-(2/\tilde{L})\mathcal{H}$, stable", 0),
    ("hamiltonian", r"$-(2/\tilde{L})\mathcal{H}$, from momenta", 1),
    ("least_cost_of_identity", "least cost of identity, stable", 2),
)


def draw(measured: Sequence[Measured]) -> list[Drawn]:
    """Figures 1a to 1d from what is there of the sweeps of `figure_1`; those after the fifth have other teachers."""
    networks, truths, continued, direct, dearer, *others = measured
    drawn = []
    if networks.results:
        drawn.append(figure_1a([networks, *(part for part in others if part.results)], truths, continued, direct))
        chosen = along_p(networks)
        drawn += [figure_1b(chosen), figure_1c(chosen), figure_1d(networks, dearer)]
    return drawn


def along_p(networks: Measured, depth: float = 7.0) -> list[Result]:
    """The results at the L̃ nearest to 7, the paper's."""
    nearest = min((float(r.parameters["effective_depth"]) for r in networks.results), key=lambda d: abs(d - depth))
    return networks.where(effective_depth=nearest)


def figure_1a(teachers: Sequence[Measured], truths: Measured, continued: Measured, direct: Measured) -> Drawn:
    """Left the paper's teacher, and others of its size; then a small one, with its truth, by two ways of training."""
    beside = [
        (part, words)
        for part, words in ((direct, "from random weights"), (continued, r"continued from small $\tilde{L}$"))
        if part.results and truths.results
    ]
    columns = len(teachers) + len(beside)
    rows: list[Row] = []
    with style():
        figure, axes = panels(1, columns, COLUMN if columns < 3 else 2.5, 2.9)
        for axis, networks in zip(axes[0], teachers, strict=False):
            name = {"teacher": _kind(networks)} if len(teachers) > 1 else {}
            rows += [{**row, **name} for row in estimates(axis, networks.rows, teacher_rank(networks))]
            axis.set_title(f"{route(networks)}{', ' + _kind(networks) if name else ''}\nfrom random weights")
        for axis, (part, words) in zip(axes[0][len(teachers) :], beside, strict=True):
            rows += [{**row, "training": words} for row in estimates(axis, part.rows, teacher_rank(truths))]
            rows += _truth_lines(axis, truths.rows)
            axis.set_title(f"{route(truths)}\n{words}")
        axes[0][0].set_ylabel("estimates of the rank")
        legend_below(figure, *axes[0], columns=columns)
    return Drawn("fig1a", figure, _caption_1a(teachers, truths, [part for part, _ in beside], rows), rows)


def _kind(networks: Measured) -> str:
    return str(networks.results[0].parameters["data"]["kind"])


def _caption_1a(teachers: Sequence[Measured], truths: Measured, beside: Sequence[Measured], rows: Sequence[Row]) -> str:
    networks = teachers[0]
    asked = networks.results[0].parameters
    price = "λL̃ is the same" if "rank_cost" in asked else f"λ = {asked['weight_decay']:g}"
    words = [
        f"Figure 1a. Estimates of the bottleneck rank over the effective depth: {seeds_phrase(rows)}; single runs "
        f"faint; −(2/L̃)H of a run is its median over p. {price} at every L̃. Stable quantities use K + γI with "
        "γ = 10⁻⁴‖σ(A)‖². The vertical axis is linear within ±10, logarithmic beyond. "
        f"Left: teacher {route(networks)}, Adam."
    ]
    words += [f"Beside it, a {_kind(other)} teacher {route(other)}." for other in teachers[1:]]
    if beside:
        words.append(
            f"Then a teacher {route(truths)}, with the geodesic itself in black, and networks of its size: trained by "
            "Adam from random weights at every L̃, and trained at a small L̃, continued to the larger ones, and taken to "
            "stationarity by Newton-CG."
        )
    names = ("left", "middle", "right") if len(teachers) == 1 else ("first", "second", "third", "fourth")
    for part, name in zip((*teachers, *beside), names, strict=False):
        depth = max(float(row["effective_depth"]) for row in part.rows)
        last = [row for row in part.rows if row["effective_depth"] == depth]
        middle = [np.median([float(row[k]) for row in last]) for k in ("stable", "least_cost_of_identity", "residual")]
        words.append(
            f"At L̃ = {depth:g}, {name}: −(2/L̃)H {middle[0]:.3g} (stable), cost of identity {middle[1]:.3g}, residual "
            f"of stationarity {middle[2]:.2g}, medians."
        )
    if beside:
        words.append(_below(truths, beside))
    return " ".join(words)


def _below(truths: Measured, beside: Sequence[Measured]) -> str:
    """By how much the cheapest network undercuts the truth: what is known of whether that is the optimum."""
    costs = {row["effective_depth"]: float(row["cost"]) for row in truths.rows}
    found = [
        (float(row["cost"]) / costs[row["effective_depth"]] - 1.0, float(row["effective_depth"]))
        for part in beside
        for row in part.rows
        if row["effective_depth"] in costs
    ]
    least, depth = min(found, default=(0.0, 0.0))
    if least >= -1e-6:
        return "No network lies below the truth."
    return f"The truth is the best of its starts: at L̃ = {depth:g} a network lies {-100.0 * least:.2g} % below it."


def estimates(axis: Axes, rows: Sequence[Row], rank: int) -> list[Row]:
    """Draw the three estimates of the rank over L̃, and the teacher's rank; the rows behind them."""
    drawn: list[Row] = []
    for place, (name, label, number) in enumerate(ESTIMATES):
        drawn += median_line(axis, rows, "effective_depth", name, number, label, shift=0.02 * (place - 1))
    axis.axhline(rank, color="#777777", lw=0.9, ls=":", label="rank of the teacher")
    rank_axis(axis)
    depth_axis(axis, rows)
    return drawn


def _truth_lines(axis: Axes, rows: Sequence[Row]) -> list[Row]:
    return [
        row
        for name, label, dashes in (
            ("hamiltonian", r"truth: $-(2/\tilde{L})\mathcal{H}$", "-"),
            ("least_cost_of_identity", "truth: least cost of identity", "--"),
        )
        for row in exact_line(axis, rows, "effective_depth", name, label, dashes)
    ]


def teacher_rank(measured: Measured) -> int:
    """The least dimension that the teacher passes through."""
    return int(min(measured.results[0].parameters["data"]["dimensions"]))


def figure_1b(results: Sequence[Result]) -> Drawn:
    """Singular values of A_p and W_p along p: medians over seeds as lines, their intervals as bands."""
    depth = results[0].parameters["effective_depth"]
    grid = np.linspace(0.0, 1.0, 41)
    rows: list[Row] = []
    shown = 8
    with style():
        figure, axes = panels(1, 2, COLUMN, 2.7)
        for axis, name, symbol in ((axes[0][0], "representation_values", "A"), (axes[0][1], "weight_values", "W")):
            values = on_grid(_stack(results, "positions", name), _stack(results, name), grid)[:, :, :shown]
            for number, shade in enumerate(shades(min(shown, values.shape[2]))):
                rows += [
                    {**row, "quantity": f"singular value {number + 1} of {symbol}"}
                    for row in band(axis, grid, values[:, :, number], 0, "", shade=shade)
                ]
            axis.set_yscale("log")
            plain_log(axis)
            axis.set(xlabel="position $p$", title=f"singular values of ${symbol}_p$")
        axes[0][1].axhline(0.5 * depth, color="#777777", ls=":", lw=0.9)
        axes[0][1].annotate(
            r"$\tilde{L}/2$",
            (1.0, 0.5 * depth),
            (12, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color="#555555",
            annotation_clip=False,
        )
        axes[0][0].set_ylabel("singular value")
    caption = (
        f"Figure 1b. The {shown} largest singular values of A_p and W_p along p at L̃ = {depth:g}, from dark to light: "
        f"{seeds_phrase(rows)}. Values of W above L̃/2 carry the bottleneck."
    )
    return Drawn("fig1b", figure, caption, rows)


def figure_1d(networks: Measured, dearer: Measured) -> Drawn:
    """Every network's own rank at the largest L̃: which rank the estimates close in on."""
    depth = max(float(row["effective_depth"]) for row in networks.rows)
    usual = 0.5 * depth * Problem.of(dict(networks.results[0].parameters, effective_depth=depth)).decay
    groups = [(f"λL̃/2 = {usual:g}", [row for row in networks.rows if row["effective_depth"] == depth])]
    groups += [(f"λL̃/2 = {cost:g}", rows) for (cost,), rows in grouped(dearer.rows, ["rank_cost"]).items()]
    rows: list[Row] = []
    with one_panel(2.9) as (figure, axis):
        for number, (label, given) in enumerate(groups):
            x = [row["least_cost_of_identity"] for row in given]
            y = [row["stable"] for row in given]
            axis.plot(x, y, MARKERS[number], color=colour(number), ms=4.5, alpha=0.75, label=label, ls="none")
            rows += [
                {
                    "quantity": label,
                    "seed": row["seed"],
                    "cost of identity": a,
                    "estimate": b,
                    "rank": row["rank"],
                    "cost": row["cost"],
                    "residual": row["residual"],
                }
                for row, a, b in zip(given, x, y, strict=True)
            ]
        high = max(float(row["cost of identity"]) for row in rows) + 0.4
        axis.plot([0.0, high], [0.0, high], color="#777777", lw=0.9, ls=":", label="equal")
        axis.set(xlabel="least cost of identity, stable", ylabel=r"$-(2/\tilde{L})\mathcal{H}$, stable")
        axis.set_xlim(0.5, high)
        legend_below(figure, axis, columns=1)
    inside = [(row["quantity"], row["estimate"]) for row in rows if abs(row["cost of identity"] - 3.0) < 0.15]
    settled = ""
    if inside:
        middle = f"{np.median([v for _, v in inside]):.3g} (median of {len(inside)})"
        settled = f"Networks whose cost of identity is within 5 % of 3 have −(2/L̃)H = {middle}. "
    caption = (
        f"Figure 1d. The networks at L̃ = {depth:g}, one mark a seed: the two estimates against each other. On "
        f"the dotted line they agree on a rank. {settled}Markers tell what a rank costs, λL̃/2. No interval: every "
        "network is shown."
    )
    return Drawn("fig1d", figure, caption, rows)


def figure_1c(results: Sequence[Result]) -> Drawn:
    """Kinetic energy, potential energy and Hamiltonian along p."""
    depth = results[0].parameters["effective_depth"]
    grid = np.linspace(0.0, 1.0, 41)
    rows: list[Row] = []
    with one_panel(2.9) as (figure, axis):
        for number, (name, label, dashes) in enumerate(
            (
                ("kinetic", "kinetic energy, stable", "-"),
                ("potential", "potential energy, stable", "--"),
                ("hamiltonian", r"Hamiltonian $\mathcal{H}$, from momenta", "-."),
            )
        ):
            values = on_grid(_stack(results, "positions", name), _stack(results, name), grid)
            rows += band(axis, grid, values, number, label, dashes)
        axis.axhline(0.0, color=colour(6), lw=0.6)
        axis.set_yscale("symlog", linthresh=20.0)
        axis.set(xlabel="position $p$", ylabel="energy (linear within ±20)")
        legend_below(figure, axis, columns=1)
    caption = (
        f"Figure 1c. Energies along p at L̃ = {depth:g}: {seeds_phrase(rows)}. H is conserved on a geodesic; "
        "the axis is linear within ±20, logarithmic beyond."
    )
    return Drawn("fig1c", figure, caption, rows)


def _stack(results: Sequence[Result], *names: str) -> np.ndarray:
    """An array of every member; positions cut to the layers' starts where the curve lives on them."""
    found = np.concatenate([result.arrays[names[0]] for result in results])
    if len(names) == 2:
        points = results[0].arrays[names[1]].shape[1]
        found = found[:, :points]
    return found
