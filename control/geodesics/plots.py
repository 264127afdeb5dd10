"""Plots of geodesics; Matplotlib is imported only when one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.control.solution.plots import PALETTE

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_geodesic(solution: Any) -> Figure:
    """Singular values of A_p and of W_p along p."""
    from matplotlib.figure import Figure as NewFigure

    figure = NewFigure(figsize=(7.0, 5.0), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    positions = solution.positions
    upper.plot(positions, np.linalg.svd(solution.representations, compute_uv=False), color=PALETTE[0], lw=1.2)
    middles = (positions[1:] + positions[:-1]) / 2
    lower.plot(middles, np.linalg.svd(solution.weights, compute_uv=False), color=PALETTE[1], lw=1.2)
    upper.set_ylabel("singular values of $A_p$")
    lower.set_ylabel("singular values of $W_p$")
    lower.set_xlabel("depth p")
    upper.set_title(f"representation geodesic: J = {solution.cost:.8g}, bracket {solution.certificate.bracket:.1e}")
    for axis in (upper, lower):
        axis.grid(alpha=0.25)
    return figure


def plot_extremal(extremal: Any) -> Figure:
    """Singular values of A_p and of W_p and the Hamiltonian along p; grey where an input rests on its kink."""
    from matplotlib.figure import Figure as NewFigure

    figure = NewFigure(figsize=(7.0, 6.5), layout="constrained")
    panels = figure.subplots(3, 1, sharex=True)
    fine = np.unique(np.concatenate([np.linspace(0.0, 1.0, 400), extremal.positions]))
    path, _, weights = extremal.sample(fine)
    panels[0].plot(fine, np.linalg.svd(path, compute_uv=False), color=PALETTE[0], lw=1.2)
    panels[1].plot(fine, np.linalg.svd(weights, compute_uv=False), color=PALETTE[1], lw=1.2)
    relative = (extremal.energies - extremal.energy) / max(abs(extremal.energy), 1e-300)
    panels[2].plot(extremal.positions, relative, color=PALETTE[2], lw=1.2)
    labels = ("singular values of $A_p$", "singular values of $W_p$", "H, relative to its mean")
    for axis, label in zip(panels, labels, strict=True):
        axis.set_ylabel(label)
        axis.grid(alpha=0.25)
        for rest in extremal.rests:
            axis.axvspan(rest.start, rest.end, color="0.5", alpha=0.12, lw=0)
    panels[2].set_xlabel("depth p")
    panels[0].set_title(f"extremal: J = {extremal.cost:.8g}, H = {extremal.energy:.6g}, drift {extremal.drift:.1e}")
    return figure


def plot_landscape(solution: Any) -> Figure:
    """The waterfall: cost above the best of each start that converged, sorted; one colour and level a minimum."""
    from matplotlib.figure import Figure as NewFigure
    from matplotlib.ticker import MaxNLocator

    figure = NewFigure(figsize=(7.0, 4.0), layout="constrained")
    axes = figure.subplots()
    best, place = solution.minima[0].cost if solution.minima else solution.cost, 0
    for number, minimum in enumerate(solution.minima):
        ranks = np.arange(place, place + len(minimum.found_by)) + 1
        excess = np.full(ranks.size, 100.0 * (minimum.cost / best - 1.0))
        axes.plot(ranks, excess, "o-", ms=4, lw=1.0, color=PALETTE[number % len(PALETTE)])
        place += ranks.size
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(f"starts that converged, best first ({solution.statistics['failed_starts']} failed)")
    axes.set_ylabel("J above the best, %")
    found = solution.coverage
    often = f"found by {found.best_found} of {found.starts} random starts"
    axes.set_title(f"{len(solution.minima)} minima; best J = {best:.8g}, {often}")
    axes.grid(alpha=0.25)
    return figure
