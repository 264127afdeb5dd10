"""The exact ReLU on the structure of the samples: brackets, Clarke stationarity, strict minima, second solvers."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, initial_weights
from geodepth.control.geodesics.certificate.inertia import curvature_of
from geodepth.control.geodesics.exact_relu.choice_of_sides import gain, next_pieces
from geodepth.control.geodesics.exact_relu.exact_result import ExactResult
from geodepth.control.geodesics.exact_relu.exact_solve import solve_exact
from geodepth.control.geodesics.exact_relu.fewer_neurons import from_fewer, with_clones_joined
from geodepth.control.geodesics.exact_relu.pieces import Pieces
from geodepth.control.geodesics.exact_relu.relaxation_by_ipopt import exact_minimum
from geodepth.control.geodesics.newton.linearization import Iterate
from geodepth.control.geodesics.newton.shooting_model import shooting_model
from geodepth.control.geodesics.newton.smoothing_homotopy import solve_homotopy
from geodepth.control.geodesics.statement.network_path import NetworkPath
from geodepth.control.geodesics.transcribed.smoothed_solves import smooth_minimum

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


def test_ipopts_relaxation_brackets_the_same_minimum() -> None:
    """From the same smoothed solution, Scholtes' relaxation through IPOPT and our active set end at the same cost."""
    inputs, targets = teacher_data(5)
    geodesic, steps = RepresentationGeodesic(inputs, targets, 3, 3.0, 1e-3), np.full(10, 0.1)
    weights = initial_weights(geodesic, steps, np.random.default_rng([0, 0]))
    point = smooth_minimum(geodesic, steps, weights)
    ours = solve_exact(geodesic, steps, point.weights[:, 0], point.momenta, point.representations, point.smoothing)
    theirs = exact_minimum(geodesic, steps, point)
    assert theirs.converged
    assert ours.converged
    # Both lie between the two sides of IPOPT's bracket, which is 1e-7 wide at most.
    assert ours.cost == pytest.approx(theirs.upper, rel=2e-7)


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


def test_clones_are_taken_as_one() -> None:
    """A hidden neuron split in two parts that do the same: same cost and bracket, and one direction without curvature.

    Parts c and √(1 − c²) of a neuron cost the same for every c, so that neither the split minimum nor the relaxed one
    next to it is isolated. The smoothed problem prefers even parts.
    """
    inputs, targets = teacher_data(8)
    geodesic, steps = RepresentationGeodesic(inputs, targets, 4, 3.0, 1e-3), np.full(8, 0.125)
    one = solve(geodesic, steps, 0)
    assert one.strict_minimum
    assert np.abs(one.representations[:, 3]).max() > 0.1  # the hidden neuron is at work
    split = np.vstack([np.eye(4, 5), np.zeros(5)])[:4]
    split[3, 3:] = np.sqrt(0.5)
    wider = RepresentationGeodesic(inputs, targets, 5, 3.0, 1e-3)
    weights = from_fewer(split, one.weights, 6)
    path = wider.propagate(weights, steps)
    np.testing.assert_allclose(path, split.T @ one.representations, atol=1e-12)
    joined = with_clones_joined(wider, path)
    assert joined is not None
    np.testing.assert_allclose(joined, split, atol=1e-12)
    exact = solve_exact(wider, steps, weights, split.T @ one.momenta, path, smoothing=1e-4)
    assert exact.converged
    assert exact.cost == pytest.approx(one.cost, rel=1e-12)
    assert abs(exact.bracket) <= 1e-6
    assert exact.clarke_residual <= 1e-9
    assert exact.strict_minimum is False
    known = curvature_of(wider, steps, exact.weights, exact.representations, exact.momenta)
    alone = curvature_of(geodesic, steps, one.weights, one.representations, one.momenta)
    assert known.inertia is not None
    assert alone.inertia is not None
    assert (known.inertia[:2], alone.inertia[:2]) == ((0, 1), (0, 0))


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


@pytest.mark.parametrize(("value", "side"), [(-1e-14, 1), (-1e-6, -1)])
def test_roundoff_is_no_crossing(value: float, side: int) -> None:
    """An input that other kinks hold at zero, on a ridge (M < 0), stays on its side; one that crossed changes it."""
    geodesic = RepresentationGeodesic(np.array([[1.0]]), np.array([[1.0]]), 1, 1.0, 1e-2)
    model = shooting_model(geodesic, np.full(2, 0.5), 1e-3)
    sides = np.ones((2, 1, 1), dtype=np.int8)
    pieces = Pieces.exact(sides)
    states = np.array([1.0, value, 1.0]).reshape(3, 1, 1)
    ridge = Iterate(states, np.ones((2, 2, 1)), -np.ones((2, 1, 1)), np.zeros((1, 1)), np.zeros(sides.shape))
    assert gain(model, ridge)[1, 0, 0] < 0
    following, _ = next_pieces(model, pieces, ridge, 0.0)
    assert following.sides[1, 0, 0] == side
