"""What learned projections make free, a path that shrinks while the readout grows, and what a penalty settles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.optimize import brentq

from geodepth.nets import LeakyResNet, NewtonConfig, TrainingConfig, train, train_to_stationarity
from geodepth.validation.path.representation_path import RepresentationPath

Maker = Callable[..., RepresentationPath]
KEPT = ("weights", "layer_steps", "embedding", "readout")


def test_a_linear_function_costs_nothing(make_path: Maker) -> None:
    # W = 0 leaves A_1 = Π(1 − ρL̃) E X, and the readout undoes the factor.
    inputs, M = np.random.default_rng(0).standard_normal((2, 7)), np.array([[2.0, 0.4], [0.1, -0.7]])
    steps, embedding = make_path().layer_steps, np.eye(4, 2)
    readout = M @ np.linalg.pinv(embedding) / np.prod(1.0 - 2.0 * steps)
    path = RepresentationPath.from_weights(
        np.zeros((6, 4, 5)), steps, inputs, M @ inputs, embedding, readout, effective_depth=2.0, weight_decay=1e-2
    )
    assert path.fit == pytest.approx(0.0, abs=1e-25)
    assert path.penalty == 0.0


@pytest.mark.parametrize("shrink", [0.5, 1e-3])
def test_a_smaller_path_pays_less_for_its_biases_and_the_same_for_its_weights(shrink: float, make_path: Maker) -> None:
    # ReLU is homogeneous: E → sE, b → sb and P → P/s with the same weights give the same outputs.
    path = make_path(samples=6)
    weights = path.weights * np.array([1.0, 1.0, 1.0, 1.0, shrink])
    smaller = RepresentationPath.from_weights(
        weights, path.layer_steps, path.inputs, path.targets, shrink * path.embedding, path.readout / shrink,
        path.effective_depth, path.weight_decay,
    )  # fmt: skip
    np.testing.assert_allclose(smaller.outputs, path.outputs, rtol=1e-9, atol=1e-12)
    biases, rest = path.weights[:, :, -1], path.weights[:, :, :-1]
    expected = path.layer_steps @ (np.sum(rest**2, axis=(1, 2)) + shrink**2 * np.sum(biases**2, axis=1))
    assert smaller.parameter_norm == pytest.approx(expected, rel=1e-12)
    assert smaller.cost < path.cost


def test_with_a_penalty_the_best_size_of_a_path_balances_embedding_and_biases_with_the_readout() -> None:
    """J(s) = fit + weights + (λ/2)(s²a + ‖P‖²/s²) with a = ‖E‖² + Σρ‖b‖²/L̃: least where both are √a‖P‖, by AM–GM."""
    decay, depth = 0.03, 2.0
    generator = torch.Generator().manual_seed(1)
    x, y = (torch.randn(7, size, generator=generator, dtype=torch.float64) for size in (3, 2))
    network = LeakyResNet(3, 2, 5, 6, depth, projections="penalized", dtype=torch.float64, generator=generator)
    with torch.no_grad():
        network.weights[..., -1].normal_(generator=generator)
        network.readout.mul_(3.0)
        biases = (network.layer_steps[..., None] * network.weights[..., -1].square()).sum()
        outlay = float(network.embedding.square().sum() + biases / depth)
        revenue = float(network.readout.square().sum())
        scale = (revenue / outlay) ** 0.25
        before = network.objective(x, y, decay).item()
        network.embedding.mul_(scale)
        network.weights[..., -1].mul_(scale)
        network.readout.div_(scale)
    balanced = network.objective(x, y, decay)
    saved = 0.5 * decay * (outlay + revenue - 2.0 * (outlay * revenue) ** 0.5)
    assert before - balanced.item() == pytest.approx(saved, rel=1e-10)
    # And there J is stationary along the family: ⟨∂J/∂E, E⟩ + ⟨∂J/∂b, b⟩ = ⟨∂J/∂P, P⟩.
    slopes = torch.autograd.grad(balanced.sum(), list(network.parameters()))
    weights, embedding, readout = (
        part.detach() * slope for part, slope in zip(network.parameters(), slopes, strict=True)
    )
    assert float(embedding.sum() + weights[..., -1].sum()) == pytest.approx(float(readout.sum()), rel=1e-10)


def linear_optimum(value: float, layers: int, depth: float, decay: float) -> tuple[float, float]:
    """One singular value m of a linear teacher: e², which is p², and J, where no layer turns the direction.

    With f = 1 − L̃/L + w/L the function is y = e² f^L, and ∂J = 0 says λe² = 2(m − y)y and w = L̃e²/f.
    """
    keep = 1.0 - depth / layers

    def factor(square: float) -> float:
        return float(0.5 * (keep + np.sqrt(keep**2 + 4.0 * depth / layers * square)))

    def missing(square: float) -> float:
        found = square * factor(square) ** layers
        return 2.0 * (value - found) * found - decay * square

    # Of the two roots the one near y = m is the minimum: y rises with e² from m/2 or below to m or above.
    low = brentq(lambda square: square * factor(square) ** layers - 0.5 * value, 0.0, 2.0 + value)
    square = brentq(missing, low, 2.0 + 2.0 * value, xtol=1e-15)
    weight = depth * square / factor(square)
    fit = (value - square * factor(square) ** layers) ** 2
    return square, fit + decay * square + 0.5 * decay / depth * weight**2


@pytest.mark.parametrize("method", ["newton", "quasi-newton"])
@pytest.mark.parametrize("depth", [2.0, 6.0])
def test_a_linear_teacher_has_the_penalized_optimum_of_its_singular_values(depth: float, method: str) -> None:
    decay, layers, values = 0.05, 9, (1.8, 0.9)
    # X Xᵀ/N = I, and the teacher turns between its singular vectors.
    inputs = np.sqrt(2.0) * np.hstack([np.eye(2), -np.eye(2)])
    turn, other = (np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) for a in (0.7, -1.9))
    targets = turn @ np.diag(values) @ other @ inputs
    network = LeakyResNet(
        2, 2, 3, layers, depth, members=4, projections="penalized", activation="linear", bias=False,
        dtype=torch.float64, generator=torch.Generator().manual_seed(2),
    )  # fmt: skip
    adam = train(network, inputs.T, targets.T, TrainingConfig(decay, 400, learning_rate=0.05))
    found = train_to_stationarity(network, inputs.T, targets.T, NewtonConfig(decay, tolerance=1e-8, method=method))
    squares, costs = zip(*(linear_optimum(value, layers, depth, decay) for value in values), strict=True)
    # Some members may let a direction die; none is below the optimum, and one is there.
    assert found.converged.all()
    best = int(found.objective.argmin())
    assert found.objective[best] == pytest.approx(sum(costs), rel=1e-12)
    arrays = {name: part[best] for name, part in network.state_dict().items() if name in KEPT}
    for projection in (arrays["embedding"], arrays["readout"]):
        # A residual of 1e-8 leaves as much, over the least curvature of J in units of the penalty's, about a tenth.
        np.testing.assert_allclose(torch.linalg.svdvals(projection).square().numpy(), squares, rtol=1e-6)
    # What training reports: J, and without the penalty of the projections the cost of the path between its ends.
    np.testing.assert_allclose(adam.objective, adam.path_objective + adam.projection_penalty, rtol=1e-14)
    assert float(network.projection_penalty(decay)[best].detach()) == pytest.approx(decay * sum(squares), rel=1e-6)
    path = RepresentationPath.from_weights(
        *(arrays["weights"].numpy(), arrays["layer_steps"].numpy(), inputs, targets),
        *(arrays["embedding"].numpy(), arrays["readout"].numpy(), depth, decay),
        bias=False,
        activation="linear",
    )
    assert path.cost == pytest.approx(sum(costs) - decay * sum(squares), rel=1e-6)
