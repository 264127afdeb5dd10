"""Training to stationarity: its ends against scalar optimization and automatic differentiation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar

from geodepth.nets import LeakyResNet, NetworkError, NewtonConfig, TrainingConfig, train, train_to_stationarity

WEIGHT_DECAY = 0.01


@pytest.mark.parametrize("method", ["newton", "quasi-newton"])
@pytest.mark.parametrize("layers", [1, 7])
def test_linear_neuron_reaches_the_minimum_of_a_scalar_function(layers: int, method: str) -> None:
    """w = N = 1, linear, no bias: by symmetry all W_ℓ are equal at the minimum, which leaves one number to minimize."""
    x, y, leak = 1.5, 2.5, 0.8
    network = LeakyResNet(1, 1, 1, layers, leak, activation="linear", bias=False, dtype=torch.float64)

    def cost(weight: float) -> float:
        factor = (1 - leak / layers + weight / layers) ** layers
        return float((y - factor * x) ** 2 + WEIGHT_DECAY / (2 * leak) * weight**2)

    best = minimize_scalar(cost, bracket=(0.0, 1.0), tol=1e-12)
    result = train_to_stationarity(network, [[x]], [[y]], NewtonConfig(WEIGHT_DECAY, tolerance=1e-12, method=method))
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


@pytest.mark.parametrize(("method", "tolerance", "members"), [("newton", 1e-9, 3), ("quasi-newton", 1e-5, 1)])
def test_smoothed_teacher_problem_ends_stationary_below_adam(method: str, tolerance: float, members: int) -> None:
    x, y = teacher_problem()
    network = LeakyResNet(3, 3, 4, 20, 3.0, members, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    adam = train(network, x, y, TrainingConfig(1e-3, 500))
    assert adam.stationarity.min() > 1e-3  # where first-order training stands
    result = train_to_stationarity(
        network, x, y, NewtonConfig(1e-3, tolerance=tolerance, stage_tolerance=1e-2, method=method)
    )
    assert result.converged.all()
    assert np.all(result.objective < adam.objective)
    # The claim again, by automatic differentiation of the smoothed network.
    smooth = LeakyResNet(
        3, 3, 4, 20, 3.0, members=members, activation=f"smoothed relu:{result.smoothing}", dtype=torch.float64
    )
    with torch.no_grad():
        smooth.weights.copy_(network.weights)
        np.testing.assert_allclose(result.smoothed_objective, smooth.objective(x, y, 1e-3).numpy(), rtol=1e-10)
        np.testing.assert_allclose(result.objective, network.objective(x, y, 1e-3).numpy(), rtol=1e-12)
    assert float(smooth.stationarity(x, y, 1e-3).max()) < 10.0 * tolerance
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


def test_bad_input_is_named(example: Any) -> None:
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
