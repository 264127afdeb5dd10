"""Fixed ends, P A_L = Y: whether any network can meet them, and by how much a path misses them."""

from __future__ import annotations

import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.foundation.shapes import Float

from .representation_geodesic import RepresentationGeodesic

SAME = 1e-9  # relative to the largest entry: equal up to roundoff of the data


def end_error(geodesic: RepresentationGeodesic, path: Float[np.ndarray, "L+1 w N"]) -> float:
    """max|P A_L − Y| for a fixed end, zero for a penalized one."""
    if geodesic.endpoint != "fixed":
        return 0.0
    return float(np.abs(geodesic.readout @ path[-1] - geodesic.targets).max())


def said_of_end(geodesic: RepresentationGeodesic, path: Float[np.ndarray, "L+1 w N"]) -> str:
    """What a start that failed has to say of a fixed end, after its reason; nothing of a penalized one."""
    if geodesic.endpoint != "fixed":
        return ""
    return f" It misses the fixed end by {end_error(geodesic, path):.1e}; more neurons or layers may meet it."


def check_end(geodesic: RepresentationGeodesic) -> None:
    """Raise ProblemError for a fixed end that no weights whatever meet: found before any solve, and proven.

    Targets outside the range of the readout; samples that start as one and should end apart; and, of a linear
    activation, targets that are no linear (with a bias, affine) function of the inputs.
    """
    if geodesic.endpoint != "fixed":
        return
    targets, start = geodesic.targets, geodesic.initial_representations
    size = SAME * max(float(np.abs(targets).max()), 1e-300)
    ways_out = "change the targets, or penalize the end (endpoint='penalized')"
    final = np.linalg.lstsq(geodesic.readout, targets, rcond=None)[0]
    if (missed := float(np.abs(geodesic.readout @ final - targets).max())) > size:
        raise ProblemError(
            f"targets are not in the range of readout, by {missed:.1e}, and the end is fixed; {ways_out}"
        )
    twins = _twins(start, targets, size)
    if twins is not None:
        raise ProblemError(
            f"targets of samples {twins[0]} and {twins[1]} differ, and the end is fixed, but these samples start from "
            f"the same representation and stay together; {ways_out}"
        )
    if geodesic.activation == "linear":
        features = np.vstack([start, np.ones(geodesic.samples)]) if geodesic.bias else start
        linear = np.linalg.lstsq(features.T, targets.T, rcond=None)[0].T @ features
        if (missed := float(np.abs(linear - targets).max())) > size:
            kind = "affine" if geodesic.bias else "linear"
            raise ProblemError(
                f"targets are no {kind} function of the inputs, by {missed:.1e}, and the end is fixed; {ways_out}, or "
                "take activation='relu'"
            )


def _twins(
    start: Float[np.ndarray, "w N"], targets: Float[np.ndarray, "d_out N"], size: float
) -> tuple[int, int] | None:
    """The first two samples that start at the same entries, bit for bit, and have different targets."""
    first: dict[bytes, int] = {}
    for sample, column in enumerate(np.ascontiguousarray(start.T) + 0.0):
        other = first.setdefault(column.tobytes(), sample)
        if np.abs(targets[:, other] - targets[:, sample]).max() > size:
            return other, sample
    return None
