"""Plots of solutions; Matplotlib is imported only when one is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.control.model.errors import CHECKS

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


def plot_phases(title: str, phases: Sequence[Any]) -> Figure:
    """Panels of states, controls, algebraic variables if any, and costates, of one Solution or of all phases in a row.

    Lines are labelled by name; a dotted line stands where one phase ends and the next begins.
    """
    algebraic = list(dict.fromkeys(name for phase in phases for name in phase.algebraic_names))[:MOST_LINES]
    labels = ("state", "control", *(["algebraic"] if algebraic else []), "costate ∂V/∂x")
    figure, axes = panels((7.0, 2.5 * len(labels)), labels)
    states = list(dict.fromkeys(name for phase in phases for name in phase.state_names))[:MOST_LINES]
    controls = list(dict.fromkeys(name for phase in phases for name in phase.control_names))[:MOST_LINES]
    for phase in phases:
        fine = np.unique(np.concatenate([np.linspace(phase.times[0], phase.times[-1], 600), phase.times]))
        path = phase.sample(fine).states
        for name in (name for name in states if name in phase.state_names):
            i, colour = phase.state_names.index(name), PALETTE[states.index(name) % len(PALETTE)]
            _line(axes[0], fine, path[:, i], colour, name)
            _line(axes[-1], phase.times, phase.costates[:, i], colour, name)
        # Controls may jump at nodes: each interval is drawn by itself, with a gap between.
        last = -1 if phase.control_values.shape[1] > 1 else 0
        gaps = np.full(phase.times.size - 1, np.nan)
        times = np.column_stack([phase.times[:-1], phase.times[1:], gaps]).ravel()
        for name in (name for name in controls if name in phase.control_names):
            i, colour = phase.control_names.index(name), PALETTE[controls.index(name) % len(PALETTE)]
            values = np.column_stack([phase.control_values[:, 0, i], phase.control_values[:, last, i], gaps]).ravel()
            _line(axes[1], times, values, colour, name)
        # So do algebraic variables that hold them.
        inside = phase.times[:-1, None] + np.diff(phase.times)[:, None] * phase.algebraic_points
        parted = np.column_stack([inside, gaps]).ravel()
        for name in (name for name in algebraic if name in phase.algebraic_names):
            i, colour = phase.algebraic_names.index(name), PALETTE[algebraic.index(name) % len(PALETTE)]
            values = np.column_stack([phase.algebraic_values[:, :, i], gaps]).ravel()
            _line(axes[2], parted, values, colour, name)
    for axis in axes:
        if axis.lines:
            axis.legend(loc="best", fontsize="small", ncols=2 if len(axis.lines) > 4 else 1)
        for phase in phases[1:]:
            axis.axvline(phase.times[0], color="black", lw=0.8, ls=":")
    axes[-1].set_xlabel("time")
    axes[0].set_title(title)
    return figure


def plot_portrait(title: str, phases: Sequence[Any], across: str, up: str) -> Figure:
    """One state or control against another along the path, with its start, its end and its direction.

    Raises
    ------
    ProblemError
        No phase has both names.
    """
    figure, axes = panels((5.5, 5.0), (up,))
    axis = axes[0]
    drawn = [_along(phase, across, up) for phase in phases if {across, up} <= _names(phase)]
    if not drawn:
        known = sorted(set().union(*(_names(phase) for phase in phases)))
        raise CHECKS.refusal("plot_portrait", f"{across}, {up}", f"two names of {', '.join(known[:20])}")
    for number, (x, y) in enumerate(drawn):
        axis.plot(x, y, color=PALETTE[number % len(PALETTE)])
        middle = len(x) // 2
        axis.annotate(
            "",
            (x[middle + 1], y[middle + 1]),
            (x[middle], y[middle]),
            arrowprops={"arrowstyle": "-|>", "color": PALETTE[number % len(PALETTE)]},
        )
    axis.plot(drawn[0][0][0], drawn[0][1][0], "o", color="black", label="start")
    axis.plot(drawn[-1][0][-1], drawn[-1][1][-1], "s", color="black", label="end")
    axis.set_xlabel(across)
    axis.set_title(title, fontsize="medium")
    axis.legend(fontsize="small")
    return figure


def _names(phase: Any) -> set[str]:
    return {*phase.state_names, *phase.control_names, *phase.algebraic_names}


def _along(phase: Any, *names: str) -> list[np.ndarray]:
    """The states or controls of these names at 600 times."""
    path = phase.sample(np.linspace(phase.times[0], phase.times[-1], 600))
    columns = dict(zip(phase.state_names, path.states.T, strict=True))
    columns |= dict(zip(phase.control_names, path.controls.T, strict=True))
    columns |= dict(zip(phase.algebraic_names, path.algebraic.T, strict=True))
    return [columns[name] for name in names]


def _line(axis: Axes, times: np.ndarray, values: np.ndarray, colour: str, name: str) -> None:
    """One line, with a label where none has that name yet."""
    known = any(line.get_label() == name for line in axis.lines)
    axis.plot(times, values, color=colour, label=f"_{name}" if known else name)
