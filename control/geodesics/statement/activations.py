"""The activations of a geodesic: which are allowed, the ε at which they are solved, and their CasADi expressions.

Values and derivatives in NumPy are those of `geodepth.foundation.activations`.
"""

from collections.abc import Sequence
from typing import Any

import casadi as ca

from geodepth.foundation.activations import LINEAR, RELU, SMOOTHED_RELU, Activation

ACTIVATIONS = (RELU, LINEAR, SMOOTHED_RELU)
SMOOTHINGS = (0.1, 0.03, 0.01, 0.003)
"""The ε of a homotopy, in units of A. From ε = 1 all starts merge into one poorer minimum; below 1e-3 warm-started
steps can fail. Measured at w = 4, N = 8, L = 20, where every step takes about ten iterations."""


def smoothing_schedule(activation: Activation, smoothings: Sequence[float]) -> tuple[float, ...]:
    """The ε that a problem is solved at, one after the other.

    Parameters
    ----------
    activation : Activation
        The problem's own.
    smoothings : sequence of float
        Those of the ReLU, from large to small.

    Returns
    -------
    tuple of float
        All of them for the ReLU, the last for what is linear; for a smoothed ReLU those above its own, and its own.
    """
    if activation.is_linear:
        return (float(smoothings[-1]),)
    if activation.smoothing:
        return (*(float(e) for e in smoothings if e > activation.smoothing), activation.smoothing)
    return tuple(float(e) for e in smoothings)


def expression(activation: Activation, a: Any, smoothing: Any) -> Any:
    """σ(a) as a CasADi expression; `smoothing` is ε, a positive number or a symbol, unused where σ is linear."""
    return a if activation.is_linear else 0.5 * (a + ca.sqrt(a * a + smoothing * smoothing))
