"""Plots of geodesics; Matplotlib is imported only when one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.control.solution.plots import PALETTE, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LABELS = ("singular values of $A_p$", "singular values of $W_p$")


def plot_geodesic(solution: Any) -> Figure:
    """Singular values of A_p and of W_p along p, of a GeodesicSolution."""
    figure, (upper, lower) = panels((7.0, 5.0), LABELS)
    positions = solution.positions
    upper.plot(positions, np.linalg.svd(solution.representations, compute_uv=False), color=PALETTE[0], lw=1.2)
    middles = (positions[1:] + positions[:-1]) / 2
    lower.plot(middles, np.linalg.svd(solution.weights, compute_uv=False), color=PALETTE[1], lw=1.2)
    lower.set_xlabel("depth p")
    upper.set_title(f"representation geodesic: J = {solution.cost:.8g}, bracket {solution.certificate.bracket:.1e}")
    return figure


def plot_extremal(extremal: Any) -> Figure:
    """Singular values of A_p and of W_p and the Hamiltonian along p; grey where an input rests on its kink."""
    figure, axes = panels((7.0, 6.5), (*LABELS, "H, relative to its mean"))
    fine = np.unique(np.concatenate([np.linspace(0.0, 1.0, 400), extremal.positions]))
    path, _, weights = extremal.sample(fine)
    axes[0].plot(fine, np.linalg.svd(path, compute_uv=False), color=PALETTE[0], lw=1.2)
    axes[1].plot(fine, np.linalg.svd(weights, compute_uv=False), color=PALETTE[1], lw=1.2)
    relative = (extremal.energies - extremal.energy) / max(abs(extremal.energy), 1e-300)
    axes[2].plot(extremal.positions, relative, color=PALETTE[2], lw=1.2)
    for axis in axes:
        for rest in extremal.rests:
            axis.axvspan(rest.start, rest.end, color="0.5", alpha=0.12, lw=0)
    axes[2].set_xlabel("depth p")
    axes[0].set_title(f"extremal: J = {extremal.cost:.8g}, H = {extremal.energy:.6g}, drift {extremal.drift:.1e}")
    return figure


def plot_landscape(solution: Any) -> Figure:
    """The waterfall: cost above the best of each start that converged, sorted; one colour and level per minimum."""
    from matplotlib.ticker import MaxNLocator

    figure, (axes,) = panels((7.0, 4.0), ("J above the best, %",))
    best, place = solution.minima[0].cost if solution.minima else solution.cost, 0
    for number, minimum in enumerate(solution.minima):
        ranks = np.arange(place, place + len(minimum.found_by)) + 1
        excess = np.full(ranks.size, 100.0 * (minimum.cost / best - 1.0))
        axes.plot(ranks, excess, "o-", ms=4, lw=1.0, color=PALETTE[number % len(PALETTE)])
        place += ranks.size
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(f"starts that converged, best first ({solution.statistics['failed_starts']} failed)")
    found = solution.coverage
    often = (
        solution.certificate.search.partition(";")[0] or f"found by {found.best_found} of {found.starts} random starts"
    )
    axes.set_title(f"{len(solution.minima)} minima; best J = {best:.8g},\n{often}")
    return figure
