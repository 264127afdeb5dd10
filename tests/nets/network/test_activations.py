"""Activations in PyTorch: NumPy's values, the one spelling, and the same activation back from a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from geodepth.foundation.activations import Activation, parse_activation
from geodepth.nets import LeakyResNet, NetworkError, TrainingConfig, load_network, resolve_activation, train

SPELLINGS = ["relu", "linear", "gelu", "tanh", "smoothed relu:0.3"]


@pytest.mark.parametrize("text", SPELLINGS)
def test_torchs_formulas_are_numpys(text: str) -> None:
    a = np.concatenate([np.linspace(-6.0, 6.0, 101), [0.0]])
    ours, torchs = parse_activation(text), resolve_activation(text)
    tensor = torch.from_numpy(a)
    for mine, theirs in (
        (ours.value(a), torchs.value(tensor)),
        (ours.slope(a), torchs.derivative(tensor)),
        (ours.curvature(a), torchs.second_derivative(tensor)),
    ):
        # A few roundings of numbers up to 6; PyTorch's Φ is good to 1e-16 of one, not of itself.
        np.testing.assert_allclose(mine, theirs.numpy(), rtol=0, atol=1e-14)


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_trained_network_comes_back_with_its_activation(text: str, tmp_path: Path) -> None:
    """One spelling: what a network is built from is what its record and its files say, and what is read from them."""
    network = LeakyResNet(1, 1, 2, 3, 1.0, activation=text, dtype=torch.float64)
    train(network, [[1.0], [-2.0]], [[0.5], [1.0]], TrainingConfig(0.1, 5, device="cpu"))
    network.save(tmp_path)
    assert network.architecture.activation == text
    assert json.loads((tmp_path / "config.json").read_text())["architecture"]["activation"] == text
    loaded = load_network(tmp_path)
    assert loaded.activation == network.activation
    assert str(parse_activation(loaded.architecture.activation)) == text
    x = torch.linspace(-2.0, 2.0, 7, dtype=torch.float64)[:, None]
    assert torch.equal(loaded(x), network(x))


@pytest.mark.parametrize("given", ["smoothed_relu:0.3", "smoothed relu:0.3", Activation("smoothed relu", 0.3)])
def test_older_spellings_and_records_are_read(given: Any) -> None:
    assert LeakyResNet(1, 1, 2, 3, 1.0, activation=given).architecture.activation == "smoothed relu:0.3"


class Swish:
    """A user's own activation."""

    name = "swish"

    def value(self, a: torch.Tensor) -> torch.Tensor:
        return a * torch.sigmoid(a)

    def derivative(self, a: torch.Tensor) -> torch.Tensor:
        share = torch.sigmoid(a)
        return share + a * share * (1.0 - share)

    def second_derivative(self, a: torch.Tensor) -> torch.Tensor:
        share = torch.sigmoid(a)
        return share * (1.0 - share) * (2.0 + a * (1.0 - 2.0 * share))


def test_a_users_own_activation_trains_but_is_not_saved(tmp_path: Path) -> None:
    network = LeakyResNet(1, 1, 2, 3, 1.0, activation=Swish(), dtype=torch.float64)
    result = train(network, [[1.0], [-2.0]], [[0.5], [1.0]], TrainingConfig(0.1, 50, device="cpu"))
    assert result.objective[0] < result.objectives[0, 0]
    with pytest.raises(NetworkError, match="activation is 'swish'"):
        network.save(tmp_path / "network")
    assert not (tmp_path / "network").exists()
