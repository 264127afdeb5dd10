"""What the library's plots share: a sheet of panels, on which states and controls are drawn by name.

Matplotlib is imported only when a plot is asked for.
"""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.plots import PALETTE
from geodepth.control.solution.sampling import Sample
from geodepth.control.solution.solution import Solution

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes
    from matplotlib.figure import Figure as Figure
else:
    Axes = Figure = Any

Pose = Callable[..., Any]
"""pose(axes, state, control, strength=1.0) draws the system at one time, with this opacity."""

BLUE, RED, GREEN, PINK, ORANGE, SKY, BLACK = PALETTE


class Sheet:
    """A figure of one solution, of one phase or several, its panels counted row by row.

    Parameters
    ----------
    solution : Solution or MultiPhaseSolution
        What is drawn.
    title : str
        Of the whole figure.
    rows, columns : int
        How many panels.
    size : (float, float)
        Width and height in inches.
    layout : str
        Panels arranged by letters in place of rows and columns: "AB;AC" has a tall panel A beside B and C.
    settings
        Go to Matplotlib's `subplots` or `subplot_mosaic`.
    """

    def __init__(
        self,
        solution: Solution | MultiPhaseSolution,
        title: str,
        rows: int = 1,
        columns: int = 1,
        size: tuple[float, float] = (7.0, 5.0),
        layout: str = "",
        **settings: Any,
    ) -> None:
        from matplotlib.figure import Figure as NewFigure

        self.phases = list(solution.phases.values()) if isinstance(solution, MultiPhaseSolution) else [solution]
        self.figure = NewFigure(figsize=size, layout="constrained")
        if layout:
            self.axes: list[Axes] = list(self.figure.subplot_mosaic(layout, **settings).values())
        else:
            self.axes = self.figure.subplots(rows, columns, squeeze=False, **settings).ravel().tolist()
        self.figure.suptitle(title, fontsize="medium")
        for axis in self.axes:
            axis.grid(alpha=0.25)

    @cached_property
    def paths(self) -> list[Sample]:
        """The path of every phase at its nodes and at 800 equally spaced times."""
        return [
            phase.sample(np.unique(np.concatenate([np.linspace(phase.times[0], phase.times[-1], 800), phase.times])))
            for phase in self.phases
        ]

    @property
    def path(self) -> Sample:
        """The path of the one phase, or of the first."""
        return self.paths[0]

    def at_equal_times(self, count: int) -> Sample:
        """The path of the one phase, or of the first, at `count` equally spaced times, both ends among them."""
        phase = self.phases[0]
        return phase.sample(np.linspace(phase.times[0], phase.times[-1], count))

    def strip(self, count: int, pose: Pose, panel: int = 0) -> None:
        """Draw the system into a panel at equally spaced times, from pale to dark."""
        path = self.at_equal_times(count)
        for state, control, strength in zip(path.states, path.controls, np.linspace(0.2, 1.0, count), strict=True):
            pose(self.axes[panel], state, control, strength)

    def state(
        self,
        panel: int,
        name: str,
        colour: str = BLUE,
        label: str = "",
        scale: float = 1.0,
        width: float | None = None,
        **settings: Any,
    ) -> None:
        """Draw the state of this name, times `scale`, against time, in every phase; settings go to the panel."""
        for phase, path in zip(self.phases, self.paths, strict=True):
            if name in phase.state_names:
                values = scale * path.states[:, phase.state_names.index(name)]
                self.axes[panel].plot(path.times, values, color=colour, label=label, lw=width)
                label = ""
        self.axes[panel].set(**settings)

    def control(
        self, panel: int, name: str, label: str = "", scale: float = 1.0, colour: str = RED, **settings: Any
    ) -> None:
        """Draw the control of this name, times `scale`, against time, with vertical lines where it jumps."""
        for phase in self.phases:
            if name in phase.control_names:
                drawn = pieces(phase)
                values = scale * drawn.controls[:, phase.control_names.index(name)]
                self.axes[panel].plot(drawn.times, values, color=colour, lw=1.4, label=label)
                label = ""
        self.axes[panel].set(**settings)

    def finished(self) -> Figure:
        """The figure with a small legend in every panel where something is labelled and none is yet."""
        for axis in self.figure.axes:
            if axis.get_legend_handles_labels()[1] and axis.get_legend() is None:
                axis.legend(fontsize="small")
        return self.figure


def pieces(solution: Solution, points: int = 9) -> Sample:
    """The path interval by interval, `points` times in each; where a control jumps at a node, both of its values."""
    lengths = np.diff(solution.times)[:, None]
    # A node belongs to the interval on its right: stay a little inside, where the left one's control is still meant.
    inside = np.linspace(1e-9, 1 - 1e-9, points)[None, :]
    return solution.sample((solution.times[:-1, None] + lengths * inside).ravel())
