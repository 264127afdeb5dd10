"""Only regular files are opened; nothing else is waited for."""

import errno
import os
from pathlib import Path

import pytest

from geodepth.foundation.files.opened_files import DamagedFileError, one_line, open_file
from geodepth.foundation.files.text_files import parse_json, read_json, read_text, read_toml


@pytest.mark.parametrize("name", ["folder", "pipe", "", "a\0b", "x" * 300, "circle", "/dev/zero", "plain/x"])
def test_what_is_no_file_is_refused_at_once(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("circle").symlink_to("circle")
    Path("plain").write_text("")
    with pytest.raises((DamagedFileError, FileNotFoundError)):
        open_file(name)


def test_a_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with open_file(tmp_path / "file") as file:
        assert file.read() == b"content"


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "9" * 5000, '{"a":' * 100_000])
def test_what_is_no_json_is_told_in_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "file.json").write_text(text)
    with pytest.raises(DamagedFileError) as caught:
        read_json(tmp_path / "file.json")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250
    assert parse_json("[1, NaN]")[0] == 1


@pytest.mark.parametrize(
    "content",
    [
        b"a = ",
        b"\xff\xfe",
        b"a = " + b"9" * 5000,
        b"a = " + b"[" * 5000,
        b"a = 1979-13-45",
        b"\xef\xbb\xbfa = 1",
        b"\0",
    ],
)
def test_what_is_no_toml_is_told_in_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file.toml").write_bytes(content)
    with pytest.raises(DamagedFileError) as caught:
        read_toml(tmp_path / "file.toml")
    assert "\n" not in str(caught.value)


def test_text_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(DamagedFileError, match="larger than 16 MiB"):
        read_json(tmp_path / "large.json")


@pytest.mark.parametrize("length", [1, 188, 189, 190, 5000])
def test_a_reason_is_one_line_of_at_most_two_hundred_characters(length: int) -> None:
    """`ValueError: ` is twelve of them; what is longer ends in three dots."""
    message = "m" * length
    words = one_line(ValueError(f"{message[:-1]}\n  {message[-1]}" if length > 1 else message))
    whole = f"ValueError: {message[:-1]} {message[-1]}" if length > 1 else "ValueError: m"
    assert words == (whole if len(whole) <= 200 else whole[:197] + "...")
    assert len(words) <= 200


def test_what_the_system_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(DamagedFileError, match=f"^{os.strerror(errno.ELOOP)}$"):
        open_file(tmp_path / "loop")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("folder", "it is a folder"),
        ("pipe", "it is a pipe or a device, not a file"),
        ("/dev/zero", "it is a pipe or a device, not a file"),
        ("plain/x", os.strerror(errno.ENOTDIR)),
        ("a\0b", "embedded null byte"),
        (None, "not NoneType"),
    ],
)
def test_a_refusal_says_what_is_there(path: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("plain").write_text("")
    with pytest.raises(DamagedFileError) as caught:
        open_file(path)
    # Python words some of them, and begins differently from version to version.
    assert str(caught.value).endswith(said)


@pytest.mark.parametrize("more", [0, 1])
def test_text_of_16_mib_is_read_and_not_of_more(more: int, tmp_path: Path) -> None:
    with (tmp_path / "large.txt").open("wb") as file:
        file.truncate(16 * 2**20 + more)
    if more:
        with pytest.raises(DamagedFileError, match=r"^it is larger than 16 MiB$"):
            read_text(tmp_path / "large.txt")
    else:
        assert len(read_text(tmp_path / "large.txt")) == 16 * 2**20


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a = ", "it is not TOML: Invalid value (at end of document)"),
        (
            b"a = 1979-13-45",
            "it is not TOML: Expected newline or end of document after a statement (at line 1, column 9)",
        ),
        (b"a = " + b"9" * 5000, "it is not TOML: ValueError: Exceeds the limit (4300 digits) for integer string "),
        (b"\xff", "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_what_is_no_toml_is_told_with_its_place(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "file.toml").write_bytes(content)
    with pytest.raises(DamagedFileError) as caught:
        read_toml(tmp_path / "file.toml")
    # The later Pythons end lines of their own after these words.
    assert str(caught.value).startswith(said)


def test_what_is_missing_or_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for read in (read_text, read_json, read_toml):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "nowhere")
    (tmp_path / "file").write_text("1")
    assert (read_text(tmp_path / "file"), read_json(tmp_path / "file")) == ("1", 1)

    def failing(handle: int, mode: str) -> None:
        os.close(handle)
        raise OSError(errno.EIO, "the disk is broken")

    monkeypatch.setattr(os, "fdopen", failing)
    with pytest.raises(DamagedFileError, match=r"^OSError: \[Errno 5\] the disk is broken$"):
        read_text(tmp_path / "file")
