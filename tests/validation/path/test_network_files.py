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


def saved(folder: Path, header: object = None, **tensors: np.ndarray) -> Path:
    said = None if header is None else {"geodepth": json.dumps(header)}
    save_file({name: np.ascontiguousarray(array) for name, array in tensors.items()}, folder / "n.safetensors", said)
    return folder / "n.safetensors"


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(shape)


X, Y = drawn(2, 5), drawn(4, 5)


@pytest.mark.parametrize("members", [1, 2, 3])
@pytest.mark.parametrize("shared", [True, False])
def test_members_have_their_own_tensors_or_share_them(members: int, shared: bool, tmp_path: Path) -> None:
    weights, steps = drawn(members, 3, 3, 4), np.abs(drawn(members, 3)) + 0.1
    steps /= steps.sum(axis=1, keepdims=True)
    embedding, readout = drawn(members, 3, 2), drawn(members, 4, 3)
    given = {"layer_steps": steps, "embedding": embedding, "readout": readout}
    file = saved(tmp_path, weights=weights, **{n: a[0] if shared else a for n, a in given.items()})
    paths = load_network_paths(file, X, Y, 0.1, 1.5)
    assert [path.label for path in paths] == (["n"] if members == 1 else [f"n, member {i}" for i in range(members)])
    for i, path in enumerate(paths):
        k = 0 if shared else i
        assert path.bias
        assert (path.weight_decay, path.effective_depth, path.origin) == (0.1, 1.5, "network")
        np.testing.assert_array_equal(path.weights, weights[i])
        np.testing.assert_allclose(path.layer_steps, steps[k], rtol=1e-15)
        np.testing.assert_array_equal(path.embedding, embedding[k])
        np.testing.assert_array_equal(path.readout, readout[k])


@pytest.mark.parametrize(("layers", "width", "more"), [(1, 3, 1), (2, 300, 1), (3, 2, 0), (1, 300, 0)])
def test_what_a_file_does_not_hold_is_equal_steps_and_identities(
    layers: int, width: int, more: int, tmp_path: Path
) -> None:
    (path,) = load_network_paths(saved(tmp_path, weights=0.01 * drawn(layers, width, width + more)), X, Y, 0.1, 1.5)
    assert path.bias is bool(more)
    assert path.activation == "relu"
    np.testing.assert_allclose(path.layer_steps, np.full(layers, 1 / layers), rtol=1e-15)
    np.testing.assert_array_equal(path.embedding, np.eye(width, 2))
    np.testing.assert_array_equal(path.readout, np.eye(4, width))


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        ({}, "{} holds nothing; it needs weights (L, w, w+1) or (members, L, w, w+1)"),
        ({"weights": (3, 4)}, "{} holds weights (3, 4); it needs weights (L, w, w+1) or (members, L, w, w+1)"),
        (
            {"weights": (1, 1, 1, 3, 4)},
            "{} holds weights (1, 1, 1, 3, 4); it needs weights (L, w, w+1) or (members, L, w, w+1)",
        ),
        ({"weights": (2, 3, 5)}, "weights has shape (2, 3, 5); expected (L, w, w), here (2, 3, 3)"),
        ({"weights": (2, 3, 2)}, "weights has shape (2, 3, 2); expected (L, w, w), here (2, 3, 3)"),
        ({"weights": (0, 3, 4)}, "layer_steps is empty, of shape (0,); give at least one entry on every axis"),
        ({"weights": (2, 3, 4), "embedding": (3,)}, "embedding has shape (3,); expected (w, d_in)"),
        ({"weights": (2, 3, 4), "readout": (3,)}, "readout has shape (3,); expected (d_out, w)"),
    ],
)
def test_shapes_that_make_no_network(tensors: dict[str, tuple[int, ...]], said: str, tmp_path: Path) -> None:
    file = saved(tmp_path, **{name: np.ones(shape) for name, shape in tensors.items()})
    with pytest.raises(ValidationError) as caught:
        load_network_paths(file, X, Y, 0.1, 1.5)
    assert str(caught.value).startswith(said.format(file))


def test_data_that_do_not_fit_each_other(tmp_path: Path) -> None:
    file = saved(tmp_path, weights=drawn(2, 3, 4))
    with pytest.raises(ValidationError, match=r"^targets has shape \(4, 4\); expected \(d_out, N\), one column"):
        load_network_paths(file, X, Y[:, :4], 0.1, 1.5)
    with pytest.raises(ValidationError, match=r"^inputs has shape \(2,\); expected \(d_in, N\), one column"):
        load_network_paths(file, X[:, 0], Y, 0.1, 1.5)


def test_the_header_and_the_user_agree_or_one_is_silent(tmp_path: Path) -> None:
    weights = drawn(2, 3, 4)
    file = saved(tmp_path, {"architecture": {"effective_depth": 1.5}}, weights=weights)
    for given in (None, 1.5):
        assert load_network_paths(file, X, Y, 0.1, given)[0].effective_depth == 1.5
    for other in (1.0, 2.0):
        with pytest.raises(ValidationError) as caught:
            load_network_paths(file, X, Y, 0.1, other)
        said = f"effective_depth is {other}, but n.safetensors was trained with 1.5; give that"
        assert str(caught.value) == said
    assert load_network_paths(file, X, Y, 0.1, activation="tanh")[0].activation == "tanh"
    file = saved(tmp_path, {"architecture": ["effective_depth"]}, weights=weights)
    with pytest.raises(ValidationError) as caught:
        load_network_paths(file, X, Y, 0.1, 1.5)
    assert str(caught.value) == (f"{file} has the architecture ['effective_depth']; give a file that names its fields")
    file = saved(tmp_path, {}, weights=weights)
    with pytest.raises(ValidationError) as caught:
        load_network_paths(file, X, Y, 0.1)
    assert str(caught.value) == f"{file} does not say its effective depth; give effective_depth"
    missing = tmp_path / "none.safetensors"
    with pytest.raises(ValidationError) as caught:
        load_network_paths(missing, X, Y, 0.1)
    assert str(caught.value).startswith(f"{missing} is no readable safetensors file (")


@pytest.mark.parametrize("more", [0.0, 9e-6, -9e-6, 1.1e-5, -1.1e-5, 1.0, np.nan])
def test_steps_of_single_precision_are_made_to_sum_to_one(more: float, tmp_path: Path) -> None:
    """Within 1e-5; others are refused as they are."""
    steps = np.array([0.2, 0.3, 0.5 + more])
    file = saved(tmp_path, weights=drawn(3, 3, 4), layer_steps=steps)
    if abs(more) < 1e-5:
        (path,) = load_network_paths(file, X, Y, 0.1, 1.5)
        np.testing.assert_allclose(path.layer_steps, steps / steps.sum(), rtol=1e-15)
        assert path.layer_steps.sum() == pytest.approx(1.0, abs=4e-16)
        return
    with pytest.raises(ValidationError) as caught:
        load_network_paths(file, X, Y, 0.1, 1.5)
    said = f"layer_steps have minimum 0.2 and sum {1 + more:.8g}; give positive steps that sum to 1"
    assert str(caught.value) == said or (np.isnan(more) and str(caught.value).startswith("layer_steps holds nan"))
