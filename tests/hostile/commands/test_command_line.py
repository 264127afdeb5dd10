"""Hostile command lines: a documented exit code, one line where something is of no use, and nothing written then."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .command_lines import command_line, ended, hostile_places

EXIT_CODES = (0, 1, 2, 3)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = hostile_places(tmp_path)
    monkeypatch.chdir(made)
    return made


def listed(folder: Path) -> list[str]:
    return sorted(os.path.join(place, name) for place, folders, files in os.walk(folder) for name in (*folders, *files))


@settings(
    max_examples=200, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_every_line_ends_as_documented(places: Path, data: st.DataObject) -> None:
    line = command_line(data.draw)
    before = listed(places)
    code, _, errors = ended(line)
    assert code is None or code in EXIT_CODES
    if code == 2:
        assert errors.count("\n") == 1, errors
        assert errors.startswith("geodepth: ")
        assert listed(places) == before
