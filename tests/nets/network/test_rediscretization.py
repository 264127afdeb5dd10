"""The ODE view against exact solutions of the ODE, and the symmetries of the mathematics."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from geodepth.nets import LeakyResNet, NetworkError, irregular, rediscretize, weights_at
from geodepth.nets.network.rediscretization import interpolate


def test_weights_at_the_middles_are_the_weights() -> None:
    network = LeakyResNet(2, 2, 3, 7, 1.0, members=2, layer_steps=irregular(7), dtype=torch.float64)
    with torch.no_grad():
        network.weights.add_(torch.randn_like(network.weights))
    middles = network.positions[:, 1:] - 0.5 * network.layer_steps
    torch.testing.assert_close(weights_at(network, middles), network.weights.detach(), rtol=0, atol=1e-12)
    between = weights_at(network, [0.5 * float(middles[0, 2] + middles[0, 3])])
    expected = 0.5 * (network.weights[0, 2] + network.weights[0, 3]).detach()
    torch.testing.assert_close(between[0, 0], expected, rtol=0, atol=1e-12)


def test_rediscretized_networks_converge_to_the_ode_like_one_over_the_layers() -> None:
    """Constant W and linear σ without bias: A_1 = exp(W − L̃) A_0 exactly, and Euler's error falls like 1/L."""
    generator = torch.Generator().manual_seed(0)
    network = LeakyResNet(3, 3, 3, 6, 2.0, activation="linear", bias=False, dtype=torch.float64, generator=generator)
    x = torch.randn(5, 3, dtype=torch.float64, generator=generator)
    exact = x @ torch.linalg.matrix_exp(network.weights[0, 0].detach() - 2.0 * torch.eye(3)).mT
    layers = np.array([50, 100, 200, 400])
    with torch.no_grad():
        errors = [float((rediscretize(network, n)(x)[0] - exact).norm()) for n in layers.tolist()]
    order = -np.polyfit(np.log(layers), np.log(errors), 1)[0]
    assert order == pytest.approx(1.0, abs=0.03)


def test_rediscretized_to_its_own_steps_is_the_same_network() -> None:
    network = LeakyResNet(2, 1, 3, 5, 1.0, layer_steps=irregular(5), projections="learned", dtype=torch.float64)
    with torch.no_grad():
        network.weights.add_(torch.randn_like(network.weights))
    again = rediscretize(network, 5, network.layer_steps)
    torch.testing.assert_close(again.weights, network.weights, rtol=0, atol=1e-12)
    assert torch.equal(again.embedding, network.embedding)
    assert again.architecture == network.architecture


def test_leakage_symmetry() -> None:
    """Without bias, leakage L̃ → L̃ + c scales the path. In the ODE, A'_p = e^{−cp} A_p with the same W.

    In the discrete network A'_ℓ = s_ℓ A_ℓ holds for W'_ℓ = W_ℓ q_ℓ with q_ℓ = (1 − ρL̃')/(1 − ρL̃) = s_ℓ/s_{ℓ−1},
    which tends to the continuous statement (q = 1 + O(ρ), s = e^{−cp}) as ρ falls.
    """
    layers, depth, shift = 9, 2.0, 1.5
    arguments = {"inputs": 3, "outputs": 3, "width": 3, "layers": layers, "bias": False, "dtype": torch.float64}
    network = LeakyResNet(effective_depth=depth, **arguments)  # type: ignore[arg-type]
    leakier = LeakyResNet(effective_depth=depth + shift, **arguments)  # type: ignore[arg-type]
    x = torch.randn(4, 3, dtype=torch.float64)
    ratio = (1 - (depth + shift) / layers) / (1 - depth / layers)
    with torch.no_grad():
        network.weights.add_(torch.randn_like(network.weights))
        leakier.weights.copy_(ratio * network.weights)
        scale = ratio ** torch.arange(layers + 1, dtype=torch.float64)
        expected = scale[None, :, None, None] * network.representations(x)
        torch.testing.assert_close(leakier.representations(x), expected, rtol=1e-12, atol=1e-14)


def test_leakage_symmetry_of_the_ode() -> None:
    """The same W with L̃ + c gives e^{−cp} A_p. Refined networks approach it at Euler's order."""
    generator = torch.Generator().manual_seed(1)
    coarse = LeakyResNet(3, 3, 3, 8, 1.0, bias=False, dtype=torch.float64, generator=generator)
    x = torch.randn(4, 3, dtype=torch.float64, generator=generator)
    errors = []
    for layers in (100, 200, 400):
        network = rediscretize(coarse, layers)
        leakier = LeakyResNet(3, 3, 3, layers, 2.5, bias=False, dtype=torch.float64)
        with torch.no_grad():
            leakier.weights.copy_(network.weights)
            scale = torch.exp(-1.5 * network.positions)[..., None, None]
            errors.append(float((leakier.representations(x) - scale * network.representations(x)).abs().max()))
    assert errors[0] / errors[1] == pytest.approx(2.0, rel=0.05)
    assert errors[1] / errors[2] == pytest.approx(2.0, rel=0.05)


def test_stretching_symmetry() -> None:
    """Half the range with twice the L̃ and W: layers of the same ρL̃ and ρW are the same network (no bias)."""
    steps = irregular(6)
    first = LeakyResNet(3, 3, 3, 6, 1.0, bias=False, layer_steps=steps, dtype=torch.float64)
    x = torch.randn(4, 3, dtype=torch.float64)
    halves = torch.cat([0.5 * steps, 0.5 * steps])
    with torch.no_grad():
        first.weights.add_(torch.randn_like(first.weights))
        twice = LeakyResNet(3, 3, 3, 12, 2.0, bias=False, layer_steps=halves, dtype=torch.float64)
        twice.weights.copy_(2.0 * torch.cat([first.weights, first.weights], 1))
        middle = first.representations(x)[:, -1]
        torch.testing.assert_close(twice.representations(x)[:, 6], middle, rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(twice.representations(x)[:, -1], first(middle[0]), rtol=1e-12, atol=1e-14)


def test_permuted_neurons_are_the_same_network() -> None:
    order = torch.tensor([2, 0, 3, 1])
    swap = torch.eye(4, dtype=torch.float64)[order]
    network = LeakyResNet(3, 2, 4, 5, 2.0, dtype=torch.float64)
    x = torch.randn(6, 3, dtype=torch.float64)
    with torch.no_grad():
        network.weights.add_(torch.randn_like(network.weights))
        other = LeakyResNet(
            3, 2, 4, 5, 2.0, embedding=swap @ network.embedding, readout=network.readout @ swap.mT, dtype=torch.float64
        )
        other.weights[..., :4] = swap @ network.weights[..., :4] @ swap.mT
        other.weights[..., 4] = network.weights[..., 4] @ swap.mT
        torch.testing.assert_close(other(x), network(x), rtol=1e-12, atol=1e-13)
        torch.testing.assert_close(other.penalty(0.3), network.penalty(0.3), rtol=1e-13, atol=0)
        torch.testing.assert_close(
            other.representations(x), network.representations(x)[..., order], rtol=1e-12, atol=1e-13
        )


@pytest.mark.parametrize("width", [2, 5])
def test_orthogonal_projections_are_orthonormal_and_fixed(width: int) -> None:
    network = LeakyResNet(3, 4, width, 3, 1.0, members=2, projections="orthogonal", dtype=torch.float64)
    assert [name for name, _ in network.named_parameters()] == ["weights"]
    for matrix in (network.embedding, network.readout):
        small = matrix @ matrix.mT if matrix.shape[0] <= matrix.shape[1] else matrix.mT @ matrix
        torch.testing.assert_close(small, torch.eye(len(small), dtype=torch.float64), rtol=0, atol=1e-13)
    other = LeakyResNet(3, 4, width, 3, 1.0, projections="orthogonal", dtype=torch.float64)
    assert not torch.equal(other.embedding, network.embedding)


def test_bad_positions_are_named() -> None:
    network = LeakyResNet(2, 2, 3, 4, 1.0, members=2)
    for positions, word in (([1.5], "outside [0, 1]"), ([[0.1]], "shape (1, 1)"), (["a"], "positions is ['a']")):
        with pytest.raises(NetworkError) as caught:
            weights_at(network, positions)
        assert word in str(caught.value)
    with pytest.raises(NetworkError, match="layers is 1 and effective_depth is 1"):
        rediscretize(network, 1)


def test_interpolation_is_exact_for_weights_linear_in_depth() -> None:
    old, new = irregular(9, 0.8).expand(2, -1), irregular(9, 0.1).expand(2, -1)
    slope = torch.randn(2, 1, 3, 4, dtype=torch.float64)

    def linear(steps: torch.Tensor) -> torch.Tensor:
        middles = steps.cumsum(1) - 0.5 * steps
        return 1.0 + slope * middles[..., None, None]

    moved = interpolate(linear(old), old, new)
    first, last = (old.cumsum(1) - 0.5 * old)[:, 0], (old.cumsum(1) - 0.5 * old)[:, -1]
    middles = new.cumsum(1) - 0.5 * new
    inside = (middles >= first[:, None]) & (middles <= last[:, None])
    assert int(inside.sum()) >= 14
    torch.testing.assert_close(moved[inside], linear(new)[inside], rtol=1e-12, atol=1e-13)
