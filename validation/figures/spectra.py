"""Singular values of representations and weights along depth."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geodepth.foundation.shapes import Float
from geodepth.validation.path.representation_path import RepresentationPath

from .style import check_some, panel_width, panels, path_title, shades, share_limits, style


def spectra(paths: Sequence[RepresentationPath]) -> Figure:
    """Draw singular values of A_p (above) and W_p (below) along p, a column for each path.

    Raises
    ------
    ValidationError
        There is no path.

    Notes
    -----
    Source: Jacot and Kaiser, arXiv:2405.17573, figure 1b.
    """
    check_some("paths", paths)
    with style():
        figure, axes = panels(2, len(paths), panel_width(len(paths)), 2.2, share_x=True)
        for column, path in enumerate(paths):
            above, below = axes[0][column], axes[1][column]
            _draw(above, path.positions, np.linalg.svd(path.representations, compute_uv=False))
            above.set_title(path_title(path))
            middle = 0.5 * (path.positions[1:] + path.positions[:-1])
            _draw(below, middle, np.linalg.svd(path.weights, compute_uv=False))
            below.set_xlabel("position $p$")
        axes[0][0].set_ylabel("singular values of $A_p$")
        axes[1][0].set_ylabel("singular values of $W_p$")
        share_limits(axes[0])
        share_limits(axes[1])
    return figure


def _draw(axis: Axes, positions: Float[np.ndarray, " Q"], values: Float[np.ndarray, "Q m"]) -> None:
    # What is smaller than rounding of the largest value is no number to draw.
    floor = 1e-14 * float(values.max()) if values.max() > 0.0 else 1e-300
    for value, shade in zip(values.T, shades(values.shape[1]), strict=True):
        axis.plot(positions, np.where(value > floor, value, np.nan), color=shade, marker=".", ms=2.5, lw=1.0)
    axis.set_yscale("log")
