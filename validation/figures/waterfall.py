"""The landscape of minima: the cost in which every start of the optimizer ended, sorted."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .style import MARKERS, TRUTH, check_some, colour, legend_below, panel_width, panels, style

SHARE = 0.3
"""Of the starts' room, what the networks get beside them at least, however few they are (chosen by eye)."""


def waterfall(
    landscapes: Mapping[str, tuple[Sequence[float], Sequence[int]]],
    networks: Mapping[str, Sequence[float]] | None = None,
) -> Figure:
    """Draw the landscape of minima, a panel for each scheme: the starts, sorted by the cost J they ended in.

    Parameters
    ----------
    landscapes : mapping of str to (costs, counts)
        For each scheme the distinct minima's costs J, and how many starts found each.
    networks : mapping of str to costs, optional
        The final costs J of trained networks by scheme, drawn as marks to the right of the starts.

    Raises
    ------
    ValidationError
        There is no landscape.
    """
    check_some("landscapes", landscapes)
    with style():
        figure, axes = panels(1, len(landscapes), panel_width(len(landscapes), 2.6), 2.7, share_y=True)
        for axis, (scheme, (costs, counts)) in zip(axes[0], landscapes.items(), strict=True):
            order = np.argsort(costs)
            values, times = np.asarray(costs, dtype=float)[order], np.asarray(counts, dtype=int)[order]
            starts = np.repeat(values, times)
            place = np.arange(1, len(starts) + 1)
            axis.plot(place, starts, "o-", color=TRUTH, ms=3.5, lw=0.8, label="starts of the optimizer")
            axis.axhline(values[0], color=TRUTH, lw=0.8, ls=":")
            axis.set_title(f"{scheme}\n{len(values)} minima of {len(starts)} starts,\nthe best found by {times[0]}")
            trained = sorted((networks or {}).get(scheme, ()))
            if trained:
                apart = max(1.0, SHARE * len(starts) / len(trained))
                after = len(starts) + 1.0 + apart * (0.5 + np.arange(len(trained)))
                axis.plot(after, trained, MARKERS[1], color=colour(1), ms=4, label="trained networks")
                axis.axvline(len(starts) + 0.75, color="#bbbbbb", lw=0.8)
            ticks = MaxNLocator(5, integer=True).tick_values(1, len(starts))
            axis.set_xticks([tick for tick in ticks if 1 <= tick <= len(starts)])
            axis.set_xlabel("start or network, best first")
        axes[0][0].set_ylabel("cost $J$")
        legend_below(figure, axes[0][0])
    return figure
