"""Truths in files: their names say all that they depend on, and are those of jobs that were begun by version 0.1."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from runpy import run_path

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, Search, solve_geodesic
from geodepth.validation.bridge.content_keys import key
from geodepth.validation.bridge.truths import FINE, GroundTruths, TruthTask

GEODESIC = RepresentationGeodesic(np.array([[0.5, -1.0, 0.8]]), np.array([[1.0, 0.2, -0.4]]), 2, 2.0, 0.01)
TASK = TruthTask("adaptive, seed 1", np.full(4, 0.25), 3, (np.ones((4, 2, 3)),))


def test_names_are_those_of_version_0_1() -> None:
    # Literals: a job that was broken off finds its parts by them.
    assert TASK.file_name(GEODESIC, 7) == "adaptive-seed-1-6d158820a3b3.npz"
    assert key("a", [1.0, 2.0], 3, None, True) == "d9da90f75745"


def test_names_depend_on_all_that_the_solution_depends_on() -> None:
    other = [
        TASK.file_name(GEODESIC, 8),
        TASK.file_name(replace(GEODESIC, weight_decay=0.02), 7),
        replace(TASK, starts=4).file_name(GEODESIC, 7),
        replace(TASK, warm=()).file_name(GEODESIC, 7),
        replace(TASK, starts=None).file_name(GEODESIC, 7),
        replace(TASK, starts=None, search=Search(searches=5)).file_name(GEODESIC, 7),
        replace(TASK, steps=np.array([0.2, 0.3, 0.25, 0.25])).file_name(GEODESIC, 7),
    ]
    assert len({TASK.file_name(GEODESIC, 7), *other}) == 8


def test_what_is_solved_is_said_in_words() -> None:
    assert TASK.starts_in_words == "3 random starts and one start from the weights of networks and other truths"
    assert replace(TASK, starts=0, warm=2 * TASK.warm).starts_in_words == (
        "2 starts from the weights of networks and other truths"
    )
    assert replace(TASK, starts=None, warm=(), search=Search(searches=5)).starts_in_words == "5 staged searches"


def test_truths_on_own_steps_are_searched_from_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the search on one network's steps missed, and that on another's found, is found on both, and said."""
    said: list[str] = []
    steps = [np.array([0.2, 0.3, 0.25, 0.25]), np.array([0.3, 0.2, 0.25, 0.25])]
    worst = solve_geodesic(GEODESIC, layer_steps=steps[0], starts=12, progress=False).minima[-1].weights[:, 0]
    tasks = [TruthTask("adaptive, seed 0", steps[0], 0, (worst,)), TruthTask("adaptive, seed 1", steps[1], 12)]
    monkeypatch.setattr("geodepth.validation.bridge.truths.FINE", replace(FINE, patience=(1, 1), hops=1))
    with ThreadPoolExecutor(1) as executor:
        solver = GroundTruths(GEODESIC, 0, tmp_path, executor, said.append)
        alone = solver.solve_each(tasks)
        together = solver.solve_together(tasks, [])
        told = len(said)
        again = solver.solve_together(tasks, [])
    assert [truth.name for truth in together] == [task.name for task in tasks]
    assert together[0].cost < 0.99 * alone[0].cost
    assert together[1].cost <= alone[1].cost * (1.0 + 1e-9)
    for one, truth in zip(alone, together, strict=True):
        costs = [minimum.cost for minimum in truth.solution.minima]
        for minimum in one.solution.minima:
            assert min(abs(cost / minimum.cost - 1.0) for cost in costs) < 1e-6
    assert [truth.cost for truth in again] == [truth.cost for truth in together]
    assert len(said) == told, "kept"


def test_the_benchmark_tells_a_truth_on_own_steps_that_is_too_high(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Truths as the search leaves them, and half as costly again."""
    small = Search(searches=1, islands=1, starts=2, levels=(0.03, 0.003), patience=(2, 1), elite=1, hops=1)
    steps = np.array([0.2, 0.3, 0.25, 0.25])
    found = solve_geodesic(GEODESIC, layer_steps=steps, search=small, seed=1, progress=False)
    main = run_path(str(Path(__file__).parents[3] / "benchmarks" / "geodesic_own_steps.py"))["main"]
    main.__globals__["Search"] = lambda: small
    (tmp_path / "truth").mkdir()
    for factor, code in ((1.0, 0), (1.5, 1)):
        replace(found, cost=factor * found.cost).save(tmp_path / "truth" / "adaptive-seed-0-aa.npz")
        assert main([str(tmp_path), "--longer", "1"]) == code
        _, truth, searched, above, _ = capsys.readouterr().out.splitlines()[1].split()
        assert float(truth) == pytest.approx(factor * found.cost, abs=1e-10)
        assert float(searched) == pytest.approx(found.cost, abs=1e-10)
        assert float(above) == pytest.approx(factor - 1.0, abs=1e-9)
