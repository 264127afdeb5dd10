"""Every example runs, is short, and agrees with the independent answer that it compares itself with."""

from __future__ import annotations

import importlib.util
import itertools
from pathlib import Path
from typing import Any

import pytest

# The lessons of control have their own test, beside the room.
EXAMPLES = [
    path
    for path in sorted((Path(__file__).parent.parent / "examples").glob("*.py"))
    if not path.stem.startswith("control_")
]


def load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_example_runs_and_is_a_lesson(
    path: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(path.read_text().splitlines()) < 100
    monkeypatch.chdir(tmp_path)  # what an example draws or saves goes here
    module = load(path)
    assert module.__doc__
    module.main()  # asserts its own comparison
    assert len(capsys.readouterr().out.splitlines()) >= 2


def test_one_neuron_errors_fall_sixteenfold() -> None:
    errors = load(EXAMPLES[0].with_name("geodesic_one_neuron.py")).main()
    assert all(8 < before / after < 32 for before, after in itertools.pairwise(errors))
