"""Options are the fields of the records behind them: all of them, with their defaults and sentences."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from geodepth.cli.main import main
from geodepth.cli.options import in_words, options_of, said
from geodepth.validation.experiments import Paper
from geodepth.validation.pipeline import main_job
from geodepth.validation.pipeline.settings import QUICK, FileSettings, Settings


def shown(capsys: pytest.CaptureFixture[str], command: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main((command, "--help"))
    assert ended.value.code == 0
    return " ".join(re.sub("[│╭╮╰╯─]", " ", capsys.readouterr().out).split())


@pytest.mark.parametrize(("command", "record"), [("validate", Settings), ("compare", FileSettings), ("paper", Paper)])
def test_help_names_every_field(command: str, record: Any, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, command)
    for field in dataclasses.fields(record):
        if field.name not in ("data", "name"):  # what a command is about has no option
            assert f"--{field.name.replace('_', '-')}" in text
            default = " ".join(field.default) if isinstance(field.default, tuple) else field.default
            assert f"(default: {'none' if default is None else default})" in text
    assert "None" not in text
    assert "{[" not in text


def test_the_help_of_every_command_says_what_each_option_is(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("validate", "solve", "geodesic", "train", "paper", "compare"):
        options = re.findall(r"(--[a-z-]+)(.*?)\(default: ", shown(capsys, command).split(" options ")[-1])
        assert len(options) >= 6
        for name, words in options:
            assert re.search("[a-z]{3,}", re.sub(r"\{\S*", "", words)), (command, name, words)


def settings_of(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[Settings, str]:
    """What the main job would be asked to do, and the command that its report would name."""
    seen: list[Any] = []

    def stop(settings: Settings, out: Path, command: str, figures: str | None) -> None:
        seen.extend((settings, command))
        raise KeyboardInterrupt

    monkeypatch.setattr(main_job, "run_validation", stop)
    with pytest.raises(SystemExit) as ended:
        main(("validate", *arguments))
    assert ended.value.code == 130
    return seen[0], seen[1]


def test_options_go_before_the_small_version_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('data = "teacher"\nlayers = 20\nseed = 3\nweight_decay = 0.5\nmembers = 5\n')
    assert settings_of(monkeypatch, "iris") == (Settings(), "geodepth validate iris")
    settings, command = settings_of(
        monkeypatch, str(file), "--quick", "--seed", "0", "--layers", "9", "--schemes", "adaptive", "irregular"
    )
    expected: dict[str, Any] = {"data": "teacher", "layers": 9, "seed": 0, "weight_decay": 0.5}
    assert settings == Settings(**{**QUICK, **expected, "schemes": ("adaptive", "irregular")})
    assert command == f"geodepth validate {file} --seed 0 --layers 9 --schemes adaptive irregular --quick"


def test_options_of_a_record_and_back() -> None:
    unset = options_of(Settings, unset=True, leave_out=("data",))
    assert said(unset()) == {}
    assert said(unset(width=3, stationary=False)) == {"width": 3, "stationary": False}
    assert in_words({"weight_decay": 0.1, "schemes": ("a", "b")}) == ["--weight-decay 0.1", "--schemes a b"]
    assert in_words({"targets": ("flow rate", "b")}) == ["--targets 'flow rate' b"]
    assert FileSettings(**dataclasses.asdict(options_of(FileSettings)())) == FileSettings()
