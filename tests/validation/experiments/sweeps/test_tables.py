"""Rows carry their parameters into tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from geodepth.validation.experiments import Store, Sweep, gather, run_tasks, write_csv

DRAWS = "cheap_tasks:draws"
SWEEP = Sweep("draws", DRAWS, {"kind": "normal"}, {"size": (2, 3, 50)}, seeds=(0, 1, 2), batch=2)


def quiet(_: str) -> None:
    pass


def test_rows_carry_their_parameters_into_the_csv(tmp_path: Path) -> None:
    sweep = replace(SWEEP, fixed={"data": {"name": "a", "dimensions": [3, 1]}})
    run_tasks(sweep.tasks, Store(tmp_path), say=quiet)
    rows = gather(sweep, Store(tmp_path)).rows
    assert len(rows) == 9
    text = write_csv(tmp_path / "rows.csv", rows).read_text()
    assert text.splitlines()[0] == "sweep,data.dimensions,data.name,size,seed,mean,trace"
    assert text.splitlines()[1].startswith("draws,3 1,a,2,0,")
