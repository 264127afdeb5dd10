"""Random small optimal-control problems, each known by its number, stated without units and put into units at the end.

Draw k is the same wherever it is made: all its numbers come from a generator seeded by k. Most draws are feasible by a
witness (problems/witnessed.py). Others have a known optimum, no admissible path, or no least cost (problems/known.py).
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from .draws import UNBOUNDED, Draw, Units
from .judge import judge
from .known import KNOWN
from .witnessed import witnessed

FAMILIES = {"witnessed": (witnessed, 12.0), **KNOWN}
"""Every family by name: who makes a draw of it, and its share."""


def draw(seed: int) -> Draw:
    """Draw number `seed`."""
    random = np.random.default_rng([14, seed])
    names = list(FAMILIES)
    weights = np.array([FAMILIES[name][1] for name in names])
    name = names[random.choice(len(names), p=weights / weights.sum())]
    made = replace(FAMILIES[name][0](random), seed=seed, family=name)
    return replace(_with_far_bounds(random, made), units=_units(random, made))


def judged(seed: int) -> dict[str, Any]:
    """The record of draw number `seed`."""
    return judge(draw(seed))


def _units(random: np.random.Generator, made: Draw) -> Units:
    """None at all, one or all of them changed, over eight decades."""

    def some(count: int, share: float) -> tuple[float, ...]:
        return tuple(float(10 ** random.uniform(-4, 4)) if random.random() < share else 1.0 for _ in range(count))

    share = float(random.choice([0.0, 0.3, 1.0]))
    sizes = [some(count, share) for count in (made.nx, made.nu, len(made.path), 2)]
    return Units(sizes[0], sizes[1], sizes[2], *sizes[3])


def _with_far_bounds(random: np.random.Generator, made: Draw) -> Draw:
    """Now and then, bounds that no path comes near, as they are written for "none"."""
    if random.random() > 0.2:
        return made
    bounds = dict(made.state_bounds)
    for i in range(made.nx):
        far = float(random.choice([1e6, 1e9, 1e19, 1e20, math.inf]))
        if i not in bounds and random.random() < 0.7:
            bounds[i] = (-far, far) if random.random() < 0.5 else (-100.0, far)
            if made.known == UNBOUNDED and min(np.abs(bounds[i])) < 1e19:
                del bounds[i]  # where nothing else holds the cost, a far bound is where it is least
    return replace(made, state_bounds=bounds)
