"""How paths move over L̃: transport beside the Wasserstein geodesic, the turnpike, and the cost in large depth."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

import numpy as np

from geodepth.validation.experiments.sweeps.outcome import Row
from geodepth.validation.experiments.sweeps.statistics import median_interval
from geodepth.validation.experiments.sweeps.tables import Measured, grouped
from geodepth.validation.figures.style import TRUTH, colour, legend_below, panels, style
from geodepth.validation.physics.rank_expansion import RankExpansion, rank_expansion

from .drawing import Drawn, depth_axis, interval_row, median_line, plain_log, seeds_phrase

TRANSPORT = {
    "straightness": "straightness",
    "action_excess": "action / displacement",
    "assignment_excess": "displacement / $W_2^2$",
}
"""What is drawn of the transport, and its words."""
FEWEST_DEPTHS = 4
"""For an expansion of three coefficients."""


def draw(measured: Sequence[Measured]) -> list[Drawn]:
    """All that the results allow."""
    rows = [row for part in measured for row in part.rows]
    truths = grouped((row for row in rows if row["series"] == "truth"), ["seed"]).values()
    whole = [found for found in truths if len({row["effective_depth"] for row in found}) >= FEWEST_DEPTHS]
    return [*([transports(rows), turnpikes(rows)] if rows else []), *([expansions(whole)] if whole else [])]


def median_of_seed(rows: Iterable[Row], series: str, names: Iterable[str]) -> list[Row]:
    """The median member of every seed and L̃: a seed (its data) counts once, networks of rank 0 never."""
    learned = (row for row in rows if row["series"] == series and (series == "truth" or row["rank"] > 0))
    chosen = grouped(learned, ["seed", "effective_depth"])
    found: list[Row] = []
    for (seed, depth), members in chosen.items():
        known = {name: [row[name] for row in members if row[name] is not None] for name in names}
        medians: Row = {name: float(np.median(values)) if values else None for name, values in known.items()}
        found.append({"seed": seed, "effective_depth": depth} | medians)
    return found


def settled(rows: Iterable[Row]) -> str:
    """How many of the truths' searches settled, in words."""
    found = [bool(row["settled"]) for row in rows if row["series"] == "truth"]
    return f"{sum(found)} of {len(found)} searches settled"


def counted(rows: Sequence[Row]) -> str:
    """Which networks are drawn, and the settled searches, in words."""
    ranks = [int(row["rank"]) for row in rows if row["series"] == "networks"]
    return (
        f"a seed is a data set, of which the median network counts; {sum(rank == 0 for rank in ranks)} of {len(ranks)} "
        f"networks gave up (rank 0) and are left out; {settled(rows)}"
    )


def transports(beside: Sequence[Row]) -> Drawn:
    """Straightness, and what the action holds beyond the Wasserstein geodesic, over L̃."""
    rows: list[Row] = []
    with style():
        figure, axes = panels(1, len(TRANSPORT), 2.4, 2.4)
        for axis, (quantity, words) in zip(axes[0], TRANSPORT.items(), strict=True):
            for number, series in enumerate(("truth", "networks")):
                given, shade = median_of_seed(beside, series, TRANSPORT), TRUTH if number == 0 else None
                shift = 0.02 * (2 * number - 1)
                found = median_line(axis, given, "effective_depth", quantity, number, series, shift=shift, shade=shade)
                rows += [{**row, "quantity": f"{quantity}, {series}"} for row in found]
            depth_axis(axis, beside)
            axis.set_ylabel(words)
        axes[0][0].set_ylim(0.0, 1.0)
        axes[0][1].set_yscale("log")
        plain_log(axes[0][1])
        legend_below(figure, *axes[0])
    caption = (
        "Samples in transport. Straightness is all chords over all lengths, 1 where all samples go straight. Action "
        "over displacement is 1 for straight and even motion, displacement over W₂² where ends are the best partners "
        "of starts; their product is the action over that of the Wasserstein geodesic. "
        f"{seeds_phrase(rows).capitalize()}; {counted(beside)}."
    )
    return Drawn("transport", figure, caption, rows)


def turnpikes(measured: Sequence[Row]) -> Drawn:
    """The share of depth that is spent on the slow arc, and the rates at which it is reached and left, over L̃."""
    quantities = ("arc_time", "entry_rate", "exit_rate")
    given = {series: median_of_seed(measured, series, quantities) for series in ("truth", "networks")}
    rows: list[Row] = []
    with style():
        figure, axes = panels(1, 2, 3.1, 2.6)
        time, rate = axes[0]
        for number, (series, found) in enumerate(given.items()):
            shift, shade = 0.02 * (2 * number - 1), TRUTH if number == 0 else None
            drawn = median_line(time, found, "effective_depth", "arc_time", number, series, shift=shift, shade=shade)
            rows += [{**row, "quantity": f"arc_time, {series}"} for row in drawn]
        for number, (name, free) in enumerate(zip(quantities[1:], free_rates(measured), strict=True), 3):
            scaled = [
                {**row, name: row[name] / row["effective_depth"]} for row in given["truth"] if row[name] is not None
            ]
            label = f"{name.split('_')[0]}, truth"
            drawn = median_line(rate, scaled, "effective_depth", name, number, label, shift=0.02 * (2 * number - 7))
            rows += [{**row, "quantity": f"{name} over L̃, truth"} for row in drawn]
            rate.axhline(free, color=colour(number), lw=0.9, ls=":")
        time.set_ylabel("share of depth on the arc")
        rate.set_ylabel(r"rate $\kappa/\tilde{L}$")
        for axis in axes[0]:
            depth_axis(axis, measured)
            axis.set_ylim(bottom=0.0)
        legend_below(figure, *axes[0], columns=4)
    caption = (
        "The turnpike: the share of depth where ‖∂_pA‖ is below a tenth of its greatest value, and the rates κ at "
        "which the speed falls to that on the way in and rises on the way out. Dotted: free decay, and growth at "
        "W = 2L̃, in layers of this size (both L̃ in the limit of many). Rates only where there is an arc. "
        f"{seeds_phrase(rows).capitalize()}; {counted(measured)}."
    )
    return Drawn("turnpike", figure, caption, rows)


def free_rates(measured: Sequence[Row]) -> tuple[float, float]:
    """κ/L̃ of A_ℓ = (1 − ρL̃)A_{ℓ−1} and of A_ℓ = (1 + ρL̃)A_{ℓ−1}, at the median step ρL̃."""
    step = float(np.median([row["effective_depth"] / row["layers"] for row in measured]))
    return float(-np.log1p(-step) / step), float(np.log1p(step) / step)


def expansions(whole: Sequence[Sequence[Row]]) -> Drawn:
    """Cost over L̃ with the expansion of every data set, and its constant against the bound that Jacobians give."""
    fits = [_fitted(rows) for rows in whole]
    bounds = [max(float(row["regularity_bound"]) for row in _deepest(rows, 1)) for rows in whole]
    known = [_fitted(_deepest(rows, 3), _teacher_rank(rows)) for rows in whole]
    slopes, constants = (median_interval([getattr(fit, name) for fit in fits]) for name in ("rank", "next_order"))
    at_rank = median_interval([fit.next_order for fit in known])
    rows = [
        interval_row("rank", None, "", slopes), interval_row("next_order", None, "", constants),
        interval_row("next_order at the teacher's rank", None, "", at_rank),
    ]  # fmt: skip
    with style():
        figure, axes = panels(1, 2, 3.1, 2.6)
        left, right = axes[0]
        for given in whole:
            points = sorted((row["effective_depth"], row["cost_as_norm"] / row["effective_depth"]) for row in given)
            left.plot(*zip(*points, strict=True), marker="o", ms=3.0, lw=0.8, color=TRUTH, alpha=0.5)
        depths = np.array(sorted({float(row["effective_depth"]) for row in whole[0]}))
        line = f"{slopes.estimate:.2f} $\\tilde{{L}}$ + {constants.estimate:.1f}"
        left.plot(depths, slopes.estimate * depths + constants.estimate, ls="--", label=line)
        left.set(xlabel=r"effective depth $\tilde{L}$", ylabel=r"$2J/\lambda$")
        right.scatter(bounds, [fit.next_order for fit in known], s=14.0)
        ends = np.array([min(bounds), max(bounds)])
        right.plot(ends, ends, color="#777777", ls=":", label="bound")
        right.set(xlabel=r"$\max_x\,2\log|Jf(x)|_+$", ylabel="next order $R$")
        legend_below(figure, left, right)
    for given, fit, with_rank, bound in zip(whole, fits, known, bounds, strict=True):
        numbers = asdict(fit) | {"next_order_at_rank": with_rank.next_order, "bound": bound}
        rows.append({"quantity": "data set", "seed": given[0]["seed"], **numbers})
    caption = (
        "What a rank costs: 2J/λ of the truth over L̃ at one λL̃, with kL̃ + R + S/L̃ by least squares for every data "
        f"set. The slope k is {slopes}, the constant R {constants}; with k the teacher's rank, R is {at_rank} from the "
        f"three largest L̃ ({seeds_phrase(rows[:2])}; a seed is a data set). Right: that R beside the bound by the "
        "truth's Jacobians at the largest L̃. "
        f"{settled([row for given in whole for row in given])}."
    )
    return Drawn("expansion", figure, caption, rows)


def _fitted(rows: Sequence[Row], rank: int | None = None) -> RankExpansion:
    return rank_expansion([row["effective_depth"] for row in rows], [row["cost_as_norm"] for row in rows], rank)


def _deepest(rows: Sequence[Row], count: int) -> list[Row]:
    """The rows of the so many largest L̃."""
    deepest = sorted({float(row["effective_depth"]) for row in rows})[-count:]
    return [row for row in rows if row["effective_depth"] in deepest]


def _teacher_rank(rows: Sequence[Row]) -> int:
    return min(int(size) for size in str(rows[0]["data.dimensions"]).split())
