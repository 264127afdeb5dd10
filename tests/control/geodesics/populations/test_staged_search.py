"""The staged search: the same digits whoever solves it, from a journal, and cut short."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodepth.control import GeodesicSolution, ProblemError, RepresentationGeodesic, Search, solve_geodesic
from geodepth.control.geodesics.search.journal import Journal

SMALL = Search(searches=2, islands=2, starts=2, patience=(2, 0, 2), elite=1, hops=3)
LAYERS = 4


@pytest.fixture(scope="module")
def geodesic() -> RepresentationGeodesic:
    rng = np.random.default_rng(0)
    return RepresentationGeodesic(rng.normal(size=(2, 4)), rng.normal(size=(1, 4)), 2, 2.0, 1e-2)


def digits(solution: GeodesicSolution) -> dict[str, object]:
    """The record of a search, but for the seconds that it took."""
    return {name: value for name, value in solution.statistics["search"].items() if name != "times"}


def test_the_digits_depend_on_no_worker_and_a_broken_run_goes_on(
    geodesic: RepresentationGeodesic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = solve_geodesic(geodesic, LAYERS, search=SMALL, progress=False)
    with ThreadPoolExecutor(3) as executor:
        spread = solve_geodesic(geodesic, LAYERS, search=SMALL, executor=executor, progress=False)
    assert digits(spread) == digits(alone)
    np.testing.assert_array_equal(spread.weights, alone.weights)

    # A run that breaks after 10 solves leaves them to the next one, which ends at the same digits.
    solve, left = Journal.solve, iter(range(10))

    def breaks(self: Journal, *arguments: object) -> object:
        if next(left, None) is None:
            raise OSError("no space")
        return solve(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Journal, "solve", breaks)
    with pytest.raises(OSError, match="no space"):
        solve_geodesic(geodesic, LAYERS, search=SMALL, journal=tmp_path, progress=False)
    monkeypatch.setattr(Journal, "solve", solve)
    assert len(list(tmp_path.glob("start-*.npz"))) == 10
    resumed = solve_geodesic(geodesic, LAYERS, search=SMALL, journal=tmp_path, progress=False)
    assert digits(resumed) == digits(alone)
    np.testing.assert_array_equal(resumed.weights, alone.weights)

    record = alone.statistics["search"]
    assert record["words"] in str(alone.certificate)
    assert min(record["ends"]) == pytest.approx(alone.cost, rel=1e-7)
    assert alone.coverage.starts == SMALL.searches
    for history in record["history"]:
        costs = [cost for _, cost in history]
        assert costs == sorted(costs, reverse=True)


def test_a_search_without_random_starts_begins_with_the_warm_ones(geodesic: RepresentationGeodesic) -> None:
    """It goes on from each as it is, at its own first ε, and ends no higher than the lowest of them."""
    rough = solve_geodesic(geodesic, LAYERS, starts=3, seed=5, progress=False)
    warm = [minimum.weights[:, 0] for minimum in rough.minima]
    fine = replace(SMALL, searches=1, islands=1, starts=0, levels=(0.003,), patience=(2,), hops=0)
    found = solve_geodesic(geodesic, LAYERS, search=fine, warm_starts=warm, progress=False)
    assert found.cost <= rough.cost * (1.0 + 1e-9)
    names = list(found.statistics["start_costs"])
    assert not any(name.startswith(("start ", "warm start ")) for name in names), names
    # All warm starts, two rounds of children at most without a new best, and what is taken to the exact ReLU.
    (solves,) = found.statistics["search"]["solves_each"]
    assert solves >= len(warm) + 1
    again = solve_geodesic(geodesic, LAYERS, search=fine, warm_starts=[found.weights], progress=False)
    assert again.cost == pytest.approx(found.cost, rel=1e-9)


def test_it_ends_no_higher_than_random_starts(geodesic: RepresentationGeodesic) -> None:
    broader = replace(SMALL, islands=1, starts=8, patience=(8, 0, 4), elite=3)
    searched = solve_geodesic(geodesic, LAYERS, search=broader, progress=False)
    many = solve_geodesic(geodesic, LAYERS, starts=8, seed=7, progress=False)
    assert searched.cost <= many.cost * (1.0 + 1e-7)


TINY = Search(searches=2, islands=1, starts=2, levels=(0.03, 0.003), patience=(2, 0), elite=1, hops=0)


def small_problem(**stated: Any) -> RepresentationGeodesic:
    rng = np.random.default_rng(0)
    return RepresentationGeodesic(rng.normal(size=(2, 3)), rng.normal(size=(1, 3)), 2, 2.0, 1e-2, **stated)


@pytest.mark.parametrize(
    "stated",
    [{"activation": "linear"}, {"activation": "smoothed relu", "smoothing": 0.01}, {"endpoint": "fixed"}],
    ids=["linear", "smoothed", "fixed end"],
)
def test_it_serves_every_activation_and_end(stated: dict[str, Any]) -> None:
    """It ends in a minimum of the problem as it was stated: a start from there by the plain way stays there."""
    geodesic = small_problem(**stated)
    found = solve_geodesic(geodesic, LAYERS, search=TINY, progress=False)
    again = solve_geodesic(geodesic, LAYERS, starts=0, warm_starts=[found.weights], progress=False)
    assert again.cost == pytest.approx(found.cost, rel=1e-7)
    assert "independent searches" in found.certificate.search or "not settled" in found.certificate.search


def test_ctrl_c_ends_it_with_what_is_known(geodesic: RepresentationGeodesic, monkeypatch: pytest.MonkeyPatch) -> None:
    solve, left = Journal.solve, iter(range(14))

    def interrupted(self: Journal, *arguments: object) -> object:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return solve(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Journal, "solve", interrupted)
    found = solve_geodesic(geodesic, LAYERS, search=SMALL, progress=False)
    assert "it was interrupted" in found.certificate.search
    assert found.cost <= geodesic.objective(np.zeros_like(found.weights), found.layer_steps)


def test_time_ends_it_with_what_is_known(geodesic: RepresentationGeodesic) -> None:
    found = solve_geodesic(geodesic, LAYERS, search=Search(seconds=1e-3), progress=False)
    assert "the time was over" in found.certificate.search
    assert np.isfinite(found.certificate.lower)


def test_time_ends_a_round_in_its_midst(geodesic: RepresentationGeodesic, monkeypatch: pytest.MonkeyPatch) -> None:
    """No start begins when it is over: the first round has four starts, and the second one two of its eight."""
    solve, solved = Journal.solve, []

    def counted(self: Journal, *arguments: object) -> object:
        solved.append(arguments)
        return solve(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Journal, "solve", counted)
    monkeypatch.setattr("geodepth.control.geodesics.search.workers.time_left", lambda: 6 - len(solved))
    found = solve_geodesic(geodesic, LAYERS, search=replace(SMALL, seconds=1e4), progress=False)
    assert "the time was over" in found.certificate.search
    assert len(solved) == 6
    assert np.isfinite(found.cost)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"search": "all"}, "search is 'all'; give 'auto' or a Search"),
        ({"search": Search(), "starts": 3}, "search and starts or hops are both given"),
        ({"search": Search(), "solver": "ipopt"}, "search is for solver 'structured', and for 'relu'"),
        ({"search": Search(starts=0)}, "search.starts is 0 and there are no warm_starts; give some"),
    ],
)
def test_what_a_search_is_not_for_is_refused(
    geodesic: RepresentationGeodesic, arguments: dict[str, object], words: str
) -> None:
    with pytest.raises(ProblemError) as error:
        solve_geodesic(geodesic, LAYERS, progress=False, **arguments)  # type: ignore[arg-type]
    assert words in str(error.value)


def test_a_search_checks_its_numbers() -> None:
    with pytest.raises(ProblemError, match="levels is"):
        Search(levels=(0.01, 0.03, 0.003))
    with pytest.raises(ProblemError, match="patience is"):
        Search(patience=(3,))
    with pytest.raises(ProblemError, match="searches is 0"):
        Search(searches=0)
    longer = Search(patience=(3, 0, 2), hops=5, most_solves=70).longer(3)
    assert (longer.patience, longer.hops, longer.most_solves) == ((9, 0, 6), 15, 210)
    with pytest.raises(ProblemError, match="factor is 0"):
        Search().longer(0)
