"""The paper's experiments as sweeps: their tasks keep the identities that their results have on disk."""

from __future__ import annotations

import hashlib

import pytest

from geodepth.validation.experiments import EXPERIMENTS, SIZES, distinct, experiment

# Of version 0.1.0, before its rooms were moved: experiment, size and device → tasks, the first one's identity, and a
# digest of all. A digest that changed would orphan every result that anybody has. Those of figures 1 and 3 and of the
# theorems at the paper's size are newer: before, their set-up was not the paper's, and nobody had run it.
IDENTITIES = {
    ("fig1", "small", "cpu"): (17, "networks-a22ec6f73bb2c28e", "cd4c9219bfb5e111"),
    ("fig1", "paper", "cuda"): (42, "networks-4e6854913a4acb8b", "0cbcc555f8aea894"),
    ("fig2", "small", "cpu"): (21, "networks-dc5e63f5a9264a26", "aebfd667b8a89bce"),
    ("fig2", "medium", "cpu"): (33, "networks-00616cba6181a1ca", "c7e4f0b0e01d109d"),
    ("fig3", "small", "cpu"): (124, "networks-a22ec6f73bb2c28e", "d67a6c9adb8f6fdd"),
    ("fig3", "paper", "cpu"): (340, "networks-317454d0380a6174", "db42803184a56a48"),
    ("projections", "small", "cpu"): (24, "networks-f7c0759ef3edb941", "65791b75a2594b60"),
    ("causes", "small", "cpu"): (10, "causes-95ca8f7c8f1412f9", "60cec6ac39c54067"),
    ("adaptivity", "small", "cpu"): (108, "networks-bd0ec72b147be8e7", "a5b965c0d6845b38"),
    ("adaptivity", "paper", "cuda"): (216, "networks-4760549787a14f1d", "161cf55e62dfc081"),
    ("truth", "small", "cpu"): (210, "beside_truth-2f48c2dcf9e568cc", "e54c3079c0e577ff"),
    ("truth", "medium", "cpu"): (360, "beside_truth-3bef3bca90092c83", "044c94c56cd4fc23"),
    ("truth", "paper", "cpu"): (460, "beside_truth-867ecf9c0f950e21", "8469365762efff79"),
    ("theorems", "small", "cpu"): (12, "networks-a22ec6f73bb2c28e", "156af9a748605c02"),
    ("theorems", "paper", "cpu"): (88, "networks-317454d0380a6174", "547efcb8f2339bc7"),
}


@pytest.mark.parametrize("asked", IDENTITIES)
def test_identities_are_those_of_the_results_that_exist(asked: tuple[str, str, str]) -> None:
    name, size, device = asked
    identities = [task.identity for task in distinct(experiment(name, size, 10, device).sweeps)]
    digest = hashlib.sha256("\n".join(identities).encode()).hexdigest()[:16]
    assert (len(identities), identities[0], digest) == IDENTITIES[asked]


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.parametrize("size", SIZES)
def test_every_experiment_is_whole_at_every_size(name: str, size: str) -> None:
    found = experiment(name, size, 10)
    assert all(len(sweep.seeds) in (1, 10) for sweep in found.sweeps)
    tasks = distinct(found.sweeps)
    assert len({task.identity for task in tasks}) == len(tasks)
    assert all(task.effort > 0.0 for task in tasks)
    on_gpu = distinct(experiment(name, size, 10, "cuda").sweeps)
    assert {task.measure for task in on_gpu} == {task.measure for task in tasks}
