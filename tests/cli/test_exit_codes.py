"""Errors end in one line and their exit code; bugs show their traceback."""

from __future__ import annotations

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
        (GeodesicError("a b"), 3), (KeyboardInterrupt(), 130),
    ],
)  # fmt: skip
def test_errors_become_exit_codes(error: BaseException, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise error

    assert exit_code_of(fail) == code
    words = "interrupted; finished parts are kept" if code == 130 else "a b"
    line = capsys.readouterr().err
    assert line.startswith(f"geodepth: {words}")
    assert line.count("\n") == 1


def test_the_codes_of_commands_go_through() -> None:
    assert [exit_code_of(partial(int, code)) for code in (0, 1, 3)] == [0, 1, 3]


@pytest.mark.parametrize("bug", [ValueError("x"), RuntimeError("x"), TypeError("x"), ControlError("x")])
def test_bugs_are_not_hidden(bug: Exception) -> None:
    def fail() -> int:
        raise bug

    with pytest.raises(type(bug), match="x"):
        exit_code_of(fail)


def test_help_waits_for_neither_casadi_nor_torch() -> None:
    code = "import sys, geodepth.cli.main; print([n for n in ('casadi', 'torch', 'matplotlib') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
