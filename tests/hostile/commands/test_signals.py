"""Killed, interrupted, piped away, twice at once, on a full disk: files stay whole, nobody is left behind."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from geodepth.control import Solution
from geodepth.foundation.errors import InputError
from geodepth.foundation.files.folder_lock import only_run_in

SOLVE = ("solve", "double-integrator-energy", "--out", "solution.npz")
GEODESIC = ("geodesic", "data.npz", "--layers", "8", "--width", "4", "--starts", "300", "--workers", "2")


def started(folder: Path, *arguments: str, **options: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-W", "ignore", "-m", "geodepth.cli", *arguments]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen(command, cwd=folder, text=True, start_new_session=True, **streams)  # type: ignore[call-overload,no-any-return]


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(child) for child in listed.stdout.split()]


def alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 130)])
def test_no_worker_outlives_its_run(tmp_path: Path, number: signal.Signals, code: int) -> None:
    generator = np.random.default_rng(0)
    np.savez(tmp_path / "data.npz", inputs=generator.normal(size=(3, 6)), targets=generator.normal(size=(2, 6)))
    process = started(tmp_path, *GEODESIC)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("truth.starts/start-*.npz")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    workers = children(process.pid)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in errors
    while any(map(alive, workers)):
        assert time.monotonic() < deadline, "workers outlive the run"
        time.sleep(0.02)
    assert not (tmp_path / "truth.npz").exists()
    # A lock that a dead process held is nobody's.
    with only_run_in(tmp_path / "truth.starts"):
        pass


@pytest.mark.parametrize(
    ("encoding", "into", "code"),
    [("cp1252", "file", 0), ("ascii", "file", 0), ("utf-8", "gone", 0), ("utf-8", "full", 2), ("utf-8", "closed", 0)],
)
def test_a_result_is_saved_whatever_becomes_of_the_words(tmp_path: Path, encoding: str, into: str, code: int) -> None:
    place = "/dev/full" if into == "full" else tmp_path / "words"
    with open(place, "w", encoding="utf-8") as words:
        environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "LC_ALL": "C"}
        close = (lambda: os.close(1)) if into == "closed" else None
        out = subprocess.PIPE if into == "gone" else words
        process = started(tmp_path, *SOLVE, stdout=out, env=environment, preexec_fn=close)
        if process.stdout is not None:
            process.stdout.close()
        assert process.stderr is not None
        errors = process.stderr.read()
        process.stderr.close()
        assert process.wait(timeout=60) == code, errors
    assert errors.count("\n") == (1 if code else 0)
    assert Solution.load(tmp_path / "solution.npz").success


def test_a_full_disk_keeps_the_earlier_file_and_says_so_in_one_line(tmp_path: Path) -> None:
    process = started(tmp_path, *SOLVE)
    process.communicate(timeout=60)
    before = (tmp_path / "solution.npz").read_bytes()

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    process = started(tmp_path, *SOLVE, preexec_fn=little_room)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert errors.count("\n") == 1
    assert "solution.npz cannot be written (File too large)" in errors
    assert (tmp_path / "solution.npz").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["solution.npz"]


def test_the_second_run_into_a_folder_is_refused(tmp_path: Path) -> None:
    arguments = ("train", "iris", "--layers", "4", "--width", "4", "--epochs", "2", "--samples", "4", "--out", "net")
    with only_run_in(tmp_path / "net"), pytest.raises(InputError, match="in use"), only_run_in(tmp_path / "net"):
        pass
    with only_run_in(tmp_path / "net" / "checkpoint"):
        process = started(tmp_path, *arguments)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 2
    assert (
        errors
        == "geodepth: checkpoint net/checkpoint is in use by another run; wait for its end, or give another folder\n"
    )
    assert sorted(path.name for path in (tmp_path / "net" / "checkpoint").iterdir()) == [".lock"]
