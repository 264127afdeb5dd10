"""What the library's plots share: a figure with panels, states and controls drawn by name, and controls that jump.

Matplotlib is imported only when a plot is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.control.solution.plots import PALETTE
from geodepth.control.solution.solution import Sample, Solution

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes
    from matplotlib.figure import Figure as Figure
else:
    Axes = Figure = Any

BLUE, RED, GREEN, PINK, ORANGE, SKY, BLACK = PALETTE


def panels(
    title: str, rows: int = 1, columns: int = 1, size: tuple[float, float] = (7.0, 5.0), **settings: Any
) -> tuple[Figure, list[Axes]]:
    """A figure of so many inches with this title, and its panels row by row; settings go to Matplotlib's `subplots`."""
    figure = _figure(title, size)
    axes: list[Axes] = figure.subplots(rows, columns, squeeze=False, **settings).ravel().tolist()
    _add_grids(axes)
    return figure, axes


def mosaic(title: str, layout: str, size: tuple[float, float], **settings: Any) -> tuple[Figure, dict[str, Axes]]:
    """As `panels`, arranged by letters: "AB;AC" has a tall panel A beside B and C."""
    figure = _figure(title, size)
    axes: dict[str, Axes] = figure.subplot_mosaic(layout, **settings)
    _add_grids(axes.values())
    return figure, axes


def _figure(title: str, size: tuple[float, float]) -> Figure:
    from matplotlib.figure import Figure as NewFigure

    figure = NewFigure(figsize=size, layout="constrained")
    figure.suptitle(title, fontsize="medium")
    return figure


def _add_grids(axes: Iterable[Axes]) -> None:
    for axis in axes:
        axis.grid(alpha=0.25)


def finished(figure: Figure) -> Figure:
    """The figure with a small legend in every panel where something is labelled and none is yet."""
    for axis in figure.axes:
        if axis.get_legend_handles_labels()[1] and axis.get_legend() is None:
            axis.legend(fontsize="small")
    return figure


def at_equal_times(solution: Solution, count: int) -> Sample:
    """The path at `count` equally spaced times, both ends among them."""
    return solution.sample(np.linspace(solution.times[0], solution.times[-1], count))


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


def draw_state(
    axis: Axes,
    solution: Solution,
    name: str,
    colour: str = BLUE,
    label: str = "",
    scale: float = 1.0,
    width: float | None = None,
    **settings: Any,
) -> None:
    """Draw the state of this name, times `scale`, against time; settings go to the axis."""
    path = fine(solution)
    values = scale * path.states[:, solution.state_names.index(name)]
    axis.plot(path.times, values, color=colour, label=label, lw=width)
    axis.set(**settings)


def draw_control(
    axis: Axes, solution: Solution, name: str, label: str = "", scale: float = 1.0, colour: str = RED, **settings: Any
) -> None:
    """Draw the control of this name, times `scale`, against time; jumps are vertical lines, settings go to the axis."""
    drawn = pieces(solution)
    values = scale * drawn.controls[:, solution.control_names.index(name)]
    axis.plot(drawn.times, values, color=colour, lw=1.4, label=label)
    axis.set(**settings)


def strip(solution: Solution, count: int) -> Iterator[tuple[np.ndarray, float]]:
    """States at equally spaced times, each with an opacity that grows from pale to dark."""
    return zip(at_equal_times(solution, count).states, np.linspace(0.2, 1.0, count), strict=True)
