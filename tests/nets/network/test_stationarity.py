"""The one stationarity residual and the one penalty scale, against their formulas in NumPy, on uneven steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from geodepth.nets import LeakyResNet
from geodepth.nets.calculus.adjoint import Adjoint

DECAY = 0.05
X = torch.tensor([[1.0, -0.5], [0.3, 2.0], [-1.0, 0.7]], dtype=torch.float64)
Y = torch.tensor([[0.5], [1.0], [-0.2]], dtype=torch.float64)
UNEVEN = [0.05, 0.6, 0.1, 0.25]


def network(effective_depth: float) -> LeakyResNet:
    generator = torch.Generator().manual_seed(3)
    return LeakyResNet(
        2, 1, 3, 4, effective_depth, layer_steps=UNEVEN, activation="tanh", dtype=torch.float64, generator=generator
    )


def residuals(net: LeakyResNet) -> list[float]:
    adjoint = Adjoint(net, len(X), DECAY)
    adjoint.load_batch(X, Y)
    adjoint.evaluate()
    return [float(net.stationarity(X, Y, DECAY)), float(adjoint.stationarity())]


@pytest.mark.parametrize("effective_depth", [0.0, 0.3, 3.0])
def test_residual_is_the_formula_with_every_layer_weighted_by_its_step(effective_depth: float) -> None:
    """√(Σ ρ_ℓ ‖W_ℓ − L̃ B_ℓ σ(A_{ℓ−1})ᵀ‖²) / √(Σ ρ_ℓ ‖W_ℓ‖²), with L̃ → 1 for a plain ResNet."""
    net = network(effective_depth)
    weights, momenta = net.weights.detach()[0].numpy(), net.momenta(X, Y, DECAY)[0].numpy()
    states = net.representations(X).detach()[0].numpy()
    missing = size = 0.0
    for layer, step in enumerate(UNEVEN):
        features = np.hstack([np.tanh(states[layer]), np.ones((3, 1))])
        missing += step * np.sum((weights[layer] - (effective_depth or 1.0) * momenta[layer + 1].T @ features) ** 2)
        size += step * np.sum(weights[layer] ** 2)
    np.testing.assert_allclose(residuals(net), np.sqrt(missing / size), rtol=1e-10)


def test_without_weights_it_is_infinite_and_without_both_zero() -> None:
    net = network(2.0)
    with torch.no_grad():
        net.weights.zero_()
    assert residuals(net) == [np.inf, np.inf]
    # No output is read, so the data pull at nothing, and no weights are the optimum.
    with torch.no_grad():
        net.readout.zero_()
    assert residuals(net) == [0.0, 0.0]


@pytest.mark.parametrize("effective_depth", [0.0, 0.3, 2.0, 7.7])
def test_penalty_scale_is_one_over_twice_the_depth(effective_depth: float) -> None:
    """λ · penalty_scale · Σ ρ‖W‖² is the penalty, as in control: 1/(2L̃), or ½ for a plain ResNet."""
    net = LeakyResNet(2, 1, 3, 8, effective_depth, dtype=torch.float64)
    assert net.penalty_scale == (1 / (2 * effective_depth) if effective_depth else 0.5)
    squares = float((net.layer_steps * net.weights.detach().square().sum((2, 3))).sum())
    assert float(net.penalty(DECAY).detach()) == pytest.approx(DECAY * net.penalty_scale * squares, rel=1e-14)
