"""Moves: from minima of a population to the weights of a new start.

1. A move draws what it needs from a generator, and is named by what it does.
2. Where it mixes two parents, the free neurons of the others are aligned with those of the first (alignment.py).
3. A neuron's path is drawn anew in a part of the depth, where the other neurons' weights answer so that their paths
   stay near what they were: on iris the two best funnels differ in one neuron in the first five of twelve layers.
4. A path that leaves a neuron idle is often no better than a saddle: to split another neuron in two, idle one and old
   one, costs nothing, and there a wider network's descent begins.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.search.starts import initial_weights
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Path, Steps, Weights
from geodepth.foundation.shapes import Float

from .alignment import aligned, free_neurons

MIXED_NOISE, DIFFERENCE = 0.5, 0.7
"""Noise on a mean of two, and the share of a difference that is added; from a comparison on iris and a teacher."""
FINE_MIXED_NOISE, FINE_DIFFERENCE = 0.1, 0.35
"""The same for hops, from 16 hops each of one path of iris."""
SPLIT_ANGLES = (0.2, 0.8)
"""Least and largest angle, in radians, by which a neuron is shared out. Chosen by hand."""
IDLE = 1e-4
"""Share of the largest neuron's Σ σ(A)² along depth up to which a neuron is idle. Chosen by hand."""
WAVES = 4
"""Lowest cosines along depth of which a bend consists."""
REDRAWN_SIZES, REDRAWN_HALF = (2.0, 6.0), (0.1, 0.4)
"""Least and largest bend of a neuron that is drawn anew, and half the part of the depth in which it is. On iris, from
the second funnel at ε = 0.03, sizes of 4 and 6 led to the best one in 2 or 3 of 80 tries, noise 2 in 3, at twice the
time each; 1 and 2 did not in 30 tries."""


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

    @property
    def middles(self) -> Float[np.ndarray, " L"]:
        """Depths of the layers' middles, from 0 to 1."""
        return np.asarray(np.cumsum(self.steps) - self.steps / 2)

    def slow_normal(self, *shape: int) -> Float[np.ndarray, "L ..."]:
        """Standard normal numbers that change slowly along depth, (L, *shape)."""
        waves = np.cos(np.pi * np.arange(WAVES)[:, None] * self.middles)
        waves /= np.linalg.norm(waves, axis=0, keepdims=True)
        return np.asarray(np.tensordot(waves, self.rng.normal(size=(WAVES, *shape)), (0, 0)))

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
    free : int
        How many free neurons it takes.
    """

    name: str
    parents: int
    change: Callable[[Draw], Weights]
    free: int = 0


def noise(size: float) -> Callable[[Draw], Weights]:
    """Normal noise of this standard deviation on all weights."""
    return lambda draw: draw.first + size * draw.normal()


def bend(size: float) -> Callable[[Draw], Weights]:
    """Noise of this standard deviation that changes slowly along depth: a sum of the lowest cosines.

    White noise of the same effect on the path has a norm larger by √(L/WAVES), which a solve first has to remove.
    """
    return lambda draw: np.asarray(draw.first + size * draw.slow_normal(*draw.first.shape[1:]))


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


def neuron_noise(size: float) -> Callable[[Draw], Weights]:
    """Noise of this standard deviation on the incoming weights of one neuron, in all layers."""

    def change(draw: Draw) -> Weights:
        moved, neuron = draw.first.copy(), draw.rng.integers(draw.first.shape[1])
        moved[:, neuron] += size * draw.rng.normal(size=moved[:, neuron].shape)
        return moved

    return change


def redrawn_neuron(draw: Draw) -> Weights:
    """One neuron's path drawn anew in a part of the depth, where all others stay near their paths.

    1. Its incoming weights there get a bend.
    2. From layer to layer, all other weights, and its own elsewhere, are moved so that the next representations come
       nearer to the path of before: by a regression of what is missing, as much on it as on staying where they are.
    """
    geodesic, rng, path, moved = draw.geodesic, draw.rng, draw.parents[0].path, draw.first.copy()
    neuron, distance = rng.integers(geodesic.width), np.abs(draw.middles - rng.random())
    inside = distance <= max(rng.uniform(*REDRAWN_HALF), distance.min())
    moved[inside, neuron] += rng.uniform(*REDRAWN_SIZES) * draw.slow_normal(moved.shape[2])[inside]
    state = path[0]
    for layer, step in enumerate(draw.steps):
        features = step * geodesic.features(state)
        kept = (1.0 - step * geodesic.effective_depth) * state
        missing = path[layer + 1] - kept - moved[layer] @ features
        if inside[layer]:
            missing[neuron] = 0.0
        gram = features @ features.T
        ridge = max(np.trace(gram) / len(gram), np.finfo(float).tiny)
        moved[layer] += np.linalg.solve(gram + ridge * np.eye(len(gram)), features @ missing.T).T
        state = kept + moved[layer] @ features
    return moved


def split_neuron(size: float) -> Callable[[Draw], Weights]:
    """Another free neuron shared out between itself and the weakest one, by cos θ and sin θ, and noise on the two.

    If the weakest was idle, and without noise, this is the same network at the same cost: ReLU is homogeneous, and
    cos² + sin² = 1 in what both hand on and in the norms of their weights.
    """

    def change(draw: Draw) -> Weights:
        free, path = free_neurons(draw.geodesic), draw.parents[0].path
        weakest = free[np.argmin(np.sum(path[:, free] ** 2, axis=(0, 2)))]
        source, angle = draw.rng.choice(free[free != weakest]), draw.rng.uniform(*SPLIT_ANGLES)
        moved = draw.first.copy()
        for rows in (moved.swapaxes(0, 1), moved.transpose(2, 0, 1)):  # incoming weights, then outgoing ones
            rows[weakest] = np.sin(angle) * rows[source]
            rows[source] *= np.cos(angle)
        both = [source, weakest]
        moved[:, both] += size * draw.rng.normal(size=moved[:, both].shape)
        return moved

    return change


def has_idle_neuron(geodesic: RepresentationGeodesic, path: Path) -> bool:
    """Whether a free neuron of a path (L + 1, w, N) does next to nothing, so that another can be shared out to it."""
    free = free_neurons(geodesic)
    sizes = np.sum(np.maximum(path[:, free], 0.0) ** 2, axis=(0, 2))
    return free.size > 1 and bool(np.min(sizes) <= IDLE * np.max(sizes))


def layers_noise(size: float) -> Callable[[Draw], Weights]:
    """Noise of this standard deviation on one layer and its neighbours."""

    def change(draw: Draw) -> Weights:
        moved, layer = draw.first.copy(), draw.rng.integers(len(draw.first))
        near = slice(max(0, layer - 1), layer + 2)
        moved[near] += size * draw.rng.normal(size=moved[near].shape)
        return moved

    return change


def mean_of_two(size: float) -> Callable[[Draw], Weights]:
    """The mean of two, and noise of this standard deviation."""
    return lambda draw: np.asarray(0.5 * (draw.first + draw.other()) + size * draw.normal())


def difference_of_three(share: float) -> Callable[[Draw], Weights]:
    """The first, moved by a share of the difference of two others."""
    return lambda draw: np.asarray(draw.first + share * (draw.other(1) - draw.other(2)))


MOVES: tuple[Move, ...] = (
    Move("noise 2", 1, noise(2.0)),
    Move("noise 1", 1, noise(1.0)),
    Move("noise 0.4", 1, noise(0.4)),
    Move("bend 1", 1, bend(1.0)),
    Move("bend 0.5", 1, bend(0.5)),
    Move("fresh neuron", 1, fresh_neuron),
    Move("redrawn neuron", 1, redrawn_neuron),
    Move("split neuron", 1, split_neuron(0.3), free=2),
    Move("neuron crossover", 2, neuron_crossover),
    Move("depth crossover", 2, depth_crossover),
    Move("mean", 2, mean_of_two(MIXED_NOISE)),
    Move("difference", 3, difference_of_three(DIFFERENCE)),
)
"""What a population's children are made by."""
BROAD_ONLY = ("noise 2", "bend 1", "fresh neuron")
"""Moves that leave a funnel: below `BROAD` they lead to where broad levels are better at finding, at several times the
cost of the others."""
BROAD = 0.02
"""ε, in units of A, from which on a level is broad."""
OPENING = Move("opened neuron", 1, split_neuron(0.3), free=2)
"""One hop in a round from a path with an idle neuron, none from others. From a path of the teacher (8, 16) with two
idle ones, 3.5e-4 above the best known, 5 of 8 splits of one of the other four with noise of 0.3 led lower, and then one
or two more to within 4e-5; of 16 splits of that one with noise of 0.1 or 0.03 none did. Of searches of that teacher 5
of 6 now end at the best known, and before 1 of 6."""
FINE_MOVES: tuple[Move, ...] = (
    Move("noise 0.15", 1, noise(0.15)),
    Move("noise 0.3", 1, noise(0.3)),
    Move("bend 0.3", 1, bend(0.3)),
    Move("neuron noise 0.5", 1, neuron_noise(0.5)),
    Move("layers noise 0.5", 1, layers_noise(0.5)),
    Move("split neuron", 1, split_neuron(0.1), free=2),
    Move("neuron crossover", 2, neuron_crossover),
    Move("depth crossover", 2, depth_crossover),
    Move("fine mean", 2, mean_of_two(FINE_MIXED_NOISE)),
    Move("fine difference", 3, difference_of_three(FINE_DIFFERENCE)),
    OPENING,
)
"""What hops of the best exact path are made by. From the ends of two searches on the teacher (5, 12), two seeds each,
they reached the best known after 20 hops, mean, and noises of 0.07, 0.15 and 0.3 alone after 49. Noise of 0.07 leads
back, and from 0.4 on noise on all weights led lower nowhere on iris. From a path of that teacher with an idle neuron,
4.3e-4 above the best known, 7 of 10 splits with noise of 0.1 reached it, 4 with noise of 0.3, and 2 with 0.6."""
