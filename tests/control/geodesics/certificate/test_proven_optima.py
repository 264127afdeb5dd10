"""The optima that branch-and-bound proved, kept by the benchmark: the search finds them, and no bound is above one."""

from __future__ import annotations

import json
from pathlib import Path
from runpy import run_path
from typing import Any

import numpy as np
import pytest

from geodepth.control import lower_bound

BENCHMARK = Path(__file__).parents[4] / "benchmarks" / "proven_optima.py"
RECORDS = {
    record["name"]: record
    for record in map(json.loads, BENCHMARK.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines())
}
"""By name: w, N, L, and the number of the instance."""


@pytest.fixture(scope="module")
def benchmark() -> dict[str, Any]:
    return run_path(str(BENCHMARK))


def test_at_least_thirty_are_proven_and_none_is_beaten() -> None:
    assert sum(record["proven"] for record in RECORDS.values()) >= 30
    assert all(record["beaten_by"] is None for record in RECORDS.values())


@pytest.mark.parametrize("name", ["1 2 2 1", "1 4 2 2"])
def test_the_search_finds_what_is_proven(benchmark: dict[str, Any], name: str) -> None:
    """The last was once missed by 10 %: 38 of 64 random starts do not find it."""
    ratio, _ = benchmark["searched_again"](RECORDS[name])
    # Above what the exact stage leaves, 1e-7, and far below the 10 %.
    assert RECORDS[name]["lower"] / RECORDS[name]["cost"] <= ratio <= 1.0 + 1e-6


def test_no_bound_is_above_a_proven_optimum(benchmark: dict[str, Any]) -> None:
    for name in list(RECORDS)[::4]:
        width, samples, layers, number = (int(part) for part in name.split())
        geodesic = benchmark["instance"](width, samples, layers, number)
        assert lower_bound(geodesic, np.full(layers, 1 / layers)).value <= RECORDS[name]["cost"], name
