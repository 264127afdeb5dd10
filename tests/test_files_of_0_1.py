"""Files that the first version wrote, before its rooms were moved: each still loads and means what it meant."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from geodepth.control import GeodesicSolution, RepresentationGeodesic, Solution, solve_geodesic
from geodepth.nets import LeakyResNet, TrainingConfig, train
from geodepth.validation import load_path
from geodepth.validation.experiments import Store, Sweep, gather, run_tasks

FILES = Path(__file__).parent / "files_of_0_1"
EXPECTED: dict[str, Any] = json.loads((FILES / "expected.json").read_text())
INPUTS, TARGETS = np.array([[0.5, -1.0, 0.8]]), np.array([[1.0, 0.2, -0.4]])
SETTINGS = {"relu": {}, "smoothed": {"activation": "smoothed relu", "smoothing": 0.1}, "fixed": {"endpoint": "fixed"}}
TEACHER = {
    "data": {"name": "teacher", "dimensions": [2, 1, 2], "kind": "linear", "samples": 4, "seed": 0},
    "layers": 4,
    "effective_depth": 2.0,
    "weight_decay": 0.05,
    "width": 2,
}
TRAINING = {"layer_steps": "equidistant", "epochs": 20, "learning_rate": 0.1}
# What the costs may differ by: another processor's rounding, through a few hundred sums.
ROUNDING = 1e-12


def geodesic(name: str) -> RepresentationGeodesic:
    return RepresentationGeodesic(INPUTS, TARGETS, 2, 2.0, 0.01, **SETTINGS[name])  # type: ignore[arg-type]


def test_a_solution() -> None:
    solution = Solution.load(FILES / "solution.npz")
    assert solution.success
    assert solution.cost == EXPECTED["solution"]
    assert solution.certificate is not None
    assert solution.method is not None


@pytest.mark.parametrize("name", SETTINGS)
def test_a_geodesic_and_the_digest_of_its_problem(name: str) -> None:
    solution = GeodesicSolution.load(FILES / f"geodesic_{name}.npz")
    assert solution.cost == EXPECTED[f"geodesic_{name}"]
    # The digest names the problem in journals and in the files of the main job.
    assert solution.geodesic.digest() == geodesic(name).digest() == EXPECTED[f"digest_{name}"]
    if name == "relu":
        again = solution.geodesic.objective(solution.weights, solution.layer_steps)
        assert again == pytest.approx(solution.cost, rel=ROUNDING)


def test_a_journal_spares_the_starts_that_had_ended(tmp_path: Path) -> None:
    journal = shutil.copytree(FILES / "journal", tmp_path / "journal")
    solution = solve_geodesic(geodesic("relu"), layers=4, starts=2, progress=False, journal=journal)
    assert solution.statistics["resumed_starts"] == 2
    assert solution.cost == pytest.approx(EXPECTED["geodesic_relu"], rel=ROUNDING)


@pytest.mark.parametrize("name", ["relu", "smoothed", "gelu"])
def test_a_network(name: str) -> None:
    network = LeakyResNet.load(FILES / f"network_{name}", device="cpu")
    x, y = torch.tensor(INPUTS.T), torch.tensor(TARGETS.T)
    assert network.objective(x, y, 0.01).tolist() == pytest.approx(EXPECTED[f"network_{name}"], rel=ROUNDING)


def test_a_finished_training_is_not_done_again(tmp_path: Path) -> None:
    checkpoint = shutil.copytree(FILES / "training", tmp_path / "training")
    network = LeakyResNet(1, 1, 2, 4, 2.0, members=2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    config = TrainingConfig(0.01, 40, device="cpu", checkpoint=checkpoint, checkpoint_every=10)
    written = (checkpoint / "training.safetensors").read_bytes()
    result = train(network, INPUTS.T, TARGETS.T, config)
    assert result.objective.tolist() == pytest.approx(EXPECTED["training_relu"], rel=ROUNDING)
    assert (checkpoint / "training.safetensors").read_bytes() == written


def test_a_path() -> None:
    path = load_path(FILES / "path.npz")
    assert path.cost == pytest.approx(EXPECTED["path"], rel=ROUNDING)


def test_results_of_a_sweep_are_found_again(tmp_path: Path) -> None:
    store = Store(shutil.copytree(FILES / "sweep", tmp_path / "sweep"))
    networks = Sweep("own", "networks", TEACHER | TRAINING, {}, seeds=(0, 1), batch=2)
    truths = Sweep("truths", "truth", TEACHER | {"starts": 2}, {}, seeds=(0,))
    tasks = networks.tasks + truths.tasks
    assert [task.identity for task in tasks] == EXPECTED["identities"]
    assert run_tasks(tasks, store, say=lambda line: None).measured == ()
    assert [row["cost"] for row in gather(networks, store).rows] == EXPECTED["networks"]
    assert [row["truth"] for row in gather(truths, store).rows] == EXPECTED["truths"]
