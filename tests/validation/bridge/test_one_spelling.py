"""One spelling of activations: what is solved or trained with any of them is saved, loaded and compared as a path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from geodepth.cli.main import main
from geodepth.control import GeodesicSolution, RepresentationGeodesic, solve_geodesic
from geodepth.nets import LeakyResNet, TrainingConfig, train
from geodepth.validation import Dataset, compare, load_dataset, load_network_paths, load_path, save_path
from geodepth.validation.bridge.layouts import samples_first
from geodepth.validation.bridge.paths import path_of_geodesic, path_of_member, path_of_weights

ACTIVATIONS = ("relu", "linear", "smoothed relu:0.1", "gelu", "tanh")
SOLVED = ACTIVATIONS[:3]
"""Those that control solves."""
WIDTH, LAYERS, DEPTH, DECAY = 4, 5, 1.5, 1e-2


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load_dataset("teacher", samples=6)


def solved(data: Dataset, activation: str) -> GeodesicSolution:
    geodesic = RepresentationGeodesic(data.inputs, data.targets, WIDTH, DEPTH, DECAY, activation=activation)
    return solve_geodesic(geodesic, layers=LAYERS, starts=2, progress=False)


def trained(data: Dataset, activation: str) -> LeakyResNet:
    network = LeakyResNet(
        data.inputs.shape[0], data.targets.shape[0], WIDTH, LAYERS, DEPTH, activation=activation,
        dtype=torch.float64, generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    config = TrainingConfig(DECAY, 60, layer_steps="equidistant", device="cpu")
    return train(network, samples_first(data.inputs), samples_first(data.targets), config).network


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["compare", *map(str, arguments)])
    return int(str(ended.value.code))


@pytest.mark.parametrize("activation", SOLVED)
def test_a_solved_geodesic_is_a_path(activation: str, data: Dataset, tmp_path: Path) -> None:
    solution = GeodesicSolution.load(solved(data, activation).save(tmp_path / "truth.npz"))
    path = path_of_geodesic(solution, "truth")
    assert str(path.nonlinearity) == activation
    assert path.cost == pytest.approx(solution.cost, rel=1e-12)
    # The weights alone say the same: the network's recursion with this activation.
    again = path_of_weights(solution.geodesic, solution.weights, solution.layer_steps, "again")
    np.testing.assert_allclose(again.representations, path.representations, atol=1e-9)
    read = load_path(save_path(path, tmp_path / "path.npz"))
    assert str(read.nonlinearity) == activation
    assert compare(read, again, [(solution.cost, solution.weights)]).relative_excess == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_trained_network_is_a_path(activation: str, data: Dataset, tmp_path: Path) -> None:
    network = trained(data, activation)
    network.save(tmp_path / "network")
    loaded = LeakyResNet.load(tmp_path / "network", device="cpu")
    x, y = (torch.tensor(samples_first(columns)) for columns in (data.inputs, data.targets))
    path = path_of_member(loaded, 0, data, DECAY, "loaded")
    assert str(path.nonlinearity) == activation
    assert path.cost == pytest.approx(float(loaded.objective(x, y, DECAY).detach()), rel=1e-12)
    file = tmp_path / "network" / "network.safetensors"
    for said in (None, activation):
        (read,) = load_network_paths(file, data.inputs, data.targets, DECAY, activation=said)
        assert compare(path, read, [(path.cost, path.weights)]).excess == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_command_line_compares_them(activation: str, data: Dataset, tmp_path: Path) -> None:
    network = trained(data, activation)
    network.save(tmp_path / "network")
    path = path_of_member(network, 0, data, DECAY, "itself")
    save_path(path, tmp_path / "same.npz")
    assert run(tmp_path / "same.npz", tmp_path / "network", "--out", tmp_path / "given", "--as-given") == 0
    (found,) = numbers(tmp_path / "given")
    assert found["comparison"]["relative_excess"] == pytest.approx(0.0, abs=1e-9)
    if activation in SOLVED:
        solved(data, activation).save(tmp_path / "truth.npz")
        options = ("--out", tmp_path / "solved", "--starts", 0, "--workers", 1)
        assert run(tmp_path / "truth.npz", tmp_path / "network", tmp_path / "same.npz", *options) == 0
        assert all(found["comparison"]["relative_excess"] > 0.0 for found in numbers(tmp_path / "solved"))


def test_other_activations_are_not_compared(data: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for activation in ("gelu", "tanh"):
        trained(data, activation).save(tmp_path / activation)
    save_path(path_of_member(trained(data, "gelu"), 0, data, DECAY), tmp_path / "truth.npz")
    assert run(tmp_path / "truth.npz", tmp_path / "tanh", "--out", tmp_path / "out") == 2
    errors = capsys.readouterr().err
    assert "activation is gelu, but" in errors
    assert "tanh" in errors


def numbers(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "report.json").read_text())["networks"]
    return found
