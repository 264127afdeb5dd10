"""Random starting weights that keep representations alive through the layers."""

from __future__ import annotations

import numpy as np

from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.foundation.shapes import Float


def initial_weights(
    geodesic: RepresentationGeodesic, layer_steps: Float[np.ndarray, " L"], rng: np.random.Generator, scale: float = 1.0
) -> Float[np.ndarray, "L w c"]:
    """W_ℓ = [L̃ I, 0] + `scale` · normal noise, (L, w, columns).

    L̃ I balances the leakage −L̃A of a positive entry, so that representations stay of the size of the data; zero
    weights would let them decay like e^{−L̃}, where every gradient of the path vanishes.
    """
    shape = (len(layer_steps), int(geodesic.width), geodesic.columns)
    weights = scale * rng.normal(size=shape)
    weights[:, :, : geodesic.width] += geodesic.effective_depth * np.eye(geodesic.width)
    return np.asarray(weights)
