"""How many directions the weights keep at each layer, and where the bottleneck is."""

from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.phases import Phases

from .style import SEQUENTIAL, check_some, colour, panels, style


def phase_diagram(phases: Mapping[str, tuple[RepresentationPath, Phases]]) -> Figure:
    """Draw a bar for each path along p: how many singular values of W exceed L̃/2 at each layer.

    A frame is the bottleneck, where the cost of identity and the Hamiltonian agree with it.

    Parameters
    ----------
    phases : mapping of str to (RepresentationPath, Phases)
        Each path and its phases, by the name beside its bar.

    Raises
    ------
    ValidationError
        There is no path.
    """
    check_some("phases", phases)
    most = max(int(found.evidence.counts.max()) for _, found in phases.values())
    shades = [matplotlib.colormaps[SEQUENTIAL](0.95 - 0.85 * n / max(1, most)) for n in range(most + 1)]
    with style():
        figure, axes = panels(1, 1, 7.0, 0.9 + 0.42 * len(phases))
        axis = axes[0][0]
        for row, (path, found) in enumerate(phases.values()):
            filled = [shades[int(count)] for count in found.evidence.counts]
            axis.barh(
                np.full(path.layers, row),
                path.layer_steps,
                left=path.positions[:-1],
                height=0.7,
                color=filled,
                edgecolor="white",
                linewidth=0.3,
            )
            if found.has_bottleneck and found.evidence.agrees:
                extent = found.end - found.start
                axis.barh(row, extent, left=found.start, height=0.7, fill=False, edgecolor=colour(1), lw=1.8)
            axis.annotate(f"$k^*={found.rank}$", (1.01, row), va="center", fontsize=8, annotation_clip=False)
        axis.set(yticks=range(len(phases)), yticklabels=list(phases), xlim=(0, 1), xlabel="position $p$")
        axis.invert_yaxis()
        axis.grid(visible=False)
        handles = [Patch(color=shades[n], label=str(n)) for n in range(most + 1)]
        figure.legend(
            handles=handles,
            title=r"singular values of $W_p$ above $\tilde{L}/2$",
            loc="outside lower center",
            ncols=min(8, most + 1),
        )
    return figure
