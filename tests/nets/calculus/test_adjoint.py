"""The discrete adjoint against automatic differentiation."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from geodepth.nets import LeakyResNet, equidistant, irregular
from geodepth.nets.calculus.adjoint import Adjoint

WEIGHT_DECAY = 0.01


def data(samples: int = 20) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(samples, 3, generator=generator, dtype=torch.float64)
    return x, torch.stack([x[:, 0].abs(), x[:, 1] - x[:, 2]], 1)


def network(members: int = 3, **options: Any) -> LeakyResNet:
    generator = torch.Generator().manual_seed(1)
    shape: dict[str, Any] = {"inputs": 3, "outputs": 2, "width": 4, "layers": 6, "effective_depth": 2.0}
    return LeakyResNet(**{**shape, "members": members, "dtype": torch.float64, "generator": generator, **options})


@pytest.mark.parametrize("projections", ["fixed", "learned", "penalized"])
@pytest.mark.parametrize("activation", ["relu", "smoothed relu:0.3", "linear", "gelu", "tanh"])
@pytest.mark.parametrize("effective_depth", [0.0, 2.0])
@pytest.mark.parametrize(("width", "samples"), [(4, 20), (40, 200)])  # the second is large: its layers go one by one
def test_adjoint_equals_automatic_differentiation(
    projections: str, activation: str, effective_depth: float, width: int, samples: int
) -> None:
    x, y = data(samples)
    steps = torch.stack([equidistant(6), irregular(6), irregular(6, 0.9)])
    given: dict[str, Any] = {"projections": projections, "activation": activation, "effective_depth": effective_depth}
    net = network(width=width, layer_steps=steps, **given)
    with torch.no_grad():
        net.weights.add_(0.3 * torch.randn_like(net.weights))
    objective = net.objective(x, y, WEIGHT_DECAY)
    objective.sum().backward()  # type: ignore[no-untyped-call]
    adjoint = Adjoint(net, samples, WEIGHT_DECAY)
    adjoint.load_batch(x, y)
    adjoint.evaluate()
    # Both do the same few hundred operations in another order.
    torch.testing.assert_close(adjoint.objective, objective.detach(), rtol=1e-12, atol=0)
    for mine, theirs in zip(adjoint.split(adjoint.gradient), net.parameters(), strict=True):
        assert theirs.grad is not None
        torch.testing.assert_close(mine, theirs.grad, rtol=0, atol=1e-12 * float(theirs.grad.abs().max()))
    torch.testing.assert_close(adjoint.stationarity(), net.stationarity(x, y, WEIGHT_DECAY), rtol=1e-10, atol=0)


@pytest.mark.parametrize("projections", ["fixed", "learned", "penalized"])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_threads_that_share_the_samples_find_what_one_finds(projections: str, activation: str) -> None:
    x, y = data()
    net = network(projections=projections, activation=activation)
    alone, shared = Adjoint(net, 20, WEIGHT_DECAY), Adjoint(net, 20, WEIGHT_DECAY, threads=3)
    for adjoint in (alone, shared):
        adjoint.load_batch(x, y)
        adjoint.evaluate()
    # The same sums in three parts, of 7, 7 and 6 samples: some fifty units of rounding.
    for name in ("objective", "gradient", "representations", "errors"):
        mine, theirs = getattr(shared, name), getattr(alone, name)
        torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-14 * float(theirs.abs().max()))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("projections", ["fixed", "learned"])
@pytest.mark.parametrize("activation", ["relu", "smoothed relu:0.3"])
@pytest.mark.parametrize("width", [4, 40])
def test_states_that_are_not_kept_change_nothing(width: int, activation: str, projections: str, threads: int) -> None:
    x, y = data(400)
    net = network(2, width=width, activation=activation, projections=projections)
    kept, passing = (Adjoint(net, 400, WEIGHT_DECAY, threads, keeps_states=keeps) for keeps in (True, False))
    for _ in range(2):  # twice: the buffers hold the last evaluation
        for adjoint in (kept, passing):
            adjoint.load_batch(x, y)
            adjoint.evaluate()
        # The same sums of 400 terms, at most in another order.
        for name in ("objective", "gradient", "representations", "errors"):
            mine, theirs = getattr(passing, name), getattr(kept, name)
            torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-14 * float(theirs.abs().max()))
    sizes = [sum(sweep.gradients_of_states.numel() for sweep in adjoint.sweeps) for adjoint in (kept, passing)]
    # 40 × 41 × 200 multiplications a layer are large, and then one state stands for seven.
    assert sizes[0] == sizes[1] * (7 if width == 40 else 1)


@pytest.mark.parametrize("effective_depth", [0.0, 2.0])
def test_gradient_with_penalized_projections_equals_finite_differences(effective_depth: float) -> None:
    x, y = data()
    net = network(1, projections="penalized", activation="tanh", effective_depth=effective_depth)
    adjoint = Adjoint(net, 20, WEIGHT_DECAY)
    adjoint.load_batch(x, y)
    start = adjoint.parameters.clone()
    adjoint.evaluate()
    gradient, step = adjoint.gradient[0].clone(), 1e-5
    # Some entries of W, and all of E (12) and P (8), which come last.
    for place in [0, 7, 61, *range(start.shape[1] - 20, start.shape[1])]:
        sides = []
        for sign in (1.0, -1.0):
            adjoint.parameters.copy_(start)
            adjoint.parameters[0, place] += sign * step
            adjoint.evaluate()
            sides.append(float(adjoint.objective))
        # Central differences are off by the step's square times a third derivative, which is of order one here.
        assert (sides[0] - sides[1]) / (2.0 * step) == pytest.approx(float(gradient[place]), abs=1e-8)
