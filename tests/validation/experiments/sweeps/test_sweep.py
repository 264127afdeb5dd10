"""Sweeps: identities, what is missing and only that, any executor, failures, deaths, and kills at any moment."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import distributed
import pytest

from geodepth.foundation.worker_processes import process_pool
from geodepth.validation.errors import ValidationError
from geodepth.validation.experiments import Store, Sweep, dask_executor, distinct, gather, run_tasks, shard, write_csv
from geodepth.validation.experiments.sweeps import execution
from geodepth.validation.experiments.sweeps.progress import Progress
from geodepth.validation.experiments.sweeps.results import sweep_leftovers

HERE = Path(__file__).parent
DRAWS = "cheap_tasks:draws"
SWEEP = Sweep("draws", DRAWS, {"kind": "normal"}, {"size": (2, 3, 50)}, seeds=(0, 1, 2), batch=2)


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measures are found by this process and by those that it starts."""
    monkeypatch.syspath_prepend(str(HERE))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.npz")}


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


def test_a_rerun_measures_what_is_missing_and_nothing_else(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = run_tasks(SWEEP.tasks, store, say=quiet)
    assert (len(first.measured), len(first.present)) == (6, 0)
    before = contents(tmp_path)
    second = run_tasks(SWEEP.tasks, store, say=quiet)
    assert (len(second.measured), len(second.present)) == (0, 6)
    gone, cut = SWEEP.tasks[1], SWEEP.tasks[4]
    store.file(gone).unlink()
    store.file(cut).write_bytes(before[store.file(cut).name][:-30])  # as a broken disk would leave it
    third = run_tasks(SWEEP.tasks, store, say=quiet)
    assert set(third.measured) == {gone, cut}
    assert contents(tmp_path) == before


def test_shards_are_disjoint_and_whole(tmp_path: Path) -> None:
    parts = [shard(SWEEP.tasks, f"{i}/4") for i in range(1, 5)]
    assert sorted(t.identity for part in parts for t in part) == sorted(t.identity for t in SWEEP.tasks)
    for part in parts:
        run_tasks(part, Store(tmp_path), say=quiet)
    assert gather(SWEEP, Store(tmp_path)).missing == 0
    for bad in ("0/4", "5/4", "1", "a/b", "1/0", "-1/2"):
        with pytest.raises(ValidationError, match="shard is"):
            shard(SWEEP.tasks, bad)


def test_serial_threads_processes_and_dask_give_the_same_bytes(tmp_path: Path) -> None:
    run_tasks(SWEEP.tasks, Store(tmp_path / "serial"), say=quiet)
    wanted = contents(tmp_path / "serial")
    assert len(wanted) == 6

    def over(name: str, executor: Executor | None, workers: int = 1) -> None:
        run = run_tasks(SWEEP.tasks, Store(tmp_path / name), executor, workers, quiet)
        assert not run.failures
        assert contents(tmp_path / name) == wanted

    with ThreadPoolExecutor(2) as threads:
        over("threads", threads)
    over("processes", None, 2)
    with (
        distributed.LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        dask_executor(cluster.scheduler_address) as dask,
    ):
        over("dask", dask)


def test_a_trained_network_has_the_same_bytes_serial_in_processes_and_over_dask(tmp_path: Path) -> None:
    data = {"name": "teacher", "dimensions": [3, 1, 3], "kind": "residual", "samples": 8, "seed": 0}
    fixed = {"data": data, "width": 4, "layers": 5, "epochs": 30, "weight_decay": 0.02, "dtype": "float64"}
    real = Sweep("real", "networks", fixed, {"effective_depth": (2.0, 3.0)}, seeds=(0, 1), batch=2)
    run_tasks(real.tasks, Store(tmp_path / "serial"), say=quiet)
    wanted = contents(tmp_path / "serial")
    assert len(wanted) == 2
    run_tasks(real.tasks, Store(tmp_path / "processes"), workers=2, say=quiet)
    assert contents(tmp_path / "processes") == wanted
    with (
        distributed.LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        dask_executor(cluster.scheduler_address) as dask,
    ):
        run_tasks(real.tasks, Store(tmp_path / "dask"), dask, say=quiet)
    assert contents(tmp_path / "dask") == wanted


def test_no_scheduler_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "TIMEOUT", "1s")
    with pytest.raises(ValidationError, match="does not answer"), dask_executor("tcp://127.0.0.1:9"):
        pass


@pytest.mark.parametrize("workers", [1, 2])
def test_failures_are_listed_with_their_reasons_and_harm_nobody(tmp_path: Path, workers: int) -> None:
    sweep = replace(SWEEP, measure="cheap_tasks:sometimes_fails")
    run = run_tasks(sweep.tasks, Store(tmp_path), workers=workers, say=quiet)
    assert len(run.measured) == 4
    assert [f.reason for f in run.failures] == ["ValueError: size 3 is odd"] * 2
    assert run.sentence.count("\n") == 2
    assert len(run_tasks(sweep.tasks, Store(tmp_path), workers=workers, say=quiet).present) == 4


def test_a_worker_that_dies_takes_no_other_task_with_it(tmp_path: Path) -> None:
    sweep = replace(SWEEP, measure="cheap_tasks:dies", batch=None)
    run = run_tasks(sweep.tasks, Store(tmp_path / "always"), workers=2, say=quiet)
    assert len(run.measured) == 2
    (failure,) = run.failures
    assert failure.task.parameters["size"] == 3
    assert "died twice" in failure.reason
    once = replace(sweep, fixed={"folder": str(tmp_path)})
    assert not run_tasks(once.tasks, Store(tmp_path / "once"), workers=2, say=quiet).failures


def test_a_measure_that_is_none_fails_as_a_task(tmp_path: Path) -> None:
    for name, words in (("cheap_tasks:not_an_outcome", "expected an Outcome"), ("no_module:f", "no_module")):
        run = run_tasks(replace(SWEEP, measure=name).tasks[:1], Store(tmp_path), say=quiet)
        assert words in run.failures[0].reason


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


def test_rows_carry_their_parameters_into_the_csv(tmp_path: Path) -> None:
    sweep = replace(SWEEP, fixed={"data": {"name": "a", "dimensions": [3, 1]}})
    run_tasks(sweep.tasks, Store(tmp_path), say=quiet)
    rows = gather(sweep, Store(tmp_path)).rows
    assert len(rows) == 9
    text = write_csv(tmp_path / "rows.csv", rows).read_text()
    assert text.splitlines()[0] == "sweep,data.dimensions,data.name,size,seed,mean,trace"
    assert text.splitlines()[1].startswith("draws,3 1,a,2,0,")


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


def test_parameters_must_be_plain() -> None:
    for value in (float("nan"), object(), {1, 2}):
        with pytest.raises(ValidationError, match="plain finite"):
            _ = replace(SWEEP, fixed={"x": value}).tasks


def test_time_left_follows_the_effort_of_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = replace(SWEEP, batch=None, effort=lambda parameters: float(parameters["size"]))
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    lines: list[str] = []
    progress = Progress(sweep.tasks, lines.append)
    now[0] += 4.0
    progress.done(sweep.tasks[0])  # 2 of 55 in 4 s: 53 take 106 s
    assert "[1/3]" in lines[-1]
    assert "about 2 min left" in lines[-1]
    now[0] += 6.0
    progress.done(sweep.tasks[1], "ValueError: no")  # 5 of 55 in 10 s: 50 take 100 s
    assert "failed (ValueError: no) after 10 s, about 2 min left" in lines[-1]
    progress.done(sweep.tasks[2])
    assert "left" not in lines[-1]


def test_only_old_leftovers_are_swept(tmp_path: Path) -> None:
    old, new, result = tmp_path / ".x.npz.abc", tmp_path / ".y.npz.abc", tmp_path / "z.npz"
    for path in (old, new, result):
        path.write_bytes(b"")
    os.utime(old, (0, 0))
    os.utime(result, (0, 0))
    assert sweep_leftovers(tmp_path) == 1
    assert {path.name for path in tmp_path.iterdir()} == {new.name, result.name}


KILLED = """
import sys
from geodepth.validation.experiments import Store, Sweep, run_tasks
from pathlib import Path
sweep = Sweep("draws", "cheap_tasks:draws", {"sleep": 0.01}, {"size": tuple(range(2, 42))}, seeds=(0, 1))
print("ready", flush=True)
run_tasks(sweep.tasks, Store(Path(sys.argv[1])), workers=int(sys.argv[2]), say=lambda line: None)
"""


def start(folder: Path, workers: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", KILLED, str(folder), str(workers)], stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_thirty_kills_at_random_moments_lose_and_damage_nothing(tmp_path: Path) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    assert start(whole, 1).wait() == 0
    moments = random.Random(7)
    kills = 0
    for _ in range(30):
        process = start(killed, 1)
        time.sleep(moments.uniform(0.0, 0.06))
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
    assert kills >= 20  # the others had finished before
    assert start(killed, 1).wait() == 0
    assert contents(killed) == contents(whole)
    assert len(contents(killed)) == 80
    for path in (killed / "circumstances").glob("*.json"):
        json.loads(path.read_text())


def test_a_killed_parent_leaves_workers_that_harm_nobody(tmp_path: Path) -> None:
    """Every other kill leaves the workers behind, and the next run begins at once beside them."""
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    assert start(whole, 1).wait() == 0
    moments = random.Random(3)
    kills = 0
    for number in range(6):
        process = start(killed, 2)
        before = len(contents(killed))
        while len(contents(killed)) < before + 4 and process.poll() is None:
            time.sleep(0.005)
        time.sleep(moments.uniform(0.0, 0.02))
        if number % 2:
            os.kill(process.pid, signal.SIGKILL)
        else:
            os.killpg(process.pid, signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
    assert kills == 6
    assert 24 <= len(contents(killed)) < 80
    assert start(killed, 2).wait() == 0
    assert contents(killed) == contents(whole)


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, time; from geodepth.foundation.worker_processes import process_pool\n"
        "if __name__ == '__main__':\n"
        "    pool = process_pool(1); print(pool.submit(os.getpid).result(), flush=True); time.sleep(60)\n"
    )
    script = tmp_path / "parent.py"
    script.write_text(code)
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    worker = int(process.stdout.readline())
    process.kill()
    process.wait()
    for _ in range(200):
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{worker}/stat").exists() and ") Z " in Path(f"/proc/{worker}/stat").read_text():
            return  # dead, and not yet collected by whoever inherited it
        time.sleep(0.05)
    raise AssertionError("the worker outlives its parent")


def test_workers_leave_interrupts_to_their_parent() -> None:
    with process_pool(1) as pool:
        assert pool.submit(signal.getsignal, signal.SIGINT).result() is signal.SIG_IGN
