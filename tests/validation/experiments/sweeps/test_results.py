"""Results on disk: circumstances apart, and leftovers of killed writers."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.experiments import Store, Sweep, run_tasks
from geodepth.validation.experiments.sweeps.results import sweep_leftovers

DRAWS = "cheap_tasks:draws"
SWEEP = Sweep("draws", DRAWS, {"kind": "normal"}, {"size": (2, 3, 50)}, seeds=(0, 1, 2), batch=2)


def quiet(_: str) -> None:
    pass


def test_circumstances_are_kept_apart_from_results(tmp_path: Path) -> None:
    store = Store(tmp_path)
    task = SWEEP.tasks[0]
    run_tasks([task], store, say=quiet)
    result = store.load(task)
    assert [row["seed"] for row in result.rows] == [0, 1]
    assert result.arrays["products"].shape == (2, 2, 2)
    assert result.circumstances["seconds"]["inside"] == 0.5
    assert result.circumstances["seconds"]["task"] > 0.0
    assert result.circumstances["hardware"]
    assert b"seconds" not in store.file(task).read_bytes()
    store.file(task).write_bytes(b"PK")
    with pytest.raises(ValidationError, match="no whole result"):
        store.load(task)


def test_small_copies_have_digests_in_place_of_large_arrays(tmp_path: Path) -> None:
    store, small = Store(tmp_path / "whole"), Store(tmp_path / "small")
    task = Sweep("draws", DRAWS, {"kind": "normal"}, {"size": (200,)}, seeds=(0,)).tasks[0]
    run_tasks([task], store, say=quiet)
    whole = store.load(task)
    assert whole.arrays["products"].nbytes > 100_000
    store.keep_small(task, small)
    copied = small.load(task)
    assert copied.rows == whole.rows
    assert "products" not in copied.arrays
    digest = hashlib.sha256(whole.arrays["products"].tobytes()).hexdigest()
    assert copied.circumstances["digests of arrays left out"] == {"products": digest}
    assert copied.circumstances["seconds"] == whole.circumstances["seconds"]


def test_only_old_leftovers_are_swept(tmp_path: Path) -> None:
    old, new, result = tmp_path / ".x.npz.abc", tmp_path / ".y.npz.abc", tmp_path / "z.npz"
    for path in (old, new, result):
        path.write_bytes(b"")
    os.utime(old, (0, 0))
    os.utime(result, (0, 0))
    assert sweep_leftovers(tmp_path) == 1
    assert {path.name for path in tmp_path.iterdir()} == {new.name, result.name}
