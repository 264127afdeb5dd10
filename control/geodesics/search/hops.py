"""Hops: starts next to the best minimum that was found, to go on where random starts are unlikely to get.

On real data good minima lie close to each other, and a random start seldom falls among them. A hop changes a part of
the best weights and solves anew from there, from the first ε on; what it finds is kept where it is better. This is
monotonic basin hopping (Leary, J. Global Optim. 18, 2000, 367-383; Wales and Doye, J. Phys. Chem. A 101, 1997,
5111-5116), on three moves. Hops are no independent draws, and the landscape's statistics leave them out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from geodepth.control.geodesics.statement.activations import SMOOTHINGS
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.transcribed.schemes import mean_weights
from geodepth.foundation.shapes import Float

from .minima import StartOutcome
from .one_start import Start
from .random_starts import initial_weights

if TYPE_CHECKING:
    Weights = Float[np.ndarray, "L w c"]
    Move = Callable[[Weights, Weights, np.random.Generator], Weights]

HOPS_PER_ROUND = 2
"""Hops from the same minimum: few, since each may be the next one's start, and a constant, so that the answer does not
depend on the workers."""
MEDIUM, LARGE = 2.0, 3.0
"""Standard deviations of the noise. That of a random start around L̃ I, 1, mostly leads back to where it came from."""
HOP_STREAM = 1
"""Last entry of a hop's seed, which sets it apart from the random start of the same number."""


def hops_from(
    best: StartOutcome,
    geodesic: RepresentationGeodesic,
    layer_steps: Float[np.ndarray, " L"],
    scheme: str,
    seed: int,
    numbers: Sequence[int],
) -> list[Start]:
    """Starts next to `best`; hop i makes move i modulo three, with the generator seeded by (seed, i)."""
    weights = mean_weights(best.weights, scheme)
    parent = best.origin.split(" from ")[0]
    starts = []
    for i in numbers:
        rng = np.random.default_rng([seed, i, HOP_STREAM])
        fresh = initial_weights(geodesic, layer_steps, rng)
        moved = MOVES[i % len(MOVES)](weights, fresh, rng)
        starts.append(Start(f"hop {i} from {parent}", moved, SMOOTHINGS))
    return starts


def noise(size: float) -> Move:
    """A move of all weights: by twice the noise of a random start the path bends and its large parts stay; by three
    times only its outline does."""

    def move(weights: Weights, fresh: Weights, rng: np.random.Generator) -> Weights:
        return np.asarray(weights + size * rng.normal(size=weights.shape))

    return move


def fresh_neuron(weights: Weights, fresh: Weights, rng: np.random.Generator) -> Weights:
    """One neuron's incoming and outgoing weights, in all layers, from a random start."""
    moved = weights.copy()
    neuron = rng.integers(weights.shape[1])
    moved[:, neuron] = fresh[:, neuron]
    moved[:, :, neuron] = fresh[:, :, neuron]
    return moved


MOVES: tuple[Move, ...] = (noise(MEDIUM), noise(LARGE), fresh_neuron)
