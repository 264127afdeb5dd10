"""What a file of arrays may not be, each with its whole sentence; limits where they are, and just beyond."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from geodepth.foundation.errors import InputError
from geodepth.foundation.files.npz_files import (
    check_shapes,
    read_arrays,
    read_arrays_and_metadata,
    reading,
    write_arrays,
)
from geodepth.foundation.files.opened_files import DamagedFileError


class OwnError(InputError):
    """A room's own."""


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name.replace("_npy", ".npy"), content)
    return path


def member(array: np.ndarray, version: tuple[int, int] = (1, 0)) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version, allow_pickle=True)
    return stream.getvalue()


def refusal(path: Path) -> str:
    with pytest.raises(DamagedFileError) as caught:
        read_arrays(path)
    return str(caught.value)


@pytest.mark.parametrize(
    "array",
    [
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(6, dtype=">i2").reshape(3, 2),
        np.array("text"),
        np.zeros((0, 3)),
        np.array([True, False]),
        np.arange(300.0),
    ],
    ids=["column by column", "big-endian", "text", "empty", "flags", "long"],
)
@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
def test_arrays_of_every_kind_are_read(array: np.ndarray, version: tuple[int, int], tmp_path: Path) -> None:
    read = read_arrays(archive(tmp_path / "a.npz", a_npy=member(array, version)))["a"]
    assert (read.dtype, read.flags.f_contiguous) == (array.dtype, array.flags.f_contiguous)
    np.testing.assert_array_equal(read, array)
    read.flat[:1] = 0


def test_members_that_are_no_arrays(tmp_path: Path) -> None:
    good = member(np.arange(25.0))
    path = tmp_path / "a.npz"
    said = "it holds 'first.txt', which is no array, or is there twice"
    assert refusal(archive(path, a_npy=good, **{"first.txt": b"", "second.txt": b""})) == said
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.npy", good)
        file.writestr("b.npy", good)
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("b.npy", good)
    assert refusal(path) == "it holds 'b.npy', which is no array, or is there twice"
    objects = member(np.array([None], dtype=object))
    assert refusal(archive(path, a_npy=objects)) == "it holds Python objects, which could execute code"
    assert refusal(archive(path, a_npy=good[:-1])) == "it claims an array of shape (25,), and holds 199 bytes"
    assert refusal(archive(path, a_npy=good + b"1")) == "it claims an array of shape (25,), and holds 201 bytes"
    assert refusal(archive(path, a_npy=b"\x93NUMPY\x03" + good[7:])) == "KeyError: (3, 0)"


@pytest.mark.parametrize("claimed", [805_306_368, 805_306_369])
def test_arrays_of_768_mib_are_read_and_not_of_more(claimed: int, tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", a_npy=member(np.arange(4.0)))
    content = path.read_bytes()
    at = content.rfind(b"PK\x01\x02") + 24
    path.write_bytes(content[:at] + claimed.to_bytes(4, "little") + content[at + 4 :])
    if claimed > 805_306_368:
        assert refusal(path) == f"it claims {claimed} bytes; at most 805306368 are read"
    else:
        assert read_arrays(path)["a"].tolist() == [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize("metadata", [b"{}", 1.0, ["{}"], None], ids=["bytes", "number", "several", "none"])
def test_metadata_that_are_no_text(metadata: object, tmp_path: Path) -> None:
    if metadata is None:
        np.savez(tmp_path / "a.npz", a=np.zeros(2))
    else:
        np.savez(tmp_path / "a.npz", a=np.zeros(2), metadata=np.array(metadata))
    with pytest.raises(DamagedFileError, match=r"^no metadata$"):
        read_arrays_and_metadata(tmp_path / "a.npz")


def test_metadata_are_a_json_object_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, metadata=np.array("[1]"))
    with pytest.raises(DamagedFileError, match=r"^its metadata is no JSON object$"):
        read_arrays_and_metadata(path)
    written = {"b": np.int64(3), "a": np.float32(0.5), "c": [np.bool_(True), None]}
    write_arrays(path, {"a": np.zeros(2)}, written)
    arrays = read_arrays(path)
    held = json.loads(arrays["metadata"].item())
    np.savez(path, a=arrays["a"], metadata=np.array(json.dumps(held, sort_keys=True)))
    assert read_arrays_and_metadata(path)[1] == {"b": 3, "a": 0.5, "c": [True, None]}
    with pytest.raises(TypeError, match=r"^set in the metadata; expected numbers, text, lists or None$"):
        write_arrays(path, {}, {"a": {1}})


def test_every_exchanged_content_is_told(tmp_path: Path) -> None:
    """With many changes the digest is larger than the right one, and smaller."""
    path = write_arrays(tmp_path / "a.npz", {"a": np.arange(12.0)}, {})
    arrays = read_arrays(path)
    for place in range(12):
        np.savez(path, a=np.where(np.arange(12) == place, -1.0, arrays["a"]), metadata=arrays["metadata"])
        with pytest.raises(DamagedFileError, match=r"^its content is not what was written$"):
            read_arrays_and_metadata(path)


@pytest.mark.parametrize(
    ("times", "states", "said"),
    [
        (None, np.zeros((4, 2)), "times is missing; it must be float64 of shape (K+1)"),
        (np.zeros((4, 1)), np.zeros((3, 2)), "times is float64 of shape (4, 1); it must be float64 of shape (K+1)"),
        (np.zeros(4), np.zeros(3), "states is float64 of shape (3,); it must be float64 of shape (K, 2)"),
        (
            np.zeros(4, np.float32),
            np.zeros((3, 2)),
            "times is float32 of shape (4,); it must be float64 of shape (K+1)",
        ),
        (
            np.zeros(4, complex),
            np.zeros((3, 2)),
            "times is complex128 of shape (4,); it must be float64 of shape (K+1)",
        ),
        (np.zeros(4, int), np.zeros((3, 2)), "times is int64 of shape (4,); it must be float64 of shape (K+1)"),
        (np.zeros(4), np.zeros((3, 1)), "states has shape (3, 1); it must be (K, 2)"),
        (np.zeros(4), np.zeros((3, 3)), "states has shape (3, 3); it must be (K, 2)"),
        (np.zeros(4), np.zeros((2, 2)), "states has shape (2, 2); it must be (K, 2)"),
        (np.zeros(4), np.zeros((4, 2)), "states has shape (4, 2); it must be (K, 2)"),
    ],
)
def test_what_does_not_fit_is_told(times: np.ndarray | None, states: np.ndarray, said: str) -> None:
    arrays = {"states": states} if times is None else {"times": times, "states": states}
    with pytest.raises(DamagedFileError) as caught:
        check_shapes(arrays, {"times": "K+1", "states": "K 2"})
    assert str(caught.value) == said


def test_sizes_from_none_to_many_fit() -> None:
    for count in (0, 1, 300):
        check_shapes({"a": np.zeros(count + 1), "b": np.zeros((count, 2))}, {"a": "K+1", "b": "K 2"})
    with pytest.raises(DamagedFileError, match=r"^a has shape \(0,\); it must be \(K\+1\)$"):
        check_shapes({"a": np.zeros(0)}, {"a": "K+1"})


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (FileNotFoundError(), "there is no file here.npz"),
        (InputError("two\n lines"), "here.npz is not a whole path file (two lines); write it again"),
        (DamagedFileError("cut"), "here.npz is not a whole path file (cut); write it again"),
        (KeyError("a"), "here.npz is not a whole path file (no 'a'); write it again"),
        (TypeError("of text"), "here.npz is not a whole path file (TypeError: of text); write it again"),
        (ValueError("below"), "here.npz is not a whole path file (ValueError: below); write it again"),
        (AttributeError("a"), "here.npz is not a whole path file (AttributeError: a); write it again"),
        (IndexError("3"), "here.npz is not a whole path file (IndexError: 3); write it again"),
        (OverflowError("far"), "here.npz is not a whole path file (OverflowError: far); write it again"),
    ],
)
def test_what_reading_raises_is_one_line(raised: Exception, said: str) -> None:
    with pytest.raises(OwnError) as caught, reading("here.npz", "path", OwnError):
        raise raised
    assert str(caught.value) == said


def test_other_errors_go_through(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), reading("here.npz", "path", OwnError):
        raise ZeroDivisionError
    with reading("here.npz", "path", OwnError):
        pass
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "nowhere.npz")
    assert refusal(tmp_path) == "it is a folder"
