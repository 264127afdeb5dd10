"""Intervals split and merge, and movable nodes stay."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import Mesh
from geodepth.control.refinement.mesh_changes import mesh_on_switches, split_and_merge


def test_split_and_merge_keeps_movable_nodes() -> None:
    mesh = Mesh(np.linspace(0, 1, 13), movable=(4, 8))
    pieces, idle = np.ones(12, dtype=int), np.ones(12, dtype=bool)
    pieces[0], idle[0] = 3, False
    new = split_and_merge(mesh, pieces, idle)
    assert new.breakpoints[list(new.movable)] == pytest.approx([4 / 12, 8 / 12])
    assert new.breakpoints[:4] == pytest.approx(np.array([0, 1, 2, 3]) / 36)
    # [0] in three, [1, 2], [3], [4, 5], [6, 7], [8, 9], [10, 11].
    assert new.intervals == 9


def test_short_intervals_next_to_a_switch_stay() -> None:
    """A jump of the states behind a switch was resolved, and lost where its nodes gave way to the mean interval."""
    short = 0.5 + np.array([0.002, 0.004, 0.008, 0.016])
    mesh = Mesh(np.concatenate([np.linspace(0.0, 0.5, 6), short, np.linspace(0.6, 1.0, 5)]))
    found = mesh_on_switches(mesh, 10 * mesh.breakpoints, (5.0,))
    assert found.breakpoints[list(found.movable)] == pytest.approx([0.5])
    assert all(np.min(np.abs(found.breakpoints - node)) < 1e-12 for node in short)
    # A sliver is none the less left out.
    shifted = mesh_on_switches(mesh, 10 * mesh.breakpoints, (5.0199,))
    assert np.min(shifted.steps) > 1e-4
