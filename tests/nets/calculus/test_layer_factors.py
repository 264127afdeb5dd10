"""The layers' Kronecker factors against the Hessian, where it is their product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from geodepth.nets import LeakyResNet
from geodepth.nets.calculus.hessian_products import Curvature
from geodepth.nets.calculus.layer_factors import LayerFactors

Evaluated = Callable[..., Any]


@pytest.mark.parametrize("bias", [True, False])
def test_of_one_linear_layer_the_inverse_is_that_of_the_hessian(evaluated: Evaluated, bias: bool) -> None:
    generator = torch.Generator().manual_seed(3)
    samples = 20_000
    x = torch.randn(samples, 3, generator=generator, dtype=torch.float64)
    network = LeakyResNet(3, 2, 4, 1, 0.5, members=2, activation="linear", bias=bias, dtype=torch.float64,
                          generator=generator, projections="orthogonal")  # fmt: skip
    adjoint = evaluated(network, x, torch.randn(samples, 2, generator=generator, dtype=torch.float64))
    factors, curvature = LayerFactors(adjoint), Curvature(adjoint)
    factors.prepare()
    curvature.prepare()
    vector = torch.randn(2, network.weights[0].numel(), generator=generator, dtype=torch.float64)
    image = curvature.product(vector.view(network.weights.shape)).flatten(1)
    # One factor is a mean over a random combination of the outputs for every sample: known to some 1/√N.
    torch.testing.assert_close(factors.inverse(image), vector, rtol=0, atol=10.0 * samples**-0.5)


def test_inverse_is_symmetric_and_positive_and_below_that_of_the_penalty(evaluated: Evaluated, example: Any) -> None:
    network, x, y = example("tanh")
    adjoint = evaluated(network, x, y)
    factors = LayerFactors(adjoint)
    factors.prepare()
    generator = torch.Generator().manual_seed(5)
    shape = (network.members, network.weights[0].numel())
    one, other = (torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2))
    left, right = (one * factors.inverse(other)).sum(1), (other * factors.inverse(one)).sum(1)
    torch.testing.assert_close(left, right, rtol=1e-10, atol=1e-10)
    energy = (one * factors.inverse(one)).sum(1)
    assert bool((energy > 0.0).all())
    assert bool((energy <= one.square().sum(1) / adjoint.decay).all())
