"""The network against an independent NumPy implementation, and against what is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from geodepth.nets import LeakyResNet, NetworkError

Array = NDArray[np.float64]
WEIGHT_DECAY = 0.07


def numpy_path(
    x: Array, weights: Array, steps: Array, effective_depth: float, embedding: Array, bias: bool
) -> list[Array]:
    """The recursion for one member, written out with loops over layers and columns as in the paper."""
    states = [embedding @ x.T]
    for matrix, step in zip(weights, steps, strict=True):
        before = states[-1]
        active = np.where(before > 0, before, 0.0)
        if bias:
            active = np.vstack([active, np.ones(before.shape[1])])
        states.append(before + step * (matrix @ active - effective_depth * before))
    return states


def numpy_objective(network: LeakyResNet, x: Array, y: Array, member: int, weights: Array) -> float:
    steps = network.layer_steps[member].numpy()
    embedding = np.eye(network.width, network.inputs)
    readout = np.eye(network.outputs, network.width)
    last = numpy_path(x, weights, steps, network.effective_depth, embedding, network.bias)[-1]
    fit = np.sum((y.T - readout @ last) ** 2) / len(x)
    scale = network.effective_depth or 1.0
    squares = sum(step * np.sum(matrix**2) for matrix, step in zip(weights, steps, strict=True))
    return float(fit + WEIGHT_DECAY / (2 * scale) * squares)


def example(effective_depth: float, bias: bool = True, layers: int = 6) -> tuple[LeakyResNet, Array, Array]:
    rng = np.random.default_rng(3)
    steps = rng.uniform(0.5, 1.5, (2, layers))
    steps /= steps.sum(1, keepdims=True)
    network = LeakyResNet(
        3,
        2,
        5,
        layers,
        effective_depth,
        members=2,
        bias=bias,
        layer_steps=steps,
        dtype=torch.float64,
        generator=torch.Generator().manual_seed(0),
    )
    with torch.no_grad():
        network.weights.add_(torch.from_numpy(0.5 * rng.standard_normal(network.weights.shape)))
    return network, rng.standard_normal((7, 3)), rng.standard_normal((7, 2))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("effective_depth", [0.0, 2.5])
def test_forward_and_objective_equal_numpy(effective_depth: float, bias: bool) -> None:
    network, x, y = example(effective_depth, bias)
    tx, ty = torch.from_numpy(x), torch.from_numpy(y)
    with torch.no_grad():
        outputs, states = network(tx).numpy(), network.representations(tx).numpy()
        objective = network.objective(tx, ty, WEIGHT_DECAY).numpy()
    for member in range(2):
        weights = network.weights.detach()[member].numpy()
        steps = network.layer_steps[member].numpy()
        path = numpy_path(x, weights, steps, effective_depth, np.eye(5, 3), bias)
        # Six layers of sums of six products: a few hundred roundings of 1e-16 on numbers of order one.
        np.testing.assert_allclose(states[member], np.stack(path).transpose(0, 2, 1), rtol=0, atol=1e-12)
        np.testing.assert_allclose(outputs[member], path[-1][:2].T, rtol=0, atol=1e-12)
        assert objective[member] == pytest.approx(numpy_objective(network, x, y, member, weights), rel=1e-12)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("effective_depth", [0.0, 2.5])
def test_gradient_equals_numpys_own_backpropagation(effective_depth: float, bias: bool) -> None:
    """The chain rule written out sample by sample, from the last layer to the first."""
    network, x, y = example(effective_depth, bias)
    objective = network.objective(torch.from_numpy(x), torch.from_numpy(y), WEIGHT_DECAY)
    objective.sum().backward()  # type: ignore[no-untyped-call]
    assert network.weights.grad is not None
    for member in range(2):
        weights, steps = network.weights.detach()[member].numpy(), network.layer_steps[member].numpy()
        path = numpy_path(x, weights, steps, effective_depth, np.eye(5, 3), bias)
        expected = WEIGHT_DECAY / (effective_depth or 1.0) * steps[:, None, None] * weights
        for sample in range(7):
            pull = np.zeros(5)
            pull[:2] = 2 / 7 * (path[-1][:2, sample] - y[sample])
            for layer in range(5, -1, -1):
                before = path[layer][:, sample]
                features = np.append(np.maximum(before, 0), 1.0) if bias else np.maximum(before, 0)
                expected[layer] += steps[layer] * np.outer(pull, features)
                through = weights[layer][:, :5].T @ pull
                pull = pull + steps[layer] * (np.where(before > 0, through, 0.0) - effective_depth * pull)
        gradient = network.weights.grad[member].numpy()
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


def test_gradient_equals_numpy_differences() -> None:
    network, x, y = example(2.5)
    network.objective(torch.from_numpy(x), torch.from_numpy(y), WEIGHT_DECAY).sum().backward()  # type: ignore[no-untyped-call]
    assert network.weights.grad is not None
    gradient = network.weights.grad.numpy()
    rng = np.random.default_rng(5)
    for member in range(2):
        weights = network.weights.detach()[member].numpy()
        direction = rng.standard_normal(weights.shape)

        def along(t: float, member: int = member, weights: Array = weights, direction: Array = direction) -> float:
            return numpy_objective(network, x, y, member, weights + t * direction)

        # Richardson's central difference: error h⁴ ~ 1e-14 in a piece without a kink, rounding 1e-16·J/h ~ 1e-12.
        h = 3e-4
        slope = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
        assert np.sum(gradient[member] * direction) == pytest.approx(slope, rel=1e-10)


def test_momenta_are_the_gradient_of_the_fit_and_give_the_gradient_of_the_weights() -> None:
    network, x, y = example(2.5)
    tx, ty = torch.from_numpy(x), torch.from_numpy(y)
    momenta = network.momenta(tx, ty, WEIGHT_DECAY).numpy()
    with torch.no_grad():
        states = network.representations(tx).numpy()
    residual = y - states[:, -1, :, :2]
    last = np.concatenate([residual, np.zeros((2, 7, 3))], 2) * 2 / (WEIGHT_DECAY * 7)
    np.testing.assert_allclose(momenta[:, -1], last, rtol=0, atol=1e-12 * np.abs(last).max())
    # ∂J/∂W_ℓ = (λ/L̃) ρ_ℓ (W_ℓ − L̃ B_ℓ σ(A_{ℓ−1})ᵀ): autograd on the left, momenta on the right.
    network.objective(tx, ty, WEIGHT_DECAY).sum().backward()  # type: ignore[no-untyped-call]
    assert network.weights.grad is not None
    active = np.concatenate([np.maximum(states[:, :-1], 0), np.ones((2, 6, 7, 1))], 3)
    missing = network.weights.detach().numpy() - 2.5 * np.einsum("mlnw,mlnv->mlwv", momenta[:, 1:], active)
    steps = network.layer_steps.numpy()[:, :, None, None]
    expected = WEIGHT_DECAY / 2.5 * steps * missing
    np.testing.assert_allclose(network.weights.grad.numpy(), expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    weights = network.weights.detach().numpy()
    ratio = np.sqrt((steps * missing**2).sum((1, 2, 3)) / (steps * weights**2).sum((1, 2, 3)))
    np.testing.assert_allclose(network.stationarity(tx, ty, WEIGHT_DECAY).numpy(), ratio, rtol=1e-12)


def test_first_momentum_is_the_derivative_with_respect_to_the_start() -> None:
    network, x, y = example(2.5)
    first = network.momenta(torch.from_numpy(x), torch.from_numpy(y), WEIGHT_DECAY)[0, 0].numpy()
    weights, steps = network.weights.detach()[0].numpy(), network.layer_steps[0].numpy()

    def fit(start: Array) -> float:
        last = numpy_path(start, weights, steps, 2.5, np.eye(5), True)[-1]
        return float(np.sum((y.T - last[:2]) ** 2) / len(x))

    start = np.hstack([x, np.zeros((7, 2))])
    # The two padding neurons start exactly on the kink, so only the data's neurons are moved.
    direction = np.hstack([np.random.default_rng(1).standard_normal((7, 3)), np.zeros((7, 2))])
    h = 1e-4
    slope = (fit(start + h * direction) - fit(start - h * direction)) / (2 * h)
    # A central difference is off by h² times a third derivative of order the fit itself.
    assert -WEIGHT_DECAY * np.sum(first * direction) == pytest.approx(slope, rel=1e-6)


def test_fully_connected_limit() -> None:
    """ρ_ℓ L̃ = 1: the leak removes A_{ℓ−1} altogether, and layer ℓ is fully connected with weights ρ_ℓ W_ℓ."""
    layers = 5
    network = LeakyResNet(3, 2, 4, layers, float(layers), layer_steps=np.full(layers, 1 / layers), dtype=torch.float64)
    with torch.no_grad():
        network.weights.add_(torch.randn_like(network.weights))
    x = np.random.default_rng(0).standard_normal((6, 3))
    state = np.hstack([x, np.zeros((6, 1))])
    for matrix in network.weights.detach()[0].numpy():
        state = (np.maximum(state, 0) @ matrix[:, :4].T + matrix[:, 4]) / layers
    with torch.no_grad():
        outputs = network(torch.from_numpy(x))[0].numpy()
    # 1 − ρL̃ is exactly zero for L = 5, so nothing but rounding remains.
    np.testing.assert_allclose(outputs, state[:, :2], rtol=1e-12, atol=1e-12)


def test_residual_limit() -> None:
    """L̃ = 0: every layer adds ρ_ℓ W_ℓ σ(A_{ℓ−1}), and the penalty is λ/2 Σ ρ‖W‖²."""
    network, x, _ = example(0.0)
    steps = network.layer_steps[1].numpy()
    state = np.hstack([x, np.zeros((7, 2))])
    squares = 0.0
    for matrix, step in zip(network.weights.detach()[1].numpy(), steps, strict=True):
        state = state + step * (np.maximum(state, 0) @ matrix[:, :5].T + matrix[:, 5])
        squares += step * np.sum(matrix**2)
    with torch.no_grad():
        np.testing.assert_allclose(network(torch.from_numpy(x))[1].numpy(), state[:, :2], rtol=0, atol=1e-12)
        assert float(network.penalty(WEIGHT_DECAY)[1]) == pytest.approx(WEIGHT_DECAY / 2 * squares, rel=1e-13)


def test_zero_weights_leave_the_leak_alone() -> None:
    """A_ℓ = Π(1 − ρ_i L̃) A_0, and J is the mean square of what is left."""
    network, x, y = example(2.5)
    with torch.no_grad():
        network.weights.zero_()
        states = network.representations(torch.from_numpy(x)).numpy()
    shrink = np.cumprod(1 - 2.5 * network.layer_steps.numpy(), 1)
    for layer in range(6):
        expected = shrink[:, layer, None, None] * np.hstack([x, np.zeros((7, 2))])
        np.testing.assert_allclose(states[:, layer + 1], expected, rtol=1e-13, atol=1e-15)
    with torch.no_grad():
        fit = network.fit(torch.from_numpy(x), torch.from_numpy(y)).numpy()
    # The readout is the identity padded with zeros: it reads the first two neurons.
    expected_fit = [np.sum((y - shrink[m, -1] * x[:, :2]) ** 2) / 7 for m in range(2)]
    np.testing.assert_allclose(fit, expected_fit, rtol=1e-13)


def test_members_do_not_see_each_other() -> None:
    network, x, y = example(2.5)
    tx, ty = torch.from_numpy(x), torch.from_numpy(y)
    with torch.no_grad():
        together = network.objective(tx, ty, WEIGHT_DECAY)
        alone = torch.cat([network.select([m]).objective(tx, ty, WEIGHT_DECAY) for m in range(2)])
    torch.testing.assert_close(together, alone, rtol=1e-13, atol=0)


def test_learned_projections_are_trained_and_not_penalized() -> None:
    network = LeakyResNet(3, 2, 2, 4, 1.0, members=2, projections="learned", dtype=torch.float64)
    assert {name for name, _ in network.named_parameters()} == {"weights", "embedding", "readout"}
    before = network.penalty(WEIGHT_DECAY)
    with torch.no_grad():
        network.embedding.mul_(3.0)
    torch.testing.assert_close(network.penalty(WEIGHT_DECAY), before, rtol=0, atol=0)
    x = torch.randn(5, 3, dtype=torch.float64)
    embedded = torch.einsum("mwi,ni->mnw", network.embedding, x)
    torch.testing.assert_close(network.representations(x)[:, 0], embedded, rtol=1e-12, atol=1e-14)


def test_positions_are_the_sums_of_the_steps() -> None:
    network, _, _ = example(2.5)
    steps = network.layer_steps.numpy()
    for member in range(2):
        expected = [0.0, *np.cumsum(steps[member])]
        np.testing.assert_allclose(network.positions[member].numpy(), expected, rtol=1e-14)
    assert network.positions[0, -1] == pytest.approx(1.0, rel=1e-14)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"width": 2}, ["width is 2", "3"]),
        ({"layers": 3, "effective_depth": 3.0}, ["layers is 3", "effective_depth is 3", "layer_steps"]),
        ({"effective_depth": -1.0}, ["effective_depth is -1.0", "at least 0"]),
        ({"effective_depth": float("nan")}, ["effective_depth is nan"]),
        ({"layers": 0}, ["layers is 0", "at least 1"]),
        ({"layers": 2.5}, ["layers is 2.5", "integer"]),
        ({"members": True}, ["members is True"]),
        ({"projections": "none"}, ["projections is 'none'", "fixed, orthogonal, learned, penalized"]),
        ({"activation": "swish"}, ["activation is 'swish'", "relu"]),
        ({"layer_steps": [0.5, 0.5]}, ["layer_steps has shape (2,)", "(8,)"]),
        ({"layer_steps": [-0.1] + [1.1 / 7] * 7}, ["layer_steps", "-0.1", "positive"]),
        ({"layer_steps": [0.2] * 8}, ["layer_steps", "1.6", "expected 1"]),
        ({"embedding": np.eye(3)}, ["embedding has shape (3, 3)", "(4, 3)"]),
        ({"readout": [["a"]]}, ["readout", "numbers"]),
        ({"dtype": torch.int32}, ["dtype is torch.int32"]),
        ({"device": "cuda:99"}, ["device is 'cuda:99'"]),
        ({"device": "typewriter"}, ["device is 'typewriter'"]),
        ({"bias": 1}, ["bias is 1"]),
    ],
)
def test_bad_arguments_are_named_in_one_line(arguments: dict[str, object], words: list[str]) -> None:
    good: dict[str, object] = {"inputs": 3, "outputs": 2, "width": 4, "layers": 8, "effective_depth": 3.0}
    with pytest.raises(NetworkError) as caught:
        LeakyResNet(**{**good, **arguments})  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


def test_bad_data_are_named_in_one_line() -> None:
    network, x, y = example(2.5)
    for bad, word in ((x[:, :2], "shape (7, 2)"), (np.full((7, 3), np.nan), "NaN"), (x[:0], "shape (0, 3)")):
        with pytest.raises(NetworkError, match=r"x|inputs") as caught:
            network(bad)
        assert word in str(caught.value)
    with pytest.raises(NetworkError, match="5 rows and inputs has 7"):
        network.momenta(torch.from_numpy(x), torch.from_numpy(y[:5]), WEIGHT_DECAY)
    with pytest.raises(NetworkError, match="weight_decay is 0"):
        network.momenta(torch.from_numpy(x), torch.from_numpy(y), 0)
