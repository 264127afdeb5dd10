"""GeodesicSolution: its files give back what was saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geodepth.control import GeodesicSolution, RepresentationGeodesic, solve_geodesic

from ..conftest import teacher_data


@pytest.fixture(scope="module")
def teacher_solution() -> GeodesicSolution:
    inputs, targets = teacher_data()
    geodesic = RepresentationGeodesic(inputs, targets, width=4, effective_depth=3.0, weight_decay=1e-3)
    return solve_geodesic(geodesic, layers=20, starts=6, seed=0, progress=False)


def test_save_and_load_give_the_same_geodesic(teacher_solution: GeodesicSolution, tmp_path: Path) -> None:
    loaded = GeodesicSolution.load(teacher_solution.save(tmp_path / "truth.npz"))
    for name in ("representations", "weights", "momenta", "layer_steps"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(teacher_solution, name))
    assert loaded.geodesic.digest() == teacher_solution.geodesic.digest()
    assert [m.found_by for m in loaded.minima] == [m.found_by for m in teacher_solution.minima]
    assert loaded.certificate == teacher_solution.certificate
