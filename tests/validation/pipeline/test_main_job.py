"""The main job on a problem of seconds: it ends with truths that no network is below, and it resumes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geodepth.control import GeodesicSolution
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.pipeline.main_job import run_validation
from geodepth.validation.pipeline.outcome import Outcome
from geodepth.validation.pipeline.settings import Settings

SMALL = Settings(
    data="teacher",
    samples=6,
    width=3,
    layers=5,
    effective_depth=1.5,
    weight_decay=1e-2,
    starts=2,
    adaptive_starts=1,
    members=2,
    epochs=400,
    device="cpu",
    workers=1,
)
TOML = """
data = "teacher"
samples = 6
width = 3
layers = 5
effective_depth = 1.5
weight_decay = 1e-2
starts = 2
adaptive_starts = 1
members = 2
epochs = 400
workers = 1
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("validation") / "out"


@pytest.fixture(scope="module")
def outcome(folder: Path) -> Outcome:
    return run_validation(SMALL, folder, say=lambda line: None)


def test_no_network_is_below_its_truth(outcome: Outcome) -> None:
    assert len(outcome.data.networks) == 6
    for network in outcome.data.networks:
        truth = outcome.data.truth(network.truth)
        assert network.path.cost >= truth.path.cost * (1 - 1e-6)
        # Its truth lives on the network's very steps.
        np.testing.assert_allclose(network.path.layer_steps, truth.path.layer_steps, rtol=1e-12)


def test_truths_have_brackets_and_their_cost_is_the_networks(outcome: Outcome) -> None:
    for truth in outcome.data.truths:
        assert truth.upper is not None
        assert truth.lower is not None
        assert (truth.upper - truth.lower) / truth.upper <= 1e-5
        # J of the report, evaluated by validation, against J of the solver: two implementations of one sum.
        assert truth.path.cost == pytest.approx(truth.upper, rel=1e-12)


def test_report_and_numbers_are_written(outcome: Outcome) -> None:
    page = outcome.report.read_text()
    numbers = json.loads(outcome.report.with_suffix(".json").read_text())
    assert "</html>" in page
    assert "default-src 'none'" in page
    assert 'src="http' not in page
    assert str(len(outcome.data.networks)) in outcome.sentence
    assert f"{outcome.data.cited.path.cost:.8g}" in outcome.sentence
    assert json.dumps(numbers).count("verdict") >= 6


def test_a_second_run_does_nothing_again(outcome: Outcome, folder: Path) -> None:
    said: list[str] = []
    times = {p: p.stat().st_mtime_ns for p in (*(folder / "truth").iterdir(), *(folder / "networks").rglob("*.npz"))}
    again = run_validation(SMALL, folder, say=said.append)
    assert said == ["comparing and writing the report"]
    assert all(p.stat().st_mtime_ns == t for p, t in times.items())
    assert [n.comparison.cost for n in again.data.networks] == [n.comparison.cost for n in outcome.data.networks]


def test_a_damaged_part_is_made_again(outcome: Outcome, folder: Path) -> None:
    victim = next((folder / "truth").glob("equidistant-*.npz"))
    victim.write_bytes(victim.read_bytes()[:200])
    said: list[str] = []
    again = run_validation(SMALL, folder, say=said.append)
    assert any("not a whole" in line for line in said)
    assert again.data.truths[0].path.cost == pytest.approx(outcome.data.truths[0].path.cost, rel=1e-9)


def test_an_unwritable_folder_is_refused_before_any_solve(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    clock = time.perf_counter()
    with pytest.raises(ValidationError, match="expected a folder that can be written"):
        run_validation(SMALL, blocked / "out")
    assert time.perf_counter() - clock < 5


def test_ctrl_c_keeps_finished_parts_and_the_same_command_goes_on(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(TOML)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "geodepth.cli", "validate", str(tmp_path / "small.toml"), "--out", str(out)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 120
    while not list(out.glob("truth/equidistant-*.npz")):
        assert time.monotonic() < deadline, "the first truth never came"
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the whole group
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    first = next(out.glob("truth/equidistant-*.npz"))
    written = first.stat().st_mtime_ns
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert first.stat().st_mtime_ns == written
    assert "report" in done.stdout
    assert (out / "report.html").exists()


def test_a_cheaper_truth_of_an_earlier_run_in_the_folder_is_taken_and_told(outcome: Outcome, folder: Path) -> None:
    """Another search's path of less cost on the same steps, whatever its file is called, is the best path known."""
    name = outcome.data.networks[-1].truth
    assert name.startswith("adaptive")
    kept = [file for file in (folder / "truth").glob("adaptive*.npz") if _is(file, outcome.data.truth(name).path)]
    solution = min((GeodesicSolution.load(file) for file in kept), key=lambda found: found.cost)
    earlier = folder / "truth" / "another-search.npz"
    replace(solution, cost=0.9 * solution.cost).save(earlier)
    said: list[str] = []
    try:
        again = run_validation(SMALL, folder, say=said.append)
    finally:
        earlier.unlink()
    words = f"On {name} steps an earlier search, kept in the folder truth, had found a cheaper path"
    assert any(line.startswith(words) for line in said)
    assert any(note.startswith(words) for note in again.data.notes)
    assert "an earlier search" in again.report.read_text()
    # The path itself comes along, and nothing else is solved or changed.
    assert len(said) == 2
    assert again.data.truth(name).path.cost == pytest.approx(solution.cost, rel=1e-12)


def _is(file: Path, path: RepresentationPath) -> bool:
    return np.array_equal(GeodesicSolution.load(file).layer_steps, path.layer_steps)
