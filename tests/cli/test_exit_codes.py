"""Errors end in one line and their exit code; bugs show their traceback."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from functools import partial

import pytest

from geodepth.cli.exit_codes import exit_code_of
from geodepth.control import ControlError, ProblemError
from geodepth.control.geodesics.solve import GeodesicError
from geodepth.foundation.errors import InputError
from geodepth.nets import NetworkError
from geodepth.validation import ValidationError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("a\nb"), 2), (ProblemError("a b"), 2), (NetworkError("a b"), 2), (ValidationError("a b"), 2),
        (GeodesicError("a b"), 3), (KeyboardInterrupt(), 130), (OSError(errno.ENOSPC, "full", "a b"), 2),
        (MemoryError("a b"), 2),
    ],
)  # fmt: skip
def test_errors_become_exit_codes(error: BaseException, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise error

    assert exit_code_of(fail) == code
    words = {130: "interrupted; finished parts are kept"}.get(code, "a b")
    words = f"memory does not suffice ({words}" if isinstance(error, MemoryError) else words
    line = capsys.readouterr().err
    assert line.startswith(f"geodepth: {words}")
    assert line.count("\n") == 1


def test_the_codes_of_commands_go_through() -> None:
    assert [exit_code_of(partial(int, code)) for code in (0, 1, 3)] == [0, 1, 3]


@pytest.mark.parametrize(
    "bug", [ValueError("x"), RuntimeError("x"), TypeError("x"), ControlError("x"), FileNotFoundError(2, "x")]
)
def test_bugs_are_not_hidden(bug: Exception) -> None:
    def fail() -> int:
        raise bug

    with pytest.raises(type(bug), match="x"):
        exit_code_of(fail)


def test_help_waits_for_neither_casadi_nor_torch() -> None:
    code = "import sys, geodepth.cli.main; print([n for n in ('casadi', 'torch', 'matplotlib') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("solve --order x", "--order is 'x'; give a whole number"), ("frob", "there is no command 'frob'"),
        ("train", "Missing from geodepth train: DATA"), ("geodesic iris --bias 1", "Unrecognized options: --bias, 1"),
        ("validate iris --quik", "Unrecognized options: --quik; did you mean --quick;"),
        ("validate iris --sample=5", "Unrecognized options: --sample=5; did you mean --samples;"),
        ("validate iris --width two", "--width is 'two'; give a whole number;"),
        ("solve --tolerance tiny brachistochrone", "--tolerance is 'tiny'; give a number;"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_wrong_option_is_one_line(line: str, words: str, encoding: str) -> None:
    program = [sys.executable, "-m", "geodepth.cli", *line.split()]
    environment = os.environ | {"PYTHONIOENCODING": encoding, "LC_ALL": "C"}
    ended = subprocess.run(program, capture_output=True, text=True, env=environment, check=False)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"geodepth: {words}")
    command = "geodepth" if line == "frob" else f"geodepth {line.split()[0]}"
    assert ended.stderr.endswith(f"; {command} --help shows what there is\n")
    assert ended.stderr.count("\n") == 1
