"""The steps ρ_ℓ of a network's layers, checked."""

import math
from typing import Any

import numpy as np

from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.foundation.argument_checks import shown
from geodepth.foundation.machine_limits import refuse_absurd_size

from .representation_geodesic import BYTES, RepresentationGeodesic
from .shapes import Steps

COPIES = 30
"""Of all arrays of a path that a solve holds at once (measured: 5.3 kB for a layer of 160 bytes)."""
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
    if not isinstance(geodesic, RepresentationGeodesic):
        raise CHECKS.refusal("geodesic", geodesic, "a RepresentationGeodesic")
    if layer_steps is None:
        layers = CHECKS.count("layers", layers)
        per_layer = geodesic.width * (2 * geodesic.columns + 2 * geodesic.samples)  # weights, slopes, states, momenta
        refuse_absurd_size(f"a path of {shown(layers)} layers", BYTES * COPIES * layers * per_layer, error=ProblemError)
        if layers <= geodesic.effective_depth:
            raise ProblemError(
                f"layers is {layers}, not above effective_depth {geodesic.effective_depth:g}, with equidistant steps; "
                f"give at least {math.floor(geodesic.effective_depth) + 1} layers, or your own layer_steps"
            )
        return np.full(layers, 1.0 / layers)
    steps = CHECKS.real_numbers("layer_steps", layer_steps, "one positive finite step for each layer")
    if steps.ndim != 1 or steps.size == 0 or not np.all(np.isfinite(steps)) or np.any(steps <= 0):
        raise ProblemError(f"layer_steps has shape {steps.shape}; give one positive finite step for each layer")
    if abs(steps.sum() - 1.0) > SUM_TOLERANCE:
        raise ProblemError(f"layer_steps sum to {steps.sum():.6g}; divide them by their sum so that they sum to 1")
    return np.asarray(steps / steps.sum())
