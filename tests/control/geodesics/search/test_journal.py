"""The journal: what kill −9 leaves of it, and which problems and settings it serves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.control import RepresentationGeodesic, solve_geodesic

from ...conftest import teacher_data

STARTS, WORKERS = 300, 2
PROGRAM = """
import sys
import numpy as np
from geodepth.control import RepresentationGeodesic, process_pool, solve_geodesic

if __name__ == "__main__":
    with np.load(sys.argv[1]) as data:
        geodesic = RepresentationGeodesic(data["inputs"], data["targets"], 4, 3.0, 1e-3)
    with process_pool(2) as executor:
        solve_geodesic(geodesic, layers=12, starts=300, seed=1, executor=executor, journal=sys.argv[2], progress=False)
"""


def test_kill_loses_at_most_the_starts_in_flight(tmp_path: Path, teacher: RepresentationGeodesic) -> None:
    """kill −9 in the middle: every kept start is whole, the workers end, and a rerun takes them up, bit for bit."""
    script, data, journal = tmp_path / "many.py", tmp_path / "data.npz", tmp_path / "journal"
    script.write_text(PROGRAM)
    np.savez(data, inputs=teacher.inputs, targets=teacher.targets)
    process = subprocess.Popen([sys.executable, str(script), str(data), str(journal)])
    deadline = time.monotonic() + 120
    while len(list(journal.glob("start-*.npz"))) < 5:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    children = _children(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    while any(map(_alive, children)):
        assert time.monotonic() < deadline, "workers outlive the run that was killed"
        time.sleep(0.05)
    kept = len(list(journal.glob("start-*.npz")))
    assert 5 <= kept < STARTS
    # The first starts were handed out first: of these only those in flight can be missing.
    first = 3
    again = solve_geodesic(teacher, layers=12, starts=first, seed=1, journal=journal, progress=False)
    assert again.statistics["resumed_starts"] >= first - WORKERS
    fresh = solve_geodesic(teacher, layers=12, starts=first, seed=1, progress=False)
    assert again.statistics["start_costs"] == fresh.statistics["start_costs"]
    np.testing.assert_array_equal(again.weights, fresh.weights)
    assert [m.found_by for m in again.minima] == [m.found_by for m in fresh.minima]


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A child whose parent is gone may wait, dead, for whoever inherited it.
    status = Path(f"/proc/{pid}/status")
    return not (status.exists() and "State:\tZ" in status.read_text())


def test_a_journal_serves_its_own_problem_only(tmp_path: Path) -> None:
    """More starts take up the old ones; another weight decay, other steps or a damaged file take up nothing."""
    inputs, targets = teacher_data()
    one, other = (RepresentationGeodesic(inputs, targets, 4, 3.0, decay) for decay in (1e-2, 2e-2))
    arguments: dict[str, Any] = {"layers": 5, "journal": tmp_path, "progress": False}
    first = solve_geodesic(one, starts=2, **arguments)
    assert first.statistics["resumed_starts"] == 0
    more = solve_geodesic(one, starts=3, **arguments)
    assert more.statistics["resumed_starts"] == 2
    assert solve_geodesic(other, starts=2, **arguments).statistics["resumed_starts"] == 0
    assert solve_geodesic(one, starts=2, **(arguments | {"layers": 6})).statistics["resumed_starts"] == 0
    for file in tmp_path.glob("start-*.npz"):
        file.write_bytes(file.read_bytes()[:100])
    damaged = solve_geodesic(one, starts=3, **arguments)
    assert damaged.statistics["resumed_starts"] == 0
    np.testing.assert_array_equal(damaged.weights, more.weights)
