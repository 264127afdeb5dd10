"""Hessian-vector products against automatic differentiation."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from geodepth.nets.calculus.hessian_products import Curvature

WEIGHT_DECAY = 0.01  # of the fixture


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("projections", ["fixed", "learned", "penalized"])
@pytest.mark.parametrize("activation", ["smoothed relu:0.1", "gelu", "tanh", "linear", "relu"])
def test_hessian_vector_products_equal_automatic_differentiation(
    activation: str, projections: str, bias: bool, example: Any, evaluated: Any
) -> None:
    network, x, y = example(activation, projections, bias=bias)
    # Projections that are not penalized are held fixed.
    variables = list(network.parameters()) if projections == "penalized" else [network.weights]
    directions = [torch.randn_like(variable).detach() for variable in variables]
    curvature = Curvature(evaluated(network, x, y))
    curvature.prepare()
    product = curvature.product(torch.cat([direction.flatten(1) for direction in directions], 1))
    gradients = torch.autograd.grad(network.objective(x, y, WEIGHT_DECAY).sum(), variables, create_graph=True)
    expected = torch.cat(
        [part.flatten(1) for part in torch.autograd.grad(gradients, variables, grad_outputs=directions)], 1
    )
    torch.testing.assert_close(product, expected, rtol=0, atol=1e-12 * float(expected.abs().max()))
