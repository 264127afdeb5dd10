"""How far every network lies above its truth, by scheme of layer steps."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from geodepth.validation.figures.style import LEAST_EXCESS, MARKERS, TRUTH, check_some, colour, panels, style


def excess_by_scheme(excesses: Mapping[str, Sequence[float]], tolerance: float) -> Figure:
    """Draw every network's relative excess over its truth, by scheme, with the median.

    Values below 1e-8, where the truth itself is uncertain, are drawn hollow on the lower edge.

    Parameters
    ----------
    excesses : mapping of str to floats
        The relative excesses (J − J*)/J* of each scheme's networks.
    tolerance : float
        Up to it an excess counts as the best known; that range is shaded.

    Raises
    ------
    ValidationError
        There is no scheme.
    """
    check_some("excesses", excesses)
    with style():
        figure, axes = panels(1, 1, min(7.8, 2.6 + 1.2 * len(excesses)), 2.8)
        axis = axes[0][0]
        for number, values in enumerate(excesses.values()):
            given = np.asarray(values, dtype=float)
            low = given <= LEAST_EXCESS
            spread = number + np.linspace(-0.18, 0.18, len(given)) * (len(given) > 1)
            mark = MARKERS[number % len(MARKERS)]
            axis.plot(spread[~low], given[~low], mark, color=colour(number), ms=5, alpha=0.85)
            axis.plot(spread[low], np.full(low.sum(), LEAST_EXCESS), mark, mfc="none", color=colour(number), ms=5)
            middle = max(float(np.median(given)), LEAST_EXCESS)
            axis.plot([number - 0.3, number + 0.3], [middle, middle], color=TRUTH, lw=1.6)
            axis.annotate(f"{np.median(given):.2g}", (number + 0.32, middle), fontsize=8, va="center")
        # Only as far down as there is something to see: a marked optimum, or one decade of the tolerance.
        least = min(float(np.min(np.asarray(values, dtype=float))) for values in excesses.values())
        bottom = max(LEAST_EXCESS, min(least, tolerance)) / 3.0
        axis.axhspan(bottom, tolerance, color="#009E73", alpha=0.1, lw=0)
        axis.annotate(
            "counts as the best known",
            (0.01, tolerance),
            xycoords=("axes fraction", "data"),
            fontsize=7.5,
            va="top",
            color="#00664a",
            xytext=(0, -2),
            textcoords="offset points",
        )
        axis.set(yscale="log", ylabel="relative excess ($J$ − $J$*)/$J$*")
        axis.set(xticks=range(len(excesses)), xticklabels=list(excesses), xlabel="layer steps")
        axis.set_xlim(-0.6, len(excesses) - 0.2)
        axis.set_ylim(bottom=bottom)
        axis.grid(axis="x", visible=False)
    return figure
