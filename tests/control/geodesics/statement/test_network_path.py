"""The path of given weights: one residual of stationarity for all steps, and the numbers that the geodesic gives."""

from __future__ import annotations

import math

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, stationarity_residual
from geodepth.control.geodesics.newton.solve_structured import solve_structured
from geodepth.control.geodesics.statement.network_path import NetworkPath

STEPS = np.array([0.4, 0.3, 0.2, 0.1])


def geodesic(effective_depth: float = 2.0, endpoint: str = "penalized") -> RepresentationGeodesic:
    rng = np.random.default_rng(0)
    return RepresentationGeodesic(
        rng.normal(size=(2, 3)), rng.normal(size=(1, 3)), 3, effective_depth, 1e-2, endpoint=endpoint
    )


def random_weights() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(4, 3, 4))


@pytest.mark.parametrize("endpoint", ["penalized", "fixed"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_its_numbers_are_the_geodesics(endpoint: str, smoothing: float) -> None:
    problem, weights = geodesic(endpoint=endpoint), random_weights()
    path = NetworkPath.of_weights(problem, STEPS, weights, smoothing)
    representations = problem.propagate(weights, STEPS, smoothing)
    assert np.array_equal(path.representations, representations)
    assert np.array_equal(path.momenta, problem.momenta(weights, representations, STEPS, smoothing))
    assert path.cost == problem.objective(weights, STEPS, smoothing)
    assert path.penalty == problem.penalty(weights, STEPS)
    assert path.fit == problem.fit(representations[-1])
    assert path.cost == path.penalty + (path.fit if endpoint == "penalized" else 0.0)
    missed = np.abs(problem.readout @ representations[-1] - problem.targets).max()
    assert path.end_error == (missed if endpoint == "fixed" else 0.0)


@pytest.mark.parametrize("effective_depth", [0.0, 2.0])
def test_the_residual_is_the_gradient_in_the_norm_of_the_penalty(effective_depth: float) -> None:
    """∂J/∂W_ℓ = λ/L̃ ρ_ℓ(W_ℓ − L̃B_ℓσᵀ) by differences, each layer counted by its step, uneven as the steps are."""
    problem, weights, width = geodesic(effective_depth), random_weights(), 1e-6
    gradient = np.empty_like(weights)
    for place in np.ndindex(weights.shape):
        moved = weights.copy(), weights.copy()
        moved[0][place] += width
        moved[1][place] -= width
        gradient[place] = (
            (problem.objective(moved[0], STEPS, 0.1) - problem.objective(moved[1], STEPS, 0.1)) / width / 2
        )
    riesz = gradient / (2 * problem.weight_decay * problem.penalty_scale * STEPS[:, None, None])
    sides = [math.sqrt(np.dot(STEPS, np.sum(part**2, axis=(1, 2)))) for part in (riesz, weights)]
    # Central differences with width h lose h² to the third derivative and 1e-16/h to roundoff, of gradients of size 1.
    path = NetworkPath.of_weights(problem, STEPS, weights, 0.1)
    assert path.stationarity == pytest.approx(sides[0] / sides[1], rel=1e-6)
    arrays = path.representations, path.momenta
    assert stationarity_residual(problem, weights, *arrays, 0.1, STEPS) == path.stationarity
    assert stationarity_residual(problem, weights, *arrays, 0.1) != pytest.approx(path.stationarity, rel=1e-3)


def test_it_is_zero_at_a_solution_and_where_both_sides_vanish() -> None:
    problem = geodesic()
    result = solve_structured(problem, STEPS, 0.1, random_weights())
    assert result.converged
    # Newton stops at 1e-9 in (ρ/L̃)(W − L̃Bσᵀ), whose factor is at least 0.05 here; W is of size one.
    assert NetworkPath.of_weights(problem, STEPS, result.weights, 0.1).stationarity < 1e-7
    nothing = np.zeros((4, 3, 4))
    path = problem.propagate(nothing, STEPS)
    assert NetworkPath(problem, STEPS, nothing, path, np.zeros_like(path)).stationarity == 0.0
    assert NetworkPath(problem, STEPS, nothing, path, np.ones_like(path)).stationarity == math.inf
