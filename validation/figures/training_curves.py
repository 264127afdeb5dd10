"""The cost of networks while they trained, against the truth."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from geodepth.foundation.shapes import Float
from geodepth.validation.errors import ValidationError

from .style import LEAST_EXCESS, MARKERS, TRUTH, check_some, colour, panel_width, panels, share_limits, style

AFTER = 0.05
"""Of the epochs, how far behind the last one the marks stand (chosen by eye)."""


def training_curves(
    curves: Mapping[str, Float[np.ndarray, "E members"]],
    truths: Mapping[str, float | Sequence[float]],
    epochs: Mapping[str, Float[np.ndarray, " E"]] | None = None,
) -> Figure:
    """Draw training against the truth, a panel for each scheme: above the cost J and the truth's, below the excess.

    Parameters
    ----------
    curves : mapping of str to (E, members) arrays
        The cost J by epoch and member; (E,) for one member.
    truths : mapping of str to float or (members,) floats
        The truth's cost: one for all members of a scheme, or one each, as adaptive steps differ by member.
    epochs : mapping of str to (E,) arrays, optional
        When the curves were recorded, by default 0, 1, 2, …. A last record at the epoch of the one before is what
        came after training, and is drawn as a mark behind it.

    Raises
    ------
    ValidationError
        There is no curve, or truths name no cost for a scheme.
    """
    check_some("curves", curves)
    with style():
        figure, axes = panels(2, len(curves), panel_width(len(curves), 2.6), 2.2)
        for column, (scheme, given) in enumerate(curves.items()):
            cost = np.asarray(given, dtype=float)
            cost = cost[:, None] if cost.ndim == 1 else cost
            if scheme not in truths:
                raise ValidationError(f"truths name no cost for the scheme {scheme!r}; give one number or one a member")
            truth = np.broadcast_to(np.asarray(truths[scheme], dtype=float), (cost.shape[1],))
            when = np.arange(len(cost)) if epochs is None else np.asarray(epochs[scheme])
            above, below = axes[0][column], axes[1][column]
            # What has no epoch of its own came after the last.
            end = len(when) - int(len(when) > 1 and when[-1] == when[-2])
            above.plot(when[:end], cost[:end], color=colour(column), lw=0.7, alpha=0.75)
            for level in np.unique(truth):
                above.axhline(level, color=TRUTH, lw=1.0, ls="--")
            above.set(yscale="log", title=f"{scheme} ({cost.shape[1]} networks)")
            excess = (cost - truth) / np.where(truth != 0.0, np.abs(truth), 1.0)
            excess = np.where(excess > LEAST_EXCESS, excess, np.nan)
            below.plot(when[:end], excess[:end], color=colour(column), lw=0.7, alpha=0.75)
            for axis, values in ((above, cost), (below, excess)):
                if end < len(when):
                    place = np.full(cost.shape[1], (1.0 + AFTER) * when[-1])
                    axis.plot(place, values[-1], MARKERS[1], color=colour(column), ms=3.5, clip_on=False)
                    axis.set_xlim(right=place[0])
            below.set(yscale="log", xlabel="epoch")
        axes[0][0].set_ylabel("cost $J$ (truth dashed)")
        axes[1][0].set_ylabel("relative excess")
        share_limits(axes[0])
        share_limits(axes[1])
    return figure
