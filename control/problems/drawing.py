"""What the library's plots share: a figure with panels, the path drawn finely, and controls that jump at nodes.

Matplotlib is imported only when a plot is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.control.solution.plots import PALETTE
from geodepth.control.solution.solution import Sample, Solution

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, RED, GREEN, PINK, ORANGE, SKY, BLACK = PALETTE


def panels(
    title: str, rows: int = 1, columns: int = 1, size: tuple[float, float] = (7.0, 5.0), **settings: Any
) -> tuple[Figure, list[Axes]]:
    """A figure with this title, and its panels row by row; settings go to Matplotlib's `subplots`."""
    from matplotlib.figure import Figure as NewFigure

    figure = NewFigure(figsize=size, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **settings).ravel().tolist()
    figure.suptitle(title, fontsize="medium")
    for axis in axes:
        axis.grid(alpha=0.25)
    return figure, axes


def mosaic(title: str, layout: str, size: tuple[float, float], **settings: Any) -> tuple[Figure, dict[str, Axes]]:
    """As `panels`, arranged by letters: "AB;AC" has a tall panel A beside B and C."""
    from matplotlib.figure import Figure as NewFigure

    figure = NewFigure(figsize=size, layout="constrained")
    axes: dict[str, Axes] = figure.subplot_mosaic(layout, **settings)
    figure.suptitle(title, fontsize="medium")
    for axis in axes.values():
        axis.grid(alpha=0.25)
    return figure, axes


def fine(solution: Solution, count: int = 800) -> Sample:
    """The path at its nodes and at `count` equally spaced times."""
    times = np.linspace(solution.times[0], solution.times[-1], count)
    return solution.sample(np.unique(np.concatenate([times, solution.times])))


def pieces(solution: Solution, points: int = 9) -> Sample:
    """The path interval by interval, `points` times in each; where a control jumps at a node, both of its values."""
    lengths = np.diff(solution.times)[:, None]
    # A node belongs to the interval on its right: stay a little inside, where the left one's control is still meant.
    inside = np.linspace(1e-9, 1 - 1e-9, points)[None, :]
    return solution.sample((solution.times[:-1, None] + lengths * inside).ravel())


def draw_control(
    axis: Axes, solution: Solution, name: str, label: str = "", scale: float = 1.0, colour: str = RED
) -> None:
    """The control of this name, times `scale`, against time; jumps are vertical lines."""
    drawn = pieces(solution)
    values = scale * drawn.controls[:, solution.control_names.index(name)]
    axis.plot(drawn.times, values, color=colour, lw=1.4, label=label or name)
