from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from geodepth.validation.errors import ValidationError
from geodepth.validation.path.files import load_network_paths, load_path, save_path
from geodepth.validation.path.representation_path import RepresentationPath

Maker = Callable[..., RepresentationPath]


@pytest.mark.parametrize("options", [{}, {"bias": False, "activation": "linear"}, {"smoothing": 0.1}])
def test_a_path_comes_back_bit_by_bit(make_path: Maker, tmp_path: Path, options: dict[str, object]) -> None:
    path = replace(make_path(**options), label='λ & "quotes"')
    again = load_path(save_path(path, tmp_path / "new" / "path.npz"))
    for field in fields(path):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(path, field.name))
    assert [item.name for item in (tmp_path / "new").iterdir()] == ["path.npz"]


def test_files_that_are_no_paths(make_path: Maker, tmp_path: Path) -> None:
    good = save_path(make_path(), tmp_path / "path.npz")
    with pytest.raises(ValidationError, match=r"ends in \.npz"):
        save_path(make_path(), tmp_path / "path.txt")
    with pytest.raises(ValidationError, match="no readable path"):
        load_path(tmp_path / "missing.npz")
    (tmp_path / "cut.npz").write_bytes(good.read_bytes()[:500])
    with pytest.raises(ValidationError, match="no readable path"):
        load_path(tmp_path / "cut.npz")
    np.savez(tmp_path / "other.npz", metadata=np.array(json.dumps({"format": "else", "format_version": 1})))
    with pytest.raises(ValidationError, match="format 'else'"):
        load_path(tmp_path / "other.npz")
    np.savez(tmp_path / "evil.npz", metadata=np.array([print], dtype=object))
    with pytest.raises(ValidationError, match="no readable path"):
        load_path(tmp_path / "evil.npz")
    with np.load(good) as archive:
        arrays = {name: archive[name] for name in archive.files if name != "readout"}
    np.savez(tmp_path / "partial.npz", **arrays)
    with pytest.raises(ValidationError, match="lacks readout"):
        load_path(tmp_path / "partial.npz")
    (tmp_path / "file").write_text("")
    with pytest.raises(ValidationError, match="cannot be written"):
        save_path(make_path(), tmp_path / "file" / "path.npz")


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
