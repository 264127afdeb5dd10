"""One start of a search: what breaks down ends it, and not the search."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, solve_geodesic
from geodepth.control.geodesics.search import one_start as start
from geodepth.control.geodesics.transcribed import smoothed_solves as smooth


def test_a_start_that_breaks_down_is_reported(teacher: RepresentationGeodesic, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of three starts raises from its linear algebra: the landscape goes on, and names it."""
    solve = smooth.smooth_minimum
    calls = iter(range(3))

    def fragile(*arguments: Any) -> Any:
        if next(calls) == 1:
            raise np.linalg.LinAlgError("singular")
        return solve(*arguments)

    monkeypatch.setattr(start, "smooth_minimum", fragile)
    solution = solve_geodesic(teacher, layers=6, starts=3, progress=False)
    assert solution.statistics["failed_starts"] == 1
    assert list(solution.statistics["failures"]) == ["start 1"]
    assert "singular" in solution.statistics["failures"]["start 1"]
    assert "start 1" not in [name for minimum in solution.minima for name in minimum.found_by]
    assert solution.coverage.starts == 2
