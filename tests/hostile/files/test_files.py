"""Damaged files of every kind: what is loaded is what was written, or there is one typed error in one line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .corruptions import BYTES, corrupted, outcome, same
from .good_files import GoodFile, good_files

KINDS = (
    "solution", "old solution", "phases", "geodesic", "old geodesic", "truth", "path", "old path", "path as network",
    "data", "result", "network", "old network", "paths", "old paths", "training", "old training", "settings", "sweep",
)  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, GoodFile]:
    return good_files(tmp_path_factory.mktemp("good"))


def test_every_kind_is_tried(files: Mapping[str, GoodFile], tmp_path: Path) -> None:
    assert set(files) == set(KINDS)
    for name, good in files.items():
        place = tmp_path / name / good.name
        place.parent.mkdir()
        place.write_bytes(good.content)
        assert same(good.load(place), good.load(place))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damage_is_told_or_changes_nothing(
    kind: str, files: Mapping[str, GoodFile], tmp_path: Path, data: st.DataObject
) -> None:
    good = files[kind]
    place = tmp_path / good.name
    place.write_bytes(good.content)
    whole = good.load(place)
    damaged, operation = corrupted(data.draw, good.kind, good.content)
    place.write_bytes(damaged)
    found: Any = outcome(good.load, place)
    # A file of arrays without a digest can be made anew with others in it, and text can say something else.
    told = good.sealed or (good.kind == "npz" and operation in BYTES)
    assert isinstance(found, str) or not told or same(found, whole), operation
