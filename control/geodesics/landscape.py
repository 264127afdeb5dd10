"""The landscape of minima: outcomes of many starts, and which of them are the same minimum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .certificate import GeodesicCertificate
from .problem import RepresentationGeodesic

if TYPE_CHECKING:
    from jaxtyping import Float

SAME_COST = 1e-6
SAME_KERNEL = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class StartOutcome:
    """Where one start ended: a path of the real network, with its cost and certificate, and whether it converged.

    origin: "start 3" for random starts, "warm start 0" for given weights. cost is infinite where nothing came of it.
    """

    origin: str
    weights: Float[np.ndarray, "L points w c"]
    momenta: Float[np.ndarray, "L+1 w N"]
    cost: float
    certificate: GeodesicCertificate
    converged: bool
    iterations: int
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class GeodesicMinimum:
    """A distinct minimum, modulo permutations of neurons: its cost, its weights, and the starts that found it."""

    cost: float
    weights: Float[np.ndarray, "L points w c"]
    found_by: tuple[str, ...]


def distinct_minima(
    geodesic: RepresentationGeodesic, layer_steps: Float[np.ndarray, " L"], outcomes: Sequence[StartOutcome]
) -> tuple[GeodesicMinimum, ...]:
    """The minima in which converged starts ended, best first, each once."""
    ends = [GeodesicMinimum(o.cost, o.weights, (o.origin,)) for o in outcomes if o.converged]
    return merge_minima(geodesic, layer_steps, ends)


def merge_minima(
    geodesic: RepresentationGeodesic, layer_steps: Float[np.ndarray, " L"], minima: Sequence[GeodesicMinimum]
) -> tuple[GeodesicMinimum, ...]:
    """One landscape of several on the same layer steps, best first: equal cost, and equal A_pᵀA_p at every p, is equal.

    The kernels do not change under permutations of neurons, so copies of one minimum fall together.
    """
    groups: list[tuple[GeodesicMinimum, np.ndarray, list[str]]] = []
    for minimum in sorted(minima, key=lambda m: m.cost):
        kernel = _kernels(geodesic, layer_steps, minimum.weights.mean(axis=1))
        for first, other, names in groups:
            close = abs(minimum.cost - first.cost) <= SAME_COST * first.cost
            if close and np.linalg.norm(kernel - other) <= SAME_KERNEL * np.linalg.norm(other):
                names.extend(minimum.found_by)
                break
        else:
            groups.append((minimum, kernel, list(minimum.found_by)))
    return tuple(GeodesicMinimum(first.cost, first.weights, tuple(names)) for first, _, names in groups)


def _kernels(
    geodesic: RepresentationGeodesic, layer_steps: Float[np.ndarray, " L"], weights: Float[np.ndarray, "L w c"]
) -> Float[np.ndarray, "L+1 N N"]:
    path = geodesic.propagate(weights, layer_steps)
    return np.asarray(np.einsum("lin,lim->lnm", path, path))
