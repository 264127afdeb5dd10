"""The trust-region method with and without the tangent kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from geodepth.nets import NewtonConfig, train_to_stationarity
from geodepth.nets.newton import trust_region


def test_without_the_kernel_the_same_minimum_is_found(monkeypatch: pytest.MonkeyPatch, example: Any) -> None:
    """Plain conjugate gradients need more products and end at the same place, from a start in its basin."""
    network, x, y = example("tanh")
    config = NewtonConfig(0.1, tolerance=1e-9)
    train_to_stationarity(network, x, y, config)
    with torch.no_grad():
        network.weights.add_(0.02 * torch.randn_like(network.weights))
    other = network.select([0, 1])
    with_kernel = train_to_stationarity(network, x, y, config)
    monkeypatch.setattr(trust_region, "LARGEST_KERNEL", 0)
    without = train_to_stationarity(other, x, y, config)
    assert with_kernel.converged.all()
    assert without.converged.all()
    np.testing.assert_allclose(without.objective, with_kernel.objective, rtol=1e-10)
    assert without.products > with_kernel.products
