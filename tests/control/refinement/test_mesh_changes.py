"""Intervals split and merge, and movable nodes stay."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import Mesh
from geodepth.control.refinement.mesh_changes import split_and_merge


def test_split_and_merge_keeps_movable_nodes() -> None:
    mesh = Mesh(np.linspace(0, 1, 13), movable=(4, 8))
    pieces, idle = np.ones(12, dtype=int), np.ones(12, dtype=bool)
    pieces[0], idle[0] = 3, False
    new = split_and_merge(mesh, pieces, idle)
    assert new.breakpoints[list(new.movable)] == pytest.approx([4 / 12, 8 / 12])
    assert new.breakpoints[:4] == pytest.approx(np.array([0, 1, 2, 3]) / 36)
    # [0] in three, [1, 2], [3], [4, 5], [6, 7], [8, 9], [10, 11].
    assert new.intervals == 9
