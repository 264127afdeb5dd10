"""Two towers, one answer: Newton's method on networks and the optimal-control solver end in the same minima."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from geodepth.control import RepresentationGeodesic, solve_geodesic
from geodepth.nets import LeakyResNet, NewtonConfig, NewtonResult, TrainingConfig, train, train_to_stationarity

X = np.array([[0.9, -0.4], [-0.7, 1.1], [0.3, 0.8], [-1.2, -0.5], [0.6, -1.3]])
Y = np.stack([np.abs(X[:, 0]) - 0.5, np.maximum(X[:, 1], X[:, 0])], 1)


def networks(activation: str) -> tuple[NewtonResult, list[np.ndarray]]:
    """Six networks at their stationary points."""
    network = LeakyResNet(
        2,
        2,
        3,
        10,
        2.0,
        members=6,
        activation=activation,
        dtype=torch.float64,
        generator=torch.Generator().manual_seed(3),
    )
    train(network, X, Y, TrainingConfig(1e-2, 300))
    result = train_to_stationarity(network, X, Y, NewtonConfig(1e-2))
    assert result.converged.all()
    assert result.stationarity.max() <= 1e-8
    return result, list(network.weights.detach().numpy())


def landscape(activation: str, **options: Any) -> np.ndarray:
    """Costs of the solver's minima."""
    shape: dict[str, Any] = {} if activation != "smoothed relu" else {"smoothing": 0.003}
    geodesic = RepresentationGeodesic(X.T, Y.T, 3, 2.0, 1e-2, activation=activation, **shape)
    truth = solve_geodesic(geodesic, layers=10, progress=False, **options)
    return np.array([minimum.cost for minimum in truth.minima])


@pytest.mark.parametrize(("activation", "theirs"), [("relu", "smoothed relu"), ("linear", "linear")])
def test_networks_end_in_the_solvers_minima_to_eight_digits(activation: str, theirs: str) -> None:
    """The last smoothing of Newton's homotopy is a problem of its own to the solver, on which the two have to agree."""
    result, weights = networks(activation)
    minima = landscape(theirs, starts=0, warm_starts=weights)
    # Both stop at relative residuals of 1e-9, whose squares are what an objective is off by.
    assert np.abs(result.smoothed_objective[:, None] / minima - 1).min(1).max() < 1e-8


@pytest.mark.parametrize(("activation", "theirs"), [("relu", "smoothed relu"), ("linear", "linear")])
def test_best_network_is_the_best_minimum_of_the_solvers_own_starts(activation: str, theirs: str) -> None:
    """No network hands its weights over here: from random starts of its own, the solver finds the same best path."""
    result, _ = networks(activation)
    assert result.smoothed_objective.min() == pytest.approx(landscape(theirs, starts=12).min(), rel=1e-8)


def test_relu_networks_end_next_to_the_exact_minima() -> None:
    """Networks at ε = 0.003, the solver beyond it: every cost lies above a minimum of the exact ReLU, by a few ε."""
    result, weights = networks("relu")
    minima = landscape("relu", starts=0, warm_starts=weights)
    assert np.abs(result.objective[:, None] / minima - 1).min(1).max() < 3 * 0.003
    assert np.all(result.objective >= minima.min() * (1 - 1e-6))
