"""The exact ReLU on the structure of the samples: brackets, Clarke stationarity, strict minima, second solvers."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, initial_weights
from geodepth.control.geodesics.exact_relu.exact_result import ExactResult
from geodepth.control.geodesics.exact_relu.solve_exact import solve_exact
from geodepth.control.geodesics.newton.smoothing_homotopy import solve_homotopy
from geodepth.control.geodesics.statement.network_path import NetworkPath

from ...conftest import teacher_data


def solve(geodesic: RepresentationGeodesic, steps: np.ndarray, start: int) -> ExactResult:
    weights = initial_weights(geodesic, steps, np.random.default_rng([0, start]))
    smoothed = solve_homotopy(geodesic, steps, weights)
    assert smoothed.converged, smoothed.reason.value
    return solve_exact(
        geodesic, steps, smoothed.weights, smoothed.momenta, smoothed.representations, smoothing=smoothed.smoothing
    )


@pytest.mark.parametrize("case", range(6))
def test_brackets_of_random_teachers_close(case: int) -> None:
    """w 3…6, N 4…16, L 10…20, L̃ 1…6, uneven steps: bracket and Clarke residual below 1e-6, a strict minimum."""
    rng = np.random.default_rng([7, case])
    width, samples, layers = (int(rng.integers(*ends)) for ends in ((3, 7), (4, 17), (10, 21)))
    inputs, targets = teacher_data(samples, seed=case)
    geodesic = RepresentationGeodesic(inputs, targets, width, float(rng.uniform(1, 6)), 1e-3)
    steps = 1.0 + 0.3 * np.sin(np.arange(layers))
    steps /= steps.sum()
    exact = solve(geodesic, steps, case)
    assert exact.converged, exact.reason.value
    assert abs(exact.bracket) <= 1e-6
    assert exact.lower <= exact.cost
    assert exact.cost == pytest.approx(geodesic.objective(exact.weights, steps), rel=1e-14)
    assert exact.clarke_residual <= 1e-6
    assert np.all((exact.slopes >= 0) & (exact.slopes <= 1))
    off = np.abs(exact.representations[:-1]) > 1e-9
    np.testing.assert_array_equal(exact.slopes[off], exact.representations[:-1][off] > 0)
    # The residual is no artefact of its own formula: other slopes on the kinks leave the path far from stationary.
    assert exact.kinks > 0
    wrong = np.where(off, exact.slopes, 0.0)
    assert NetworkPath.of_weights(geodesic, steps, exact.weights, slopes=wrong).stationarity > 1e-3
    assert exact.strongly_stationary
    # No direction of a strict minimum leads down: 40 random ones, at three lengths.
    assert exact.strict_minimum
    for direction in rng.normal(size=(40, *exact.weights.shape)):
        for length in (1e-3, 1e-4, 1e-5):
            assert geodesic.objective(exact.weights + length * direction, steps) > exact.cost


@pytest.mark.parametrize("bias", [True, False])
def test_fixed_ends_reach_the_exact_relu(bias: bool) -> None:
    """P A_L = Y on the exact network, stationary in Clarke's sense with the end's own multipliers."""
    inputs, targets = teacher_data(4)
    geodesic = RepresentationGeodesic(inputs, 0.5 * targets, 5, 2.0, 1e-2, endpoint="fixed", bias=bias)
    exact = solve(geodesic, np.full(8, 0.125), 1)
    assert exact.converged, exact.reason.value
    assert exact.end_error <= 1e-8
    assert exact.clarke_residual <= 1e-6
    assert abs(exact.bracket) <= 1e-6


def test_a_minimum_that_newtons_method_loses_below_its_smoothing() -> None:
    """w=5, N=16, L=15: at ε = 1e-4 its kinks ask for more than Newton's method on σ_ε can do, see slope_duals.py."""
    rng = np.random.default_rng(3)
    inputs, outer = rng.normal(size=(3, 16)), rng.normal(size=(3, 1))
    targets = outer @ np.maximum(rng.normal(size=(1, 3)) @ inputs, 0.0)
    targets -= targets.mean(axis=1, keepdims=True)
    geodesic = RepresentationGeodesic(inputs, targets / targets.std(), 5, 2.16, 1e-3)
    exact = solve(geodesic, np.full(15, 1.0 / 15), 3)
    assert exact.converged, exact.reason.value
    assert exact.smoothing < 1e-3
    assert exact.strict_minimum
    assert abs(exact.bracket) <= 1e-6
    assert exact.clarke_residual <= 1e-9
