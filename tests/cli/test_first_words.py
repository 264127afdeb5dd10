"""What a stranger types first: nothing, a version, a wrong word, an example of the help; told without long imports."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tyro

from geodepth.cli.known_commands import COMMANDS, command_class
from geodepth.cli.main import main
from geodepth.cli.optional_types import REGISTRY
from geodepth.control import RepresentationGeodesic, solve_geodesic
from geodepth.foundation.optional_parts import PARTS
from geodepth.foundation.versions import versions_of
from geodepth.nets import NetworkError
from geodepth.nets.argument_checks import DEVICE_TYPES


def neuron() -> RepresentationGeodesic:
    start, end = np.array([[0.5]]), np.array([[1.5]])
    return RepresentationGeodesic(start, end, 1, 1.0, 1.0, activation="linear", endpoint="fixed")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    captured = capsys.readouterr()
    code = ended.value.code
    return (code if isinstance(code, int) else 1), captured.out, captured.err


def options_of_words(name: str, words: list[str]) -> Any:
    config = (tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff)
    return tyro.cli(command_class(name), args=words, config=config, registry=REGISTRY)


def test_alone_it_says_what_to_type_next(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys)
    assert code == 0
    typed = [shlex.split(line)[1:] for line in out.splitlines() if line.startswith("    geodepth ")]
    assert [words[0] for words in typed] == ["solve", "geodesic", "validate"]
    for name, *words in typed:
        options_of_words(name, words)
    assert all(name in out for name in COMMANDS)
    assert run(capsys, "--help") == (0, out, "")


def test_the_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version") == (0, f"geodepth {versions_of('geodepth')['geodepth']}\n", "")


def test_a_word_that_is_nearly_a_command_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, errors = run(capsys, "sovle")
    assert code == 2
    assert "did you mean solve" in errors


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_of_every_help_is_a_command_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, name, "--help")
    assert code == 0
    (example,) = re.findall("Example: (geodepth .*)", command_class(name).__doc__)
    assert example in " ".join(out.split())
    program, command, *words = shlex.split(example.partition(">")[0])
    assert (program, command) == ("geodepth", name)
    assert options_of_words(name, words).run


WRONG = (
    "validate iris --width -1", "validate iris --width 3", "validate iris --device abacus", "validate none.toml",
    "validate wine --quick --width 12", "geodesic iris --width 3",
    "train iris --epochs -1", "train iris --width 3", "train iris --activation swish", "train iris --device abacus",
    "train iris --steps even", "geodesic iris --scheme x", "geodesic iris --layers 2", "compare none.npz x",
    "paper fig9", "solve none", "solve brachistochrone --solver x",
)  # fmt: skip


def test_a_wrong_setting_is_told_without_pytorch_and_scikit_learn(tmp_path: Path) -> None:
    program = f"""
import sys
from geodepth.cli.main import main
for line in {WRONG!r}:
    try:
        main(line.split())
    except SystemExit as ended:
        print(ended.code, "torch" in sys.modules or "sklearn" in sys.modules, line)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines() == [f"2 False {line}" for line in WRONG]
    assert len(done.stderr.splitlines()) == len(WRONG)


HIDING = """
import importlib.abc, sys

class Hidden(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {hidden!r}:
            raise ImportError(name)

sys.meta_path.insert(0, Hidden())
from geodepth.cli.main import main
main({words!r})
"""
BEYOND_THE_PLAIN_INSTALL = ("markupsafe", *PARTS)


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("", 0, "needs pip install 'geodepth[nets]'"),
        ("--version", 0, "geodepth"),
        ("solve double-integrator-energy", 0, "verified to"),
        ("train iris", 2, "geodepth train needs PyTorch, which is not installed; it comes with pip install"),
        ("validate iris", 2, "'geodepth[nets]'"),
        ("paper fig1", 2, "'geodepth[nets]'"),
        ("compare a b", 2, "'geodepth[nets]'"),
        ("geodesic iris", 2, "the data set iris needs scikit-learn"),
        ("geodesic teacher --samples 4 --layers 4 --effective-depth 1 --starts 1 --workers 1", 0, "saved: truth.npz"),
        ("completion bash", 0, "geodepth"),
        ("doctor", 0, "missing    PyTorch, for networks: train, validate, compare, paper: pip install"),
    ],
)
def test_the_plain_install_is_the_optimizer_and_names_the_extra_of_the_rest(
    line: str, code: int, words: str, tmp_path: Path
) -> None:
    program = HIDING.format(hidden=BEYOND_THE_PLAIN_INSTALL, words=line.split())
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert words in (done.stderr if code else done.stdout)
    assert "Traceback" not in done.stderr


def test_names_that_need_pytorch_name_its_extra(tmp_path: Path) -> None:
    program = HIDING.format(hidden=("torch",), words=["--version"]).replace(
        "main(['--version'])", "import geodepth.nets, geodepth.validation, geodepth.control\ngeodepth.nets.LeakyResNet"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stderr.splitlines()[-1].endswith(
        "geodepth.nets needs PyTorch, which is not installed; it comes with pip install 'geodepth[nets]'"
    )


def test_kinds_of_devices_are_pytorchs_own() -> None:
    import torch

    from geodepth.nets.argument_checks import check_device_name

    with pytest.raises(RuntimeError, match="Expected one of") as refused:
        torch.device("abacus")
    (listed,) = re.findall("Expected one of (.*?) device type", str(refused.value))
    assert set(DEVICE_TYPES) == set(listed.split(", "))
    for name in ("auto", "cpu", "cuda", "cuda:1"):
        check_device_name(name)
    for wrong in ("", "cuda:", "cuda:x", "abacus", 3, None):
        with pytest.raises(NetworkError, match="device is"):
            check_device_name(wrong)


def test_choices_of_a_geodesic_are_the_solvers_own(capsys: pytest.CaptureFixture[str]) -> None:
    """The choices that the help shows all solve one neuron; others are refused in its words."""
    _, out, _ = run(capsys, "geodesic", "--help")
    for option, refusal in (("scheme", "euler, rk4, gauss, radau"), ("solver", "structured, fatrop, ipopt")):
        (shown,) = re.findall(rf"--{option} \{{(.*?)\}}", out)
        assert shown.split(",") == refusal.split(", ")
        wrong: dict[str, Any] = {option: "x"}
        with pytest.raises(ValueError, match=refusal):
            solve_geodesic(neuron(), layers=4, progress=False, **wrong)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_a_script_that_knows_commands_and_options(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "completion", shell)
    assert code == 0
    assert all(word in out for word in (*COMMANDS, "weight-decay", "to-stationarity"))


def test_bash_completes_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, script, _ = run(capsys, "completion", "bash")
    (tmp_path / "script").write_text(script)
    ask = 'source ./script; COMP_WORDS=(geodepth val); COMP_CWORD=1; _tyro_geodepth; echo "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout.split() == ["validate"]


def test_json_is_one_object_with_the_numbers_of_the_lines(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "solve", "double-integrator-energy", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["optimum"] == pytest.approx(6.0, abs=1e-8)
    assert found["verified"] is True
    assert {check["name"] for check in found["certificate"]["checks"]} >= {"feasibility", "stationarity"}
    listed = json.loads(run(capsys, "solve", "--list", "--json")[1])["problems"]
    assert found["problem"] in listed
    teacher = ("teacher", "--samples", "4", "--layers", "4", "--effective-depth", "1")
    code, out, _ = run(capsys, "geodesic", *teacher, "--starts", "2", "--workers", "1", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["cost"] == found["certificate"]["upper"]
    # Of starts that end in the best minimum, the one that is returned need not have its last digit.
    assert found["cost"] == pytest.approx(min(each["cost"] for each in found["minima"]), rel=1e-12)
    code, out, _ = run(capsys, "train", *teacher, "--epochs", "40", "--members", "2", "--out", "net", "--json")
    assert code == 0
    found = json.loads(out)
    for total, fit, penalty in zip(found["objective"], found["fit"], found["penalty"], strict=True):
        assert total == pytest.approx(fit + penalty, rel=1e-12)
    code, out, _ = run(capsys, "doctor", "--json")
    assert json.loads(out)["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
