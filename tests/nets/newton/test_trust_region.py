"""Second-order training: its parts against dense linear algebra and autograd, its ends against scalar optimization."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar

from geodepth.nets import (
    LeakyResNet,
    NetworkError,
    NewtonConfig,
    TrainingConfig,
    irregular,
    train,
    train_to_stationarity,
)
from geodepth.nets.calculus.adjoint import Adjoint
from geodepth.nets.calculus.gauss_newton import GaussNewton
from geodepth.nets.calculus.hessian_products import Curvature
from geodepth.nets.newton import trust_region as newton_module
from geodepth.nets.newton.conjugate_gradients import solve_subproblems

WEIGHT_DECAY = 0.01


def example(
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


def evaluated(network: LeakyResNet, x: torch.Tensor, y: torch.Tensor) -> Adjoint:
    adjoint = Adjoint(network, x.shape[0], WEIGHT_DECAY)
    adjoint.load_batch(x, y)
    adjoint.evaluate()
    return adjoint


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("projections", ["fixed", "learned"])
@pytest.mark.parametrize("activation", ["smoothed_relu:0.1", "gelu", "tanh", "linear", "relu"])
def test_hessian_vector_products_equal_automatic_differentiation(activation: str, projections: str, bias: bool) -> None:
    network, x, y = example(activation, projections, bias=bias)
    direction = torch.randn_like(network.weights).detach()
    curvature = Curvature(evaluated(network, x, y))
    curvature.prepare()
    product = curvature.product(direction)
    (gradient,) = torch.autograd.grad(network.objective(x, y, WEIGHT_DECAY).sum(), network.weights, create_graph=True)
    (expected,) = torch.autograd.grad((gradient * direction).sum(), network.weights)
    torch.testing.assert_close(product, expected, rtol=0, atol=1e-12 * float(expected.abs().max()))


def test_gauss_newton_equals_its_dense_matrix() -> None:
    network, x, y = example("smoothed_relu:0.1")
    adjoint = evaluated(network, x, y)
    model = GaussNewton(adjoint)
    model.prepare()
    root = adjoint.steps.sqrt()
    start = (network.weights * root).detach()

    def errors(scaled: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = torch.func.functional_call(network, {"weights": scaled / root}, (x,))
        return (outputs.mT - y.mT).mul((2 / 6) ** 0.5)

    jacobian = torch.autograd.functional.jacobian(errors, start)  # type: ignore[no-untyped-call]
    for member in range(2):
        dense = jacobian[member][:, :, member].reshape(12, -1)
        matrix = dense.T @ dense + adjoint.decay * torch.eye(dense.shape[1], dtype=torch.float64)
        vector = torch.randn(2, dense.shape[1], dtype=torch.float64)
        torch.testing.assert_close(model.push(vector)[member].flatten(), dense @ vector[member], rtol=0, atol=1e-12)
        # The condition number of M is about 1/decay = 200, times rounding.
        expected = torch.linalg.solve(matrix, vector[member])
        torch.testing.assert_close(model.inverse(vector)[member], expected, rtol=0, atol=1e-11 / adjoint.decay)


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


@pytest.mark.parametrize("layers", [1, 7])
def test_linear_neuron_reaches_the_minimum_of_a_scalar_function(layers: int) -> None:
    """w = N = 1, linear, no bias: by symmetry all W_ℓ are equal at the minimum, which leaves one number to minimize."""
    x, y, leak = 1.5, 2.5, 0.8
    network = LeakyResNet(1, 1, 1, layers, leak, activation="linear", bias=False, dtype=torch.float64)

    def cost(weight: float) -> float:
        factor = (1 - leak / layers + weight / layers) ** layers
        return float((y - factor * x) ** 2 + WEIGHT_DECAY / (2 * leak) * weight**2)

    best = minimize_scalar(cost, bracket=(0.0, 1.0), tol=1e-12)
    result = train_to_stationarity(network, [[x]], [[y]], NewtonConfig(WEIGHT_DECAY, tolerance=1e-12))
    assert result.converged.all()
    assert result.objective[0] == pytest.approx(best.fun, rel=1e-12)
    # minimize_scalar knows the place only to the square root of rounding.
    np.testing.assert_allclose(network.weights.detach().numpy().ravel(), best.x, rtol=1e-6)
    np.testing.assert_allclose(np.ptp(network.weights.detach().numpy()), 0.0, atol=1e-9)


def teacher_problem() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(4)

    def layer(a: int, b: int) -> torch.Tensor:
        return torch.randn(b, a, generator=generator, dtype=torch.float64).mul_((2 / a) ** 0.5)

    x = torch.randn(8, 3, generator=generator, dtype=torch.float64)
    hidden = torch.relu(x @ layer(3, 6).mT) @ layer(6, 1).mT
    y = torch.relu(hidden @ layer(1, 6).mT + 0.3) @ layer(6, 3).mT
    return x, (y - y.mean(0)) / y.std()


def test_smoothed_teacher_problem_ends_stationary_below_adam() -> None:
    x, y = teacher_problem()
    network = LeakyResNet(3, 3, 4, 20, 3.0, members=3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    adam = train(network, x, y, TrainingConfig(1e-3, 500))
    assert adam.stationarity.min() > 1e-3  # where first-order training stands
    result = train_to_stationarity(network, x, y, NewtonConfig(1e-3))
    assert result.converged.all()
    assert np.all(result.objective < adam.objective)
    # The claim again, by automatic differentiation of the smoothed network.
    smooth = LeakyResNet(
        3, 3, 4, 20, 3.0, members=3, activation=f"smoothed_relu:{result.smoothing}", dtype=torch.float64
    )
    with torch.no_grad():
        smooth.weights.copy_(network.weights)
        np.testing.assert_allclose(result.smoothed_objective, smooth.objective(x, y, 1e-3).numpy(), rtol=1e-10)
        np.testing.assert_allclose(result.objective, network.objective(x, y, 1e-3).numpy(), rtol=1e-12)
    assert float(smooth.stationarity(x, y, 1e-3).max()) < 1e-8
    # σ_ε is within ε/2 of the ReLU, so the two objectives are within a few ε of each other, relatively.
    np.testing.assert_allclose(result.objective, result.smoothed_objective, rtol=10 * result.smoothing)


def test_second_start_from_the_end_does_nothing() -> None:
    x, y = teacher_problem()
    network = LeakyResNet(3, 3, 4, 6, 2.0, activation="tanh", dtype=torch.float64)
    first = train_to_stationarity(network, x, y, NewtonConfig(1e-2))
    weights = network.weights.detach().clone()
    again = train_to_stationarity(network, x, y, NewtonConfig(1e-2))
    assert first.converged.all()
    assert again.iterations <= 1
    assert torch.equal(network.weights.detach(), weights) or again.iterations == 1


def test_without_the_kernel_the_same_minimum_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain conjugate gradients need more products and end at the same place, from a start in its basin."""
    network, x, y = example("tanh")
    config = NewtonConfig(0.1, tolerance=1e-9)
    train_to_stationarity(network, x, y, config)
    with torch.no_grad():
        network.weights.add_(0.02 * torch.randn_like(network.weights))
    other = network.select([0, 1])
    with_kernel = train_to_stationarity(network, x, y, config)
    monkeypatch.setattr(newton_module, "LARGEST_KERNEL", 0)
    without = train_to_stationarity(other, x, y, config)
    assert with_kernel.converged.all()
    assert without.converged.all()
    np.testing.assert_allclose(without.objective, with_kernel.objective, rtol=1e-10)
    assert without.products > with_kernel.products


def test_bad_input_is_named() -> None:
    network, x, y = example("relu")
    with pytest.raises(NetworkError, match=r"network has type torch.float32.*double"):
        train_to_stationarity(network.float(), x, y, NewtonConfig(1e-3))
    for options, word in (
        ({"weight_decay": 0.0}, "weight_decay is 0.0"),
        ({"smoothings": ()}, "smoothings is ()"),
        ({"smoothings": (0.01, 0.1)}, "falling"),
        ({"smoothings": (0.1, -0.1)}, "smoothings is -0.1"),
        ({"tolerance": 0.0}, "tolerance is 0.0"),
        ({"iterations": 0}, "iterations is 0"),
    ):
        with pytest.raises(NetworkError) as caught:
            NewtonConfig(**{"weight_decay": 1e-3, **options})  # type: ignore[arg-type]
        assert word in str(caught.value)
