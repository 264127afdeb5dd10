"""Files are whole or not there: kill −9, failing disks, folders that cannot be written."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from geodepth.foundation.errors import InputError
from geodepth.foundation.files.atomic_files import make_folder, write_atomically


class OwnError(InputError):
    """A room's own."""


def test_bytes_and_writers_are_put_in_place(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    assert write_atomically(path, b"first") == path
    assert path.read_bytes() == b"first"
    write_atomically(str(path), lambda file: file.write(b"second"))
    assert path.read_bytes() == b"second"
    assert os.listdir(path.parent) == ["file"]


def test_files_are_as_readable_as_any(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    write_atomically(tmp_path / "file", b"")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_failure_while_saving_leaves_the_previous_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"first")

    def fail(descriptor: int) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="disk full"):
            write_atomically(path, b"second")
        with pytest.raises(OwnError, match=r"file cannot be written \(disk full\)"):
            write_atomically(path, b"second", OwnError)
    with pytest.raises(ZeroDivisionError):
        write_atomically(path, lambda file: 1 // 0)
    assert path.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["file"]


def test_places_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OwnError, match="cannot be written") as caught:
        write_atomically(tmp_path / "file" / "below", b"", OwnError)
    assert "\n" not in str(caught.value)
    with pytest.raises(OwnError, match=r"--out is .*; expected a folder that can be written"):
        make_folder("--out", tmp_path / "file" / "below", OwnError)
    assert make_folder("--out", tmp_path / "new" / "folder", OwnError).is_dir()
    assert os.listdir(tmp_path / "new" / "folder") == []


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_files_are_as_readable_as_the_user_wants(umask: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "file", b"")
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o666 & ~umask


def test_the_file_beside_has_the_first_letters_of_the_name(tmp_path: Path) -> None:
    """The longest name that a file can have leaves no room for more letters."""
    seen = []
    name = "".join(chr(ord("a") + i % 26) for i in range(255))
    write_atomically(tmp_path / name, lambda file: seen.extend(os.listdir(tmp_path)))
    (beside,) = seen
    assert beside.startswith(f".{name[:40]}.")
    assert len(beside) < 60
    assert os.listdir(tmp_path) == [name]


def test_what_was_raised_is_told_though_the_file_beside_is_gone(tmp_path: Path) -> None:
    def taken_away(file: object) -> None:
        for item in tmp_path.iterdir():
            item.unlink()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_atomically(tmp_path / "file", taken_away)


def test_refusals_are_whole_sentences(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    below, nul = tmp_path / "file" / "below", f"{tmp_path}/a\0b"
    for place, reason in (
        (tmp_path, "it is a folder, a pipe or a device"),
        (below, os.strerror(errno.EEXIST)),
        (nul, "its name holds a NUL"),
    ):
        with pytest.raises(OwnError) as caught:
            write_atomically(place, b"", OwnError)
        assert str(caught.value) == f"{place} cannot be written ({reason}); choose a place that can be written"
    for place, reason in (
        (tmp_path / "file", os.strerror(errno.EEXIST)),
        (below, os.strerror(errno.ENOTDIR)),
        (nul, "its name holds a NUL"),
    ):
        with pytest.raises(OwnError) as caught:
            make_folder("--out", place, OwnError)
        assert (
            str(caught.value) == f"--out is {place}; expected a folder that can be written ({reason}); choose another"
        )
    for _ in range(2):
        assert make_folder("--out", tmp_path / "a" / "b") == tmp_path / "a" / "b"


SAVER = """
import sys
from geodepth.foundation.files.atomic_files import write_atomically
count = 0
while True:
    count += 1
    write_atomically(sys.argv[1], b"%09d" % count * 200_000)
    if count == 3:
        print("ready", flush=True)
"""


def test_killed_while_saving_leaves_a_whole_file(tmp_path: Path) -> None:
    """kill −9 at arbitrary moments of a program that does nothing but save: what is there is always one whole save."""
    path = tmp_path / "file"
    for attempt in range(4):
        process = subprocess.Popen([sys.executable, "-c", SAVER, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        # Saves take milliseconds; the delays fall into different parts of them.
        time.sleep(0.011 + 0.0037 * attempt)
        process.kill()
        process.wait()
        process.stdout.close()
        content = path.read_bytes()
        assert content == content[:9] * 200_000
        assert int(content[:9]) >= 3
