"""A path as a film: poses of the system one after another, or a line of time that moves over the plot.

1. Sample every phase at the times of its frames, equally spaced over the whole horizon.
2. With a pose, draw all frames over one another once: that gives limits that hold for every frame.
3. For each frame, clear the axes, set the limits, and draw the pose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.control.model.errors import CHECKS

from .plots import plot_phases, written

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.axes import Axes

Pose = Callable[["Axes", np.ndarray, np.ndarray], Any]
"""pose(axes, state, control) draws the system at one time."""

MOST_FRAMES = 5_000
"""Of a film (chosen by hand): more are a slip of the hand, and hours."""


def animated(
    title: str, phases: Sequence[Any], pose: Pose | None, seconds: float, frames_per_second: int
) -> FuncAnimation:
    """The film of these Solutions in a row: see `Views.animate`."""
    most = f"a positive number, with at most {MOST_FRAMES} frames in all"
    rate = CHECKS.count("frames_per_second", frames_per_second, 1, 240)
    length = CHECKS.number("seconds", seconds, above=0.0, most=MOST_FRAMES / rate, wanted=most)
    if pose is not None:
        CHECKS.function("pose", pose, 3, "a function pose(axes, state, control) that draws the system")
    times = np.linspace(phases[0].times[0], phases[-1].times[-1], max(2, round(length * rate)))
    return _moving_line(title, phases, times, rate) if pose is None else _poses(title, phases, times, pose, rate)


def _moving_line(title: str, phases: Sequence[Any], times: np.ndarray, rate: int) -> FuncAnimation:
    figure = plot_phases(title, phases)
    lines = [axis.axvline(times[0], color="black", lw=1) for axis in figure.axes]

    def draw(frame: int) -> list[Any]:
        for line in lines:
            line.set_xdata([times[frame], times[frame]])
        return lines

    return _film(figure, draw, times.size, rate)


def _poses(title: str, phases: Sequence[Any], times: np.ndarray, pose: Pose, rate: int) -> FuncAnimation:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.0, 5.0), layout="constrained")
    axes = figure.subplots()
    starts = np.array([phase.times[0] for phase in phases[1:]])
    samples = [phases[i].sample(t) for i, t in zip(np.searchsorted(starts, times, side="right"), times, strict=True)]
    for sample in samples:
        pose(axes, sample.states[0], sample.controls[0])
    limits = axes.get_xlim(), axes.get_ylim()
    title = written(title)
    axes.set_title(f"{title}\nt", fontsize="medium")

    def draw(frame: int) -> list[Any]:
        axes.clear()
        pose(axes, samples[frame].states[0], samples[frame].controls[0])
        axes.set(xlim=limits[0], ylim=limits[1])
        axes.set_title(f"{title}\nt = {times[frame]:.3g}", fontsize="medium")
        return list(axes.get_children())

    return _film(figure, draw, times.size, rate)


def _film(figure: Any, draw: Callable[[int], list[Any]], frames: int, rate: int) -> FuncAnimation:
    from matplotlib.animation import FuncAnimation as NewAnimation

    # The panels' places are found once: finding them for every frame takes most of the time, and lets them tremble.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return NewAnimation(figure, draw, frames=frames, interval=1000 / rate, repeat=False, cache_frame_data=False)
