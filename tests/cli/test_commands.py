"""The command line: errors of one line and code 2, help that a reader understands, a doctor that finds faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodepth.cli.main import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    captured = capsys.readouterr()
    code = ended.value.code
    return (code if isinstance(code, int) else 1), captured.out, captured.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("width = 3", "width is 3, smaller than the 4 rows"),
        ("weight_decay = -1.0", "weight_decay is -1.0"),
        ("layers = 3", "layers is 3, too few"),
        ('data = "nan.csv"', "nan"),
    ],
)
def test_bad_settings_end_in_one_line(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "nan.csv").write_text("a,b,target\n1.0,2.0,0.5\nnan,1.0,0.1\n3.0,0.2,0.7\n")
    settings = tmp_path / "bad.toml"
    settings.write_text(text)
    code, _, errors = run(capsys, "validate", str(settings), "--out", str(tmp_path / "out"))
    assert code == 2
    assert words.lower() in errors.lower()
    assert errors.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_unknown_data_device_and_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    for arguments, words in (
        (("validate", "irises"), "irises"),
        (("validate", "iris", "--device", "abacus", "--out", str(tmp_path / "a")), "abacus"),
        (("validate", "iris", "--out", str(tmp_path / "file" / "out")), "expected a folder that can be written"),
        (("solve", "nothing"), "there is no problem 'nothing'"),
        (("solve",), "no problem named"),
        (("solve", "brachistochrone", "--solver", "abacus"), "solver is 'abacus'"),
        (("solve", "brachistochrone", "--out", str(tmp_path / "none" / "x.npz")), "no folder"),
    ):
        code, _, errors = run(capsys, *arguments)
        assert code == 2, arguments
        assert words in errors
        assert errors.count("\n") == 1


def test_doctor_finds_nothing_wrong_here(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "doctor")
    assert code == 0, out
    assert out.count("ok ") == 4
    assert "casadi" in out


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--help")
    assert code == 0
    for command in ("validate", "solve", "paper", "doctor"):
        assert command in out
