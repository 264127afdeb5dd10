"""A population: the best distinct minima of one smoothed cost, of several niches.

The best alone would soon be copies of one funnel's, and what another funnel's minima lead to shows only later, at
smaller ε. So at most a share of them may have about the same path, as long as there are others.
"""

from dataclasses import dataclass, field

import numpy as np

from geodepth.control.geodesics.search.outcome import Ended
from geodepth.foundation.shapes import Float

SAME = 3e-5
"""Relative difference of smoothed costs up to which two minima count as one."""
TOURNAMENT = 2
"""Of so many members that are drawn, the best becomes a parent."""
NICHE = 0.1
"""Relative distance of the kernels A_pᵀA_p up to which two minima are of one niche. On iris, at ε = 0.01, they lie 0.01
to 0.04 apart in one funnel and 0.3 between funnels; at 0.03 the next ones are 0.12 to 0.3 away."""
NICHE_SHARE = 3
"""One niche may fill one part in so many of a population. Chosen by hand."""
DEPTHS = 5
"""Places along depth where kernels are compared."""


@dataclass(slots=True, eq=False)
class Population:
    """The best distinct minima at one ε.

    Attributes
    ----------
    size : int
        The most that it holds.
    members : list of Ended
        Best first.
    seen : list of float
        Costs of all distinct minima that were offered.
    """

    size: int
    members: list[Ended] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)

    @property
    def best(self) -> float:
        """The lowest cost, infinite where there is none."""
        return self.members[0].point.cost if self.members else np.inf

    def enter(self, ended: Ended) -> bool:
        """Take a minimum in, if it is a new one and good enough; whether it was."""
        if not self.is_new(ended):
            return False
        self.seen.append(ended.point.cost)
        self.members = _chosen([*self.members, ended], self.size)
        return any(member is ended for member in self.members)

    def is_new(self, ended: Ended) -> bool:
        """Whether a solve ended in a minimum that was not offered before."""
        cost = ended.point.cost
        known = any(abs(cost - other) <= SAME * abs(other) for other in self.seen)
        return ended.point.converged and bool(np.isfinite(cost)) and not known

    def parents(self, count: int, rng: np.random.Generator) -> list[Ended]:
        """Different members, each the winner of a tournament; the same ones again where there are too few."""
        chosen: list[int] = []
        for _ in range(count):
            rest = [place for place in range(len(self.members)) if place not in chosen] or list(
                range(len(self.members))
            )
            chosen.append(min(int(rng.choice(rest)) for _ in range(TOURNAMENT)))
        return [self.members[place] for place in chosen]


def together(one: Population, other: Population) -> Population:
    """One population of two at the same ε: the best of both, which knows what each of them has seen."""
    members: list[Ended] = []
    for member in sorted([*one.members, *other.members], key=lambda member: member.point.cost):
        if not members or member.point.cost > members[-1].point.cost * (1.0 + SAME):
            members.append(member)
    return Population(one.size, _chosen(members, one.size), [*one.seen, *other.seen])


def _chosen(members: list[Ended], size: int) -> list[Ended]:
    """The best, no niche above its share as long as there are others; best first."""
    ranked = sorted(members, key=lambda member: member.point.cost)
    if len(ranked) <= size:
        return ranked
    near = distances(ranked) <= NICHE
    kept: list[int] = []
    for place in range(len(ranked)):
        if np.count_nonzero(near[place, kept]) < max(1, size // NICHE_SHARE):
            kept.append(place)
    rest = [place for place in range(len(ranked)) if place not in kept]
    return [ranked[place] for place in sorted([*kept, *rest][:size])]


def distances(members: list[Ended]) -> Float[np.ndarray, "m m"]:
    """Distances of the kernels of every two minima, relative to the larger: permuted neurons are at no distance."""
    kernels = []
    for member in members:
        path = member.point.representations
        layers = np.linspace(0, len(path) - 1, DEPTHS + 2).round().astype(int)[1:-1]
        kernels.append(np.einsum("lin,lim->lnm", path[layers], path[layers]).ravel())
    gram = np.stack(kernels) @ np.stack(kernels).T
    sizes = np.diag(gram)
    squares = np.maximum(sizes[:, None] + sizes - 2.0 * gram, 0.0)
    return np.asarray(np.sqrt(squares / np.maximum(np.maximum(sizes[:, None], sizes), 1e-300)))
