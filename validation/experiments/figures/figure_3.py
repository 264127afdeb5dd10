"""Figure 3: what must stay bounded for the theory to apply does stay bounded as L̃ grows."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from geodepth.validation.experiments.sweeps.outcome import Row
from geodepth.validation.experiments.sweeps.tables import Measured
from geodepth.validation.figures.style import TRUTH, legend_below, panels, style

from .drawing import Drawn, depth_axis, median_line, plain_log, route, seeds_phrase

QUANTITIES = (
    ("length", r"path length $\int\|\partial_pA\|_F\,dp\,/\sqrt{N}$"),
    ("momentum", r"largest $\|B_p\|_F$"),
    ("momentum_activation", r"largest $\|B_p\sigma(A_p)^\top\|_F$"),
)

BESIDE = {"length": "straight", "momentum_activation": "weights"}
"""What is dashed beside a quantity, for networks; the truth's ‖W‖/L̃ would lie on its other line."""


def draw(measured: Sequence[Measured]) -> list[Drawn]:
    """Figure 3: on small data sets truth, networks, and stationary networks; below the paper's teacher."""
    networks, *small = measured
    lines = [
        list(zip(small, ("truth", "networks", "networks, Newton-CG at the end"), strict=True)),
        [(networks, "networks, learned projections")],
    ]
    lines = [kept for line in lines if (kept := [part for part in line if part[0].results])]
    if not lines:
        return []
    rows: list[Row] = []
    with style():
        figure, axes = panels(len(lines), len(QUANTITIES), 2.3, 2.1)
        for line, parts in zip(axes, lines, strict=True):
            for axis, (name, label) in zip(line, QUANTITIES, strict=True):
                rows += _bounded(axis, parts, name, label)
            line[0].set_ylabel("teacher " + route(parts[0][0]))
        legend_below(figure, *axes[0], *axes[-1], columns=2)
    return [Drawn("fig3", figure, _caption(rows, lines), rows)]


def _bounded(axis: Axes, parts: Sequence[tuple[Measured, str]], name: str, label: str) -> list[Row]:
    drawn: list[Row] = []
    for number, (part, series) in enumerate(parts):
        shade = TRUTH if series == "truth" else None
        number = 3 if series.endswith("projections") else number
        shift = 0.03 * (number - 1) if number < 3 else 0.0
        lines = [(name, series, "-")]
        if name in BESIDE and series != "truth":
            lines.append((BESIDE[name], "_", "--"))
        for value, words, dashes in lines:
            drawn += [
                {**row, "series": series, "quantity": value}
                for row in median_line(
                    axis,
                    _given(part),
                    "effective_depth",
                    value,
                    number,
                    words,
                    shift=shift,
                    shade=shade,
                    faint=dashes == "-",
                    marker=dashes == "-",
                    style=dashes,
                )
            ]
    depth_axis(axis, parts[0][0].rows)
    axis.set_yscale("log")
    plain_log(axis)
    axis.set_title(label, fontsize=8.5)
    return drawn


def _given(part: Measured) -> list[Row]:
    """The rows with what the kept singular values add.

    length: the path length of a sample. straight: |‖A_0‖ − ‖A_1‖|/√N, which no path between such ends falls below.
    weights: the largest ‖W_p‖_F/L̃.
    """
    samples = part.results[0].parameters["data"]["samples"]
    found = []
    for result in part.results:
        depth = float(result.parameters["effective_depth"])
        sizes, states = (
            np.sqrt(np.sum(result.arrays[name] ** 2, axis=2)) for name in ("weight_values", "representation_values")
        )
        found += [
            {
                **row,
                "effective_depth": depth,
                "length": float(row["path_length"]) / np.sqrt(samples),
                "straight": float(abs(state[0] - state[-1])) / np.sqrt(samples),
                "weights": float(size.max()) / depth,
            }
            for row, size, state in zip(result.rows, sizes, states, strict=True)
        ]
    return found


def _caption(rows: Sequence[Row], lines: Sequence[Sequence[tuple[Measured, str]]]) -> str:
    depths = sorted({float(row["x"]) for row in rows if row["series"] == lines[0][0][1]})
    parts = [part for line in lines for part in line]
    changes = "; ".join(f"{series} {', '.join(_changes(rows, series))}" for _, series in parts)
    errors = "; ".join(f"{series} {_errors(part)}" for part, series in parts)
    prices = [_fixed_price(part) for part, _ in parts]
    price = "λ is the same" if all(prices) else "λL̃ is the same"
    price += " at every L̃" + ", for the largest teacher λ itself" * (any(prices) and not all(prices))
    return (
        f"Figure 3. Path length of a sample, momenta, and momenta times activations over the effective depth: "
        f"{seeds_phrase(rows)}; single runs faint. {price}. From the least to the largest L̃ "
        f"(×{depths[-1] / depths[0]:.3g}) the three medians change thus: {changes}. B_1 = (2/λN) Pᵀ(Y − PA_1): momenta "
        "stay bounded only where √fit does, or falls as 1/L̃ where λ ∝ 1/L̃. At the least and the largest L̃: "
        f"{errors}. Dashed, of networks: |‖A_0‖ − ‖A_1‖|/√N, the least length between such ends, and the largest "
        "‖W_p‖/L̃, which ‖Bσ(A)ᵀ‖ equals at a stationary point. Momenta of networks are backpropagated, and on the "
        "kinks of the ReLU, where optimal paths have activations, not unique."
    )


def _fixed_price(part: Measured) -> bool:
    """Whether λ is the same at every L̃, in place of λL̃."""
    return "weight_decay" in part.results[0].parameters


def _changes(rows: Sequence[Row], series: str) -> list[str]:
    found = []
    for name, _ in QUANTITIES:
        line = sorted(
            (float(row["x"]), float(row["median"]))
            for row in rows
            if row["series"] == series and row["quantity"] == name
        )
        found.append(f"×{line[-1][1] / line[0][1]:.2g}" if line else "none")
    return found


def _errors(part: Measured) -> str:
    depths = sorted({float(row["effective_depth"]) for row in part.rows})
    ends = []
    for depth in (depths[0], depths[-1]):
        fits = [float(row["fit"]) for row in part.rows if row["effective_depth"] == depth]
        ends.append(f"{float(np.median(np.sqrt(fits))) * (1.0 if _fixed_price(part) else depth):.2g}")
    return ("√fit " if _fixed_price(part) else "√fit · L̃ ") + " and ".join(ends)
