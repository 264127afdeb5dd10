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
    image = curvature.product(vector)
    # One factor is a mean over a random combination of the outputs for every sample: known to some 1/√N.
    torch.testing.assert_close(factors.inverse(image), vector, rtol=0, atol=10.0 * samples**-0.5)


def test_of_the_readout_alone_the_inverse_is_that_of_the_hessian(evaluated: Evaluated) -> None:
    """With P = 0 nothing pulls at W and E, and of the Hessian P's own block is left beside the penalty."""
    generator = torch.Generator().manual_seed(4)
    x, y = (torch.randn(9, size, generator=generator, dtype=torch.float64) for size in (3, 2))
    network = LeakyResNet(3, 2, 4, 3, 1.5, members=2, projections="penalized", dtype=torch.float64, generator=generator)
    with torch.no_grad():
        network.readout.zero_()
    adjoint = evaluated(network, x, y)
    factors, curvature = LayerFactors(adjoint), Curvature(adjoint)
    factors.prepare()
    curvature.prepare()
    vector = torch.randn(adjoint.penalized.shape, generator=generator, dtype=torch.float64)
    # Only P moves: elsewhere the Hessian has blocks between layers, which the factors leave out.
    vector[:, :-8] = 0.0
    image = curvature.product(vector / adjoint.root_metric) / adjoint.root_metric
    image[:, :-8] = 0.0
    torch.testing.assert_close(factors.inverse(image), vector, rtol=0, atol=1e-10)


@pytest.mark.parametrize("projections", ["fixed", "penalized"])
def test_inverse_is_symmetric_and_positive_and_below_that_of_the_penalty(
    evaluated: Evaluated, example: Any, projections: str
) -> None:
    network, x, y = example("tanh", projections)
    adjoint = evaluated(network, x, y)
    factors = LayerFactors(adjoint)
    factors.prepare()
    generator = torch.Generator().manual_seed(5)
    shape = adjoint.penalized.shape
    one, other = (torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2))
    left, right = (one * factors.inverse(other)).sum(1), (other * factors.inverse(one)).sum(1)
    torch.testing.assert_close(left, right, rtol=1e-10, atol=1e-10)
    energy = (one * factors.inverse(one)).sum(1)
    assert bool((energy > 0.0).all())
    assert bool((energy <= one.square().sum(1) / adjoint.decay).all())
