"""BLAS has one thread while a geodesic is solved, whatever the environment says, and its own number afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg  # noqa: F401 - SciPy's BLAS is loaded before threads are counted
from threadpoolctl import threadpool_info, threadpool_limits

from geodepth.control import RepresentationGeodesic, solve_geodesic, solve_indirect
from geodepth.control.geodesics.continuum.hamiltonian_system import HamiltonianSystem
from geodepth.foundation.worker_processes import run_all


def blas_threads() -> list[int]:
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_blas_has_one_thread_inside_and_its_own_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def watched(function: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            seen.extend(blas_threads())
            return function(*args, **kwargs)

        return call

    geodesic = RepresentationGeodesic(np.eye(2), np.eye(2), 2, 1.0, 1e-2, activation="smoothed relu", smoothing=0.1)
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        assert max(before) == 2
        monkeypatch.setattr("geodepth.control.geodesics.search.workers.run_all", watched(run_all))
        monkeypatch.setattr(
            "geodepth.control.geodesics.continuum.indirect.solve_indirect.HamiltonianSystem", watched(HamiltonianSystem)
        )
        truth = solve_geodesic(geodesic, layers=5, starts=1, progress=False)
        count = len(seen)
        solve_indirect(geodesic, truth)
        assert 0 < count < len(seen)
        assert set(seen) == {1}
        assert blas_threads() == before
