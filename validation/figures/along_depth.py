"""Figures along depth: kernels of truth and network layer by layer, densities of layers, and the phases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.errors import ValidationError
from geodepth.validation.physics.phases import Phases

from .style import SEQUENTIAL, colour, panels, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from geodepth.validation.path.representation_path import RepresentationPath


def kernel_gaps(truth: RepresentationPath, path: RepresentationPath) -> Float[np.ndarray, "L+1 M+1"]:
    """‖K_ℓ − K'_m‖_F over the larger of the two norms, for layers ℓ of the truth and m of the path; K = σ(A)ᵀσ(A).

    No order of neurons matters. Raises ValidationError where the samples differ in number.
    """
    if truth.samples != path.samples:
        raise ValidationError(f"paths hold {truth.samples} and {path.samples} samples; give two of one data set")
    left, right = (p.features.transpose(0, 2, 1) @ p.features for p in (truth, path))
    sizes = [np.sqrt(np.sum(kernel**2, axis=(1, 2))) for kernel in (left, right)]
    # Entry by entry, not by ‖a‖² + ‖b‖² − 2ab, which would lose half the digits where kernels agree.
    gaps = np.array([[np.linalg.norm(one - other) for other in right] for one in left])
    scale = np.maximum(sizes[0][:, None], sizes[1][None])
    return np.asarray(np.where(scale > 0.0, gaps / np.where(scale > 0.0, scale, 1.0), 0.0))


def kernel_heatmap(truth: RepresentationPath, paths: Sequence[RepresentationPath]) -> Figure:
    """Kernel distance between every layer of the truth and every layer of each path: dark on the diagonal where they
    walk the same way at the same pace, dark beside it where one is ahead."""
    if not paths:
        raise ValidationError("paths is empty; give at least one to draw")
    with style():
        figure, axes = panels(1, len(paths), max(2.5, 7.8 / max(2, len(paths))), 2.6, share_y=True)
        for axis, path in zip(axes[0], paths, strict=True):
            gaps = kernel_gaps(truth, path)
            image = axis.pcolormesh(
                _edges(path.positions), _edges(truth.positions), gaps, cmap=SEQUENTIAL, vmin=0.0, vmax=1.0,
                rasterized=gaps.size > 4000,
            )  # fmt: skip
            axis.plot([0, 1], [0, 1], color="white", lw=0.8, ls=":")
            axis.set(title=path.label or path.origin or "path", xlabel="position $p$ in the network", aspect="equal")
            axis.set(xlim=(0, 1), ylim=(0, 1))
            axis.grid(visible=False)
        axes[0][0].set_ylabel("position $p$ in the truth")
        figure.colorbar(image, ax=axes[0], label="relative kernel distance", shrink=0.9)
    return figure


def step_densities(paths: Sequence[RepresentationPath]) -> Figure:
    """How densely each path places its layers: 1/(Lρ) along p, one for equidistant steps."""
    if not paths:
        raise ValidationError("paths is empty; give at least one to draw")
    with style():
        figure, axes = panels(1, 1, 6.4, 2.5)
        axis = axes[0][0]
        for number, path in enumerate(paths):
            density = 1.0 / (path.layers * path.layer_steps)
            axis.stairs(density, path.positions, color=colour(number), baseline=None,
                        lw=1.4 if number else 2.8, ls=("-", "-", "--", "-.")[number % 4],
                        label=path.label or path.origin)  # fmt: skip
        axis.axhline(1.0, color="#999999", lw=0.8, ls=":", zorder=0)
        axis.set(xlabel="position $p$", ylabel=r"layer density $1/(L\rho)$", xlim=(0, 1))
        axis.set_ylim(bottom=0.0)
        figure.legend(loc="outside lower center", ncols=min(4, len(paths)))
    return figure


def phase_diagram(phases: Mapping[str, tuple[RepresentationPath, Phases]]) -> Figure:
    """A bar a path along p: how many singular values of W exceed L̃/2 at each layer, framed is the bottleneck where the
    cost of identity and the Hamiltonian agree with it."""
    if not phases:
        raise ValidationError("phases is empty; give at least one to draw")
    import matplotlib

    most = max(int(found.evidence.counts.max()) for _, found in phases.values())
    shades = [matplotlib.colormaps[SEQUENTIAL](0.95 - 0.85 * n / max(1, most)) for n in range(most + 1)]
    with style():
        figure, axes = panels(1, 1, 7.0, 0.9 + 0.42 * len(phases))
        axis = axes[0][0]
        for row, (path, found) in enumerate(phases.values()):
            filled = [shades[int(count)] for count in found.evidence.counts]
            axis.barh(np.full(path.layers, row), path.layer_steps, left=path.positions[:-1], height=0.7, color=filled,
                      edgecolor="white", linewidth=0.3)  # fmt: skip
            extent = found.end - found.start
            if found.has_bottleneck and found.evidence.agrees:
                axis.barh(row, extent, left=found.start, height=0.7, fill=False, edgecolor=colour(1), lw=1.8)
            axis.annotate(f"$k^*={found.rank}$", (1.01, row), va="center", fontsize=8, annotation_clip=False)
        axis.set(yticks=range(len(phases)), yticklabels=list(phases), xlim=(0, 1), xlabel="position $p$")
        axis.invert_yaxis()
        axis.grid(visible=False)
        handles = [matplotlib.patches.Patch(color=shades[n], label=str(n)) for n in range(most + 1)]
        figure.legend(handles=handles, title=r"singular values of $W_p$ above $\tilde{L}/2$",
                      loc="outside lower center", ncols=min(8, most + 1))  # fmt: skip
    return figure


def _edges(positions: Float[np.ndarray, " Q"]) -> Float[np.ndarray, " Q+1"]:
    """Cell borders half way between positions, so that every layer is drawn where it is."""
    middle = 0.5 * (positions[1:] + positions[:-1])
    return np.concatenate([[2 * positions[0] - middle[0]], middle, [2 * positions[-1] - middle[-1]]])
