"""The theorems over L̃: both sides of Theorem 4, conservation of H, balancedness, and non-negative bottlenecks."""

from collections.abc import Sequence

from geodepth.validation.experiments.sweeps.outcome import Row
from geodepth.validation.experiments.sweeps.tables import Measured
from geodepth.validation.figures.style import legend_below, panels, style

from .drawing import COLUMN, Drawn, depth_axis, exact_line, median_line, route, seeds_phrase


def draw(measured: Sequence[Measured]) -> list[Drawn]:
    """Both figures, from the sweeps of figure 1."""
    networks, truths, small = measured
    drawn = []
    if truths.results:
        drawn.append(theorem_4(networks, truths))
    if networks.results and truths.results:
        drawn.append(conserved(networks, truths, small))
    return drawn


def theorem_4(networks: Measured, truths: Measured) -> Drawn:
    """−(ℓ/L̃ + √(γc))² ≤ −(2/L̃)H − min‖A‖² ≤ γc, for truths (left) and networks (right)."""
    rows: list[Row] = []
    both = bool(networks.results)
    with style():
        figure, axes = panels(1, 2 if both else 1, COLUMN, 2.8)
        for axis, part, series in zip(axes[0], (truths, networks), ("truth", "networks"), strict=False):
            for number, (name, label) in enumerate(
                (
                    ("theorem_upper", r"upper bound $\gamma c$"),
                    ("theorem_value", r"$-(2/\tilde{L})\mathcal{H}-\min_p\|A_p\|^2_{K+\gamma I}$"),
                    ("theorem_lower", r"lower bound $-(\ell/\tilde{L}+\sqrt{\gamma c})^2$"),
                )
            ):
                rows += [
                    {**row, "series": series}
                    for row in median_line(axis, part.rows, "effective_depth", name, number, label)
                ]
            depth_axis(axis, part.rows)
            axis.set_yscale("symlog", linthresh=1.0)
            axis.axhspan(-1.0, 1.0, color="#777777", alpha=0.1, lw=0)
            axis.set_title(f"{series}, teacher {route(part)}")
        axes[0][0].set_ylabel("sides of the inequality")
        legend_below(figure, *axes[0], columns=3 if both else 1)
    holds = [
        sum(r["theorem_lower"] <= r["theorem_value"] <= r["theorem_upper"] for r in part.rows)
        for part in (truths, networks)
    ]
    caption = (
        "Both sides of Theorem 4's first inequality, with the γ that makes it tightest; −(2/L̃)H is the median over "
        f"p. It holds for {holds[0]} of {len(truths.rows)} truths and {holds[1]} of {len(networks.rows)} networks "
        "(which are stationary only approximately). The grey band is ±1: inside it the bounds tell two ranks apart. "
        f"Networks: {seeds_phrase([row for row in rows if row['series'] == 'networks'])}."
    )
    return Drawn("theorem4", figure, caption, rows)


def conserved(networks: Measured, truths: Measured, small: Measured) -> Drawn:
    """How conserved H is, how non-negative the bottleneck, and how stationary the paths are."""
    rows: list[Row] = []
    panel_names = (
        ("drift", r"range of $-(2/\tilde{L})\mathcal{H}$ over $p$", "log"),
        ("negative_share", r"$\|\min(A,0)\|/\|A\|$ in the bottleneck", "linear"),
        ("residual", r"residual of $W=\tilde{L}B\sigma(A)^\top$", "log"),
    )
    with style():
        figure, axes = panels(1, 3, 2.5, 2.6)
        for axis, (name, label, scale) in zip(axes[0], panel_names, strict=True):
            for number, (part, series) in enumerate(((networks, "networks"), (small, "networks of the truth's size"))):
                given = [_with_drift(row) for row in part.rows]
                rows += [
                    {**row, "series": series, "quantity": name}
                    for row in median_line(axis, given, "effective_depth", name, number, series)
                ]
            exact = [_with_drift(row) for row in truths.rows]
            rows += exact_line(axis, exact, "effective_depth", name, "truth", series="truth", quantity=name)
            depth_axis(axis, networks.rows)
            axis.set_yscale(scale)
            axis.set_title(label, fontsize=8.5)
        legend_below(figure, *axes[0], columns=3)
    caption = (
        "Conservation of the Hamiltonian (its range over p; a discrete path of L layers conserves it to first order in "
        "L̃/L), Proposition 5 (representations in the bottleneck become non-negative), and stationarity: truth, and "
        f"networks, {seeds_phrase([row for row in rows if 'seeds' in row])}. A truth's residual is that of its "
        "multipliers, at rounding."
    )
    return Drawn("conservation", figure, caption, rows)


def _with_drift(row: Row) -> Row:
    return {**row, "drift": row["hamiltonian_max"] - row["hamiltonian_min"]}
