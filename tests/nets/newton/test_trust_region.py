"""The trust-region method with and without the tangent kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from geodepth.nets import NewtonConfig, train_to_stationarity
from geodepth.nets.newton import trust_region


def test_without_the_kernel_the_same_minimum_is_found(monkeypatch: pytest.MonkeyPatch, example: Any) -> None:
    """With the layers' factors alone it takes more products, by quasi-Newton none; from a start in the basin."""
    network, x, y = example("tanh")
    config = NewtonConfig(0.1, tolerance=1e-9, method="newton")
    train_to_stationarity(network, x, y, config)
    with torch.no_grad():
        network.weights.add_(0.02 * torch.randn_like(network.weights))
    other, third = network.select([0, 1]), network.select([0, 1])
    with_kernel = train_to_stationarity(network, x, y, config)
    monkeypatch.setattr(trust_region, "LARGEST_KERNEL", 0)
    without = train_to_stationarity(other, x, y, config)
    seen: list[tuple[int, float]] = []
    config = NewtonConfig(0.1, tolerance=1e-8, callback=lambda k, values: seen.append((k, values["stationarity"])))
    quasi = train_to_stationarity(third, x, y, config)
    for result in (with_kernel, without, quasi):
        assert result.converged.all()
        np.testing.assert_allclose(result.objective, with_kernel.objective, rtol=1e-10)
    assert without.products > with_kernel.products > quasi.products == 0
    assert len(seen) >= quasi.iterations > 0
    assert seen[-1][1] <= 1e-8
