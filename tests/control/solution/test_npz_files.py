"""Files of results: names, versions and formats that are refused, each with its whole sentence."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from geodepth.control.model.errors import ProblemError
from geodepth.control.solution.npz_files import check_path, read_npz, write_npz
from geodepth.foundation.files.npz_files import read_arrays_and_metadata, write_arrays


@pytest.mark.parametrize(
    ("name", "saved"),
    [("a.npz", "a.npz"), ("a", "a.npz"), ("a.b", "a.b.npz"), ("a.zip", "a.zip.npz"), ("a.NPZ", "a.NPZ.npz")],
)
def test_names_get_their_ending_once(name: str, saved: str, tmp_path: Path) -> None:
    path = write_npz(tmp_path / name, "kind", 3, {"a": np.arange(2.0)}, {"more": [1]})
    assert path == tmp_path / saved
    arrays, metadata = read_npz(path, "kind", 3)
    assert arrays["a"].tolist() == [0.0, 1.0]
    assert metadata | {"versions": {}} == {"format": "kind", "version": 3, "more": [1], "versions": {}}
    assert sorted(metadata["versions"]) == ["casadi", "geodepth", "numpy", "python", "scipy"]


def test_places_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match=r"^path is '\.'; give a file's name$"):
        check_path(".")
    with pytest.raises(ProblemError) as caught:
        write_npz(tmp_path / "none" / "a", "kind", 1, {}, {})
    assert str(caught.value) == f"there is no folder {tmp_path}/none to save a.npz in; make it, or choose another"


def test_formats_of_other_names_are_told(tmp_path: Path) -> None:
    for other in ("earlier", "later", "m"):
        path = write_npz(tmp_path / "a.npz", other, 1, {}, {})
        with pytest.raises(ProblemError) as caught:
            read_npz(path, "kind", 1)
        assert str(caught.value) == f"{path} holds {other!r}, not a kind"
    write_arrays(path, {}, {})
    with pytest.raises(ProblemError, match=r"holds None, not a kind$"):
        read_npz(path, "kind", 1)


def test_versions_up_to_the_newest_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    for version in (0, 1, 2, 3):
        write_npz(path, "kind", version, {}, {})
        if version <= 2:
            assert read_npz(path, "kind", 2)[1]["version"] == version
            continue
        with pytest.raises(ProblemError) as caught:
            read_npz(path, "kind", 2)
        assert str(caught.value) == f"{path} was written by a newer geodepth (format 3); upgrade to read it"
    metadata = read_arrays_and_metadata(path)[1]
    for spoilt, reason in (
        ({name: metadata[name] for name in metadata if name != "version"}, "no 'version'"),
        (metadata | {"version": None}, "TypeError: int() argument must be"),
    ):
        np.savez(path, metadata=np.array(json.dumps(spoilt)))
        with pytest.raises(ProblemError) as caught:
            read_npz(path, "kind", 2)
        assert str(caught.value).startswith(f"{path} is not a whole kind file ({reason}")
