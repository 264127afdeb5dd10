"""Sweeps: grids of tasks with stable identities, from Python and from files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.experiments import Store, Sweep, distinct, gather, run_tasks, shard

DRAWS = "cheap_tasks:draws"
SWEEP = Sweep("draws", DRAWS, {"kind": "normal"}, {"size": (2, 3, 50)}, seeds=(0, 1, 2), batch=2)


def quiet(_: str) -> None:
    pass


def test_tasks_are_the_grid_times_batches_of_seeds_with_stable_identities() -> None:
    tasks = SWEEP.tasks
    assert [(t.parameters["size"], t.parameters["seeds"]) for t in tasks] == [
        (size, seeds) for size in (2, 3, 50) for seeds in ([0, 1], [2])
    ]
    # A literal: a digest that changed would orphan every result that anybody has.
    assert tasks[0].identity == "draws-eea1ee618fd9cd92"
    # The sweep's name and the order of parameters are not part of the work; the batch is.
    assert replace(SWEEP, name="other").tasks == tasks
    assert replace(SWEEP, fixed={}, grid={"kind": ("normal",), "size": (2, 3, 50)}).tasks == tasks
    assert not {t.identity for t in replace(SWEEP, batch=None).tasks} & {t.identity for t in tasks}
    assert distinct([SWEEP, replace(SWEEP, grid={"size": (3, 4)})])[:6] == tasks
    assert len(distinct([SWEEP, replace(SWEEP, grid={"size": (3, 4)})])) == 8


def test_shards_are_disjoint_and_whole(tmp_path: Path) -> None:
    parts = [shard(SWEEP.tasks, f"{i}/4") for i in range(1, 5)]
    assert sorted(t.identity for part in parts for t in part) == sorted(t.identity for t in SWEEP.tasks)
    for part in parts:
        run_tasks(part, Store(tmp_path), say=quiet)
    assert gather(SWEEP, Store(tmp_path)).missing == 0
    for bad in ("0/4", "5/4", "1", "a/b", "1/0", "-1/2"):
        with pytest.raises(ValidationError, match="shard is"):
            shard(SWEEP.tasks, bad)


def test_a_sweep_from_a_file_names_only_known_measures(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('measure = "networks"\nseeds = 3\n[fixed]\nwidth = 4\n[grid]\nlayers = [5, 6]\n')
    sweep = Sweep.from_toml(path)
    assert sweep.name == "mine"
    assert [(t.parameters["layers"], t.parameters["seeds"]) for t in sweep.tasks] == [
        (layers, [seed]) for layers in (5, 6) for seed in range(3)
    ]
    for text, words in (
        ('measure = "os:system"', "choose one of"), ("measure = 1", "choose one of"), ("x = 1", "sets 'x'"),
        ("[", "is not TOML"), ('measure = "networks"\n[grid]\nlayers = 5', "grid of layers"),
    ):  # fmt: skip
        path.write_text(text)
        with pytest.raises(ValidationError, match=words):
            Sweep.from_toml(path)
    with pytest.raises(ValidationError, match="cannot be read"):
        Sweep.from_toml(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "name is"), ({"seeds": ()}, "seeds is"), ({"seeds": (1, 1)}, "counts once"),
        ({"seeds": (-1,)}, "seeds is"), ({"batch": 0}, "batch is"), ({"grid": {"kind": (1,)}}, "given twice"),
        ({"grid": {"seeds": (1,)}}, "given twice"), ({"grid": {"size": ()}}, "at least one value"),
        ({"grid": {"size": "23"}}, "at least one value"), ({"measure": "draws"}, "module:function"),
        ({"measure": lambda parameters: parameters}, "top of a module"),
    ],
)  # fmt: skip
def test_specifications_that_cannot_be_used(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        replace(SWEEP, **change)
