"""Files of arrays that are missing, cut, damaged or something else: one kind of error, in one line."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from geodepth.foundation.files.npz_files import check_shapes, read_arrays, read_arrays_and_metadata, write_arrays
from geodepth.foundation.files.opened_files import DamagedFileError


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    path = tmp_path / "whole.npz"
    np.savez_compressed(path, a=np.arange(500.0), metadata=np.array('{"format": "x"}'))
    return path


def test_what_was_written_is_read(whole: Path) -> None:
    arrays, metadata = read_arrays_and_metadata(whole)
    assert metadata == {"format": "x"}
    assert arrays["a"] == pytest.approx(np.arange(500.0), abs=0)
    assert set(read_arrays(whole)) == {"a", "metadata"}


def test_every_damaged_byte_is_an_error_of_one_kind_or_changes_nothing(whole: Path, tmp_path: Path) -> None:
    content = whole.read_bytes()
    broken = tmp_path / "broken.npz"
    messages = []
    for at in range(0, len(content), 7):
        for change in (0x01, 0x80, 0xFF):
            broken.write_bytes(content[:at] + bytes([content[at] ^ change]) + content[at + 1 :])
            try:
                read_arrays_and_metadata(broken)
            except DamagedFileError as error:
                messages.append(str(error))
    assert messages
    assert not any("\n" in message for message in messages)


def test_files_that_are_cut_or_are_none(whole: Path, tmp_path: Path) -> None:
    content = whole.read_bytes()
    for size in (0, 1, 30, len(content) // 2, len(content) - 1):
        cut = tmp_path / "cut.npz"
        cut.write_bytes(content[:size])
        with pytest.raises(DamagedFileError):
            read_arrays(cut)
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "nowhere.npz")
    with pytest.raises(DamagedFileError):
        read_arrays(tmp_path)
    plain = tmp_path / "plain.npz"
    np.savez(plain, a=np.zeros(2))
    with pytest.raises(DamagedFileError, match="no metadata"):
        read_arrays_and_metadata(plain)


def test_content_that_was_exchanged_is_told(tmp_path: Path) -> None:
    path = write_arrays(tmp_path / "a.npz", {"a": np.arange(3.0), "b": np.arange(3.0) + 1.0}, {"x": np.float64(0.1)})
    arrays, metadata = read_arrays_and_metadata(path)
    assert metadata == {"x": 0.1}
    assert arrays["b"].tolist() == [1.0, 2.0, 3.0]
    assert path.read_bytes() == write_arrays(tmp_path / "again.npz", arrays, metadata).read_bytes()
    with np.load(path) as archive:
        text = archive["metadata"]
    np.savez(path, a=arrays["b"], b=arrays["a"], metadata=text)
    with pytest.raises(DamagedFileError, match="not what was written"):
        read_arrays_and_metadata(path)


def test_a_header_is_believed_only_for_bytes_that_are_there(tmp_path: Path) -> None:
    """7 TiB in the array's header, 8 GiB in the archive's directory: both are refused before room is made for them."""
    path = tmp_path / "lie.npz"
    np.savez(path, a=np.arange(4.0))
    content = path.read_bytes()
    with zipfile.ZipFile(path, "w") as archive, zipfile.ZipFile(io.BytesIO(content)) as good:
        member = good.read("a.npy").replace(b"(4,), }" + b" " * 12, b"(1000000000000,), }")
        assert len(member) == 128 + 32
        archive.writestr("a.npy", member)
    with pytest.raises(DamagedFileError, match="it claims an array of shape"):
        read_arrays(path)
    at = content.rfind(b"PK\x01\x02")
    path.write_bytes(content[: at + 24] + b"\xf0\xff\xff\xff" + content[at + 28 :])
    with pytest.raises(DamagedFileError, match="it claims 4294967280 bytes"):
        read_arrays(path)


def test_shapes_that_do_not_fit_together() -> None:
    arrays = {"times": np.zeros(4), "states": np.zeros((4, 2)), "controls": np.zeros((3, 1))}
    layout = {"times": "K+1", "states": "K+1 2", "controls": "K nu"}
    check_shapes(arrays, layout)
    for name, wrong in (
        ("times", np.zeros(5)), ("states", np.zeros((4, 3))), ("controls", np.zeros(3)),
        ("times", np.zeros(4, dtype=np.float32)), ("times", np.zeros(0)),
    ):  # fmt: skip
        with pytest.raises(DamagedFileError, match=r"must be|it must"):
            check_shapes(arrays | {name: wrong}, layout)
    with pytest.raises(DamagedFileError, match="controls is missing"):
        check_shapes({"times": np.zeros(4), "states": np.zeros((4, 2))}, layout)
