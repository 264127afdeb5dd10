from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from geodepth.validation.errors import ValidationError
from geodepth.validation.path.network_files import load_network_paths
from geodepth.validation.path.representation_path import RepresentationPath

Maker = Callable[..., RepresentationPath]


def test_networks_of_this_project(make_path: Maker, tmp_path: Path) -> None:
    paths = [make_path(seed=seed, layers=6) for seed in (1, 2)]
    header = {"geodepth": json.dumps({"architecture": {"effective_depth": 2.0, "activation": "relu"}})}
    tensors = {
        "weights": np.stack([path.weights for path in paths]),
        "layer_steps": np.stack([path.layer_steps for path in paths]),
        "embedding": np.array(paths[0].embedding), "readout": np.array(paths[0].readout),
    }  # fmt: skip
    save_file(tensors, tmp_path / "network.safetensors", metadata=header)
    for number in (0, 1):
        data = paths[number]
        loaded = load_network_paths(tmp_path / "network.safetensors", data.inputs, data.targets, data.weight_decay)
        assert len(loaded) == 2
        np.testing.assert_allclose(loaded[number].representations, data.representations, rtol=1e-12)
        assert loaded[number].cost == pytest.approx(data.cost, rel=1e-12)
        assert loaded[1].label == "network, member 1"


def test_one_network_trained_elsewhere(tmp_path: Path) -> None:
    weights = np.random.default_rng(0).standard_normal((4, 3, 3)).astype(np.float32)
    save_file({"weights": weights}, tmp_path / "theirs.safetensors")
    (path,) = load_network_paths(tmp_path / "theirs.safetensors", np.ones((2, 1)), np.ones((3, 1)), 0.1, 0.0)
    assert not path.bias
    np.testing.assert_array_equal(path.layer_steps, 0.25)
    np.testing.assert_array_equal(path.embedding, np.eye(3, 2))
    with pytest.raises(ValidationError, match="does not say its effective depth"):
        load_network_paths(tmp_path / "theirs.safetensors", np.ones((2, 1)), np.ones((3, 1)), 0.1)
    save_file({"weights": weights, "embedding": np.eye(3)}, tmp_path / "bad.safetensors")
    with pytest.raises(ValidationError, match="embedding has shape"):
        load_network_paths(tmp_path / "bad.safetensors", np.ones((2, 1)), np.ones((3, 1)), 0.1, 0.0)


def test_files_that_are_no_networks(tmp_path: Path) -> None:
    (tmp_path / "junk.safetensors").write_bytes(b"junk")
    save_file({"other": np.ones(3)}, tmp_path / "other.safetensors")
    save_file({"weights": np.full((2, 1, 1), np.nan)}, tmp_path / "nan.safetensors")
    for name, message in (
        ("missing", "no readable safetensors"), ("junk", "no readable safetensors"),
        ("other", r"holds other \(3,\)"), ("nan", "weights holds nan"),
    ):  # fmt: skip
        with pytest.raises(ValidationError, match=message):
            load_network_paths(tmp_path / f"{name}.safetensors", [[1.0]], [[1.0]], 0.1, 1.0)


@pytest.mark.parametrize(
    ("written", "name", "smoothing"),
    [
        ("smoothed_relu:0.2", "smoothed relu", 0.2),  # as files of version 0.1 have it
        ("smoothed relu:0.2", "smoothed relu", 0.2),
        ("gelu", "gelu", 0.0),
        ("tanh", "tanh", 0.0),
    ],
)
def test_networks_of_every_activation(
    make_path: Maker, tmp_path: Path, written: str, name: str, smoothing: float
) -> None:
    path = make_path(activation=name, smoothing=smoothing)
    file = tmp_path / "network.safetensors"
    header = {"geodepth": json.dumps({"architecture": {"effective_depth": 2.0, "activation": written}})}
    save_file({"weights": np.array(path.weights), "layer_steps": np.array(path.layer_steps)}, file, metadata=header)
    for given in (None, written, path.nonlinearity):
        (loaded,) = load_network_paths(file, path.inputs, path.targets, path.weight_decay, activation=given)
        assert (loaded.activation, loaded.smoothing) == (name, smoothing)
        assert loaded.cost == pytest.approx(path.cost, rel=1e-12)
    with pytest.raises(ValidationError, match=r"activation is relu, but network\.safetensors was trained with"):
        load_network_paths(file, path.inputs, path.targets, path.weight_decay, activation="relu")
