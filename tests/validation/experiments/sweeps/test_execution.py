"""Sweeps are run: what is missing and only that, over any executor; failures, deaths, and kills at any moment."""

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

import distributed
import pytest

from geodepth.foundation.worker_processes import process_pool
from geodepth.validation.errors import ValidationError
from geodepth.validation.experiments import Store, Sweep, dask_executor, run_tasks
from geodepth.validation.experiments.sweeps import execution

DRAWS = "cheap_tasks:draws"
SWEEP = Sweep("draws", DRAWS, {"kind": "normal"}, {"size": (2, 3, 50)}, seeds=(0, 1, 2), batch=2)
TWO = replace(SWEEP, grid={"size": (2, 3)}, seeds=(0, 1))
KILLED = """
import sys
from geodepth.validation.experiments import Store, Sweep, run_tasks
from pathlib import Path
sweep = Sweep("draws", "cheap_tasks:draws", {"sleep": 0.01}, {"size": tuple(range(2, 42))}, seeds=(0, 1))
print("ready", flush=True)
run_tasks(sweep.tasks, Store(Path(sys.argv[1])), workers=int(sys.argv[2]), say=lambda line: None)
"""
HERE = Path(__file__).parent


def quiet(_: str) -> None:
    pass


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.npz")}


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


def test_results_of_other_code_are_told_and_redone_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    assert not run_tasks(TWO.tasks, store, say=quiet).outdated
    assert "other code" not in run_tasks(TWO.tasks, store, say=quiet).sentence
    monkeypatch.setattr(execution, "code", lambda: "another")
    kept = run_tasks(TWO.tasks, store, say=quiet)
    assert (kept.measured, kept.outdated) == ((), TWO.tasks)
    assert "2 of those there come from other code" in kept.sentence
    assert run_tasks(TWO.tasks[:1], store, say=quiet, again=True).measured == TWO.tasks[:1]
    assert store.circumstances(TWO.tasks[0])["code"] == "another"
    assert run_tasks(TWO.tasks, store, say=quiet).outdated == TWO.tasks[1:]
    # Measured before results knew their code: just as unknown.
    for path in (tmp_path / "circumstances").glob("*.json"):
        path.write_text("{}")
    assert len(run_tasks(TWO.tasks, store, say=quiet).outdated) == 2
