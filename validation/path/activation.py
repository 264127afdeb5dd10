"""The activation of a Leaky ResNet and its slope, in NumPy."""

from __future__ import annotations

import numpy as np

from geodepth.foundation.shapes import Float

ACTIVATIONS = ("relu", "linear")


def activate(a: Float[np.ndarray, "*shape"], activation: str, smoothing: float = 0.0) -> Float[np.ndarray, "*shape"]:
    """σ(a), entry by entry. For "relu", smoothing ε > 0 gives (a + √(a² + ε²))/2, whose limit at ε = 0 is the ReLU."""
    if activation == "linear":
        return a
    if smoothing == 0.0:
        return np.asarray(np.maximum(a, 0.0))
    return np.asarray(0.5 * (a + np.sqrt(a * a + smoothing * smoothing)))


def slope(a: Float[np.ndarray, "*shape"], activation: str, smoothing: float = 0.0) -> Float[np.ndarray, "*shape"]:
    """σ'(a), entry by entry; on the kink of the exact ReLU it is 0, as in PyTorch."""
    if activation == "linear":
        return np.ones_like(a)
    if smoothing == 0.0:
        return (a > 0.0).astype(np.float64)
    return np.asarray(0.5 * (1.0 + a / np.sqrt(a * a + smoothing * smoothing)))


def features(
    representations: Float[np.ndarray, "*layers w N"], activation: str, smoothing: float = 0.0, bias: bool = True
) -> Float[np.ndarray, "*layers c N"]:
    """σ(A): the activations, over a row of ones where there is a bias (c = w + 1; otherwise c = w).

    Source: Jacot and Kaiser, arXiv:2405.17573, the definition of a Leaky ResNet.
    """
    active = activate(representations, activation, smoothing)
    if not bias:
        return active
    ones = np.ones((*active.shape[:-2], 1, active.shape[-1]))
    return np.concatenate([active, ones], axis=-2)
