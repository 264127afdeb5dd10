from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.path.files import load_path, save_path
from geodepth.validation.path.representation_path import RepresentationPath

Maker = Callable[..., RepresentationPath]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bias": False, "activation": "linear"},
        {"smoothing": 0.1},
        {"activation": "gelu"},
        {"activation": "tanh"},
        {"activation": "smoothed relu:0.3"},
    ],
)
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
    # As before there were digests: with one, a file without an array is "not what was written".
    arrays["metadata"] = np.array(json.dumps(json.loads(str(arrays["metadata"])) | {"sha256": None}))
    np.savez(tmp_path / "partial.npz", **arrays)
    with pytest.raises(ValidationError, match="lacks readout"):
        load_path(tmp_path / "partial.npz")
    (tmp_path / "file").write_text("")
    with pytest.raises(ValidationError, match="cannot be written"):
        save_path(make_path(), tmp_path / "file" / "path.npz")


def test_the_smoothed_relu_of_older_files(make_path: Maker, tmp_path: Path) -> None:
    # Version 0.1 wrote it as "relu" with a smoothing.
    path = make_path(activation="smoothed relu", smoothing=0.1)
    file = save_path(path, tmp_path / "path.npz")
    with np.load(file) as archive:
        arrays = {name: archive[name] for name in archive.files}
    metadata = json.loads(str(arrays["metadata"]))
    assert (metadata["activation"], metadata["smoothing"]) == ("smoothed relu", 0.1)
    arrays["metadata"] = np.array(json.dumps(metadata | {"activation": "relu", "sha256": None}))
    np.savez(file, **arrays)
    again = load_path(file)
    assert (again.activation, again.smoothing) == ("smoothed relu", 0.1)
    assert again.cost == path.cost


def rewritten(file: Path, drop: str = "", more: dict[str, np.ndarray] | None = None, **changed: object) -> str:
    """What is said of the file with other metadata, as files were before there were digests."""
    with np.load(file) as archive:
        arrays = {name: archive[name] for name in archive.files if name != drop}
    metadata = json.loads(str(arrays["metadata"])) | changed
    kept = {name: value for name, value in metadata.items() if name not in (drop, "sha256")}
    other = file.with_name("other.npz")
    np.savez(other, **{**arrays, **(more or {}), "metadata": np.array(json.dumps(kept))})
    try:
        load_path(other)
    except ValidationError as error:
        return str(error).removeprefix(f"{other} ")
    return ""


def test_formats_and_versions_that_are_refused(make_path: Maker, tmp_path: Path) -> None:
    good = save_path(make_path(), tmp_path / "path.npz")
    assert rewritten(good) == ""
    assert rewritten(good, format_version=1) == ""
    for version in (0, 2):
        said = f"has format 'geodepth path' version {version}; expected 'geodepth path' 1"
        assert rewritten(good, format_version=version) == said
    for other in ("a path", "path", "solution"):
        assert rewritten(good, format=other) == f"has format {other!r} version 1; expected 'geodepth path' 1"
    for name in ("format", "format_version"):
        assert rewritten(good, drop=name) == f"is no readable path ('{name}'); give a file of save_path"


def test_what_a_file_lacks_is_listed_and_what_it_has_besides_is_not_read(make_path: Maker, tmp_path: Path) -> None:
    good = save_path(make_path(), tmp_path / "path.npz")
    assert rewritten(good, more={"besides": np.zeros(2)}, others=3) == ""
    assert rewritten(good, drop="axes") == ""
    for name in ("weights", "readout", "label", "smoothing"):
        assert rewritten(good, drop=name) == f"lacks {name}; save it again"
    words = rewritten(good, more={"layer_steps": np.zeros((2, 2))})
    assert words == "is not a whole geodepth path file (layer_steps has shape (2, 2); expected (L,)); write it again"


@pytest.mark.parametrize("name", ["path", "path.NPZ", "path.npy", "path.zip"])
def test_names_of_other_endings_are_refused(make_path: Maker, name: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError) as caught:
        save_path(make_path(), tmp_path / name)
    assert str(caught.value) == f"file is {name!r}; give a name that ends in .npz"


def test_files_of_the_first_version_are_read() -> None:
    old = Path(__file__).parents[2] / "files_of_0_1" / "path.npz"
    assert load_path(old).positions[[0, -1]] == pytest.approx([0.0, 1.0], abs=1e-12)
