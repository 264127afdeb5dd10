"""Arrays of nets and of control are turned into each other, and nothing else happens to them."""

from __future__ import annotations

import numpy as np
import torch

from geodepth.nets import LeakyResNet
from geodepth.validation import load_dataset
from geodepth.validation.bridge.layouts import samples_first, samples_last
from geodepth.validation.bridge.paths import path_of_member


def test_there_and_back() -> None:
    for shape in ((3, 7), (6, 3, 7), (2, 6, 3, 7)):
        columns = np.random.default_rng(0).normal(size=shape)
        rows = samples_first(columns)
        assert rows.shape == (*shape[:-2], shape[-1], shape[-2])
        np.testing.assert_array_equal(samples_last(rows), columns)


def test_the_representations_of_a_network_are_those_of_its_path() -> None:
    data = load_dataset("teacher", samples=5)
    network = LeakyResNet(
        data.inputs.shape[0], data.targets.shape[0], 4, 6, 2.0, members=2, projections="learned",
        dtype=torch.float64, generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    states = network.representations(torch.tensor(samples_first(data.inputs))).detach().numpy()
    for member in range(2):
        path = path_of_member(network, member, data, 0.01)
        np.testing.assert_allclose(path.representations, samples_last(states[member]), rtol=1e-12, atol=1e-14)
