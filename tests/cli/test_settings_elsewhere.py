"""Options, TOML files and the environment say the same in the same words; what is nearer to the command goes first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tyro

from geodepth.cli.known_commands import command_class
from geodepth.cli.main import main
from geodepth.cli.optional_types import REGISTRY
from geodepth.cli.settings_elsewhere import with_settings_from_elsewhere
from geodepth.foundation.errors import InputError


def command(name: str, *words: str) -> Any:
    """The command that these words make, with what a file and the environment say."""
    kind = command_class(name)
    all_words = with_settings_from_elsewhere(kind, name, words).words
    config = (tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff)
    return tyro.cli(kind, args=all_words, config=config, registry=REGISTRY)


@pytest.mark.parametrize(
    ("name", "words", "text", "variables"),
    [
        ("solve", ("brachistochrone", "--verify", "--tolerance", "1e-9", "--plot", "a.png"),
         'name = "brachistochrone"\nverify = true\ntolerance = 1e-9\nplot = "a.png"', ("VERIFY", "TOLERANCE", "PLOT")),
        ("geodesic", ("iris", "--no-bias", "--starts", "3", "--scheme", "rk4"),
         'data = "iris"\nbias = false\nstarts = 3\nscheme = "rk4"', ("BIAS", "STARTS", "SCHEME")),
        ("train", ("teacher", "--dimensions", "4", "2", "4", "--to-stationarity"),
         'data = "teacher"\ndimensions = [4, 2, 4]\nto_stationarity = true', ("DIMENSIONS", "TO_STATIONARITY")),
        ("paper", ("fig1", "--seeds", "3"), 'name = "fig1"\nseeds = 3', ("SEEDS",)),
        ("compare", ("t.npz", "a", "b", "--workers", "1"),
         'truth = "t.npz"\nnetworks = ["a", "b"]\nworkers = 1', ("WORKERS",)),
    ],
)  # fmt: skip
def test_flags_file_and_environment_agree(
    name: str, words: tuple[str, ...], text: str, variables: tuple[str, ...], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    file = tmp_path / "mine.toml"
    file.write_text(text)
    said = command(name, *words)
    from_file = command(name, str(file))
    # A file beside the settings that names a data file or a truth is looked for there.
    assert str(from_file).replace(f"{tmp_path}/", "") == str(said)
    for variable in variables:
        value = getattr(said, variable.lower(), None)
        value = said.settings.workers if value is None else value
        monkeypatch.setenv(
            f"GEODEPTH_{variable}", " ".join(map(str, value)) if isinstance(value, tuple) else str(value).lower()
        )
    free = words[: next((k for k, word in enumerate(words) if word.startswith("-")), None)]
    assert command(name, *free) == said


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('data = "iris"\nwidth = 4\nlayers = 4\nstarts = 4\n')
    monkeypatch.setenv("GEODEPTH_WIDTH", "5")
    monkeypatch.setenv("GEODEPTH_LAYERS", "5")
    found = command("geodesic", str(file), "--width", "6")
    assert (found.width, found.layers, found.starts) == (6, 5, 4)


def test_validate_takes_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEODEPTH_SCHEMES", "adaptive,irregular")
    monkeypatch.setenv("GEODEPTH_STATIONARY", "false")
    monkeypatch.setenv("GEODEPTH_QUICK", "true")
    found = command("validate", "wine")
    assert found.data == "wine"
    assert found.quick
    assert (found.settings.schemes, found.settings.stationary) == (("adaptive", "irregular"), False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("widht = 3", "sets 'widht'; known names are data, out, width"),
        ("width = {a = 1}", "sets width to {'a': 1}; give a number"),
        ('bias = "maybe"', "sets bias to 'maybe'; give true or false"),
        ("width =", "it is not TOML"),
    ],
)
def test_what_a_file_cannot_say_is_one_line(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=words):
        command("geodesic", str(file))


def test_where_a_wrong_setting_comes_from_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GEODEPTH_ORDER", "three")
    with pytest.raises(SystemExit) as ended:
        main(("solve", "brachistochrone"))
    assert ended.value.code == 2
    assert "--order is 'three'; give a whole number" in (line := capsys.readouterr().err)
    assert "options also come from GEODEPTH_ORDER" in line
    monkeypatch.setenv("GEODEPTH_ORDER", "3")
    monkeypatch.setenv("GEODEPTH_WIDHT", "3")
    with pytest.raises(InputError, match="the environment sets GEODEPTH_WIDHT; no command has such a setting"):
        command("solve", "brachistochrone")


def test_a_setting_that_only_other_commands_have_is_left_to_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GEODEPTH_EPOCHS", "3")
    with pytest.raises(SystemExit) as ended:
        main(("solve", "double-integrator-energy", "--json"))
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["verified"]
