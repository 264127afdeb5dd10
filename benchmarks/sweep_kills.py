"""kill -9 at random moments of a real sweep, started again each time: nothing may be lost, damaged or different.

    python benchmarks/sweep_kills.py            30 kills (about five minutes on two cores)
    python benchmarks/sweep_kills.py --kills 6  fewer

The sweep is `geodepth paper truth`, shrunk to tasks of about a second: networks, truths, and networks beside truths, in
two worker processes, then the tables and figures. Two runs are not disturbed, which says what identical means. Then
every odd kill goes to the whole process group, every even one to the parent alone, whose workers are left behind while
the next run starts at once. Now and then one worker alone is killed first. A sweep that gets done before its kill
is compared, and the kills go on with a new one. A row a kill: when it came after the run's start, how many results were
there, how many tasks were in flight (each notes its own begin and end), and how long orphaned workers lived on.
Compared are all bytes of results, tables and figures; only gallery and circumstances tell times, and must be readable.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from geodepth.validation.experiments import Experiment, Outcome, Paper, Task, experiment, run_experiment, specifications

WATCH = "GEODEPTH_KILLS_WATCH"
SEEDS = 5
LATEST = 8.0
"""Seconds after the first task of a run begins, up to which it is killed."""


def watched(parameters: Mapping[str, Any]) -> Outcome:
    """The task's own measure, with a note of its begin and of its end."""
    given = dict(parameters)
    task = Task.of(given.pop("measured"), given)
    note = Path(os.environ[WATCH]) / f"{os.getpid()}-{time.monotonic_ns()}"
    note.touch()
    try:
        return task.run()
    finally:
        note.unlink()


def shrunk(asked: Experiment) -> Experiment:
    """The sweeps of the truth figures with less of everything, each task watched."""
    sizes = {"layers": 8, "epochs": 150, "starts": 2, "members": 2}
    sweeps = []
    for sweep in asked.sweeps:
        fixed = {name: sizes.get(name, value) for name, value in sweep.fixed.items()} | {"measured": sweep.measure}
        grid = {name: list(values)[:2] for name, values in sweep.grid.items()}
        grid |= {"layers": [6, 8]} if "layers" in grid else {}
        batch = None if sweep.batch is None else 1
        sweeps.append(replace(sweep, measure="sweep_kills:watched", fixed=fixed, grid=grid, batch=batch, effort=None))
    return replace(asked, sweeps=tuple(sweeps))


def sweep(folder: Path) -> None:
    """The whole command in this process, which is to be killed."""
    whole = shrunk(experiment("truth", "small", SEEDS))
    specifications.EXPERIMENTS = {"truth": lambda size, seeds, device: whole}
    done = run_experiment(Paper("truth", seeds=SEEDS, out=folder, workers=2), say=lambda line: None)
    if done.run.failures:
        sys.exit(done.run.sentence)


def start(folder: Path, notes: Path) -> subprocess.Popen[bytes]:
    """A run in a session of its own, so that its group is itself and its workers."""
    here = str(Path(__file__).parent)
    environment = os.environ | {
        "PYTHONWARNINGS": "ignore",  # the tracker of what a killed run leaves behind would say so
        WATCH: str(notes), "PYTHONPATH": os.pathsep.join([here, os.environ.get("PYTHONPATH", "")]),
    }  # fmt: skip
    notes.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, __file__, "--sweep", str(folder)]
    return subprocess.Popen(command, env=environment, start_new_session=True)


def content(folder: Path) -> dict[str, bytes]:
    """Every file that must not differ."""
    kept = [path for path in folder.rglob("*") if path.suffix in (".npz", ".csv", ".svg", ".png")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in kept}


def damaged(folder: Path) -> list[str]:
    """Files that tell times, and cannot be read; circumstances that are missing."""
    results = [path.stem for path in (folder / "data").glob("*.npz")]
    wanted = [folder / "data" / "circumstances" / f"{name}.json" for name in results]
    bad = []
    for path in [*wanted, folder / "truth-small" / "entry.json"]:
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            bad.append(str(path))
    return bad


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    """The measuring children of a run (the other child is the tracker of multiprocessing's resources)."""
    try:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split()
        return [int(c) for c in children if b"spawn_main" in Path(f"/proc/{c}/cmdline").read_bytes()]
    except OSError:
        return []


def alive(pid: int) -> bool:
    """Whether a process still runs; one that nobody has collected does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False


def lived_on(pids: list[int], longest: float = 30.0) -> float:
    """Seconds until the last of the processes has ended."""
    began = time.perf_counter()
    while any(alive(pid) for pid in pids) and time.perf_counter() - began < longest:
        time.sleep(0.02)
    return time.perf_counter() - began


def undisturbed(folder: Path, name: str) -> tuple[dict[str, bytes], float, float]:
    """The files of a whole run, its seconds, and those until its first task begins."""
    notes, began, first = folder / f"{name}-notes", time.perf_counter(), 0.0
    process = start(folder / name, notes)
    while process.poll() is None:
        if not first and any(notes.iterdir()):
            first = time.perf_counter() - began
        time.sleep(0.02)
    if process.returncode:
        sys.exit("the undisturbed sweep fails")
    return content(folder / name), time.perf_counter() - began, first


def main() -> int:
    """Run it, print the table and the verdict."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--sweep", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.sweep:
        sweep(arguments.sweep)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return kills(Path(folder), arguments.kills, random.Random(arguments.seed))


def kills(folder: Path, wanted: int, moments: random.Random) -> int:
    """All kills, and whether every sweep came out as the undisturbed one."""
    whole, seconds, first = undisturbed(folder, "whole")
    again, _, _ = undisturbed(folder, "again")
    results = sum(name.endswith(".npz") for name in whole)
    print(f"undisturbed: {results} results and {len(whole) - results} tables and figures in {seconds:.0f} s, the "
          f"first task begins after {first:.1f} s; a second run {'is identical' if again == whole else 'DIFFERS'}",
          flush=True)  # fmt: skip
    print(f"{'kill':>4} {'of':>11} {'after':>7} {'results':>8} {'in flight':>9} {'orphans lived':>13}")
    sweeps, hit, mid_run, worker_kills, sound = 1, 0, 0, 0, again == whole

    def judged(name: str) -> bool:
        found, bad = content(folder / name), damaged(folder / name)
        different = [key for key in {*whole, *found} if whole.get(key) != found.get(key)]
        print(f"  {name} is done: {len(different)} of {len(whole)} files differ, {len(bad)} are damaged", flush=True)
        print("".join(f"    {key}\n" for key in [*different, *bad]), end="")
        return not different and not bad

    while hit < wanted:
        name = f"sweep {sweeps}"
        notes = folder / f"{name}-notes" / str(hit)
        process = start(folder / name, notes)
        moment, began = moments.uniform(0.5, first + LATEST), time.perf_counter()
        if hit % 5 == 4:  # one worker alone, half way to the kill: the run goes on
            time.sleep(0.5 * moment)
            for pid in workers_of(process)[:1]:
                os.kill(pid, signal.SIGKILL)
                worker_kills += 1
        try:
            process.wait(max(0.0, moment - (time.perf_counter() - began)))
        except subprocess.TimeoutExpired:
            workers, alone = workers_of(process), hit % 2 == 1
            if alone:
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
            in_flight = sum(int(note.name.split("-")[0]) in workers for note in notes.iterdir())
            there = sum(1 for _ in (folder / name / "data").glob("*.npz"))
            process.wait()
            hit += 1
            mid_run += in_flight > 0
            # Orphans are waited for only after the next run has begun, every other time.
            lived = f"{lived_on(workers):.2f} s" if workers and alone and hit % 4 == 0 else "-"
            print(f"{hit:4} {'parent only' if alone else 'whole group':>11} {moment:5.2f} s {there:4}/{results:<3} "
                  f"{in_flight:9} {lived:>13}", flush=True)  # fmt: skip
            continue
        if process.returncode:
            print(f"a run ended with code {process.returncode}")
            return 1
        sound &= judged(name)
        sweeps += 1
    name = f"sweep {sweeps}"
    if start(folder / name, folder / f"{name}-notes" / "last").wait():
        return 1
    sound &= judged(name)
    print(f"{hit} kills, {mid_run} of them with tasks in flight; {worker_kills} workers killed alone; {sweeps} sweeps: "
          f"{'all identical to the undisturbed one' if sound else 'NOT SOUND'}")  # fmt: skip
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
