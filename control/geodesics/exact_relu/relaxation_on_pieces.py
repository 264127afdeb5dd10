"""The bracket's lower side: Scholtes' relaxation S∘T ≤ s, A = S − T, solved on the pieces of an exact minimum.

1. Lift σ to σ_ε, ε = 2√s, where the Lagrangian falls with σ, and let the active set settle from the exact minimum.
2. Where it does not settle, take a tenth of s, up to four times.
3. Charge what is left of the constraints at the price of their multipliers, to first order.
"""

import numpy as np

from geodepth.control.geodesics.newton.linearization import Linearization

from .active_set import ActiveSet, Settled
from .choice_of_sides import relaxed_pieces
from .smoothing_descent import Descent

RELAXED_TOLERANCE = 1e-7  # KKT residual, scaled by 1/λ; what it leaves is charged to the bound
TIGHTER, TIGHTENINGS = 0.1, 4
"""A relaxation that does not settle, as kinks with small multipliers leave it, is tightened by this, so many times."""


def relaxed_minimum(descent: Descent, exact: Settled) -> tuple[float, float]:
    """J of the relaxed problem's local minimum next to an exact one, and its s; −inf where none was found."""
    point, decay = exact.point, descent.geodesic.weight_decay
    if descent.base.activation.is_linear:
        return point.evaluation.objective * decay, 0.0
    pieces = relaxed_pieces(point.model, exact.pieces, point.iterate)
    for tightening in range(TIGHTENINGS + 1):
        s = descent.settings.relaxation * TIGHTER**tightening
        method = ActiveSet(descent.base, descent.solver, RELAXED_TOLERANCE, lift=2.0 * float(np.sqrt(s)))
        relaxed = method.settle(pieces, point.iterate)
        if relaxed.strict:
            return (relaxed.point.evaluation.objective - _price(relaxed.point)) * decay, s
    return -np.inf, s


def _price(point: Linearization) -> float:
    """What meeting the rest of the constraints would cost, in J/λ."""
    iterate, evaluation = point.iterate, point.evaluation
    assert iterate.pins is not None
    pairs = (
        (iterate.pins, iterate.states[:-1]),
        (iterate.multipliers, evaluation.defects),
        (iterate.eta, evaluation.mismatch),
    )
    return sum(float(np.abs(multiplier * left).sum()) for multiplier, left in pairs)
