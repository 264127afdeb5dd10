"""The bracket's lower side: Scholtes' relaxation S∘T ≤ s, A = S − T, solved on the pieces of an exact minimum."""

from __future__ import annotations

import numpy as np

from .active_set import Snap, relaxed_pieces, snap
from .smoothing_descent import Descent

RELAXED_TOLERANCE = 1e-7
# A relaxation that does not settle, since kinks with small multipliers leave it, is tightened by this, so many times.
TIGHTER, TIGHTENINGS = 0.1, 4


def relaxed_minimum(descent: Descent, exact: Snap, relaxation: float) -> tuple[float, float]:
    """J of the relaxed problem's local minimum next to an exact one, and its s; −inf where none was found.

    What is left of its constraints is charged at the price of their multipliers, to first order.
    """
    if descent.base.activation.is_linear:
        return exact.point.evaluation.objective * descent.geodesic.weight_decay, 0.0
    for tightening in range(TIGHTENINGS + 1):
        s = relaxation * TIGHTER**tightening
        start, lift = exact.point.iterate, 2.0 * float(np.sqrt(s))
        relaxed = snap(descent.base, relaxed_pieces(exact), start, descent.solver, RELAXED_TOLERANCE, lift)
        if relaxed.strict:
            return _charged(descent, relaxed), s
    return -np.inf, s


def _charged(descent: Descent, relaxed: Snap) -> float:
    """J of a relaxed minimum, less what meeting the rest of its constraints would cost."""
    point = relaxed.point
    assert point.iterate.pins is not None
    price = float(np.abs(point.iterate.pins * point.iterate.states[:-1]).sum())
    price += float(np.abs(point.iterate.multipliers * point.evaluation.defects).sum())
    price += float(np.abs(point.iterate.eta * point.evaluation.mismatch).sum())
    return (point.evaluation.objective - price) * descent.geodesic.weight_decay
