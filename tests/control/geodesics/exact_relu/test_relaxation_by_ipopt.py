"""Scholtes' relaxation through IPOPT, against our own active set."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, initial_weights
from geodepth.control.geodesics.exact_relu.relaxation_by_ipopt import exact_minimum
from geodepth.control.geodesics.exact_relu.solve_exact import solve_exact
from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.control.geodesics.transcribed.smoothed_solves import smooth_minimum

from ...conftest import teacher_data


def test_ipopts_relaxation_brackets_the_same_minimum() -> None:
    """From the same smoothed solution, Scholtes' relaxation through IPOPT and our active set end at the same cost."""
    inputs, targets = teacher_data(5)
    geodesic, steps = RepresentationGeodesic(inputs, targets, 3, 3.0, 1e-3), np.full(10, 0.1)
    weights = initial_weights(geodesic, steps, np.random.default_rng([0, 0]))
    point = smooth_minimum(PathProblem(geodesic, steps), weights)
    ours = solve_exact(geodesic, steps, point.weights[:, 0], point.momenta, point.representations, point.smoothing)
    theirs = exact_minimum(geodesic, steps, point)
    assert theirs.converged
    assert ours.converged
    # Both lie between the two sides of IPOPT's bracket, which is 1e-7 wide at most.
    assert ours.cost == pytest.approx(theirs.upper, rel=2e-7)
    # Its tolerance of 1e-8 may put the lower side above the upper by as much.
    assert -1e-8 <= theirs.bracket <= 1e-7
