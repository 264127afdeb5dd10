"""Whether steps, weights and representations fit an objective, and each other."""

from typing import Any

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.argument_checks import check_array
from geodepth.validation.errors import ValidationError

from .network import Network
from .objective import Objective

STEP_SUM_TOLERANCE = 1e-5
"""How far layer steps may sum from one: those that a network kept in single precision do so only to about 1e-6."""


def checked_steps(layer_steps: Any) -> Float[np.ndarray, " L"]:
    """The layer steps (L,) as an array. Raises ValidationError unless they are positive and sum to one."""
    steps = check_array("layer_steps", layer_steps, (None,), "(L,)")
    if steps.min() <= 0.0 or abs(steps.sum() - 1.0) > STEP_SUM_TOLERANCE:
        raise ValidationError(
            f"layer_steps have minimum {steps.min():.3g} and sum {steps.sum():.8g}; give positive steps that sum to 1"
        )
    return steps


def checked_weights(objective: Objective, weights: Any, layers: int) -> Float[np.ndarray, "L w c"]:
    """The weights (L, w, c) as an array. Raises ValidationError for a shape that does not fit the objective."""
    words = "(L, w, w+1), the bias in the last column" if objective.bias else "(L, w, w)"
    return check_array("weights", weights, (layers, objective.width, objective.width + int(objective.bias)), words)


def propagated(network: Network, initial: Float[np.ndarray, "w N"]) -> Float[np.ndarray, "L+1 w N"]:
    """The representations (L+1, w, N) from A_0. Raises ValidationError where they overflow, with the layer."""
    with np.errstate(over="ignore", invalid="ignore"):
        path = network.propagate(initial)
    if not np.isfinite(path).all():
        layer = int(np.argmin(np.isfinite(path).all(axis=(1, 2))))
        raise ValidationError(f"weights carry the representations beyond double precision at layer {layer}")
    return path


def check_recursion(
    network: Network, objective: Objective, path: Float[np.ndarray, "L+1 w N"], tolerance: float
) -> None:
    """Hold representations against the network's recursion.

    Raises
    ------
    ValidationError
        The largest defect, relative to the largest ‖A_ℓ‖_F, is above `tolerance`.
    """
    start = np.linalg.norm(path[0] - objective.initial_representations)
    defect = np.append(start, network.defects(path)) / max(float(layer_norms(path).max()), np.finfo(float).tiny)
    if defect.max() > tolerance:
        raise ValidationError(
            f"representations miss the network's recursion by {defect.max():.3g} relative at layer "
            f"{int(defect.argmax())}, more than {tolerance:g}; check the order of axes, the steps, the activation "
            "and the bias, or use recursion='none' for a path of another scheme"
        )


def layer_norms(stack: Float[np.ndarray, "L w N"]) -> Float[np.ndarray, " L"]:
    """The Frobenius norm of every matrix of a stack."""
    return np.asarray(np.sqrt(np.sum(stack**2, axis=(1, 2))))
