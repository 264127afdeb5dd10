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
