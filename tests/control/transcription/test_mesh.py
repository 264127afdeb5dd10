"""Meshes: property tests of their steps, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodepth.control import Mesh, ProblemError


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=40))
def test_steps_are_positive_and_sum_to_one(lengths: list[float]) -> None:
    mesh = Mesh.from_steps(lengths)
    # Rounding of a sum of n terms: n ulp.
    assert mesh.steps.sum() == pytest.approx(1.0, abs=len(lengths) * 2.3e-16)
    assert np.all(mesh.steps > 0)
    # A step is the difference of two breakpoints of size one at most, each rounded as their sum is.
    assert mesh.steps * sum(lengths) == pytest.approx(lengths, rel=1e-12, abs=sum(lengths) * len(lengths) * 4.5e-16)


def test_graded_and_equidistributed_meshes() -> None:
    graded = Mesh.graded(5, ratio=16.0).steps
    assert graded[1:] / graded[:-1] == pytest.approx(np.full(4, 2.0), rel=1e-12)
    density = Mesh.equidistributed(8, lambda s: 1 + 3 * s)
    mass = np.array([s + 1.5 * s**2 for s in density.breakpoints])
    # The trapezoidal rule on 4096 points is exact for a linear density; interpolation errs by h² of the inverse.
    assert np.diff(mass) == pytest.approx(np.full(8, 2.5 / 8), rel=1e-5)


@pytest.mark.parametrize(
    "points", [[0.0], [0.1, 1.0], [0.0, 0.5], [0.0, 0.7, 0.3, 1.0], [0.0, float("nan"), 1.0], [[0.0, 1.0]]]
)
def test_bad_breakpoints_are_refused(points: list[float]) -> None:
    with pytest.raises(ProblemError, match="Mesh"):
        Mesh(np.array(points))


@pytest.mark.parametrize("count", [0, -1, 2.5, True])
def test_bad_counts_are_refused(count: int) -> None:
    with pytest.raises(ProblemError, match="whole number"):
        Mesh.uniform(count)
