"""What depth costs: the best path on L layers against the continuous one."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from geodepth.validation.figures.style import LEAST_EXCESS, MARKERS, TRUTH, colour, panels, style

SHARES = (0.01, 0.001)
"""Of the continuous path's cost: the marked distances from it."""
BEYOND = 4.0
"""By how many times the line goes on beyond the truths that it was measured from, at least; chosen by hand."""


def cost_of_depth(
    truths: Sequence[tuple[int, float]],
    expansion: Callable[[float], float],
    own_steps: Mapping[str, Sequence[tuple[int, float]]] | None = None,
) -> Figure:
    """Draw the relative distance of the best path on L layers from the continuous path, over L.

    Parameters
    ----------
    truths : pairs
        Layers, and (J_L − J)/J, of the truths whose limit is J.
    expansion : function
        From a number of layers to the same, as these truths say.
    own_steps : mapping of str to pairs, optional
        The same of the best paths on the steps of trained networks, by scheme.
    """
    with style():
        figure, axes = panels(1, 1, 5.2, 3.0)
        axis = axes[0][0]
        layers = np.array([count for count, _ in truths], dtype=float)
        reach = BEYOND * layers[-1] * max(1.0, abs(truths[-1][1]) / SHARES[-1])
        line = np.geomspace(layers[0], reach, 200)
        axis.plot(line, [_drawn(expansion(float(count))) for count in line], "--", color=TRUTH, lw=1.0)
        axis.plot(layers, [_drawn(share) for _, share in truths], "o", color=TRUTH, ms=5, label="truths")
        for number, (scheme, found) in enumerate((own_steps or {}).items()):
            mark = MARKERS[(number + 1) % len(MARKERS)]
            counts, shares = [count for count, _ in found], [_drawn(share) for _, share in found]
            axis.plot(counts, shares, mark, mfc="none", color=colour(number), ms=6, label=scheme)
        for share in SHARES:
            axis.axhline(share, color="#009E73", lw=0.8)
            text = f"{100 * share:g} %"
            axis.annotate(text, (0.99, share), xycoords=("axes fraction", "data"), ha="right", va="bottom")
        axis.set(xscale="log", yscale="log", xlabel="layers $L$", ylabel="$|J_L/J - 1|$")
        axis.legend()
    return figure


def _drawn(share: float) -> float:
    """A distance, not below where two costs are one number."""
    return max(abs(share), LEAST_EXCESS)
