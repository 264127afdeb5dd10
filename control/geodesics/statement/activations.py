"""The activations of a geodesic, in NumPy and as CasADi expressions: value, first and second derivative."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import casadi as ca
import numpy as np

from geodepth.foundation.shapes import Float

ACTIVATIONS = ("relu", "linear", "smoothed relu")
SMOOTHINGS = (0.1, 0.03, 0.01, 0.003)
"""The ε of a homotopy. From ε = 1 all starts merge into one poorer minimum; below 1e-3 warm-started steps can fail."""


def schedule(activation: str, smoothing: float, smoothings: Sequence[float]) -> tuple[float, ...]:
    """The ε that a problem is solved at: all for the ReLU, one for what is linear, down to its own for a smoothed ReLU.

    smoothing: the problem's own ε, of a smoothed ReLU.
    """
    if activation == "linear":
        return (float(smoothings[-1]),)
    if activation == "smoothed relu":
        return (*(float(e) for e in smoothings if e > smoothing), float(smoothing))
    return tuple(float(e) for e in smoothings)


def value(name: str, a: Float[np.ndarray, "..."], smoothing: float = 0.0) -> Float[np.ndarray, "..."]:
    """σ(a). Unless linear, smoothing ε > 0 gives σ_ε(a) = (a + √(a² + ε²))/2, whose limit ε → 0 is the ReLU."""
    if name == "linear":
        return a
    if smoothing == 0.0:
        return np.asarray(np.maximum(a, 0.0))
    return np.asarray(0.5 * (a + np.sqrt(a * a + smoothing * smoothing)))


def slope(name: str, a: Float[np.ndarray, "..."], smoothing: float = 0.0) -> Float[np.ndarray, "..."]:
    """σ'(a); on the kink of the exact ReLU it is 0, as in PyTorch."""
    if name == "linear":
        return np.ones_like(a)
    if smoothing == 0.0:
        return np.asarray(a > 0, dtype=a.dtype)
    return np.asarray(0.5 * (1.0 + a / np.sqrt(a * a + smoothing * smoothing)))


def curvature(name: str, a: Float[np.ndarray, "..."], smoothing: float = 0.0) -> Float[np.ndarray, "..."]:
    """σ''(a), zero for piecewise-linear activations."""
    if name == "linear" or smoothing == 0.0:
        return np.zeros_like(a)
    squared = a * a + smoothing * smoothing
    return np.asarray(0.5 * smoothing * smoothing / (squared * np.sqrt(squared)))


def expression(name: str, a: Any, smoothing: Any) -> Any:
    """σ(a) as a CasADi expression; smoothing may be a symbol, and must be positive unless linear."""
    if name == "linear":
        return a
    return 0.5 * (a + ca.sqrt(a * a + smoothing * smoothing))
