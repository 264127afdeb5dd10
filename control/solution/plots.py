"""Plots of solutions; Matplotlib is imported only when one is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette, which colour-blind readers can tell apart.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MOST_LINES = 12
"""In a panel (chosen by hand): more cannot be told apart."""


def panels(size: tuple[float, float], labels: Sequence[str]) -> tuple[Figure, Sequence[Axes]]:
    """A figure of this width and height in inches, with one panel above another for each of these labels."""
    from matplotlib.figure import Figure as NewFigure

    figure = NewFigure(figsize=size, layout="constrained")
    axes = list(figure.subplots(len(labels), 1, sharex=True, squeeze=False)[:, 0])
    for axis, label in zip(axes, labels, strict=True):
        axis.set_ylabel(label)
        axis.grid(alpha=0.25)
    return figure, axes


def plot_solution(solution: Any) -> Figure:
    """Panels of a Solution's states, controls and costates against time; lines are labelled by name."""
    figure, axes = panels((7.0, 7.5), ("state", "control", "costate ∂V/∂x"))
    fine = np.unique(np.concatenate([np.linspace(solution.times[0], solution.times[-1], 600), solution.times]))
    states = solution.sample(fine).states
    for i, name in enumerate(solution.state_names[:MOST_LINES]):
        colour = PALETTE[i % len(PALETTE)]
        axes[0].plot(fine, states[:, i], color=colour, label=name)
        axes[2].plot(solution.times, solution.costates[:, i], color=colour, label=name)
    # Controls may jump at nodes: each interval is drawn by itself, with a gap between.
    last = -1 if solution.control_values.shape[1] > 1 else 0
    gaps = np.full(solution.times.size - 1, np.nan)
    times = np.column_stack([solution.times[:-1], solution.times[1:], gaps]).ravel()
    for i, name in enumerate(solution.control_names[:MOST_LINES]):
        values = np.column_stack([solution.control_values[:, 0, i], solution.control_values[:, last, i], gaps]).ravel()
        axes[1].plot(times, values, color=PALETTE[i % len(PALETTE)], label=name)
    for axis in axes:
        if axis.lines:
            axis.legend(loc="best", fontsize="small", ncols=2 if len(axis.lines) > 4 else 1)
    axes[2].set_xlabel("time")
    axes[0].set_title(f"{solution.problem_name}: cost {solution.cost:.8g} ({solution.status.name.lower()})")
    return figure
