"""The landscape: its journal under kill −9, what its estimates mean, copies of a minimum, and starts that fail."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodepth.control import GeodesicMinimum, RepresentationGeodesic, initial_weights, solve_geodesic
from geodepth.control.geodesics.certificate.geodesic_certificate import GeodesicCertificate
from geodepth.control.geodesics.search import one_start as start
from geodepth.control.geodesics.search.minima import StartOutcome, coverage, distinct_minima
from geodepth.control.geodesics.transcribed import smoothed_solves as smooth

from ...conftest import teacher_data

STARTS, WORKERS = 300, 2
PROGRAM = """
import sys
import numpy as np
from geodepth.control import RepresentationGeodesic, process_pool, solve_geodesic

if __name__ == "__main__":
    with np.load(sys.argv[1]) as data:
        geodesic = RepresentationGeodesic(data["inputs"], data["targets"], 4, 3.0, 1e-3)
    with process_pool(2) as executor:
        solve_geodesic(geodesic, layers=12, starts=300, seed=1, executor=executor, journal=sys.argv[2], progress=False)
"""


def landscape(*counts: int) -> list[GeodesicMinimum]:
    """Minima found by so many random starts each, best first, and one more by a network."""
    names = iter(range(sum(counts)))
    found = [tuple(f"start {next(names)}" for _ in range(count)) for count in counts]
    found[0] = (*found[0], "warm start 0")
    return [GeodesicMinimum(1.0 + k, np.zeros((1, 1, 1, 1)), origins) for k, origins in enumerate(found)]


def test_kill_loses_at_most_the_starts_in_flight(tmp_path: Path, teacher: RepresentationGeodesic) -> None:
    """kill −9 in the middle: every kept start is whole, the workers end, and a rerun takes them up, bit for bit."""
    script, data, journal = tmp_path / "many.py", tmp_path / "data.npz", tmp_path / "journal"
    script.write_text(PROGRAM)
    np.savez(data, inputs=teacher.inputs, targets=teacher.targets)
    process = subprocess.Popen([sys.executable, str(script), str(data), str(journal)])
    deadline = time.monotonic() + 120
    while len(list(journal.glob("start-*.npz"))) < 5:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    children = _children(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    while any(map(_alive, children)):
        assert time.monotonic() < deadline, "workers outlive the run that was killed"
        time.sleep(0.05)
    kept = len(list(journal.glob("start-*.npz")))
    assert 5 <= kept < STARTS
    # The first starts were handed out first: of these only those in flight can be missing.
    first = 3
    again = solve_geodesic(teacher, layers=12, starts=first, seed=1, journal=journal, progress=False)
    assert again.statistics["resumed_starts"] >= first - WORKERS
    fresh = solve_geodesic(teacher, layers=12, starts=first, seed=1, progress=False)
    assert again.statistics["start_costs"] == fresh.statistics["start_costs"]
    np.testing.assert_array_equal(again.weights, fresh.weights)
    assert [m.found_by for m in again.minima] == [m.found_by for m in fresh.minima]


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A child whose parent is gone may wait, dead, for whoever inherited it.
    status = Path(f"/proc/{pid}/status")
    return not (status.exists() and "State:\tZ" in status.read_text())


def test_a_journal_serves_its_own_problem_only(tmp_path: Path) -> None:
    """More starts take up the old ones; another weight decay, other steps or a damaged file take up nothing."""
    inputs, targets = teacher_data()
    one, other = (RepresentationGeodesic(inputs, targets, 4, 3.0, decay) for decay in (1e-2, 2e-2))
    arguments: dict[str, Any] = {"layers": 5, "journal": tmp_path, "progress": False}
    first = solve_geodesic(one, starts=2, **arguments)
    assert first.statistics["resumed_starts"] == 0
    more = solve_geodesic(one, starts=3, **arguments)
    assert more.statistics["resumed_starts"] == 2
    assert solve_geodesic(other, starts=2, **arguments).statistics["resumed_starts"] == 0
    assert solve_geodesic(one, starts=2, **(arguments | {"layers": 6})).statistics["resumed_starts"] == 0
    for file in tmp_path.glob("start-*.npz"):
        file.write_bytes(file.read_bytes()[:100])
    damaged = solve_geodesic(one, starts=3, **arguments)
    assert damaged.statistics["resumed_starts"] == 0
    np.testing.assert_array_equal(damaged.weights, more.weights)


def test_coverage_by_hand() -> None:
    """Ten starts on minima found 5, 3, 1 and 1 times: f₁/n = 2/10; 4·5/(10·9); 4·9/(10 − 6) = 9 minima."""
    found = coverage(landscape(5, 3, 1, 1))
    assert (found.starts, found.distinct, found.best_found) == (10, 4, 5)
    assert found.unseen == pytest.approx(0.2)
    assert found.bayesian_unseen == pytest.approx(20 / 90)
    assert found.minima == pytest.approx(9.0)
    assert found.better == pytest.approx(4 / 90)
    assert (1 - found.better_bound) ** 10 == pytest.approx(0.05)
    assert math.isinf(coverage(landscape(1, 1, 1)).minima)
    assert "too few starts" in str(coverage(landscape(1, 1, 1)))


def test_coverage_is_calibrated() -> None:
    """Drawn from basins of known sizes, the estimates of the unseen share are right on average (Good's theorem).

    2000 landscapes of 12 starts: the standard error of the mean is below 0.13/√2000 = 0.003.
    """
    generator = np.random.default_rng(0)
    sizes = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
    good, truth, covered = [], [], 0
    for _ in range(2000):
        draws = generator.choice(5, size=12, p=sizes)
        labels, counts = np.unique(draws, return_counts=True)
        estimate = coverage(landscape(*counts.tolist()))
        good.append(estimate.unseen)
        truth.append(1.0 - sizes[labels].sum())
        # Basins are ranked by their labels: better ones than the best found are those before it.
        covered += sizes[: labels[0]].sum() <= estimate.better_bound
    # Good's estimate, of n draws, is unbiased for the unseen share after n − 1: between that and this lies one draw.
    assert np.mean(good) == pytest.approx(np.mean(truth), abs=0.02)
    assert covered / 2000 >= 0.95


def test_copies_are_one_minimum_and_failures_are_none(teacher: RepresentationGeodesic) -> None:
    """Permuted hidden neurons fall together; a path of other cost is its own; a start that failed is not there."""
    steps = np.full(5, 0.2)
    wide = RepresentationGeodesic(teacher.inputs, teacher.targets, 5, 3.0, 1e-3)
    weights = initial_weights(wide, steps, np.random.default_rng(0))
    order = np.array([0, 1, 2, 4, 3])
    copy, other = weights[:, order][:, :, np.append(order, 5)], 1.01 * weights

    def outcome(name: str, values: np.ndarray, converged: bool = True) -> StartOutcome:
        cost = wide.objective(values, steps)
        certificate = GeodesicCertificate(cost, -np.inf, 0.0)
        return StartOutcome(name, values[:, None], values, cost, certificate, converged, 0, 0.0, "")

    outcomes = [outcome("start 0", weights), outcome("start 1", other), outcome("start 2", copy)]
    outcomes.append(outcome("start 3", 0.9 * weights, converged=False))
    minima = distinct_minima(wide, steps, outcomes)
    assert sorted(m.found_by for m in minima) == [("start 0", "start 2"), ("start 1",)]


def test_a_start_that_breaks_down_is_reported(teacher: RepresentationGeodesic, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of three starts raises from its linear algebra: the landscape goes on, and names it."""
    solve = smooth.smooth_minimum
    calls = iter(range(3))

    def fragile(*arguments: Any) -> Any:
        if next(calls) == 1:
            raise np.linalg.LinAlgError("singular")
        return solve(*arguments)

    monkeypatch.setattr(start, "smooth_minimum", fragile)
    solution = solve_geodesic(teacher, layers=6, starts=3, progress=False)
    assert solution.statistics["failed_starts"] == 1
    assert list(solution.statistics["failures"]) == ["start 1"]
    assert "singular" in solution.statistics["failures"]["start 1"]
    assert "start 1" not in [name for minimum in solution.minima for name in minimum.found_by]
    assert solution.coverage.starts == 2


def test_the_waterfall_shows_every_start(teacher: RepresentationGeodesic) -> None:
    solution = solve_geodesic(teacher, layers=6, starts=4, progress=False)
    figure = solution.plot_landscape()
    lines = figure.axes[0].lines
    assert len(lines) == len(solution.minima)
    ranks = np.concatenate([np.asarray(line.get_xdata()) for line in lines])
    np.testing.assert_array_equal(ranks, np.arange(1, solution.coverage.starts + 1))
    heights = [float(np.asarray(line.get_ydata())[0]) for line in lines]
    assert heights == pytest.approx([100 * (m.cost / solution.minima[0].cost - 1) for m in solution.minima])
