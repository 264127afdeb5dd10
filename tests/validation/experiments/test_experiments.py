"""The paper's experiments: measurements agree with their parts, figures come from files, nothing is done twice."""

from __future__ import annotations

import csv
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from geodepth.cli.main import main
from geodepth.validation import Dataset, RepresentationPath, compute_energies
from geodepth.validation.bridge.paths import path_of_member
from geodepth.validation.errors import ValidationError
from geodepth.validation.experiments import (
    EXPERIMENTS,
    SIZES,
    Experiment,
    Paper,
    Store,
    distinct,
    experiment,
    run_experiment,
    specifications,
)
from geodepth.validation.experiments.measures.depth_ladder import deepened, rungs
from geodepth.validation.experiments.measures.networks import ensemble, networks
from geodepth.validation.experiments.measures.path_numbers import curves, measure_path
from geodepth.validation.experiments.measures.problems import Problem
from geodepth.validation.experiments.measures.truths import landscape, truth

DATA = {"name": "teacher", "dimensions": [3, 1, 3], "samples": 8, "test_samples": 20, "seed": 0}
SMALL: dict[str, Any] = {
    "data": DATA, "width": 4, "layers": 6, "effective_depth": 2.0, "weight_decay": 0.01, "epochs": 40,
    "dtype": "float64", "seeds": [3, 5],
}  # fmt: skip


def test_a_seed_is_the_same_network_in_any_batch() -> None:
    for projections in ("fixed", "orthogonal", "learned"):
        given = SMALL | {"projections": projections, "layer_steps": "equidistant"}
        together = networks(given)
        alone = [networks(given | {"seeds": [seed]}) for seed in (3, 5)]
        for number, single in enumerate(alone):
            # Batched sums may round differently, and forty epochs of Adam carry rounding on.
            assert together.rows[number]["seed"] == single.rows[0]["seed"]
            assert together.rows[number]["cost"] == pytest.approx(single.rows[0]["cost"], rel=1e-8)
        assert alone[0].rows[0]["cost"] != pytest.approx(alone[1].rows[0]["cost"], rel=1e-4)


def untrained_path() -> tuple[RepresentationPath, Dataset]:
    """Of one network, and its data."""
    problem = Problem.of(SMALL)
    data = problem.dataset(0)
    return path_of_member(ensemble(problem, data, [3]), 0, data, problem.decay), data


def test_a_row_says_what_the_path_says() -> None:
    path, data = untrained_path()
    row, energy = measure_path(path, data), compute_energies(path)
    assert row["cost"] == pytest.approx(path.fit + path.penalty)
    assert row["test_error"] == pytest.approx(path.error(data.test_inputs, data.test_targets))
    assert row["hamiltonian"] == pytest.approx(np.median(energy.scaled_hamiltonian))
    # The stable estimate is COI − ‖∂A‖²/L̃² in the geometry of K + γ_pI, MATH's Hamiltonian where it is finite.
    stable = energy.relative.cost_of_identity - 2.0 * energy.relative.kinetic / path.effective_depth
    assert (row["stable_min"], row["stable"], row["stable_max"]) == pytest.approx(
        (stable.min(), np.median(stable), stable.max())
    )
    assert row["theorem_lower"] <= 0.0 <= row["theorem_upper"]
    shapes = {name: values.shape for name, values in curves(path).items()}
    assert shapes["positions"] == (7,)
    assert shapes["representation_values"] == (7, 4)
    assert shapes["weight_values"] == (6, 4)


def test_levels_are_first_crossings_and_weights_are_kept() -> None:
    outcome = networks(SMALL | {"levels": [1e9, 0.0], "keep_weights": True, "data": DATA | {"seed": "member"}})
    for row in outcome.rows:
        assert row["epochs to J = 1e+09"] == 0.0
        assert row["epochs to J = 0"] is None
    assert outcome.arrays["weights"].shape == (2, 6, 4, 5)
    assert outcome.arrays["objectives"][:, -1] == pytest.approx([row["cost"] for row in outcome.rows])


def test_the_share_of_starts_counts_against_the_best_known_minimum() -> None:
    def share(cost: float) -> float:
        costs = {"start 0": 1.0, "start 1": 1.0 + 1e-9, "start 2": 1.2, "start 3": float("inf"), "warm start 0": 0.9}
        solution: Any = SimpleNamespace(
            cost=cost, minima=(1, 2), statistics={"start_costs": costs}, certificate=SimpleNamespace(lower=0.5 * cost)
        )
        return float(landscape(solution)["share_in_best"])

    assert share(1.0) == pytest.approx(2.0 / 3.0)
    assert share(0.9) == 0.0  # a network has found a better one: no start ended there


def test_the_limit_of_many_layers_is_within_its_error() -> None:
    given = {"data": DATA, "width": 3, "layers": 6, "effective_depth": 2.0, "rank_cost": 0.1, "starts": 2, "seeds": [0]}
    coarse, fine = (truth(given | {"doublings": doublings}).rows[0] for doublings in (2, 4))
    assert abs(coarse["limit"] - fine["limit"]) <= coarse["limit_error"]
    assert fine["limit_error"] < 0.5 * coarse["limit_error"]
    # First order: the gap of the last truth is about the one that the extrapolation adds.
    assert 0.5 < (fine["limit"] - fine["cost"]) / (fine["limit"] - coarse["cost"]) * 4.0 < 2.0


def test_a_rank_costs_the_same_at_every_depth() -> None:
    for depth in (2.0, 10.0):
        shape: dict[str, Any] = {"data": DATA, "width": 4, "layers": 6, "effective_depth": depth, "seeds": [0]}
        problem = Problem(**shape, rank_cost=0.3)
        assert 0.5 * depth * problem.decay == pytest.approx(0.3)
        assert problem.at(3.0).decay * 3.0 == pytest.approx(problem.decay * depth)
        for given in ({}, {"rank_cost": 1.0, "weight_decay": 1.0}):
            with pytest.raises(ValidationError, match="either weight_decay or rank_cost"):
                Problem.of(shape | given)
    with pytest.raises(ValidationError, match="parameter widht is unknown"):
        networks(SMALL | {"widht": 3})


def test_the_ladder_depends_on_its_end_alone() -> None:
    assert rungs(2.0) == [2.0]
    assert rungs(20.0) == [2.5, 5.0, 10.0, 20.0]
    for depth in (1.0, 2.6, 7.0, 30.0):
        way = rungs(depth)
        assert way[-1] == depth
        assert way[0] <= 2.5
        assert all(after == 2.0 * before for before, after in pairwise(way))


def test_a_deepened_path_keeps_its_course_at_both_ends() -> None:
    """W/L̃ at the same τ = L̃p from either end, and the same L̃ gives the same path."""
    path, _ = untrained_path()
    assert deepened(path, 2.0) == pytest.approx(path.weights)
    longer = deepened(path, 4.0)
    # At twice the L̃ layer 1 covers the first two in τ; six layers, so its middle is where layers 1 and 2 meet.
    assert longer[0] / 4.0 == pytest.approx(0.5 * (path.weights[0] + path.weights[1]) / 2.0, abs=1e-12)
    assert longer[-1] / 4.0 == pytest.approx(0.5 * (path.weights[-1] + path.weights[-2]) / 2.0, abs=1e-12)


def test_continued_networks_end_stationary_where_the_continued_truth_is() -> None:
    """From a low L̃ up, networks and solver meet, and the estimates of the rank close in on each other."""
    shared: dict[str, Any] = {
        "data": {"name": "teacher", "dimensions": [3, 1, 3], "kind": "linear", "samples": 8, "seed": 0},
        "width": 3, "layers": 10, "rank_cost": 0.1, "continued": True, "seeds": [0],
    }  # fmt: skip
    newton = {"epochs": 200, "dtype": "float64", "layer_steps": "equidistant", "newton": True,
              "smoothings": [0.03, 0.01, 0.003]}  # fmt: skip
    found = {}
    for depth in (2.0, 5.0):
        here = shared | {"effective_depth": depth}
        trained, solved = networks(here | newton).rows[0], truth(here | {"starts": 2}).rows[0]
        assert solved["cost"] <= trained["cost"] * (1.0 + 1e-9)
        assert trained["cost"] == pytest.approx(solved["cost"], rel=2e-3)
        assert trained["stable"] == pytest.approx(solved["stable"], abs=0.1)
        found[depth] = solved
    low, high = found[2.0], found[5.0]
    assert low["stable"] < high["stable"] < high["least_cost_of_identity"] < low["least_cost_of_identity"]


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.parametrize("size", SIZES)
def test_every_experiment_is_whole_at_every_size(name: str, size: str) -> None:
    found = experiment(name, size, 10)
    assert all(len(sweep.seeds) in (1, 10) for sweep in found.sweeps)
    tasks = distinct(found.sweeps)
    assert len({task.identity for task in tasks}) == len(tasks)
    assert all(task.effort > 0.0 for task in tasks)
    on_gpu = distinct(experiment(name, size, 10, "cuda").sweeps)
    assert {task.measure for task in on_gpu} == {task.measure for task in tasks}


def tiny(asked: Experiment) -> Experiment:
    """The same experiment, shrunk until it takes seconds: what is tested is the way from tasks to figures."""
    sizes = {"width": 4, "layers": 5, "epochs": 60, "starts": 1, "members": 2, "newton": False, "effective_depth": 3.0}
    sweeps = []
    for sweep in asked.sweeps:
        fixed = {k: sizes.get(k, v) for k, v in sweep.fixed.items()}
        data = dict(fixed["data"])
        if data["name"] == "teacher":
            dimensions = data["dimensions"]
            data |= {"samples": 8, "dimensions": [3, *[min(d, 2) for d in dimensions[1:-1]], 3]}
            fixed["data"] = {k: v if k != "test_samples" else 10 for k, v in data.items()}
        grid = {}
        for name, values in sweep.grid.items():
            kept = list(values)[:2]
            grid[name] = [2.0, 4.0] if name == "effective_depth" else kept
            if name in ("width", "layers"):
                grid[name] = [sizes[name], sizes[name] + 2][: len(kept)]
            if name == "data":
                grid[name] = [data for data in values if data["name"] == "wine"] or kept
        sweeps.append(replace(sweep, fixed=fixed, grid=grid))
    return replace(asked, sweeps=tuple(sweeps))


@pytest.fixture
def shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    original = dict(EXPERIMENTS)
    small = {name: lambda s, n, d, name=name: tiny(original[name](s, n, d)) for name in original}
    monkeypatch.setattr(specifications, "EXPERIMENTS", small)


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.usefixtures("shrunk")
def test_from_tasks_to_figures_and_the_second_run_does_nothing(name: str, tmp_path: Path) -> None:
    paper = Paper(name, seeds=1 if name == "truth" else 2, out=tmp_path)
    done = run_experiment(paper, say=lambda line: None)
    assert not done.run.failures, done.run.sentence
    assert done.gallery is not None
    page = done.gallery.read_text()
    assert paper.command in page
    folder = tmp_path / f"{name}-small"
    for figure in done.figures:
        assert f"{name}-small/{figure}.svg" in page
        rows = list(csv.DictReader((folder / f"{figure}.csv").open()))
        assert rows
        for row in rows:
            if row.get("low"):  # an interval is over seeds, and says over how many
                assert int(row["seeds"]) >= 1
                assert float(row["low"]) <= float(row["median"]) * (1 + 1e-12) + 1e-300 or float(row["median"]) < 0
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    again = run_experiment(paper, say=lambda line: None)
    assert (len(again.run.measured), again.figures) == (0, done.figures)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.usefixtures("shrunk")
def test_shards_wait_for_each_other_and_a_lost_result_is_redone_alone(tmp_path: Path) -> None:
    first = run_experiment(Paper("fig1", seeds=2, out=tmp_path, shard="1/2"), say=lambda line: None)
    assert first.gallery is None
    assert "other shards are missing" in first.sentence
    second = run_experiment(Paper("fig1", seeds=2, out=tmp_path, shard="2/2"), say=lambda line: None)
    assert second.gallery is not None
    tasks = distinct(specifications.EXPERIMENTS["fig1"]("small", (0, 1), "cpu").sweeps)
    store = Store(tmp_path / "data")
    content = store.file(tasks[0]).read_bytes()
    store.file(tasks[0]).unlink()
    third = run_experiment(Paper("fig1", seeds=2, out=tmp_path), say=lambda line: None)
    assert third.run.measured == (tasks[0],)
    assert store.file(tasks[0]).read_bytes() == content


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fig9"], "experiment is 'fig9'"), (["fig1", "--size", "huge"], "size is 'huge'"),
        (["fig1", "--seeds", "0"], "seeds is 0"), (["fig1", "--shard", "3/2"], "shard is '3/2'"),
        (["fig1", "--device", "abacus"], "abacus"),
    ],
)  # fmt: skip
def test_bad_commands_end_in_one_line(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["paper", *arguments, "--out", str(tmp_path / "out")])
    assert ended.value.code == 2
    errors = capsys.readouterr().err
    assert words in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "out").exists()
