"""One search, told of ends that are made up: when it makes another island, and what it keeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, Search
from geodepth.control.geodesics.certificate.geodesic_certificate import GeodesicCertificate
from geodepth.control.geodesics.populations.independent_search import HOPELESS, Asks, IndependentSearch
from geodepth.control.geodesics.populations.moves import FINE_MOVES, OPENING
from geodepth.control.geodesics.populations.population import Population, together
from geodepth.control.geodesics.populations.staged_search import compare, in_step
from geodepth.control.geodesics.search.outcome import Ended, StartOutcome
from geodepth.control.geodesics.search.starts import Start
from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.control.geodesics.transcribed.smooth_point import SmoothPoint

LAYERS = 4
REQUEST = Search(islands=3, starts=2, patience=(8, 0, 0), elite=1, hops=0)


@pytest.fixture(scope="module")
def problem() -> PathProblem:
    rng = np.random.default_rng(0)
    geodesic = RepresentationGeodesic(rng.normal(size=(2, 4)), rng.normal(size=(1, 4)), 2, 2.0, 1e-2)
    return PathProblem(geodesic, np.full(LAYERS, 1.0 / LAYERS))


def end(problem: PathProblem, start: Start, cost: float, exact: float | None = None) -> Ended:
    path = problem.geodesic.propagate(start.weights, problem.steps)
    weights, exact = start.weights[:, None], cost if exact is None else exact
    certificate = GeodesicCertificate(exact, -np.inf, 0.0)
    outcome = StartOutcome(start.origin, weights, path, exact, certificate, converged=True, reason="", seconds=0.5)
    return Ended(outcome, SmoothPoint(weights, path, path, cost, start.smoothings[-1]))


def next_of(run: Asks, ended: list[Ended]) -> list[Start] | None:
    """What a search asks for next, None where it has ended."""
    try:
        return run.send(ended)
    except StopIteration:
        return None


def course(search: IndependentSearch, problem: PathProblem, behind: bool = False) -> list[Start]:
    """All starts of a search whose every solve ends in a new minimum, each above the one before."""
    run, made = search.run(), list[Start]()
    asked: list[Start] | None = next(run)
    while asked is not None:
        made += asked
        search.note()
        search.behind = behind
        first = len(made) - len(asked)
        asked = next_of(run, [end(problem, start, 1.0 + 0.01 * n) for n, start in enumerate(asked, first)])
    return made


def test_a_search_makes_as_many_islands_as_are_asked_for(problem: PathProblem) -> None:
    made = course(IndependentSearch(problem, REQUEST, 0, 0), problem)
    assert sum(start.origin.startswith("start ") for start in made) == REQUEST.islands * REQUEST.starts


def test_a_search_that_is_behind_waits_less_below_the_first_level(problem: PathProblem) -> None:
    for patience, shorter in (((40, 0, 0), False), ((0, 40, 0), True), ((0, 0, 40), True)):
        request = Search(islands=1, starts=1, patience=patience, elite=1, hops=0)
        level, late = (len(course(IndependentSearch(problem, request, 0, 0), problem, behind=b)) for b in (False, True))
        assert (late < level) is shorter


def test_searches_go_from_level_to_level_together(problem: PathProblem) -> None:
    """One is done with the first level long before the other, and waits with its carried population."""
    requests = [Search(islands=1, starts=1, patience=(p, 4, 4), elite=1, hops=4) for p in (4, 40)]
    searches = [IndependentSearch(problem, request, 0, number) for number, request in enumerate(requests)]
    running = [search.run() for search in searches]
    asked: dict[int, list[Start]] = {number: next(run) for number, run in enumerate(running)}
    levels, cost = [], 1.0
    while asked:
        for number, starts in in_step(searches, asked).items():
            levels.append(searches[number].level)
            cost += 0.01
            told = next_of(running[number], [end(problem, start, cost) for start in starts])
            del asked[number]
            if told is not None:
                asked[number] = told
            for search in searches:
                search.note()
    assert levels == sorted(levels, reverse=True)
    assert searches[0].solves < searches[1].solves


def test_hops_take_one_exact_minimum_as_one_and_mix_in_others_where_there_are_some(problem: PathProblem) -> None:
    """Every hop's end is at one cost: there is nothing to mix in, and moves of two parents are left out."""
    request = Search(islands=1, starts=1, patience=(0, 0, 0), elite=1, hops=40)
    for costs, mixes in ((1.0, False), (1.0 + 1e-4, True)):
        search = IndependentSearch(problem, request, 0, 0)
        run, asked = search.run(), list[Start]()
        told: list[Start] | None = next(run)
        while told is not None:
            asked += told
            ended = [end(problem, start, costs if start.origin.startswith("hop") else 1.0) for start in told]
            told = next_of(run, ended)
        hops = sum(start.origin.startswith("hop") and start.loose for start in asked)
        mixed = sum(tries for move, tries in zip(FINE_MOVES, search.fine_moves.tries, strict=True) if move.parents > 1)
        assert search.fine_moves.tries.sum() == hops == request.hops
        assert bool(mixed > 0) is mixes


def test_only_hops_to_other_smoothed_minima_are_carried_to_the_exact_relu(problem: PathProblem) -> None:
    """Hops end in a known minimum, a new one, the same again, nowhere, and too high; later ones in the known one."""
    request = Search(islands=1, starts=1, patience=(0, 0, 0), elite=1, hops=8)
    search = IndependentSearch(problem, request, 0, 0)
    run, asked, carried = search.run(), list[Start](), list[Start]()
    told: list[Start] | None = next(run)
    costs = iter([1.0, 0.9, 0.9 * (1.0 + 1e-9), 0.8, 0.9 * (1.0 + 2.0 * HOPELESS)])
    while told is not None:
        ended = []
        for start in told:
            rough = start.origin.startswith("hop") and start.loose
            cost = next(costs, 1.0) if rough else 0.9 if start.origin.startswith("hop") else 1.0
            one = end(problem, start, cost)
            ended.append(one._replace(point=replace(one.point, converged=cost != 0.8)))
        asked += told
        carried += [start for start in told if start.origin.startswith("hop") and not start.loose]
        told = next_of(run, ended)
    assert len(carried) == 1
    assert sum(start.origin.startswith("hop") and start.loose for start in asked) == 4 + request.hops
    assert search.best is not None
    assert search.best.origin == carried[0].origin
    assert search.fine_moves.earned.sum() > 0


@pytest.mark.parametrize("idle", [True, False])
def test_one_hop_in_a_round_opens_an_idle_neuron(idle: bool) -> None:
    """None where no neuron is idle."""
    rng = np.random.default_rng(0)
    geodesic = RepresentationGeodesic(rng.normal(size=(2, 4)), rng.normal(size=(1, 4)), 5, 2.0, 1e-2)
    wide = PathProblem(geodesic, np.full(LAYERS, 1.0 / LAYERS))
    search = IndependentSearch(wide, Search(islands=1, starts=1, patience=(0, 0, 0), elite=1, hops=40), 0, 0)
    run = search.run()
    first = next(run)
    told: list[Start] | None = first
    weights = rng.normal(size=first[0].weights.shape)
    if idle:
        weights[:, -1] = weights[:, :, 4] = 0.0
    while told is not None:
        told = next_of(run, [end(wide, replace(start, weights=weights), 1.0) for start in told])
    assert search.fine_moves.tries.sum() == 40
    assert search.fine_moves.tries[FINE_MOVES.index(OPENING)] == 10 * idle


def test_searches_that_agree_share_the_patience_for_hops(problem: PathProblem) -> None:
    """Two end within the precision of each other, a third does not: half as many hops each, and all of them."""
    request = Search(searches=3, islands=1, starts=1, patience=(0, 0, 0), elite=1, hops=24)
    searches = [IndependentSearch(problem, request, 0, number) for number in range(request.searches)]
    ends = (1.0, 1.0 + 1e-6, 1.0 + 1e-4)
    running = [search.run() for search in searches]
    asked: dict[int, list[Start]] = {number: next(run) for number, run in enumerate(running)}
    hops = [0, 0, 0]
    while asked:
        for number, starts in list(asked.items()):
            hops[number] += sum(start.origin.startswith("hop") for start in starts)
            told = next_of(running[number], [end(problem, start, ends[number]) for start in starts])
            del asked[number]
            if told is not None:
                asked[number] = told
            compare(searches, request.precision)
    assert hops == [12, 12, 24]
    assert [search.company for search in searches] == [2, 2, 1]


def test_the_history_has_solves_and_seconds_up_to_every_new_best(problem: PathProblem) -> None:
    search = IndependentSearch(problem, REQUEST, 0, 0)
    run = search.run()
    starts = next(run)
    run.send([end(problem, start, 1.0, exact) for start, exact in zip(starts, (3.0, 2.0), strict=True)])
    assert search.history == [(1, 0.5, 3.0), (2, 1.0, 2.0)]
    assert search.seconds == 1.0


def test_islands_join_without_copies_and_remember_all_that_was_seen(problem: PathProblem) -> None:
    islands = []
    for costs in ((3.0, 1.0, 2.0), (1.0 + 1e-6, 1.5, 4.0)):
        island = Population(3)
        for cost in costs:
            assert island.enter(end(problem, Start("", np.zeros((LAYERS, 2, 3)), (0.03,)), cost))
        islands.append(island)
    whole = together(*islands)
    assert [member.point.cost for member in whole.members] == [1.0, 1.5, 2.0]
    assert not any(whole.is_new(member) for island in islands for member in island.members)


def test_minima_are_followed_to_a_smaller_smoothing_from_their_own(problem: PathProblem) -> None:
    """Solved anew from weights alone, a minimum on kinks may be lost: of 64 random starts 26 found one that was."""
    made = course(IndependentSearch(problem, REQUEST, 0, 0), problem)
    ways = {start.smoothings for start in made if start.origin.startswith("carried ")}
    assert ways == {REQUEST.levels[:2], REQUEST.levels[1:]}
