"""Hops: where they start, that they never make the answer worse, and that they are reproducible and resumable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodepth.control import GeodesicSolution, RepresentationGeodesic, process_pool, solve_geodesic
from geodepth.control.geodesics.search.hops import HOPS_PER_ROUND, MOVES, fresh_neuron

from ...conftest import teacher_data

STARTS, HOPS = 2, 5  # two full rounds, and a part of another
SETTINGS: dict[str, Any] = {"layers": 8, "starts": STARTS, "seed": 1, "progress": False}


def problem() -> RepresentationGeodesic:
    inputs, targets = teacher_data()
    return RepresentationGeodesic(inputs, targets, width=4, effective_depth=3.0, weight_decay=1e-3)


@pytest.fixture(scope="module")
def hopped(tmp_path_factory: pytest.TempPathFactory) -> tuple[GeodesicSolution, Path]:
    journal = tmp_path_factory.mktemp("journal")
    return solve_geodesic(problem(), hops=HOPS, journal=journal, **SETTINGS), journal


def test_hops_leave_the_random_starts_alone_and_never_end_higher(hopped: tuple[GeodesicSolution, Path]) -> None:
    plain, (solution, _) = solve_geodesic(problem(), **SETTINGS), hopped
    costs = solution.statistics["start_costs"]
    assert len(costs) == STARTS + HOPS
    assert solution.statistics["hops"] == HOPS
    assert {name: costs[name] for name in plain.statistics["start_costs"]} == plain.statistics["start_costs"]
    assert solution.cost <= plain.cost
    assert solution.cost == pytest.approx(problem().objective(solution.weights, solution.layer_steps), rel=1e-14)
    # Hops are no independent draws: the statistics of the landscape know the random starts alone.
    failures = sum(name.startswith("start ") for name in solution.statistics["failures"])
    assert solution.coverage.starts == STARTS - failures


def test_every_hop_starts_from_the_best_before_its_round(hopped: tuple[GeodesicSolution, Path]) -> None:
    statistics = hopped[0].statistics
    costs, failures = list(statistics["start_costs"].items()), statistics["failures"]
    for i in range(HOPS):
        known = STARTS + i - i % HOPS_PER_ROUND
        best = min((pair for pair in costs[:known] if pair[0] not in failures), key=lambda pair: pair[1])[0]
        assert costs[STARTS + i][0] == f"hop {i} from {best.split(' from ')[0]}"


def test_hops_lead_lower_from_a_poor_start() -> None:
    """From each of three single starts; a start that is the best already has nowhere to go, not all of them are."""
    better = []
    for seed in range(3):
        alone, more = (
            solve_geodesic(problem(), layers=8, starts=1, seed=seed, hops=hops, progress=False) for hops in (0, 4)
        )
        assert more.cost <= alone.cost
        better.append(more.cost < 0.999 * alone.cost)
    assert any(better)


def test_hops_are_the_same_bits_over_processes_and_from_a_journal(hopped: tuple[GeodesicSolution, Path]) -> None:
    first, journal = hopped
    with process_pool(2) as executor:
        spread = solve_geodesic(problem(), hops=HOPS, executor=executor, **SETTINGS)
    files = sorted(journal.glob("start-*.npz"), key=lambda file: file.stat().st_mtime_ns)
    assert len(files) == STARTS + HOPS
    for lost in (files[-1], files[STARTS + 1]):
        lost.unlink()
    resumed = solve_geodesic(problem(), hops=HOPS, journal=journal, **SETTINGS)
    assert resumed.statistics["resumed_starts"] == STARTS + HOPS - 2
    for other in (spread, resumed):
        np.testing.assert_array_equal(other.weights, first.weights)
        assert other.statistics["start_costs"] == first.statistics["start_costs"]
        assert other.origin == first.origin


def test_moves_change_what_they_say() -> None:
    rng = np.random.default_rng(0)
    weights, fresh = rng.normal(size=(2, 6, 4, 5))
    neuron = fresh_neuron(weights, fresh, rng)
    changed = (neuron != weights).all(axis=0)
    index = int(changed[:, :4].all(axis=1).argmax())
    expected = np.zeros((4, 5), dtype=bool)
    expected[index], expected[:, index] = True, True
    np.testing.assert_array_equal(changed, expected)
    for move in MOVES:
        before = weights.copy()
        assert not np.array_equal(move(weights, fresh, rng), weights)
        np.testing.assert_array_equal(weights, before)


@pytest.mark.parametrize(
    ("scheme", "endpoint"), [("euler", "fixed"), ("rk4", "penalized"), ("gauss", "penalized"), ("radau", "fixed")]
)
def test_hops_work_with_every_scheme_and_end(scheme: str, endpoint: str) -> None:
    """A hop starts from the mean weights of each interval, so a continuous scheme hops as a network does."""
    inputs, targets = teacher_data(4)
    smooth: dict[str, Any] = {} if scheme == "euler" else {"activation": "smoothed relu", "smoothing": 0.1}
    geodesic = RepresentationGeodesic(inputs, targets, 4, 2.0, 1e-2, endpoint=endpoint, **smooth)
    alone, more, again = (
        solve_geodesic(geodesic, layers=5, starts=1, hops=hops, scheme=scheme, progress=False) for hops in (0, 4, 4)
    )
    costs = more.statistics["start_costs"]
    assert [name.split(" from ")[0] for name in costs] == ["start 0", "hop 0", "hop 1", "hop 2", "hop 3"]
    assert costs["start 0"] == alone.statistics["start_costs"]["start 0"]
    assert more.cost <= alone.cost * (1 + 1e-7)  # costs equal to the bracket count as equal
    assert more.statistics["failed_starts"] <= 2
    assert again.statistics["start_costs"] == costs
    np.testing.assert_array_equal(again.weights, more.weights)
