"""Fixed, learned and penalized projections: which of them the paper's picture of the rank's estimates belongs to."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from geodepth.validation.experiments.sweeps.outcome import Row
from geodepth.validation.experiments.sweeps.statistics import median_interval
from geodepth.validation.experiments.sweeps.tables import Measured
from geodepth.validation.figures.rank_axis import rank_ticks
from geodepth.validation.figures.style import legend_below, panels, style

from .drawing import Drawn, route, seeds_phrase
from .figure_1 import estimates, teacher_rank

KINDS = ("fixed", "learned", "penalized")
ROOM = 0.5
"""Below the least estimate, in ranks, and above the largest, as a share of it. Chosen by hand."""


def draw(measured: Sequence[Measured]) -> list[Drawn]:
    """Estimates of the rank over L̃: a row of panels for every sweep that has results, a column for every kind."""
    there = [part for part in measured if part.results]
    rows: list[Row] = []
    with style():
        figure, axes = panels(len(there), len(KINDS), 2.5, 2.6)
        for line, part in zip(axes, there, strict=True):
            for axis, kind in zip(line, KINDS, strict=True):
                given = _of(part, kind)
                axis.set_title(f"{kind} projections")
                if given.results:
                    found = estimates(axis, given.rows, teacher_rank(given))
                    rows += [{"sweep": part.sweep.name, "projections": kind, **row} for row in found]
            # A kind without results has no ends.
            drawn = [end for axis in line for end in axis.dataLim.intervaly if np.isfinite(end)]
            for axis in line:
                axis.set_ylim(min(drawn) - ROOM, (1.0 + ROOM) * max(drawn))
                rank_ticks(axis)
            line[0].set_ylabel(f"{part.sweep.name}\n{route(part)}\nestimates of the rank")
        legend_below(figure, *(axis for line in axes for axis in line), columns=2)
    words = [
        "Estimates of the bottleneck rank over the effective depth for three kinds of projections: "
        f"{seeds_phrase(rows)}; single runs faint; −(2/L̃)H of a run is its median over p. Fixed: the identity, padded "
        "with zeros. Learned: trained, outside the penalty. Penalized: trained, with λ/2 (‖E‖² + ‖P‖²) in J. Newton's "
        "method, where it follows, moves what is penalized: learned projections stay as Adam left them. Stable "
        "quantities use K + γI with γ = 10⁻⁴‖σ(A)‖². The vertical axis is linear within ±10, logarithmic beyond."
    ]
    return [Drawn("projections", figure, " ".join([*words, *(_ends(part) for part in there)]), rows)]


def _of(part: Measured, kind: str) -> Measured:
    return replace(part, results=tuple(part.where(projections=kind)))


def _ends(part: Measured) -> str:
    """The medians at the largest L̃ that all kinds have, with their intervals, in words."""
    kinds = {kind: _of(part, kind) for kind in KINDS if _of(part, kind).results}
    depths = [{float(row["effective_depth"]) for row in given.rows} for given in kinds.values()]
    depth = max(set.intersection(*depths), default=None)
    if depth is None:
        return ""
    found = []
    for kind, given in kinds.items():
        last = given.where(effective_depth=depth)
        rows = [row for result in last for row in result.rows]
        numbers = {name: median_interval([row[name] for row in rows]) for name in ("stable", "least_cost_of_identity")}
        values = np.concatenate([result.arrays["representation_values"] for result in last])
        sizes = np.sqrt(np.sum(values**2, axis=2))
        found.append(
            f"{kind}: −(2/L̃)H {numbers['stable']} (stable), cost of identity {numbers['least_cost_of_identity']}, "
            f"‖A_1‖/‖A_0‖ {median_interval(list(sizes[:, -1] / sizes[:, 0]))}"
        )
    asked = part.results[0].parameters
    price = "the same λL̃ everywhere" if "rank_cost" in asked else f"λ = {asked['weight_decay']:g}"
    name = part.sweep.name[0].upper() + part.sweep.name[1:]
    return f"{name} ({price}) at L̃ = {depth:g}, medians with intervals: {'; '.join(found)}."
