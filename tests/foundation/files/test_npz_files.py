"""Files of arrays that are missing, cut, damaged or something else: one kind of error, in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geodepth.foundation.files.npz_files import read_arrays, read_arrays_and_metadata
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
