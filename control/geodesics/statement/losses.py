"""The data terms of a geodesic, in NumPy and as CasADi expressions: value, gradient and curvature in the outputs.

Squared error ‖Y − Z‖², or the cross-entropy −Σ_k Y_k log softmax(Z)_k of targets that are probabilities (one-hot, say).
Sums over samples; the geodesic divides by N.
"""

from __future__ import annotations

from typing import Any

import casadi as ca
import numpy as np

from geodepth.foundation.shapes import Float

LOSSES = ("squared", "cross-entropy")


def value(name: str, outputs: Float[np.ndarray, "N d"], targets: Float[np.ndarray, "N d"]) -> float:
    """The loss, summed over samples."""
    if name == "squared":
        return float(np.sum((outputs - targets) ** 2))
    highest = outputs.max(axis=1, keepdims=True)
    partition = highest[:, 0] + np.log(np.exp(outputs - highest).sum(axis=1))
    return float(np.sum(partition) - np.vdot(targets, outputs))


def gradient(
    name: str, outputs: Float[np.ndarray, "N d"], targets: Float[np.ndarray, "N d"]
) -> Float[np.ndarray, "N d"]:
    """∂loss/∂Z: 2(Z − Y), or softmax(Z) − Y."""
    if name == "squared":
        return np.asarray(2.0 * (outputs - targets))
    return np.asarray(softmax(outputs) - targets)


def curvature(name: str, outputs: Float[np.ndarray, "N d"]) -> Float[np.ndarray, "N d d"]:
    """∂²loss/∂Z² of every sample: 2I (once for all, (1, d, d)), or diag(s) − ssᵀ with s = softmax(Z)."""
    if name == "squared":
        return np.asarray(2.0 * np.eye(outputs.shape[1]))[None]
    s = softmax(outputs)
    hessian = -s[:, :, None] * s[:, None, :]
    diagonal = np.arange(s.shape[1])
    hessian[:, diagonal, diagonal] += s
    return np.asarray(hessian)


def softmax(outputs: Float[np.ndarray, "N d"]) -> Float[np.ndarray, "N d"]:
    """exp(Z)/Σexp(Z), row by row."""
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def expression(name: str, outputs: Any, targets: Float[np.ndarray, "d N"]) -> Any:
    """The loss as a CasADi expression of outputs (d, N), one column a sample."""
    if name == "squared":
        return ca.sumsqr(outputs - ca.DM(targets))
    total: Any = -ca.sum2(ca.sum1(ca.DM(targets) * outputs))
    for column in ca.horzsplit(outputs):
        total += ca.logsumexp(column)
    return total
