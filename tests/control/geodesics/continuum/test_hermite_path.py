"""The cubic path through a direct solution: its values and slopes, and equal shares of its density."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control.geodesics.continuum.hamiltonian_system import HamiltonianSystem
from geodepth.control.geodesics.continuum.hermite_path import HermitePath, equidistributed
from geodepth.control.geodesics.transcribed.smooth_point import SmoothPoint

from .test_direct_mesh import smoothed


def test_equal_shares_of_a_density() -> None:
    steps = equidistributed(np.array([0.5, 0.5]), np.array([3.0, 1.0]), 4)
    # Mass 1.5 and 0.5: four shares of 0.5, three of them in the first half.
    assert steps == pytest.approx([1 / 6, 1 / 6, 1 / 6, 0.5])


def test_the_hermite_path_has_its_values_and_slopes_at_the_nodes() -> None:
    geodesic = smoothed(1, 2, 3, 2.0)
    generator, steps = np.random.default_rng(0), np.array([0.25, 0.75])
    path, momenta = generator.normal(size=(2, 3, 2, 3))
    path[0] = geodesic.initial_representations
    point = SmoothPoint(np.zeros((2, 2, 2, 3)), path, momenta, 1.0, 0.1, 0, 0.0, converged=True, reason="")
    hermite = HermitePath(geodesic, steps, point)
    nodes = np.array([0.0, 0.25, 1.0])
    assert hermite.at(nodes) == pytest.approx(hermite.nodes)
    assert hermite.curve(nodes, 1) == pytest.approx(HamiltonianSystem(geodesic, 0.1).field(hermite.nodes, None))
