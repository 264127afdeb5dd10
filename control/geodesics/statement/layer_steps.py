"""The steps ρ_ℓ of a network's layers, checked."""

import math
from typing import Any

import numpy as np

from geodepth.control.model.errors import CHECKS, ProblemError

from .representation_geodesic import RepresentationGeodesic
from .shapes import Steps

SUM_TOLERANCE = 1e-6  # by which given steps may miss the sum of one; they are divided by it


def check_layer_steps(geodesic: RepresentationGeodesic, layers: int, layer_steps: Any) -> Steps:
    """The steps ρ_ℓ, which sum to one: those given, or equal ones.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        The problem, whose L̃ equal steps must suit.
    layers : int
        L, where no steps are given.
    layer_steps : (L,) or None
        Steps of one's own.

    Returns
    -------
    (L,) array
        Positive, with sum one.

    Raises
    ------
    ProblemError
        For steps that are not positive and finite or do not sum to one, and for equal steps unless L > L̃: a layer with
        ρL̃ > 1 would flip the sign of what leaks.
    """
    if layer_steps is None:
        layers = CHECKS.count("layers", layers)
        if layers <= geodesic.effective_depth:
            raise ProblemError(
                f"layers is {layers}, not above effective_depth {geodesic.effective_depth:g}, with equidistant steps; "
                f"give at least {math.floor(geodesic.effective_depth) + 1} layers, or your own layer_steps"
            )
        return np.full(layers, 1.0 / layers)
    steps = np.array(layer_steps, dtype=float)
    if steps.ndim != 1 or steps.size == 0 or not np.all(np.isfinite(steps)) or np.any(steps <= 0):
        raise ProblemError(f"layer_steps has shape {steps.shape}; give one positive finite step for each layer")
    if abs(steps.sum() - 1.0) > SUM_TOLERANCE:
        raise ProblemError(f"layer_steps sum to {steps.sum():.6g}; divide them by their sum so that they sum to 1")
    return np.asarray(steps / steps.sum())
