"""Every sample's way from input to output, in one plane for all paths."""

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from geodepth.foundation.shapes import Float, Int
from geodepth.validation.path.representation_path import RepresentationPath

from .projection import in_one_plane
from .sample_colours import class_colours
from .style import SEQUENTIAL, check_some, panel_width, panels, path_title, style


def paths_2d(
    paths: Sequence[RepresentationPath],
    labels: Int[np.ndarray, " N"] | Sequence[int] | None = None,
    class_names: Sequence[str] = (),
    permutations: Sequence[Int[np.ndarray, " w"]] | None = None,
) -> Figure:
    """Draw every sample's way from input to output in two dimensions, a panel for each path, one projection for all.

    The plane is that of the two leading principal directions of the first path's representations over all p. Open
    marks are inputs p = 0, filled ones outputs p = 1.

    Parameters
    ----------
    paths : sequence of RepresentationPath
        Paths of one width on the same N samples.
    labels : (N,) integers, optional
        They colour the samples by class; without them the first target does.
    class_names : sequence of str
        The names of the classes, for the legend.
    permutations : sequence of (w,) integers, optional
        For each path the order that matches its neurons with the first path's (see `compare`).

    Raises
    ------
    ValidationError
        There is no path, the paths do not share width and samples, or labels do not fit the samples.
    """
    check_some("paths", paths)
    first = paths[0]
    with style():
        figure, axes = panels(1, len(paths), panel_width(len(paths), 2.4), 2.9, share_x=True, share_y=True)
        colours: Sequence[Any]
        if labels is None:
            colours = _by_target(figure, axes[0][-1], first.targets[0])
        else:
            colours, legend = class_colours(labels, class_names, first.samples)
            _name_classes(figure, legend)
        for axis, path, flow in zip(axes[0], paths, in_one_plane(paths, permutations), strict=True):
            for sample in range(path.samples):
                axis.plot(flow[:, 0, sample], flow[:, 1, sample], color=colours[sample], lw=0.6, alpha=0.6)
            axis.scatter(flow[0, 0], flow[0, 1], s=12, facecolors="white", edgecolors=colours, linewidths=0.8, zorder=3)
            axis.scatter(flow[-1, 0], flow[-1, 1], s=16, c=colours, linewidths=0, zorder=4)
            axis.set(title=path_title(path), xlabel="first direction")
        axes[0][0].set_ylabel("second direction")
    return figure


def _by_target(figure: Figure, beside: Axes, targets: Float[np.ndarray, " N"]) -> list[Any]:
    """A colour for each sample by its target, explained by a bar."""
    scale = Normalize(float(targets.min()), float(targets.max()))
    chosen = matplotlib.colormaps[SEQUENTIAL]
    figure.colorbar(ScalarMappable(scale, SEQUENTIAL), ax=beside, label="first target")
    return [chosen(scale(value)) for value in targets]


def _name_classes(figure: Figure, legend: Sequence[tuple[str, str]]) -> None:
    handles = [Line2D([], [], marker="o", ls="", color=shade, ms=4, label=name) for name, shade in legend]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(6, len(handles)))
