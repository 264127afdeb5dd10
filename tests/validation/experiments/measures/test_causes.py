"""What moves the estimates of the rank: the layers' size is told apart, and one thing changes at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from geodepth.nets import LeakyResNet, NewtonConfig, train_to_stationarity
from geodepth.nets.network.rediscretization import rediscretize
from geodepth.validation import RepresentationPath, compute_energies
from geodepth.validation.experiments.measures.causes import PLACES, averaged_hamiltonian, causes, stretched

DECAY = 1e-3


def one_neuron(layers: int) -> RepresentationPath:
    """O1 with a penalized end: one neuron, one sample, positive all along, so that its geodesic has no kink."""
    network = LeakyResNet(1, 1, 1, layers, 3.0, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        network.weights.fill_(2.0)
    x, y = np.array([[0.5]]), np.array([[1.5]])
    train_to_stationarity(network, x, y, NewtonConfig(DECAY, (1e-9,), 1e-12))
    own = [getattr(network, name).detach().numpy() for name in ("weights", "layer_steps", "embedding", "readout")]
    return RepresentationPath.from_weights(own[0][0], own[1][0], x, y, own[2], own[3], 3.0, DECAY)


def test_the_hamiltonian_strays_by_the_layers_and_its_average_by_their_square() -> None:
    plain, averaged, medians = [], [], []
    for layers in (80, 160, 320):
        path = one_neuron(layers)
        assert path.stationarity < 1e-9
        plain.append(np.ptp(compute_energies(path).scaled_hamiltonian))
        averaged.append(np.ptp(averaged_hamiltonian(path)))
        medians.append(float(np.median(averaged_hamiltonian(path))))
    orders = [np.log2(np.array(values[:-1]) / values[1:]) for values in (plain, averaged)]
    # The next order is of relative size ρL̃ = 3/80, and both ends of p add to it.
    assert orders[0] == pytest.approx(1.0, abs=0.15)
    assert orders[1] == pytest.approx(2.0, abs=0.15)
    # H = (κ² − L̃²)/(2L̃), with κ of O1 for the ends 0.5 and 1.5. The penalized end is short of that by a share of λ.
    assert float(path.representations[-1, 0, 0]) == pytest.approx(1.5, abs=DECAY)
    assert medians[-1] == pytest.approx(1.0 - (2.801057036259 / 3.0) ** 2, abs=DECAY)


TINY: dict[str, Any] = {
    "data": {"name": "teacher", "dimensions": [3, 1, 3], "kind": "fully-connected", "samples": 8, "seed": "member"},
    "width": 4, "layers": 6, "effective_depth": 2.0, "weight_decay": 0.03, "epochs": 60, "seeds": [3],
    "projections": "learned", "smoothings": [0.03, 0.01], "stops": [0.1, 1e-4],
    "changes": [
        {"factor": "layers", "level": "L = 12", "layers": 12},
        {"factor": "depth", "level": "L̃ = 3", "effective_depth": 3.0, "layers": 9},
        {"factor": "projections", "level": "fixed", "projections": "fixed"},
        {"factor": "samples", "level": "N = 10", "samples": 10},
        {"factor": "price", "level": "3λ", "weight_decay": 0.09},
    ],
}  # fmt: skip


def test_one_thing_changes_at_a_time() -> None:
    outcome = causes(TINY)
    assert [(row["factor"], row["level"]) for row in outcome.rows] == [
        ("residual", "after Adam"), ("residual", "0.1"), ("base", "base"),
        *((change["factor"], change["level"]) for change in TINY["changes"]),
    ]  # fmt: skip
    assert outcome.arrays["hamiltonian"].shape == (8, len(PLACES))
    first, stopped, base, finer, *_, dearer = outcome.rows
    assert first["residual"] > stopped["residual"] > base["residual"]
    assert [row["residual"] <= 1e-4 for row in outcome.rows[2:]] == [True] * 6
    # More layers of the same path cost about the same, a dearer rank more, and the base is left as it was.
    assert finer["cost"] == pytest.approx(base["cost"], rel=0.1)
    assert dearer["cost"] > 1.5 * base["cost"]
    alone = causes(TINY | {"changes": TINY["changes"][-1:]})
    assert alone.rows[2] == base
    assert alone.rows[3]["cost"] == pytest.approx(dearer["cost"], rel=1e-9)


def test_steps_are_stretched_with_their_profile() -> None:
    steps = [0.1, 0.2, 0.4, 0.3]
    network = LeakyResNet(2, 2, 2, 4, 2.0, layer_steps=steps)
    assert stretched(network, 8)[0].numpy() == pytest.approx(np.repeat(steps, 2) / 2)
    finer = rediscretize(network, 8, stretched(network, 8))
    assert finer.positions[0, ::2].numpy() == pytest.approx(network.positions[0].numpy())
    assert stretched(network, 6).sum() == pytest.approx(1.0)
