"""An experiment from its tasks to its figures: figures come from files, and nothing is done twice."""

from __future__ import annotations

import csv
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geodepth.cli.main import main
from geodepth.validation.experiments import (
    EXPERIMENTS,
    Experiment,
    Paper,
    Store,
    distinct,
    run_experiment,
    specifications,
)


def tiny(asked: Experiment) -> Experiment:
    """The same experiment, shrunk until it takes seconds: what is tested is the way from tasks to figures."""
    sizes: dict[str, Any] = {
        "width": 4, "layers": 5, "epochs": 60, "starts": 1, "members": 2, "newton": False, "effective_depth": 3.0,
        "trainings": [{"epochs": 30}, {"batch_size": 2}], "stops": [0.1, 0.01],
        "changes": [{"factor": "layers", "level": "L = 8", "layers": 8}],
        "search": {
            "searches": 1, "islands": 1, "starts": 1, "population": 2, "patience": [1, 1, 1], "elite": 1, "hops": 0,
        },
    }  # fmt: skip
    sweeps = []
    for sweep in asked.sweeps:
        # What is not solved needs the width of its data.
        kept_sizes = sizes if sweep.fixed.get("solved", True) else {k: v for k, v in sizes.items() if k != "width"}
        fixed = {k: kept_sizes.get(k, v) for k, v in sweep.fixed.items()}
        data = dict(fixed["data"])
        if data["name"] == "teacher":
            dimensions = data["dimensions"]
            data |= {"samples": 8, "dimensions": [3, *[min(d, 2) for d in dimensions[1:-1]], 3]}
            fixed["data"] = {k: v if k != "test_samples" else 10 for k, v in data.items()}
        grid = {}
        for name, values in sweep.grid.items():
            kept = list(values)[:2]
            if name == "effective_depth":
                kept = [2.0, 4.0] if len(values) > 1 else [values[0] / 4.0]
            grid[name] = kept
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
    paper = Paper(name, seeds=1 if name in ("truth", "motion", "chance") else 2, out=tmp_path)
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
        (["fig1", "--device", "abacus"], "abacus"), (["fig1", "--only", "depth=7"], "known names are"),
        (["fig1", "--tasks", "-1"], "tasks is -1"), (["fig1", "--hours", "-1"], "hours is -1"),
        (["fig1", "--only", "effective_depth=8", "--detach"], "no task is so"),
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


@pytest.mark.usefixtures("shrunk")
def test_a_part_is_measured_alone_and_drawn(tmp_path: Path) -> None:
    paper = Paper("fig1", seeds=2, out=tmp_path, only=("sweep=networks over L̃", "effective_depth=4"))
    done = run_experiment(paper, say=lambda line: None)
    assert len(done.run.measured) == 1
    assert "tasks are missing" in done.sentence
    assert "fig1a" in done.figures
    rows = list(csv.DictReader((tmp_path / "fig1-small" / "fig1a.csv").open()))
    assert {row["x"] for row in rows} == {"4.0"}
    kept = run_experiment(Paper("fig1", seeds=2, out=tmp_path, tasks=0, keep=tmp_path / "kept"), say=lambda line: None)
    assert (len(kept.run.measured), kept.missing) == (0, done.missing)
    # Weights of this size are small enough to be copied: what is left out is told in test_results.
    assert len(list((tmp_path / "kept" / "data").glob("*.npz"))) == 1
    drawn = run_experiment(Paper("fig1", seeds=2, out=tmp_path / "kept", tasks=0), say=lambda line: None)
    assert drawn.figures == done.figures
    rest = run_experiment(Paper("fig1", seeds=2, out=tmp_path, tasks=1), say=lambda line: None)
    assert (len(rest.run.measured), rest.missing) == (1, done.missing - 1)


def test_a_detached_run_goes_on_by_itself_and_says_so_in_its_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # With no time nothing is begun: what is tested is that the child was started with the same words.
    out = tmp_path / "deep" / "out"
    options = ["--shard", "1/2", "--tasks", "1", "--hours", "1e-9", "--only", "sweep=truth over L̃", "--json"]
    with pytest.raises(SystemExit) as ended:
        main(["paper", "fig1", "--seeds", "2", "--out", str(out), *options, "--detach"])
    assert ended.value.code == 0
    process = json.loads(capsys.readouterr().out)["process"]
    log = out / "log.txt"
    until = time.monotonic() + 60.0
    while '"missing"' not in log.read_text() and time.monotonic() < until:
        time.sleep(0.1)
    assert process > 0
    assert '"missing"' in log.read_text()
