"""The Gauss-Newton matrix against the dense one."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from geodepth.nets.calculus.gauss_newton import GaussNewton


@pytest.mark.parametrize("projections", ["fixed", "penalized"])
def test_gauss_newton_equals_its_dense_matrix(projections: str, example: Any, evaluated: Any) -> None:
    network, x, y = example("smoothed relu:0.1", projections)
    adjoint = evaluated(network, x, y)
    model = GaussNewton(adjoint)
    model.prepare()
    root = adjoint.root_metric
    start = adjoint.penalized * root
    names = [name for name, _ in network.named_parameters()]

    def errors(scaled: torch.Tensor) -> torch.Tensor:
        values = dict(zip(names, adjoint.split(scaled / root), strict=True))
        outputs: torch.Tensor = torch.func.functional_call(network, values, (x,))
        scaled_errors: torch.Tensor = (outputs.mT - y.mT).mul((2 / 6) ** 0.5)
        return scaled_errors

    jacobian = torch.autograd.functional.jacobian(errors, start)  # type: ignore[no-untyped-call]
    for member in range(2):
        dense = jacobian[member][:, :, member].reshape(12, -1)
        matrix = dense.T @ dense + adjoint.decay * torch.eye(dense.shape[1], dtype=torch.float64)
        vector = torch.randn(2, dense.shape[1], dtype=torch.float64)
        torch.testing.assert_close(model.push(vector)[member].flatten(), dense @ vector[member], rtol=0, atol=1e-12)
        # The condition number of M is about 1/decay = 200, times rounding.
        expected = torch.linalg.solve(matrix, vector[member])
        torch.testing.assert_close(model.inverse(vector)[member], expected, rtol=0, atol=1e-11 / adjoint.decay)
