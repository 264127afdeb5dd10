"""Reordering of arrays: a program's vectors hold columns one after the other, the linear algebra samples first."""

from __future__ import annotations

import numpy as np

from geodepth.control.geodesics.statement.array_layouts import stacked, swapped, unstacked

MATRICES = np.arange(24.0).reshape(2, 3, 4)  # two matrices, three neurons, four samples


def test_vectors_hold_column_after_column() -> None:
    vectors = stacked(MATRICES)
    assert vectors.shape == (2, 12)
    assert np.array_equal(vectors[1], MATRICES[1].ravel(order="F"))
    assert np.array_equal(unstacked(vectors, 3), MATRICES)
    assert np.array_equal(stacked(MATRICES[None]), vectors[None])
    assert np.array_equal(unstacked(vectors[0], 3), MATRICES[0])


def test_swapping_twice_changes_nothing() -> None:
    other = swapped(MATRICES)
    assert other.shape == (2, 4, 3)
    assert other.flags.c_contiguous
    assert np.array_equal(other[1], MATRICES[1].T)
    assert np.array_equal(swapped(other), MATRICES)
