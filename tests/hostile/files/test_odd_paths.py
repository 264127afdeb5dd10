"""Odd paths to everything that reads or writes files: one typed error in one line, at once, and nothing is replaced."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geodepth.control import GeodesicSolution, MultiPhaseSolution, RepresentationGeodesic, Solution, solve_geodesic
from geodepth.foundation.errors import InputError
from geodepth.nets import LeakyResNet, TrainingConfig, train
from geodepth.validation import load_dataset, load_network_paths, load_path, save_path
from geodepth.validation.experiments import Sweep
from geodepth.validation.pipeline.settings import Settings

from .good_files import INPUTS, OLD, TARGETS, phases

NO_PATHS: tuple[Any, ...] = ("", "a\0b", None, 3, b"plain", True, 2.5, [], object())
NO_FILES = ("folder", "pipe", "circle", "plain", "plain/x", "dangling", "x" * 300, "/dev/full", "/dev/zero", "none/x")
ENDINGS = ("", ".npz", ".csv", ".toml", ".safetensors")


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for ending in ENDINGS:
        Path(f"folder{ending}").mkdir()
        os.mkfifo(f"pipe{ending}")
        Path(f"circle{ending}").symlink_to(f"circle{ending}")
        Path(f"dangling{ending}").symlink_to("nowhere/at/all")
        Path(f"plain{ending}").write_bytes(b"\x80plain")


def refused(call: Callable[[Any], object], path: Any) -> None:
    with pytest.raises(InputError) as caught:
        call(path)
    assert "\n" not in str(caught.value)


LOADERS: dict[str, Callable[[Any], object]] = {
    "solution": Solution.load,
    "phases": MultiPhaseSolution.load,
    "geodesic": GeodesicSolution.load,
    "path": load_path,
    "network": LeakyResNet.load,
    "paths": lambda path: load_network_paths(path, INPUTS, TARGETS, 0.01),
    "data": load_dataset,
    "sweep": Sweep.from_toml,
}


@pytest.mark.parametrize("loader", LOADERS)
def test_nothing_else_than_a_file_is_read(loader: str) -> None:
    for path in NO_PATHS:
        refused(LOADERS[loader], path)
    for name in NO_FILES:
        for ending in ENDINGS:
            refused(LOADERS[loader], f"{name}{ending}")
            refused(LOADERS[loader], Path(f"{name}{ending}"))


def test_settings_come_from_files_alone() -> None:
    for name in NO_FILES:
        refused(Settings.from_toml, Path(f"{name}.toml"))


def trained(path: Any) -> object:
    network = LeakyResNet.load(OLD / "network_relu")
    return train(network, INPUTS.T, TARGETS.T, TrainingConfig(0.01, 2, device="cpu", checkpoint=path))


def searched(path: Any) -> object:
    geodesic = RepresentationGeodesic(INPUTS, TARGETS, 2, 2.0, 0.01)
    return solve_geodesic(geodesic, layers=3, starts=1, progress=False, journal=path)


WRITERS: dict[str, tuple[Callable[[Any], object], tuple[str, ...]]] = {
    "solution": (Solution.load(OLD / "solution.npz").save, ("folder.npz", "pipe.npz", "none/x.npz")),
    "phases": (phases().save, ("folder.npz", "pipe.npz", "none/x.npz")),
    "geodesic": (GeodesicSolution.load(OLD / "geodesic_relu.npz").save, ("folder.npz", "pipe.npz", "none/x.npz")),
    "path": (lambda path: save_path(load_path(OLD / "path.npz"), path), ("folder.npz", "pipe.npz", "plain/x.npz")),
    "network": (LeakyResNet.load(OLD / "network_relu").save, ("plain", "pipe", "/dev/full", "plain/x")),
    "training": (trained, ("plain", "pipe", "/dev/full", "plain/x")),
    "search": (searched, ("plain", "pipe", "/dev/full", "plain/x")),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_what_cannot_be_written_is_told_and_left_alone(writer: str, tmp_path: Path) -> None:
    write, places = WRITERS[writer]
    before = sorted(tmp_path.rglob("*"))
    for path in (path for path in NO_PATHS if path is not None):
        refused(write, path)
    for name in (*places, "x" * 300 + ".npz", "circle.npz/x.npz"):
        refused(write, name)
    assert sorted(tmp_path.rglob("*")) == before
    assert Path("/dev/full").is_char_device()
    assert Path("pipe.npz").is_fifo()
