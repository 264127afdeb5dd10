"""Results in the repository: they are those that the experiments ask for, and the page's figures come of them."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from geodepth.validation.experiments import Paper, Store, distinct, experiment, run_experiment

KEPT = Path(__file__).parents[3] / "docs" / "data" / "beyond"
SEEDS = 6


@pytest.mark.parametrize("name", ["motion", "collapse", "chance"])
def test_figures_come_of_the_kept_results_alone(name: str, tmp_path: Path) -> None:
    tasks = distinct(experiment(name, "small", SEEDS).sweeps)
    store = Store(KEPT / "data")
    # Nothing may be measured here: it would take minutes, and mean that what is kept answers older questions.
    assert [task.identity for task in tasks if not store.file(task).exists()] == []
    shutil.copytree(KEPT / "data", tmp_path / "data")
    done = run_experiment(Paper(name, seeds=SEEDS, out=tmp_path), say=lambda line: None)
    assert done.run.measured == ()
    for figure in done.figures:
        drawn, kept = (
            list(csv.DictReader((folder / f"{name}-small" / f"{figure}.csv").open())) for folder in (tmp_path, KEPT)
        )
        assert len(drawn) == len(kept) > 0
        for new, old in zip(drawn, kept, strict=True):
            for column, value in old.items():
                try:
                    number = float(value)
                except ValueError:
                    assert new[column] == value
                else:
                    # Least squares and quantiles of the same numbers, on any machine.
                    assert float(new[column]) == pytest.approx(number, rel=1e-8, abs=1e-10, nan_ok=True), (
                        figure,
                        column,
                    )
