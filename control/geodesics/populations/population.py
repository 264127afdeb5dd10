"""A population: the best distinct minima of one smoothed cost."""

from dataclasses import dataclass, field

import numpy as np

from geodepth.control.geodesics.search.outcome import Ended

SAME = 3e-5
"""Relative difference of smoothed costs up to which two minima count as one."""
TOURNAMENT = 2
"""Of so many members that are drawn, the best becomes a parent."""


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
        self.members = sorted([*self.members, ended], key=lambda member: member.point.cost)[: self.size]
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
    whole = Population(one.size, seen=[*one.seen, *other.seen])
    ranked = sorted([*one.members, *other.members], key=lambda member: member.point.cost)
    for member in ranked:
        if not whole.members or member.point.cost > whole.members[-1].point.cost * (1.0 + SAME):
            whole.members.append(member)
    whole.members = whole.members[: whole.size]
    return whole
