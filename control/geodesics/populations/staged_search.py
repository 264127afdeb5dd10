"""Several independent searches at once, each round of all of them handed to the workers together.

1. Every search asks for starts; those of one round are solved by the workers, in any order. Searches go from one ε to
   the next together, so that each is told there whether another is much lower.
2. Each is told where its own ended, and asks for more, until all have ended.
3. Time, once the first round has ended, or Ctrl-C, ends all of them with what is known: the best smoothed paths of a
   search that has no exact one yet.
4. The ends are judged (settlement.py).
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geodepth.control.geodesics.search.minima import GeodesicMinimum
from geodepth.control.geodesics.search.outcome import Ended, StartOutcome
from geodepth.control.geodesics.search.starts import WHOLE_SEARCH, Start
from geodepth.control.geodesics.search.workers import Workers
from geodepth.control.geodesics.statement.shapes import Weights
from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.foundation.time_limits import ends_within

from .bandit import Bandit
from .independent_search import Asks, IndependentSearch
from .moves import FINE_MOVES, MOVES, Move
from .request import Search
from .settlement import INTERRUPTED, PATIENCE, SOLVES, TIME, Settlement, settlement

NEAR = 5e-4
"""Relative difference of costs at one level above which a search is behind another: on iris the minima of the
best funnel lie 3e-4 apart at ε = 0.01, and the next funnel 1.3e-3 above."""


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """What staged searches found.

    Attributes
    ----------
    searches : tuple of IndependentSearch
        As they ended.
    settlement : Settlement
        What their ends say.
    """

    searches: tuple[IndependentSearch, ...]
    settlement: Settlement

    def ended(self) -> list[Ended]:
        """Every path that was carried to the exact ReLU, the best of each search named after it.

        Of a search that was cut short before, the best smoothed path stands for it, in the exact network.
        """
        return [ended for search in self.searches for ended in _ends(search)]

    def record(self, minima: Sequence[GeodesicMinimum]) -> dict[str, Any]:
        """The settlement, and who found what when, for statistics, files and the report.

        Parameters
        ----------
        minima : sequence of GeodesicMinimum
            The distinct ones of all that was found.

        Returns
        -------
        dict
            What `Settlement.record` has, and besides
            ends : the exact cost at which each search ended, None where it ended nowhere.
            history : of each search, every new best J with the number of solves up to it.
            solves_each : of each search, how many solves it made.
            times : the only entry that differs from run to run: processor seconds of each search, "history" up to each
            of its new bests, and "whole".
            minima : cost of each distinct minimum, and the numbers of the searches that found it.
            moves, hops : by name, how many children and what they earned, in populations and in hops.
        """
        return self.settlement.record() | {
            "ends": [search.best.cost if search.best else None for search in self.searches],
            "history": [[[solves, cost] for solves, _, cost in search.history] for search in self.searches],
            "solves_each": [search.solves for search in self.searches],
            "times": {
                "history": [[seconds for _, seconds, _ in search.history] for search in self.searches],
                "whole": [search.seconds for search in self.searches],
            },
            "minima": [[minimum.cost, list(minimum.searches)] for minimum in minima if minimum.searches],
            "moves": _earnings(MOVES, [search.moves for search in self.searches]),
            "hops": _earnings(FINE_MOVES, [search.fine_moves for search in self.searches]),
        }


def _earnings(moves: Sequence[Move], bandits: Sequence[Bandit]) -> dict[str, list[float]]:
    """Of each move by its name, how many children it had and what they earned, in all searches."""
    tried, earned = (np.sum([getattr(bandit, of) for bandit in bandits], axis=0) for of in ("tries", "earned"))
    return {move.name: [int(t), float(e)] for move, t, e in zip(moves, tried, earned, strict=True)}


def staged_search(
    problem: PathProblem, request: Search, seed: int, workers: Workers, founders: Sequence[Weights] = ()
) -> Searched:
    """Run independent searches to their ends.

    Parameters
    ----------
    problem : PathProblem
        What every start solves.
    request : Search
        How many searches, and how they go about it.
    seed : int
        Of everything that is drawn.
    workers : Workers
        Who solves the starts.
    founders : sequence of (L, w, c)
        Weights that every search begins with.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C before anything is known.
    """
    request = request.fitting(problem.geodesic)
    searches = tuple(IndependentSearch(problem, request, seed, number, founders) for number in range(request.searches))
    clock, ended = time.perf_counter(), PATIENCE
    running = {search.number: search.run() for search in searches}
    asked = {number: next(run) for number, run in running.items()}
    try:
        while asked:
            spent = time.perf_counter() - clock
            known = any(_ends(search) for search in searches)
            left = request.seconds - spent if request.seconds is not None and known else None
            turn = in_step(searches, asked)
            with ends_within(left):
                told = _solved(problem, workers, turn, _said(searches, request, spent))
            compare(searches, request.precision)
            for number in turn:
                del asked[number]
                if (following := _ask(running[number], told[number])) is not None:
                    asked[number] = following
            if request.seconds is not None and time.perf_counter() - clock > request.seconds and asked:
                ended = TIME
                break
    except TimeoutError:
        ended = TIME
    except KeyboardInterrupt:
        if not any(_ends(search) for search in searches):
            raise
        ended = INTERRUPTED
    if ended is PATIENCE and any(search.solves >= request.most_solves for search in searches):
        ended = SOLVES
    costs = [search.best.cost if search.best else np.inf for search in searches]
    return Searched(searches, settlement(costs, request.precision, ended, sum(search.solves for search in searches)))


def _solved(
    problem: PathProblem, workers: Workers, asked: dict[int, list[Start]], label: str
) -> dict[int, Sequence[Ended]]:
    """One round of all searches, solved together."""
    ended = iter(workers.solve(problem, [start for starts in asked.values() for start in starts], label))
    return {number: [next(ended) for _ in starts] for number, starts in asked.items()}


def in_step(searches: Sequence[IndependentSearch], asked: Mapping[int, list[Start]]) -> dict[int, list[Start]]:
    """The starts to solve next, by the number of the search: those at a smaller ε wait for the others to come there.

    So each of them knows who is lower before it spends its patience.
    """
    level = max(searches[number].level for number in asked)
    return {number: starts for number, starts in asked.items() if searches[number].level == level}


def compare(searches: Sequence[IndependentSearch], precision: float) -> None:
    """Tell each search whether the best of another at its level is much lower, and how many agree with it."""
    for search in searches:
        search.note()
    for search in searches:
        least = min(other.bests.get(search.level, np.inf) for other in searches)
        search.behind = search.bests[search.level] > least + NEAR * abs(least)
        exact = [
            other.bests.get(0.0, np.inf) - search.bests.get(0.0, np.inf) for other in searches if other is not search
        ]
        search.company = 1 + sum(abs(apart) <= precision * search.bests[0.0] for apart in exact if np.isfinite(apart))


def _ask(run: Asks, told: Sequence[Ended]) -> list[Start] | None:
    """The next starts of a search, None if it has ended."""
    try:
        return run.send(told)
    except StopIteration:
        return None


def _ends(search: IndependentSearch) -> list[Ended]:
    best = search.best
    if best is None:
        rough = [e for e in search.smoothed if np.isfinite(e.outcome.cost)]
        return [e._replace(outcome=_unfinished(e.outcome)) for e in rough[:1]]
    return [
        ended._replace(outcome=replace(best, origin=f"{WHOLE_SEARCH}{search.number}: {best.origin}"))
        if ended.outcome is best
        else ended
        for ended in search.found
    ]


def _unfinished(outcome: StartOutcome) -> StartOutcome:
    return replace(outcome, converged=False, reason="The search ended before this path was taken to the exact ReLU.")


def _said(searches: Sequence[IndependentSearch], request: Search, seconds: float) -> str:
    """The bar's name: the best so far, how many found it, and what is left of the time."""
    costs = [s.best.cost if s.best else s.bests.get(s.level, np.inf) for s in searches]
    least = min(costs)
    agreed = sum(cost <= least * (1.0 + request.precision) for cost in costs)
    left = "" if request.seconds is None else f", {max(0.0, request.seconds - seconds):.0f} s left"
    return f"search: best {least:.7g}, {agreed} of {len(costs)} agree{left}" if np.isfinite(least) else "search"
