"""BLAS has one thread while a geodesic is solved, whatever the environment says, and its own number afterwards."""

from __future__ import annotations

import scipy.linalg  # noqa: F401 - SciPy's BLAS is loaded before threads are counted
from threadpoolctl import threadpool_info, threadpool_limits

from geodepth.control import certify_continuous, resolve_kinks, solve_geodesic, solve_indirect
from geodepth.control.geodesics.threads import one_blas_thread


def blas_threads() -> list[int]:
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_blas_has_one_thread_inside_and_its_own_afterwards() -> None:
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        assert before
        assert set(one_blas_thread(blas_threads)()) == {1}
        assert blas_threads() == before


def test_the_long_work_is_held_to_it() -> None:
    for function in (solve_geodesic, solve_indirect, resolve_kinks, certify_continuous):
        assert hasattr(function, "__wrapped__"), function.__name__
