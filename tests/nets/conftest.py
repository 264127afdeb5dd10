"""A small network with data, and its adjoint, for the tests of derivatives and of Newton's method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from geodepth.nets import LeakyResNet, irregular
from geodepth.nets.calculus.adjoint import Adjoint

WEIGHT_DECAY = 0.01


def _example(
    activation: str, projections: str = "fixed", **options: Any
) -> tuple[LeakyResNet, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    network = LeakyResNet(
        3,
        2,
        4,
        5,
        2.0,
        members=2,
        projections=projections,
        activation=activation,
        layer_steps=irregular(5),
        dtype=torch.float64,
        generator=generator,
        **options,
    )
    with torch.no_grad():
        network.weights.add_(0.2 * torch.randn(network.weights.shape, generator=generator, dtype=torch.float64))
    x = torch.randn(6, 3, generator=generator, dtype=torch.float64)
    y = torch.randn(6, 2, generator=generator, dtype=torch.float64)
    return network, x, y


def _evaluated(network: LeakyResNet, x: torch.Tensor, y: torch.Tensor) -> Adjoint:
    adjoint = Adjoint(network, x.shape[0], WEIGHT_DECAY)
    adjoint.load_batch(x, y)
    adjoint.evaluate()
    return adjoint


@pytest.fixture
def example() -> Callable[..., tuple[LeakyResNet, torch.Tensor, torch.Tensor]]:
    """example(activation, projections, **options): a network of two members with uneven steps, inputs, targets."""
    return _example


@pytest.fixture
def evaluated() -> Callable[[LeakyResNet, torch.Tensor, torch.Tensor], Adjoint]:
    """evaluated(network, inputs, targets): its adjoint at the network's weights, with a weight decay of 0.01."""
    return _evaluated
