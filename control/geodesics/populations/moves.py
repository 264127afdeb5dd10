"""Moves: from minima of a population to the weights of a new start.

1. A move draws what it needs from a generator, and is named by what it does.
2. Where it mixes two parents, the free neurons of the others are aligned with those of the first (alignment.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.search.starts import initial_weights
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Path, Steps, Weights

from .alignment import aligned

MIXED_NOISE, DIFFERENCE = 0.5, 0.7
"""Noise on a mean of two, and the share of a difference that is added; from a comparison on iris and a teacher."""
WAVES = 4
"""Lowest cosines along depth of which a bend consists."""


@dataclass(frozen=True, slots=True, eq=False)
class Parent:
    """A minimum that moves start from: W_ℓ (L, w, c) and A_ℓ (L + 1, w, N)."""

    weights: Weights
    path: Path


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """What a move works with.

    Attributes
    ----------
    geodesic : RepresentationGeodesic
        The problem.
    steps : (L,)
        ρ_ℓ.
    parents : sequence of Parent
        As many as the move asks for.
    rng : numpy.random.Generator
        Of everything that is drawn.
    """

    geodesic: RepresentationGeodesic
    steps: Steps
    parents: Sequence[Parent]
    rng: np.random.Generator

    @property
    def first(self) -> Weights:
        """The first parent's weights."""
        return self.parents[0].weights

    def other(self, place: int = 1) -> Weights:
        """Another parent's weights, aligned with the first."""
        parent = self.parents[place]
        return aligned(self.geodesic, self.parents[0].path, parent.weights, parent.path)

    def normal(self) -> Weights:
        """Standard normal numbers of the weights' shape."""
        return np.asarray(self.rng.normal(size=self.first.shape))


@dataclass(frozen=True, slots=True)
class Move:
    """A way to a new start.

    Attributes
    ----------
    name : str
        As origins and statistics have it.
    parents : int
        How many minima it starts from.
    change : function
        From a `Draw` to weights (L, w, c).
    """

    name: str
    parents: int
    change: Callable[[Draw], Weights]


def noise(size: float) -> Callable[[Draw], Weights]:
    """Normal noise of this standard deviation on all weights."""
    return lambda draw: draw.first + size * draw.normal()


def bend(size: float) -> Callable[[Draw], Weights]:
    """Noise of this standard deviation that changes slowly along depth: a sum of the lowest cosines.

    White noise of the same effect on the path has a norm larger by √(L/WAVES), which a solve first has to remove.
    """

    def change(draw: Draw) -> Weights:
        middles = np.cumsum(draw.steps) - draw.steps / 2
        waves = np.cos(np.pi * np.arange(WAVES)[:, None] * middles)
        waves /= np.linalg.norm(waves, axis=0, keepdims=True)
        amplitudes = draw.rng.normal(size=(WAVES, *draw.first.shape[1:]))
        return np.asarray(draw.first + size * np.einsum("kl,kij->lij", waves, amplitudes))

    return change


def fresh_neuron(draw: Draw) -> Weights:
    """One neuron's incoming and outgoing weights, in all layers, of a random start."""
    moved, fresh = draw.first.copy(), initial_weights(draw.geodesic, draw.steps, draw.rng)
    neuron = draw.rng.integers(moved.shape[1])
    moved[:, neuron], moved[:, :, neuron] = fresh[:, neuron], fresh[:, :, neuron]
    return moved


def neuron_crossover(draw: Draw) -> Weights:
    """The incoming weights of some neurons from the second parent."""
    moved, other = draw.first.copy(), draw.other()
    taken = draw.rng.random(moved.shape[1]) < 0.5
    moved[:, taken] = other[:, taken]
    return moved


def depth_crossover(draw: Draw) -> Weights:
    """Layers from a cut on from the second parent."""
    moved = draw.first.copy()
    if len(moved) > 1:
        cut = draw.rng.integers(1, len(moved))
        moved[cut:] = draw.other()[cut:]
    return moved


def mean_of_two(draw: Draw) -> Weights:
    """The mean of two, and a little noise."""
    return np.asarray(0.5 * (draw.first + draw.other()) + MIXED_NOISE * draw.normal())


def difference_of_three(draw: Draw) -> Weights:
    """The first, moved along the difference of two others."""
    return np.asarray(draw.first + DIFFERENCE * (draw.other(1) - draw.other(2)))


MOVES: tuple[Move, ...] = (
    Move("noise 2", 1, noise(2.0)),
    Move("noise 1", 1, noise(1.0)),
    Move("noise 0.4", 1, noise(0.4)),
    Move("bend 1", 1, bend(1.0)),
    Move("bend 0.5", 1, bend(0.5)),
    Move("fresh neuron", 1, fresh_neuron),
    Move("neuron crossover", 2, neuron_crossover),
    Move("depth crossover", 2, depth_crossover),
    Move("mean", 2, mean_of_two),
    Move("difference", 3, difference_of_three),
)
"""What a population's children are made by."""
BROAD_ONLY = ("noise 2", "bend 1", "fresh neuron")
"""Moves that leave a funnel: below `BROAD` they lead to where broad levels are better at finding, at several times the
cost of the others."""
BROAD = 0.02
"""ε, in units of A, from which on a level is broad."""
FINE_NOISES = (0.07, 0.15, 0.3)
"""Standard deviations of fine hops: 0.05 mostly leads back, and from 0.4 on none led lower on iris."""
