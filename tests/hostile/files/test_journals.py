"""Damaged journals: a start that cannot be read is solved again, and the answer is the same to the last bit."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodepth.control import GeodesicSolution, RepresentationGeodesic, solve_geodesic

from .corruptions import corrupted
from .good_files import INPUTS, TARGETS

SEARCH = {"layers": 3, "starts": 1, "progress": False}


def searched(journal: Path) -> GeodesicSolution:
    return solve_geodesic(RepresentationGeodesic(INPUTS, TARGETS, 2, 2.0, 0.01), journal=journal, **SEARCH)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes, GeodesicSolution]:
    journal = tmp_path_factory.mktemp("good")
    solution = searched(journal)
    (file,) = journal.glob("start-*.npz")
    return file.name, file.read_bytes(), solution


@settings(max_examples=15, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_costs_a_start_and_nothing_else(
    start: tuple[str, bytes, GeodesicSolution], tmp_path: Path, data: st.DataObject
) -> None:
    name, content, solution = start
    damaged, _ = corrupted(data.draw, "npz", content)
    (tmp_path / name).write_bytes(damaged)
    again = searched(tmp_path)
    assert again.cost == solution.cost
    np.testing.assert_array_equal(again.weights, solution.weights)
    assert searched(tmp_path).statistics["resumed_starts"] == 1
