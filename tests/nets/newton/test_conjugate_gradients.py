"""Trust-region subproblems against dense linear algebra."""

from __future__ import annotations

import pytest
import torch

from geodepth.nets.newton.conjugate_gradients import solve_subproblems


def dense_problem() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    root = torch.randn(2, 12, 12, generator=generator, dtype=torch.float64)
    metric = root @ root.mT + torch.eye(12, dtype=torch.float64)
    return metric, root, torch.randn(2, 12, generator=generator, dtype=torch.float64)


def multiply(matrix: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
    product: torch.Tensor = torch.einsum("mij,mj->mi", matrix, vector)
    return product


def test_subproblem_inside_the_region_is_newtons_step() -> None:
    metric, root, gradient = dense_problem()
    hessian = metric + 0.3 * root.mT @ root
    far, tight = torch.full((2,), 1e6, dtype=torch.float64), torch.full((2,), 1e-12, dtype=torch.float64)
    found = solve_subproblems(
        lambda v: multiply(hessian, v), lambda v: torch.linalg.solve(metric, v), gradient, far, tight, 60
    )
    expected = -torch.linalg.solve(hessian, gradient)
    torch.testing.assert_close(found.step, expected, rtol=0, atol=1e-9)
    torch.testing.assert_close(found.decrease, -0.5 * (gradient * expected).sum(1), rtol=1e-10, atol=0)
    length = (expected * multiply(metric, expected)).sum(1).sqrt()
    torch.testing.assert_close(found.length, length, rtol=1e-8, atol=0)
    assert not found.on_boundary.any()


@pytest.mark.parametrize("shift", [0.0, -40.0])
def test_subproblem_stops_at_the_boundary_of_the_metrics_ball(shift: float) -> None:
    """With and without negative curvature; the decrease is at least the Cauchy point's (Nocedal & Wright, eq. 4.12)."""
    metric, root, gradient = dense_problem()
    hessian = metric + 0.3 * root.mT @ root + shift * torch.eye(12, dtype=torch.float64)
    radius = torch.tensor([0.05, 0.1], dtype=torch.float64)
    found = solve_subproblems(
        lambda v: multiply(hessian, v),
        lambda v: torch.linalg.solve(metric, v),
        gradient,
        radius,
        torch.full((2,), 1e-12, dtype=torch.float64),
        60,
    )
    length = (found.step * multiply(metric, found.step)).sum(1).sqrt()
    torch.testing.assert_close(length, radius, rtol=1e-10, atol=0)
    assert found.on_boundary.all()
    model = -(gradient * found.step).sum(1) - 0.5 * (found.step * multiply(hessian, found.step)).sum(1)
    torch.testing.assert_close(found.decrease, model, rtol=1e-10, atol=0)
    steepest = -torch.linalg.solve(metric, gradient)
    steepest *= (radius / (steepest * multiply(metric, steepest)).sum(1).sqrt())[:, None]
    bend = (steepest * multiply(hessian, steepest)).sum(1)
    slope = (gradient * steepest).sum(1)
    share = torch.where(bend > 0, (-slope / bend).clamp(max=1.0), 1.0)
    cauchy = -(slope * share + 0.5 * bend * share**2)
    assert bool((found.decrease >= cauchy * (1 - 1e-12)).all())
