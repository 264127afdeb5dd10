"""Results in the repository: they are those that the experiments ask for, and the page's figures come of them."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from geodepth.validation.experiments import Paper, Store, distinct, experiment, run_experiment

DATA = Path(__file__).parents[3] / "docs" / "data"


@pytest.mark.parametrize(
    ("name", "folder", "seeds"),
    [
        ("motion", "beyond", 6),
        ("collapse", "beyond", 6),
        ("chance", "beyond", 6),
        ("projections", "paper", 10),
        ("causes", "paper", 5),
    ],
)
def test_figures_come_of_the_kept_results_alone(name: str, folder: str, seeds: int, tmp_path: Path) -> None:
    kept_results = DATA / folder
    tasks = distinct(experiment(name, "small", seeds).sweeps)
    store = Store(kept_results / "data")
    # Nothing may be measured here: it would take minutes, and mean that what is kept answers older questions.
    assert [task.identity for task in tasks if not store.file(task).exists()] == []
    shutil.copytree(kept_results / "data", tmp_path / "data")
    done = run_experiment(Paper(name, seeds=seeds, out=tmp_path), say=lambda line: None)
    assert done.run.measured == ()
    for figure in done.figures:
        same_table(tmp_path / f"{name}-small" / f"{figure}.csv", kept_results / f"{name}-small" / f"{figure}.csv")


@pytest.mark.parametrize("name", ["fig1", "fig2", "fig3"])
def test_figures_of_the_papers_size_come_of_the_kept_results(name: str, tmp_path: Path) -> None:
    kept = sorted((DATA / "paper" / f"{name}-paper").glob("fig*.csv"))
    assert kept
    shutil.copytree(DATA / "paper" / "data", tmp_path / "data")
    run_experiment(Paper(name, "paper", seeds=5, out=tmp_path, tasks=0), say=lambda line: None)
    for table in kept:
        same_table(tmp_path / f"{name}-paper" / table.name, table)


def same_table(new_file: Path, kept_file: Path) -> None:
    """Two tables of one figure; numbers to what least squares and quantiles of the same numbers give on any machine."""
    drawn, kept = (list(csv.DictReader(file.open())) for file in (new_file, kept_file))
    assert len(drawn) == len(kept) > 0
    for new, old in zip(drawn, kept, strict=True):
        for column, value in old.items():
            try:
                number = float(value)
            except ValueError:
                assert new[column] == value
            else:
                assert float(new[column]) == pytest.approx(number, rel=1e-8, abs=1e-10, nan_ok=True), (
                    kept_file.stem,
                    column,
                )
