"""Initial weights: neither dead nor explosive, and the same in every type."""

from __future__ import annotations

import pytest
import torch

from geodepth.nets import LeakyResNet, equidistant, resolve_activation
from geodepth.nets.network.initialization import initial_weights


@pytest.mark.parametrize("activation", ["relu", "linear", "tanh"])
@pytest.mark.parametrize(("layers", "effective_depth"), [(5, 0.0), (12, 3.0), (40, 10.0), (20, 19.9)])
def test_initial_path_is_neither_dead_nor_explosive(layers: int, effective_depth: float, activation: str) -> None:
    """Fresh samples, wide enough for one batch to speak for another: the norm lasts, where the leak alone is e^(−L̃)."""
    network = LeakyResNet(
        40,
        40,
        40,
        layers,
        effective_depth,
        members=20,
        activation=activation,
        dtype=torch.float64,
        generator=torch.Generator().manual_seed(0),
    )
    x = torch.randn(60, 40, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        size = torch.linalg.matrix_norm(network.representations(x))
    ratio = size / size[:, :1]
    # The reference keeps its norm exactly; other samples share its growth, up to how they lie in the fastest direction.
    assert float(ratio.min()) > 0.1
    assert float(ratio.max()) < 10.0


@pytest.mark.parametrize("width", [1, 2, 5])
def test_narrow_initial_paths_are_not_dead_either(width: int) -> None:
    """Of a few neurons, some have no growing direction; those hold the positive part, under a drift of order one."""
    network = LeakyResNet(
        width, width, width, 80, 20.0, members=50, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    reference = torch.randn(width, 32, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    with torch.no_grad():
        size = torch.linalg.matrix_norm(network.representations(reference.mT))
    ratio = size[:, -1] / size[:, 0]
    # Held members keep √½ of the norm, and a drift of spectral norm s ≲ 3 changes it by e^(±s/2); the leak: e^(−20).
    assert float(ratio.min()) > 0.05
    assert float(ratio.max()) < 5.0


def test_initial_numbers_do_not_depend_on_the_type() -> None:
    double = LeakyResNet(2, 2, 3, 4, 1.0, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    single = LeakyResNet(2, 2, 3, 4, 1.0, dtype=torch.float32, generator=torch.Generator().manual_seed(4))
    assert torch.equal(double.weights.float(), single.weights)
    steps = equidistant(4)[None]
    again = initial_weights(double.architecture, steps, resolve_activation("relu"), torch.Generator().manual_seed(4))
    assert torch.equal(double.weights.detach(), again)
