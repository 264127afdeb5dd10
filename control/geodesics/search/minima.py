"""Distinct minima: which of the ends of many starts are the same minimum, up to a permutation of neurons."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import PointWeights, Steps
from geodepth.control.geodesics.transcribed.path_problem import PathProblem

from .outcome import StartOutcome
from .starts import OF_SEARCH, RANDOM_START, WHOLE_SEARCH

SAME_COST = 1e-6
"""Relative difference of cost up to which two minima may be the same. Chosen by hand, above the solvers' tolerances."""
SAME_KERNEL = 1e-3
"""Relative difference of the kernels A_pᵀA_p, over all p, up to which two minima are the same. Chosen by hand:
near a minimum the cost changes with the square of the path, and this is the root of `SAME_COST`."""


@dataclass(frozen=True, slots=True, eq=False)
class GeodesicMinimum:
    """A distinct minimum, modulo permutations of neurons.

    Attributes
    ----------
    cost : float
        J.
    weights : (L, points, w, c)
        As the scheme holds them; one point for Euler.
    found_by : tuple of str
        The origins of the starts that found it.
    """

    cost: float
    weights: PointWeights
    found_by: tuple[str, ...]

    @property
    def found_at_random(self) -> int:
        """How many random starts or whole searches found it; given weights and hops are no independent draws."""
        return sum(name.startswith((RANDOM_START, WHOLE_SEARCH)) for name in self.found_by)

    @property
    def searches(self) -> tuple[int, ...]:
        """The numbers, from 0, of the independent searches that found it."""
        return tuple(sorted({int(name.rsplit(OF_SEARCH, 1)[1]) for name in self.found_by if OF_SEARCH in name}))


def distinct_minima(problem: PathProblem, outcomes: Sequence[StartOutcome]) -> tuple[GeodesicMinimum, ...]:
    """The minima in which converged starts ended, best first, each once."""
    ends = [GeodesicMinimum(o.cost, o.weights, (o.origin,)) for o in outcomes if o.converged]
    return merge_minima(problem.geodesic, problem.steps, ends)


def at_points(minima: Sequence[GeodesicMinimum], points: int) -> tuple[GeodesicMinimum, ...]:
    """The minima with their weights at so many points an interval: a network's matrix stands for all of them."""
    return tuple(
        m if m.weights.shape[1] == points else replace(m, weights=np.repeat(m.weights, points, axis=1)) for m in minima
    )


def merge_minima(
    geodesic: RepresentationGeodesic, layer_steps: Steps, minima: Sequence[GeodesicMinimum]
) -> tuple[GeodesicMinimum, ...]:
    """Make one landscape of several.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        The problem that all of them solve.
    layer_steps : (L,)
        The layer steps ρ_ℓ that all of them have.
    minima : sequence of GeodesicMinimum
        Those of all landscapes, in any order.

    Returns
    -------
    tuple of GeodesicMinimum
        Best first, each once, with the starts that found it in any landscape.

    Notes
    -----
    Two minima are one if their costs are equal, and their kernels A_pᵀA_p at every p. The kernels do not change under
    permutations of neurons, so copies of one minimum fall together.
    """
    groups: list[tuple[GeodesicMinimum, np.ndarray, list[str]]] = []
    for minimum in sorted(minima, key=lambda m: m.cost):
        path = geodesic.propagate(minimum.weights.mean(axis=1), layer_steps)
        kernel = np.einsum("lin,lim->lnm", path, path)
        for first, other, names in groups:
            close = abs(minimum.cost - first.cost) <= SAME_COST * first.cost
            if close and np.linalg.norm(kernel - other) <= SAME_KERNEL * np.linalg.norm(other):
                names.extend(minimum.found_by)
                break
        else:
            groups.append((minimum, kernel, list(minimum.found_by)))
    return tuple(GeodesicMinimum(first.cost, first.weights, tuple(names)) for first, _, names in groups)
