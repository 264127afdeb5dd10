"""Hops: starts next to the best minimum that was found, to go on where random starts are unlikely to get.

On real data good minima lie close to each other, and a random start seldom falls among them.

1. Take the best minimum so far.
2. Change a part of its weights by one of three moves, in turn: noise on all of them, more noise, or one new neuron.
3. Solve anew from there, from the first ε on, and keep what it finds where it is better.

Hops are no independent draws, and the landscape's statistics leave them out.

Source: monotonic basin hopping (Leary, J. Global Optim. 18, 2000, 367-383; Wales and Doye, J. Phys. Chem. A 101, 1997,
5111-5116).
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from .outcome import Ended, StartOutcome
from .settings import SearchSettings
from .starts import Start, initial_weights
from .workers import Workers

HOPS_PER_ROUND = 2
"""Hops from the same minimum: few, since each may be the next one's start, and a constant, so that the answer does not
depend on the workers."""
HOP_STREAM = 1
"""Last entry of a hop's seed, which sets it apart from the random start of the same number."""


Move = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
"""A change of the best weights (L, w, c), given those of a random start, of which it may take some, and a generator."""


def noise(size: float, weights: np.ndarray, fresh: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Move all weights by normal noise of this standard deviation."""
    return np.asarray(weights + size * rng.normal(size=weights.shape))


def fresh_neuron(weights: np.ndarray, fresh: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Take one neuron's incoming and outgoing weights, in all layers, from a random start."""
    moved = weights.copy()
    neuron = rng.integers(weights.shape[1])
    moved[:, neuron] = fresh[:, neuron]
    moved[:, :, neuron] = fresh[:, :, neuron]
    return moved


MOVES: tuple[Move, ...] = (partial(noise, 2.0), partial(noise, 3.0), fresh_neuron)
"""Hop i makes move i modulo three. The noise of a random start around L̃ I, 1, mostly leads back to where it came from;
by 2 the path bends and its large parts stay, by 3 only its outline does."""


def hop_from_best(settings: SearchSettings, workers: Workers, ended: Sequence[Ended]) -> list[Ended]:
    """Make the hops of a search, in rounds.

    Parameters
    ----------
    settings : SearchSettings
        How many hops, and what they solve.
    workers : Workers
        Who solves them.
    ended : sequence of Ended
        The starts before them.

    Returns
    -------
    list of Ended
        Where the hops ended, each round from the best minimum before it; none where there is no minimum yet.
    """
    hopped: list[Ended] = []
    for first in range(0, settings.hops, HOPS_PER_ROUND):
        converged = [e.outcome for e in (*ended, *hopped) if e.outcome.converged]
        if not converged:
            break
        numbers = range(first, min(settings.hops, first + HOPS_PER_ROUND))
        starts = hops_from(settings, min(converged, key=lambda outcome: outcome.cost), numbers)
        hopped += workers.solve(settings.problem, starts, "hops")
    return hopped


def hops_from(settings: SearchSettings, best: StartOutcome, numbers: Sequence[int]) -> list[Start]:
    """Make the starts of a round of hops.

    Parameters
    ----------
    settings : SearchSettings
        Whose seed they draw from: hop i from a generator seeded by (seed, i, HOP_STREAM).
    best : StartOutcome
        What they hop from.
    numbers : sequence of int
        The numbers i of the hops, which decide on their moves too.
    """
    problem = settings.problem
    weights = problem.discretization.mean_weights(best.weights)
    parent = best.origin.split(" from ")[0]
    starts = []
    for i in numbers:
        rng = np.random.default_rng([settings.seed, i, HOP_STREAM])
        fresh = initial_weights(problem.geodesic, problem.steps, rng)
        starts.append(Start(f"hop {i} from {parent}", MOVES[i % len(MOVES)](weights, fresh, rng)))
    return starts
