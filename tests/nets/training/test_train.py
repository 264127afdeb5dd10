"""Training against closed forms, automatic differentiation and torch's own Adam; ensembles and divergence."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from geodepth.nets import LeakyResNet, TrainingConfig, train
from geodepth.nets.network.adaptive_steps import relative_changes

WEIGHT_DECAY = 0.01


def data(samples: int = 20) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(samples, 3, generator=generator, dtype=torch.float64)
    return x, torch.stack([x[:, 0].abs(), x[:, 1] - x[:, 2]], 1)


def network(members: int = 3, **options: Any) -> LeakyResNet:
    generator = torch.Generator().manual_seed(1)
    shape: dict[str, Any] = {"inputs": 3, "outputs": 2, "width": 4, "layers": 6, "effective_depth": 2.0}
    return LeakyResNet(**{**shape, "members": members, "dtype": torch.float64, "generator": generator, **options})


def test_adam_epochs_equal_torchs_adam() -> None:
    x, y = data()
    net, reference = network(), network()
    config = TrainingConfig(
        WEIGHT_DECAY, epochs=40, sgd_epochs=0, learning_rate=0.01, schedule="constant", record_every=1, device="cpu"
    )
    optimizer = torch.optim.Adam(reference.parameters(), lr=0.01, eps=1e-10)
    expected = []
    for _ in range(40):
        optimizer.zero_grad()
        objective = reference.objective(x, y, WEIGHT_DECAY)
        expected.append(objective.detach().numpy())
        objective.sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    expected.append(reference.objective(x, y, WEIGHT_DECAY).detach().numpy())
    result = train(net, x, y, config)
    # Rounding grows along a training run, by less than a factor e per 10 epochs here.
    np.testing.assert_allclose(result.objectives[:-1], np.stack(expected)[:-1], rtol=1e-10)


def test_single_linear_layer_reaches_its_closed_form() -> None:
    """w = L = 1, linear, no bias, one sample: J = (y − (1 − L̃ + W)x)² + λW²/(2L̃), a parabola in W."""
    x, y, leak = 1.5, 2.0, 0.5
    net = LeakyResNet(1, 1, 1, 1, leak, activation="linear", bias=False, dtype=torch.float64)
    result = train(net, [[x]], [[y]], TrainingConfig(WEIGHT_DECAY, epochs=500, sgd_epochs=500, sgd_learning_rate=0.1))
    ridge = WEIGHT_DECAY / (2 * leak)
    gap = y - (1 - leak) * x
    best = ridge * gap**2 / (x**2 + ridge)
    assert result.objective[0] == pytest.approx(best, rel=1e-12)
    # On a parabola, an excess of 1e-12 relative is a distance of 1e-6.
    assert float(net.weights.detach()) == pytest.approx(x * gap / (x**2 + ridge), rel=1e-6)
    assert result.stationarity[0] < 1e-5


@pytest.mark.parametrize("steps", ["network", "equidistant", "irregular", "adaptive"])
def test_result_is_what_the_network_says_of_itself(steps: str) -> None:
    x, y = data()
    net = network()
    result = train(net, x.numpy(), y.numpy(), TrainingConfig(WEIGHT_DECAY, 300, layer_steps=steps, record_every=7))
    assert result.network is net
    with torch.no_grad():
        np.testing.assert_allclose(result.objective, net.objective(x, y, WEIGHT_DECAY).numpy(), rtol=1e-12)
        np.testing.assert_allclose(result.fit, net.fit(x, y).numpy(), rtol=1e-11)
        np.testing.assert_allclose(result.penalty, net.penalty(WEIGHT_DECAY).numpy(), rtol=1e-12)
    np.testing.assert_allclose(result.stationarity, net.stationarity(x, y, WEIGHT_DECAY).numpy(), rtol=1e-8)
    np.testing.assert_array_equal(result.layer_steps, net.layer_steps.numpy())
    np.testing.assert_allclose(result.objectives[-1], result.objective, rtol=0, atol=0)
    assert result.epochs[0] == 0
    assert result.epochs[-1] == 360
    # Once the steps are fixed the best iterate is kept, so no later record is below the result.
    fixed = result.epochs > (0.7 * 300 if steps == "adaptive" else -1)
    assert np.all(result.objectives[fixed].min(0) >= result.objective * (1 - 1e-14))
    assert np.all(result.objective < 0.5 * result.objectives[0])


def test_descent_tail_never_rises() -> None:
    x, y = data()
    result = train(
        network(), x, y, TrainingConfig(WEIGHT_DECAY, 100, sgd_epochs=200, sgd_learning_rate=50.0, record_every=1)
    )
    tail = result.objectives[result.epochs >= 100]
    # A rate of 50 explodes at once unless it is cut down; and a descent that only refuses would not get anywhere.
    assert np.all(np.diff(tail, axis=0) <= 0)
    assert np.all(tail[-1] < tail[0] * (1 - 1e-3))
    assert not result.diverged.any()


def test_adaptive_steps_equalize_relative_changes_and_stop_moving() -> None:
    x, y = data()
    net = network(members=4, layers=10)
    config = TrainingConfig(WEIGHT_DECAY, 1500, layer_steps="adaptive", sgd_epochs=0)
    result = train(net, x, y, config)
    with torch.no_grad():
        changes = relative_changes(net.representations(x))
    adapted = (changes.std(1) / changes.mean(1)).numpy()
    assert np.all(adapted <= 0.1)
    np.testing.assert_allclose(result.layer_steps.sum(1), 1.0, rtol=0, atol=1e-12)
    equal = network(members=4, layers=10)
    train(equal, x, y, replace(config, layer_steps="equidistant"))
    with torch.no_grad():
        changes = relative_changes(equal.representations(x))
    assert np.median((changes.std(1) / changes.mean(1)).numpy()) > 2 * np.median(adapted)


@pytest.mark.parametrize("steps", ["equidistant", "adaptive"])
@pytest.mark.parametrize(("width", "layers", "samples", "options"), [
    (4, 6, 20, {}), (6, 40, 16, {}), (4, 6, 20, {"projections": "learned"}), (4, 6, 20, {"activation": "tanh"}),
    (4, 6, 20, {"projections": "penalized"}),
])  # fmt: skip
def test_ensemble_equals_its_members_trained_alone_bit_for_bit(
    steps: str, width: int, layers: int, samples: int, options: dict[str, Any]
) -> None:
    x, y = data(samples)
    config = TrainingConfig(WEIGHT_DECAY, 100, layer_steps=steps, device="cpu")
    together = train(network(width=width, layers=layers, **options), x, y, config)
    for member in range(3):
        alone = train(network(width=width, layers=layers, **options).select([member]), x, y, config)
        np.testing.assert_array_equal(alone.objectives[:, 0], together.objectives[:, member])
        np.testing.assert_array_equal(alone.layer_steps[0], together.layer_steps[member])
        assert torch.equal(alone.network.weights[0], together.network.weights[member])


@pytest.mark.parametrize("steps", ["equidistant", "adaptive"])
def test_ensemble_of_odd_sizes_equals_its_members_to_rounding(steps: str) -> None:
    """Where a member's matrices do not start on the processor's boundaries, the library may sum in another order."""
    x, y = data(21)
    config = TrainingConfig(WEIGHT_DECAY, 100, layer_steps=steps, device="cpu")
    together = train(network(width=5, layers=7), x, y, config)
    for member in range(3):
        alone = train(network(width=5, layers=7).select([member]), x, y, config)
        np.testing.assert_allclose(alone.objectives[:, 0], together.objectives[:, member], rtol=1e-12)
        np.testing.assert_allclose(alone.layer_steps[0], together.layer_steps[member], rtol=1e-12)


@pytest.mark.parametrize("options", [{}, {"batch_size": 1000}, {"layer_steps": "adaptive"}])
def test_threads_change_a_training_by_rounding_alone(options: dict[str, Any]) -> None:
    x, y = data(1200)
    config = TrainingConfig(WEIGHT_DECAY, 6, sgd_epochs=2, device="cpu", record_every=1, **options)
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            # Two shares of 500 samples are worth a thread each from width 32 on.
            found.append(train(network(width=34, members=2), x, y, config))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    one, two = found
    assert not np.array_equal(one.objectives, two.objectives)
    # Adam divides by the gradient's own size, so rounding of an entry that is nearly zero shows first.
    np.testing.assert_allclose(two.objectives, one.objectives, rtol=1e-9)


def test_diverging_member_is_frozen_and_named_while_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    x, y = data()
    healthy = train(network(), x, y, TrainingConfig(WEIGHT_DECAY, 200))
    sick = network()
    with torch.no_grad():
        # Beyond the limit from the start, and finite: what the first record finds.
        sick.weights[1].fill_(1e5)
    with caplog.at_level(logging.WARNING, "geodepth.nets"):
        result = train(sick, x, y, TrainingConfig(WEIGHT_DECAY, 200, learning_rate=0.1))
    assert not result.diverged[[0, 2]].any()
    np.testing.assert_array_equal(result.objective[[0, 2]], healthy.objective[[0, 2]])
    with torch.no_grad():
        sick.weights[1].fill_(1e200)
    result = train(sick, x, y, TrainingConfig(WEIGHT_DECAY, 5, sgd_epochs=0))
    assert result.diverged.tolist() == [False, True, False]


def test_members_that_diverge_on_the_way_keep_their_last_good_state_and_end_the_training(
    caplog: pytest.LogCaptureFixture,
) -> None:
    x, y = data()
    config = TrainingConfig(WEIGHT_DECAY, 600, learning_rate=1e6, schedule="constant", sgd_epochs=0, record_every=1)
    net = network()
    start = net.objective(x, y, WEIGHT_DECAY).detach().numpy()
    with caplog.at_level(logging.WARNING, "geodepth.nets"):
        result = train(net, x, y, config)
    assert result.diverged.all()
    assert sorted(record.getMessage()[:17] for record in caplog.records) == [f"member {m} diverged" for m in range(3)]
    assert result.epochs[-1] < 600  # when all have diverged there is nothing left to train
    np.testing.assert_array_less(result.objective, start * (1 + 1e-12))
    with torch.no_grad():
        np.testing.assert_allclose(net.objective(x, y, WEIGHT_DECAY).numpy(), result.objective, rtol=1e-12)


def test_mini_batches_are_seeded_and_reduce_the_objective() -> None:
    x, y = data(40)
    config = TrainingConfig(WEIGHT_DECAY, 200, batch_size=16, sgd_epochs=20, sgd_learning_rate=1e-3, seed=5)
    first, again = train(network(), x, y, config), train(network(), x, y, config)
    assert torch.equal(first.network.weights, again.network.weights)
    other = train(network(), x, y, replace(config, seed=6))
    assert not torch.equal(first.network.weights, other.network.weights)
    full = train(network(), x, y, TrainingConfig(WEIGHT_DECAY, 200))
    # Noise of the batches keeps the end above the full-batch one; without learning it would be twenty times above.
    assert np.median(first.objective) < 0.25 * np.median(first.objectives[0])
    assert np.median(first.objective) > 0.5 * np.median(full.objective)


def test_single_precision_ends_near_double() -> None:
    x, y = data()
    double = train(network(), x, y, TrainingConfig(WEIGHT_DECAY, 100))
    single = train(network(dtype=torch.float32), x, y, TrainingConfig(WEIGHT_DECAY, 100))
    # Differences of 1e-7 are amplified along the run, but a hundred epochs leave the same basin.
    np.testing.assert_allclose(single.objective, double.objective, rtol=1e-2)
    assert single.objectives.dtype == np.float64
