"""The benchmarks of the theory, in small: Theorem 4 on solved paths, and the rank that is detected on some."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from geodepth.control import RepresentationGeodesic, solve_geodesic
from geodepth.validation import teacher
from geodepth.validation.bridge.paths import path_of_geodesic
from geodepth.validation.physics.momenta import settle_momenta
from geodepth.validation.physics.phases import find_phases
from geodepth.validation.theory.check import Status
from geodepth.validation.theory.theorem_four import theorem_4, theorem_table


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[3] / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # a dataclass in it looks its module up
    spec.loader.exec_module(module)
    return module


def test_theorem_4_holds_on_truths_and_on_a_stationary_network(tmp_path: Path) -> None:
    benchmark = load("theorem_four")
    paths = [benchmark.truth(depth, tmp_path) for depth in (2.0, 6.0)]
    paths += benchmark.networks(2.0, tmp_path, members=1)
    for path in paths:
        assert path.stationarity < 1e-7
        for check in theorem_4(path):
            assert check.status is Status.HOLDS, check.sentence
            # Far from equality, and the allowance is rounding alone: what holds does not hold by tolerance.
            assert check.margin > 100 * check.tolerance
    rows = theorem_table(paths)
    # At small depths the bounds are wider than a rank: true, and not informative.
    assert [row["informative"] for row in rows] == [False] * 3
    assert rows[-1]["width"] < 0.2 * rows[0]["width"]
    # At L̃ = 6 the rank of the teacher shows, which is one: in the count, and between the two estimates.
    phases = find_phases(paths[1])
    assert phases.rank == 1
    assert 0.9 < phases.evidence.hamiltonian < 1.0 < phases.evidence.cost_of_identity
    # What was solved is read back, not solved again.
    times = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.npz")}
    benchmark.truth(2.0, tmp_path)
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.npz")} == times


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("rank", [1, 2])
def test_the_teachers_rank_is_detected_on_its_geodesic(rank: int, seed: int) -> None:
    """The detector counts singular values of W; the two estimates of the theory, from either side, say the same."""
    data = teacher((4, rank, 4), samples=8, seed=seed, kind="linear", test_samples=0)
    geodesic = RepresentationGeodesic(data.inputs, data.targets, 4, 8.0, 1e-3)
    solution = solve_geodesic(geodesic, layers=16, starts=1, seed=seed, progress=False)
    phases = find_phases(settle_momenta(path_of_geodesic(solution, f"rank {rank}, seed {seed}")))
    assert phases.rank == data.teacher_rank == rank
    assert phases.evidence.hamiltonian < rank < phases.evidence.cost_of_identity
    assert phases.evidence.agrees
