"""Neurons that an exact minimum can do without: idle ones, which end at A = 0 and W = 0, and clones of another.

Both make the minimum degenerate.

- Inputs of an idle neuron all lie on the kink, with no multiplier to hold them.
- Two hidden neurons with A_j = c A_k, c > 0, in all layers do the work of one: u = (A_j, A_k)/|·| has the same features
  along u, since the ReLU commutes with positive factors, and the same cost at any other share of the two, a direction
  without curvature.

So the exact stage leaves idle neurons out, takes clones as one, and puts the answer back: with a basis R (fewer neurons
× neurons) of disjoint, non-negative, normalized rows, A' = RA and A = RᵀA'.
"""

from dataclasses import replace

import numpy as np

from geodepth.control.geodesics.newton.structured_result import StructuredResult
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Path, Weights
from geodepth.foundation.shapes import Float

Basis = np.ndarray  # (fewer neurons, w)

IDLE_REACH, IDLE_WEIGHT, IDLE_SMOOTHING = 3.0, 30.0, 1e-3
"""Hidden neurons whose |A| and |W| stay below these multiples of ε die with it, if ε is no larger than this, all
over the state scale. By hand."""
SAME_DIRECTION, ALIVE = 1e-6, 1e-6
"""Clones: A_j = c A_k to this fraction of the largest |A_j|, both above a fraction of the largest |A|. By hand."""


def without_idle(geodesic: RepresentationGeodesic, result: StructuredResult) -> Basis | None:
    """A basis without the neurons that are about to end at A = 0 and W = 0; None if there are none.

    All their inputs lie within the smoothing, so that no set of kinks settles there, and none matters in the limit.
    """
    smoothing = result.smoothing / geodesic.state_scale
    if smoothing > IDLE_SMOOTHING:
        return None
    square = np.abs(result.weights[:, :, : geodesic.width]).max(axis=0)
    largest = np.maximum(np.abs(result.weights).max(axis=(0, 2)), square.max(axis=0))
    small = np.abs(result.representations).max(axis=(0, 2)) <= IDLE_REACH * result.smoothing
    idle = _hidden(geodesic) & small & (largest <= IDLE_WEIGHT * smoothing)
    return np.eye(geodesic.width)[~idle] if idle.any() else None


def with_clones_joined(geodesic: RepresentationGeodesic, path: Path) -> Basis | None:
    """A basis that has one neuron for each group of clones; None if all neurons differ."""
    sizes = np.abs(path).max(axis=(0, 2))
    hidden = np.flatnonzero(_hidden(geodesic) & (sizes > ALIVE * sizes.max()))
    rows, taken = [], np.zeros(geodesic.width, dtype=bool)
    for neuron in range(geodesic.width):
        if taken[neuron]:
            continue
        row = np.zeros(geodesic.width)
        row[neuron] = 1.0
        if neuron in hidden:
            for other in hidden[hidden > neuron]:
                factor = _factor(path[:, other], path[:, neuron])
                if not taken[other] and factor > 0.0:
                    row[other], taken[other] = factor, True
        rows.append(row / np.linalg.norm(row))
    return np.array(rows) if len(rows) < geodesic.width else None


def _hidden(geodesic: RepresentationGeodesic) -> np.ndarray:
    """Neurons (w,) that neither data nor outputs touch."""
    return np.asarray(~(geodesic.embedding.any(axis=1) | geodesic.readout.any(axis=0)))


def _factor(one: Float[np.ndarray, "L+1 N"], other: Float[np.ndarray, "L+1 N"]) -> float:
    """c of one = c·other, or zero if they are no clones."""
    factor = float(np.vdot(one, other) / np.vdot(other, other))
    return factor if np.abs(one - factor * other).max() <= SAME_DIRECTION * np.abs(one).max() else 0.0


def fewer_neurons(geodesic: RepresentationGeodesic, basis: Basis) -> RepresentationGeodesic:
    """The problem on the neurons of a basis."""
    return replace(geodesic, width=len(basis), embedding=basis @ geodesic.embedding, readout=geodesic.readout @ basis.T)


def to_fewer(basis: Basis, weights: Weights) -> Float[np.ndarray, "L f d"]:
    """Weights between the neurons of a basis: what they do along it, never larger in norm."""
    return np.asarray(basis @ weights @ _columns(basis, weights.shape[2]).T)


def from_fewer(basis: Basis, weights: Float[np.ndarray, "L f d"], columns: int) -> Weights:
    """Weights of all neurons (`columns`: how many each has) that do the same, with the same norm."""
    return np.asarray(basis.T @ weights @ _columns(basis, columns))


def _columns(basis: Basis, columns: int) -> np.ndarray:
    fewer, width = basis.shape
    if columns == width:
        return basis
    wide = np.zeros((fewer + 1, width + 1))
    wide[:fewer, :width], wide[fewer, width] = basis, 1.0
    return wide
