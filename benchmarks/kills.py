"""kill -9 at random moments of validate, geodesic, train, paper and solve, started again each time: nothing may differ.

    python benchmarks/kills.py                  50 kills, ten of each command
    python benchmarks/kills.py --kills 10       fewer
    python benchmarks/kills.py --only train     of one command

Every command runs small. Two runs of each are not disturbed, which says what identical means. Then every odd kill goes
to the whole process group, every even one to the parent alone, whose workers are left behind while the next run starts
at once. A run that gets done before its kill is compared with the undisturbed one, and the kills of its command go on
in a new folder. A row per kill: its command, when it came after the run's start, how many files were there, and how
long orphaned workers lived on.

Compared are all numbers and texts of all files, of arrays and networks to the last bit; only what tells times, and how
often a run was broken off, may differ. `geodepth paper truth` is shrunk to tasks of about a second.
"""

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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geodepth.foundation.files.npz_files import read_arrays
from geodepth.foundation.files.safetensors_files import read_tensors
from geodepth.validation.experiments import Experiment, Paper, experiment, run_experiment, specifications

SEEDS = 1
COMMANDS = {
    "validate": "validate iris --samples 6 --width 5 --layers 4 --starts 3 --adaptive-starts 1 --members 1 "
    "--schemes adaptive --epochs 300 --stationary False --workers 2 --out .",
    "geodesic": "geodesic iris --samples 8 --width 5 --layers 6 --starts 16 --workers 2",
    "train": "train iris --samples 30 --width 5 --layers 6 --members 3 --epochs 2000 --out .",
    "paper": "",
    "solve": "solve goddard-rocket --mesh refined --out solution.npz",
}
"""What is killed, by the command's name; the paper's sweep is shrunk in `sweep`."""
TELLS_TIMES = ("seconds", "resumed", "interrupted", "when", "versions", "hardware", "drawn", "time", "sha256", "digest")
"""Names, or parts of them, of what may differ; the gallery's digest is of times too."""


def shrunk(asked: Experiment) -> Experiment:
    """The sweeps of the truth figures with less of everything."""
    sizes = {"layers": 8, "epochs": 100, "starts": 2, "members": 2}
    sweeps = []
    for one in asked.sweeps:
        fixed = {name: sizes.get(name, value) for name, value in one.fixed.items()}
        grid = {name: list(values)[:2] for name, values in one.grid.items()}
        grid |= {"layers": [6, 8]} if "layers" in grid else {}
        sweeps.append(replace(one, fixed=fixed, grid=grid, batch=None if one.batch is None else 1, effort=None))
    return replace(asked, sweeps=tuple(sweeps))


def sweep(folder: Path) -> None:
    """The paper's command in this process, which is to be killed."""
    whole = shrunk(experiment("truth", "small", SEEDS))
    specifications.EXPERIMENTS = {"truth": lambda size, seeds, device: whole}
    done = run_experiment(Paper("truth", seeds=SEEDS, out=folder, workers=2), say=lambda line: None)
    if done.run.failures:
        sys.exit(done.run.sentence)


def start(command: str, folder: Path) -> "subprocess.Popen[bytes]":
    """A run in a session of its own, so that its group is itself and its workers."""
    words = COMMANDS[command].split()
    program = ["-m", "geodepth.cli", *words] if words else [os.path.abspath(__file__), "--sweep", "."]
    folder.mkdir(parents=True, exist_ok=True)
    # The tracker of what a killed run leaves behind would say so.
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    log = open(folder.with_suffix(".log"), "ab")  # noqa: SIM115
    with log:
        return subprocess.Popen(
            [sys.executable, *program], cwd=folder, env=environment, start_new_session=True, stdout=log, stderr=log
        )


def content(folder: Path) -> dict[str, Any]:
    """What must not differ: file → numbers and texts by name. What cannot be read is its error."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_dir() or path.name.startswith(".") or path.suffix == ".html":
            continue
        try:
            found[name] = _content(path)
        except Exception as error:
            found[name] = f"{name} cannot be read: {error}"
    return found


def _content(path: Path) -> Any:
    if path.suffix == ".npz":
        arrays = read_arrays(path)
        metadata = json.loads(arrays.pop("metadata").item()) if "metadata" in arrays else {}
        return _timeless(metadata), {k: (v.dtype.str, v.shape, v.tobytes()) for k, v in _timeless(arrays).items()}
    if path.suffix == ".safetensors":
        tensors, metadata = read_tensors(path, "numpy")
        return _timeless(metadata), {k: (v.dtype.str, v.shape, v.tobytes()) for k, v in tensors.items()}
    if path.suffix == ".json":
        return _timeless(json.loads(path.read_text(encoding="utf-8")))
    if path.suffix == ".jsonl":
        return [_timeless(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    return path.read_bytes()


def _timeless(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {k: v for k, v in value.items() if not any(word in k for word in TELLS_TIMES)}
        return {k: _timeless(v) for k, v in kept.items()}
    if isinstance(value, list):
        return [_timeless(v) for v in value]
    # NaN is not equal to itself.
    return repr(value) if isinstance(value, float) else value


def workers_of(process: "subprocess.Popen[bytes]") -> list[int]:
    """The working children of a run (the other child is the tracker of multiprocessing's resources)."""
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


@dataclass(slots=True)
class Job:
    """A command under fire.

    Attributes
    ----------
    command : str
        Its name.
    place : Path
        Of its runs' folders.
    whole : dict
        The content of an undisturbed run.
    first, seconds : float
        When its first file was there, and its time in all, in seconds after its start.
    sound : bool
        Whether all that was compared is identical.
    folders : int
        How many runs were begun.
    """

    command: str
    place: Path
    whole: dict[str, Any]
    first: float
    seconds: float
    sound: bool
    folders: int = 1

    @property
    def folder(self) -> Path:
        """Of the present run."""
        return self.place / f"{self.command}-{self.folders}"

    def judge(self) -> None:
        """Compare the present run, which is done, with the undisturbed one, and begin another."""
        found = content(self.folder)
        different = [key for key in sorted({*self.whole, *found}) if self.whole.get(key) != found.get(key)]
        print(f"  {self.folder.name} is done: {len(different)} of {len(self.whole)} files differ", flush=True)
        print("".join(f"    {key}\n" for key in different), end="")
        self.sound &= not different
        self.folders += 1


def undisturbed(command: str, place: Path) -> Job:
    """Run a command twice to its end."""
    contents = []
    first = seconds = 0.0
    for folder in (place / f"{command}-whole", place / f"{command}-again"):
        began, first = time.perf_counter(), 0.0
        process = start(command, folder)
        while process.poll() is None:
            if not first and any(path.is_file() and path.name[0] != "." for path in folder.rglob("*")):
                first = time.perf_counter() - began
            time.sleep(0.02)
        seconds = time.perf_counter() - began
        if process.returncode:
            sys.exit(f"the undisturbed run fails: {folder.with_suffix('.log').read_text(encoding='utf-8')}")
        contents.append(content(folder))
    whole, again = contents
    different = [key for key in sorted({*whole, *again}) if whole.get(key) != again.get(key)]
    word = f"DIFFERS in {', '.join(different)}" if different else "is identical"
    print(f"{command}: {len(whole)} files in {seconds:.0f} s; a second run {word}", flush=True)
    return Job(command, place, whole, first, seconds, not different)


def kill(job: Job, number: int, moments: random.Random) -> bool:
    """Start the present run of a command, and kill it; False where it was done before, and has been judged."""
    process = start(job.command, job.folder)
    moment, began = moments.uniform(0.5 * job.first, job.seconds), time.perf_counter()
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        workers, alone = workers_of(process), number % 2 == 0
        if alone:
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        there = sum(path.is_file() and path.name[0] != "." for path in job.folder.rglob("*"))
        process.wait()
        # Orphans are waited for only after the next run has begun, every other time.
        lived = f"{lived_on(workers):.2f} s" if workers and alone and number % 4 == 0 else "-"
        whom, after = "parent only" if alone else "whole group", time.perf_counter() - began
        print(
            f"{number:4} {job.command:8} {whom:>11} {after:6.2f} s {there:4}/{len(job.whole):<3} {lived:>13}",
            flush=True,
        )
        return True
    if process.returncode:
        sys.exit(f"a run ended with code {process.returncode}: {job.folder.with_suffix('.log')}")
    job.judge()
    return False


def kills(place: Path, wanted: int, commands: list[str], moments: random.Random) -> int:
    """All kills, and whether every run came out as the undisturbed one."""
    jobs = [undisturbed(command, place) for command in commands]
    print(f"{'kill':>4} {'command':8} {'of':>11} {'after':>8} {'files':>8} {'orphans lived':>13}")
    hit = 0
    while hit < wanted:
        hit += kill(jobs[hit % len(jobs)], hit + 1, moments)
    for job in jobs:
        if start(job.command, job.folder).wait():
            return 1
        job.judge()
    sound = all(job.sound for job in jobs)
    runs = sum(job.folders - 1 for job in jobs)
    print(f"{hit} kills; {runs} runs: {'all identical to the undisturbed ones' if sound else 'NOT SOUND'}")
    return 0 if sound else 1


def main() -> int:
    """Read the arguments, and kill."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=sorted(COMMANDS))
    parser.add_argument("--sweep", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.sweep is not None:
        sweep(arguments.sweep)
        return 0
    commands = [arguments.only] if arguments.only else list(COMMANDS)
    with tempfile.TemporaryDirectory() as folder:
        return kills(Path(folder), arguments.kills, commands, random.Random(arguments.seed))


if __name__ == "__main__":
    sys.exit(main())
