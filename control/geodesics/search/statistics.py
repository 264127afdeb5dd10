"""What a search keeps of its own work: how many starts, what they cost, which failed and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .outcome import Ended, StartOutcome
from .settings import SearchSettings

NO_HOPS = "No start ended in a minimum, so there is none to hop from; take more starts."


@dataclass(frozen=True, slots=True)
class SearchStatistics:
    """The statistics of a solution, by name.

    Attributes
    ----------
    solver : str
        As it was asked for.
    starts, warm_starts : int
        Random starts, and given weights (each of which makes two starts).
    hops : int
        Hops that were made.
    resumed_starts : int
        How many starts the journal knew.
    failed_starts : int
        How many did not end in a minimum.
    failures : mapping
        Their origins with the reasons; "hops" where none could be made.
    seed, noise
        As they were asked for.
    iterations : int
        Newton steps of all starts.
    start_costs : mapping
        J by origin, in the order of the starts.
    seconds : float
        Wall-clock time of the search.
    mesh : mapping, optional
        What is known of an equidistributed mesh (`MeshedPoint.record`); left out of a fixed one.
    """

    solver: str
    starts: int
    warm_starts: int
    hops: int
    resumed_starts: int
    failed_starts: int
    failures: Mapping[str, str]
    seed: int
    noise: float
    iterations: int
    start_costs: Mapping[str, float]
    seconds: float
    mesh: Mapping[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """By name, as a solution keeps and saves it."""
        known = dataclasses.asdict(self)
        return known if self.mesh is not None else {name: value for name, value in known.items() if name != "mesh"}


def statistics_of(
    settings: SearchSettings,
    ended: Sequence[Ended],
    outcomes: Sequence[StartOutcome],
    seconds: float,
    mesh: Mapping[str, Any] | None,
) -> SearchStatistics:
    """The statistics of starts that ended, and of what the exact stage made of them."""
    failures = {o.origin: o.reason for o in outcomes if not o.converged}
    hops = sum(e.outcome.origin.startswith("hop ") for e in ended)
    if settings.hops and not hops:
        failures["hops"] = NO_HOPS
    return SearchStatistics(
        solver=settings.problem.solver,
        starts=settings.starts,
        warm_starts=len(settings.warm_starts),
        hops=hops,
        resumed_starts=sum(e.resumed for e in ended),
        failed_starts=sum(not o.converged for o in outcomes),
        failures=failures,
        seed=settings.seed,
        noise=settings.noise,
        iterations=sum(o.iterations for o in outcomes),
        start_costs={o.origin: o.cost for o in outcomes},
        seconds=seconds,
        mesh=mesh,
    )
