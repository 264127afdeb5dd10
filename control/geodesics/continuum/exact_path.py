"""The continuous path of the exact ReLU next to a network, in one call.

1. Solve exact networks of ever more layers, and read crossings and rests off them (kinks_of_networks.py).
2. From the finest, solve the boundary-value problem with these as nodes (indirect/resolve_kinks.py).
3. Where it does not settle, read the network's rests otherwise, and then take more layers.
4. Compare the cost with what the networks extrapolate to: that bounds what is missing where nothing settles.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Steps, Weights
from geodepth.foundation.blas_threads import one_blas_thread
from geodepth.foundation.numerics.extrapolation import richardson_weights

from .hamiltonian_system import HamiltonianSystem
from .indirect.collocation_newton import CollocationNewton
from .indirect.extremal import Extremal, IndirectReason
from .indirect.refined_extremal import ExtremalGoal
from .indirect.resolve_kinks import settled_kinks
from .indirect.solve_indirect import first_path
from .kinks_of_networks import MANY_LAYERS, READINGS, ExactNetwork, exact_networks

LARGEST = 64
"""w·N up to which the boundary-value problem, dense in (A, B), takes a minute."""
STAGES, FIRST_INTERVALS = 4, 60
"""Of the collocation, of order eight, and of its first mesh; chosen by hand."""
GOAL = ExtremalGoal(tolerance=1e-9, most_intervals=480)
"""Of the cost's change between two meshes and of the drift of H, relative."""
MARGIN = 1.5
"""How many layers away from a rest a change of sign is its end; chosen by hand."""
MOST_EXTRAPOLATED = 3
"""Networks whose costs are extrapolated: the jumps of the number of their kinks end the expansion; chosen by hand."""
SAME_MINIMUM = 0.02
"""Relative cost between an extremal and the networks' limit above which it is another minimum's; chosen by hand."""


@dataclass(frozen=True, slots=True, eq=False)
class ExactPath:
    """The continuous path of the exact ReLU, or why there is none and what is known of its cost.

    Attributes
    ----------
    extremal : Extremal or None
        The path, where its kinks settle.
    reason : str
        What happened, in a sentence.
    limit : float
        J of networks of ever more layers, extrapolated; NaN where fewer than two settle.
    uncertainty : float
        By how much that may be off, relative: its change when the network of the fewest layers is left out.
    """

    extremal: Extremal | None
    reason: str
    limit: float = np.nan
    uncertainty: float = np.nan


@one_blas_thread
@np.errstate(over="ignore", invalid="ignore")  # a network that is not finite does not settle, and is told as such
def exact_path(geodesic: RepresentationGeodesic, layer_steps: Steps, weights: Weights) -> ExactPath:
    """The continuous path of the exact ReLU next to a network's minimum.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        Of a ReLU.
    layer_steps : (L,)
        ρ_ℓ of the network.
    weights : (L, w, c)
        W_ℓ.
    """
    size = geodesic.width * geodesic.samples
    if size > LARGEST:
        return ExactPath(None, f"w·N = {size} is above {LARGEST}, up to which kinks become nodes")
    networks: list[ExactNetwork] = []
    limit, uncertainty, reason = np.nan, np.nan, "no network's kinks settle from these weights"
    newton = CollocationNewton()
    for network in exact_networks(geodesic, layer_steps, weights):
        networks.append(network)
        limit, uncertainty = _extrapolated(networks[-MOST_EXTRAPOLATED:])
        if network.positions.size - 1 < MANY_LAYERS:
            reason = f"no network of {MANY_LAYERS} layers or more has kinks that settle"
            continue
        for found in _extremals(newton, geodesic, network):
            apart = 0.0 if np.isnan(limit) else abs(found.cost - limit) / abs(limit)
            if found.converged and apart <= SAME_MINIMUM + uncertainty:
                return ExactPath(found, str(found.reason.value), limit, uncertainty)
            reason = "the extremal found is another minimum's" if found.converged else _said(found, network)
    return ExactPath(None, reason, limit, uncertainty)


def _extremals(
    newton: CollocationNewton, geodesic: RepresentationGeodesic, network: ExactNetwork
) -> Iterator[Extremal]:
    """What the boundary-value problem leads to from a network's kinks, the likeliest first."""
    path = first_path(HamiltonianSystem(geodesic, 0.0), network, STAGES, FIRST_INTERVALS)
    tried: list[object] = []
    for reading in READINGS:
        rests = network.rests(reading)
        if rests not in tried:
            tried.append(rests)
            yield settled_kinks(newton, path, rests, GOAL, MARGIN * network.layer)


def _said(found: Extremal, network: ExactNetwork) -> str:
    """Why an attempt stopped, and with how many kinks."""
    if found.reason is IndirectReason.SLIDING:
        rests, layers = len(network.rests(READINGS[0])), network.positions.size - 1
        return (
            f"neither {len(found.crossings)} crossings nor {rests} rests of the kink, as a network of {layers} layers "
            "has them, settle"
        )
    return str(found.reason.value)


def _extrapolated(networks: Sequence[ExactNetwork]) -> tuple[float, float]:
    """The limit of the costs of networks of ever more layers, and its relative change without the first of them."""
    if len(networks) < 2:
        return np.nan, np.nan
    costs = np.array([network.cost for network in networks])
    layers = [network.positions.size - 1 for network in networks]
    limit, coarser = (float(richardson_weights(layers[k:]) @ costs[k:]) for k in (0, 1))
    return limit, abs(limit - coarser) / max(abs(limit), 1e-300)
