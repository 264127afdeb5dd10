"""Distances of the kernels of truth and network, layer by layer."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from geodepth.foundation.shapes import Float
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath

from .style import SEQUENTIAL, check_some, panel_width, panels, path_title, style


def kernel_heatmap(truth: RepresentationPath, paths: Sequence[RepresentationPath]) -> Figure:
    """Draw the kernel distance between every layer of the truth and every layer of each path.

    It is dark on the diagonal where they walk the same way at the same pace, dark beside it where one is ahead.

    Raises
    ------
    ValidationError
        There is no path, or the samples differ in number.
    """
    check_some("paths", paths)
    with style():
        figure, axes = panels(1, len(paths), panel_width(max(2, len(paths)), 2.5), 2.6, share_y=True)
        for axis, path in zip(axes[0], paths, strict=True):
            gaps = kernel_gaps(truth, path)
            image = axis.pcolormesh(
                _edges(path.positions),
                _edges(truth.positions),
                gaps,
                cmap=SEQUENTIAL,
                vmin=0.0,
                vmax=1.0,
                rasterized=gaps.size > 4000,
            )
            axis.plot([0, 1], [0, 1], color="white", lw=0.8, ls=":")
            axis.set(title=path_title(path), xlabel="position $p$ in the network", aspect="equal")
            axis.set(xlim=(0, 1), ylim=(0, 1))
            axis.grid(visible=False)
        axes[0][0].set_ylabel("position $p$ in the truth")
        figure.colorbar(image, ax=axes[0], label="relative kernel distance", shrink=0.9)
    return figure


def kernel_gaps(truth: RepresentationPath, path: RepresentationPath) -> Float[np.ndarray, "L+1 M+1"]:
    """The distances of the kernels K = σ(A)ᵀσ(A) of two paths. No order of neurons matters.

    Returns
    -------
    (L + 1, M + 1) array
        ‖K_ℓ − K'_m‖_F over the larger of the two norms, for layers ℓ of the truth and m of the path.

    Raises
    ------
    ValidationError
        The samples differ in number.
    """
    if truth.samples != path.samples:
        raise ValidationError(f"paths hold {truth.samples} and {path.samples} samples; give two of one data set")
    left, right = (p.features.transpose(0, 2, 1) @ p.features for p in (truth, path))
    sizes = [np.sqrt(np.sum(kernel**2, axis=(1, 2))) for kernel in (left, right)]
    # Entry by entry, not by ‖a‖² + ‖b‖² − 2ab, which would lose half the digits where kernels agree.
    gaps = np.array([[np.linalg.norm(one - other) for other in right] for one in left])
    scale = np.maximum(sizes[0][:, None], sizes[1][None])
    return np.asarray(np.where(scale > 0.0, gaps / np.where(scale > 0.0, scale, 1.0), 0.0))


def _edges(positions: Float[np.ndarray, " Q"]) -> Float[np.ndarray, " Q+1"]:
    """Cell borders half way between positions, so that every layer is drawn where it is."""
    middle = 0.5 * (positions[1:] + positions[:-1])
    return np.concatenate([[2 * positions[0] - middle[0]], middle, [2 * positions[-1] - middle[-1]]])
