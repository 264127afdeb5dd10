"""Two towers, one answer: Newton's method on networks and the optimal-control solver end in the same minima."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from geodepth.nets import LeakyResNet, NewtonConfig, TrainingConfig, train, train_to_stationarity

X = np.array([[0.9, -0.4], [-0.7, 1.1], [0.3, 0.8], [-1.2, -0.5], [0.6, -1.3]])
Y = np.stack([np.abs(X[:, 0]) - 0.5, np.maximum(X[:, 1], X[:, 0])], 1)


def both(activation: str) -> tuple[np.ndarray, Any]:
    """Costs of six networks at their stationary points, and the solver's answer, started from these networks."""
    control = pytest.importorskip("geodepth.control")
    network = LeakyResNet(
        2, 2, 3, 10, 2.0, members=6, activation=activation, dtype=torch.float64,
        generator=torch.Generator().manual_seed(3),
    )
    train(network, X, Y, TrainingConfig(1e-2, 300))
    result = train_to_stationarity(network, X, Y, NewtonConfig(1e-2))
    assert result.converged.all()
    geodesic = control.RepresentationGeodesic(X.T, Y.T, 3, 2.0, 1e-2, activation=activation)
    starts = list(network.weights.detach().numpy())
    return result.objective, control.solve_geodesic(geodesic, layers=10, starts=0, warm_starts=starts, progress=False)


def test_linear_networks_end_in_the_same_minima_to_eight_digits() -> None:
    objective, truth = both("linear")
    landscape = np.array([minimum.cost for minimum in truth.minima])
    # Both stop at relative residuals of 1e-9, whose squares are what an objective is off by.
    assert np.abs(objective[:, None] / landscape - 1).min(1).max() < 1e-8
    assert objective.min() == pytest.approx(truth.cost, rel=1e-8)


def test_relu_networks_end_next_to_the_same_minima() -> None:
    """Networks at ε = 0.003, the solver beyond it: every cost lies above a minimum of the exact ReLU, by a few ε."""
    objective, truth = both("relu")
    landscape = np.array([minimum.cost for minimum in truth.minima])
    assert np.abs(objective[:, None] / landscape - 1).min(1).max() < 3 * 0.003
    assert np.all(objective >= truth.cost * (1 - 1e-6))
    assert objective.min() == pytest.approx(truth.cost, rel=3 * 0.003)
