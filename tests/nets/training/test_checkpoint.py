"""Interruption and resume: bit for bit the same end, and refusal of a state that is not this training's."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from geodepth.nets import AdaptiveSteps, LeakyResNet, NetworkError, TrainingConfig, TrainingResult, train
from geodepth.nets.network.files import read_tensors, write_tensors
from geodepth.nets.training.train import TrainingLoop

WEIGHT_DECAY = 0.01


def data() -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.linspace(-2.0, 2.0, 60, dtype=torch.float64).view(20, 3).sin()
    return x, torch.stack([x[:, 0].abs(), x[:, 1] - x[:, 2]], 1)


def network(seed: int = 1, width: int = 4) -> LeakyResNet:
    generator = torch.Generator().manual_seed(seed)
    return LeakyResNet(3, 2, width, 6, 2.0, members=3, dtype=torch.float64, generator=generator)


def same(a: TrainingResult, b: TrainingResult) -> bool:
    """Whether two results agree to the last bit, in all but the time they took."""
    arrays = ("epochs", "objectives", "fit", "penalty", "stationarity", "layer_steps", "diverged")
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in arrays) and all(
        torch.equal(p, q) for p, q in zip(a.network.state_dict().values(), b.network.state_dict().values(), strict=True)
    )


@pytest.mark.parametrize("stop_at", [3, 150, 217, None])
@pytest.mark.parametrize("batch_size", [None, 8])
def test_interrupted_and_resumed_is_bit_identical(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_at: int | None, batch_size: int | None
) -> None:
    x, y = data()
    if stop_at is None:
        stop_at = int(np.random.default_rng().integers(1, 240))  # another epoch in every run of the tests
    config = TrainingConfig(
        WEIGHT_DECAY,
        180,
        layer_steps="adaptive",
        sgd_epochs=60,
        batch_size=batch_size,
        record_every=13,
        adaptive=AdaptiveSteps(every=5),
        checkpoint=tmp_path / "run",
        checkpoint_every=1000,
    )
    whole = train(network(), x, y, replace(config, checkpoint=None))
    ordinary = TrainingLoop.run_epoch

    def epoch(self: TrainingLoop, state: Any) -> None:
        ordinary(self, state)
        if state.epoch == stop_at:
            signal.raise_signal(signal.SIGINT)

    net = network()
    before = net.weights.detach().clone()
    handler = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        patch.setattr(TrainingLoop, "run_epoch", epoch)
        with pytest.raises(KeyboardInterrupt):
            train(net, x, y, config)
    assert signal.getsignal(signal.SIGINT) is handler
    assert torch.equal(net.weights.detach(), before)
    done: list[int] = []

    def noted(self: TrainingLoop, state: Any) -> None:
        done.append(state.epoch)
        ordinary(self, state)

    with monkeypatch.context() as patch:
        patch.setattr(TrainingLoop, "run_epoch", noted)
        resumed = train(network(), x, y, config)
    assert done == list(range(stop_at, 240))
    assert resumed.interrupted
    assert not whole.interrupted
    assert same(whole, resumed)
    # And a finished training is not done again.
    with monkeypatch.context() as patch:
        patch.setattr(TrainingLoop, "run_epoch", lambda self, state: pytest.fail("trained again"))
        assert same(whole, train(network(), x, y, config))


def test_training_stops_at_the_residual_asked_for(tmp_path: Path) -> None:
    """A parabola (one linear layer, one sample): descent reaches any residual, and stops there, also when resumed."""
    config = TrainingConfig(
        WEIGHT_DECAY,
        epochs=50,
        sgd_epochs=5000,
        sgd_learning_rate=0.1,
        stop_residual=1e-3,
        record_every=10,
        checkpoint=tmp_path,
    )

    def fresh() -> LeakyResNet:
        generator = torch.Generator().manual_seed(0)
        return LeakyResNet(1, 1, 1, 1, 0.5, activation="linear", bias=False, dtype=torch.float64, generator=generator)

    result = train(fresh(), [[1.5]], [[2.0]], config)
    assert result.stationarity[0] <= 1e-3
    assert result.epochs[-1] < 5050
    assert len(result.epochs) >= 2
    assert same(result, train(fresh(), [[1.5]], [[2.0]], config))
    longer = train(fresh(), [[1.5]], [[2.0]], replace(config, stop_residual=None, checkpoint=None))
    assert longer.epochs[-1] == 5050


def test_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    x, y = data()
    config = TrainingConfig(WEIGHT_DECAY, 10, checkpoint=tmp_path)
    train(network(), x, y, config)
    others: list[tuple[LeakyResNet, torch.Tensor, TrainingConfig]] = [
        (network(), x + 1, config),
        (network(width=5), x, config),
        (network(), x, replace(config, learning_rate=0.2)),
        (network(seed=2), x, config),
    ]
    for net, inputs, settings in others:
        with pytest.raises(NetworkError, match="another training") as caught:
            train(net, inputs, y, settings)
        assert "resume=False" in str(caught.value)
        assert not train(net, inputs, y, replace(settings, resume=False)).interrupted
        train(network(), x, y, replace(config, resume=False))


@pytest.mark.parametrize("damage", ["truncated", "pickle", "empty"])
def test_damaged_checkpoint_is_refused(tmp_path: Path, damage: str) -> None:
    x, y = data()
    config = TrainingConfig(WEIGHT_DECAY, 10, checkpoint=tmp_path)
    train(network(), x, y, config)
    file = tmp_path / "training.safetensors"
    content = file.read_bytes()
    if damage == "pickle":
        torch.save({"weights": torch.zeros(3)}, file)
    else:
        file.write_bytes(content[: len(content) // 2] if damage == "truncated" else b"")
    with pytest.raises(NetworkError, match="cannot be read") as caught:
        train(network(), x, y, config)
    assert "\n" not in str(caught.value)


def test_state_that_does_not_fit_its_network_is_refused(tmp_path: Path) -> None:
    x, y = data()
    config = TrainingConfig(WEIGHT_DECAY, 10, checkpoint=tmp_path)
    train(network(), x, y, config)
    file = tmp_path / "training.safetensors"
    tensors, metadata = read_tensors(file, "geodepth training state 1")
    write_tensors(file, {**tensors, "rates": torch.zeros(7, dtype=torch.float64)}, metadata)
    with pytest.raises(NetworkError, match=r"rates of shape \(7,\)"):
        train(network(), x, y, config)
    write_tensors(file, {name: value for name, value in tensors.items() if name != "rates"}, metadata)
    with pytest.raises(NetworkError, match="lacks 'rates'"):
        train(network(), x, y, config)


PROGRAM = """
import sys
from importlib.util import module_from_spec, spec_from_file_location
from dataclasses import replace
spec = spec_from_file_location("problem", sys.argv[1])
problem = module_from_spec(spec)
spec.loader.exec_module(problem)
print("ready", flush=True)
problem.train(problem.network(), *problem.data(), replace(problem.LONG, checkpoint=sys.argv[2]))
"""
LONG = TrainingConfig(WEIGHT_DECAY, 2500, sgd_epochs=500, layer_steps="adaptive", checkpoint_every=1, device="cpu")


def test_killed_training_resumes_to_the_same_bits(tmp_path: Path) -> None:
    """kill −9 in a training that saves after every epoch, so that most moments are moments of saving."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, __file__, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    file = tmp_path / "training.safetensors"
    while not file.exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(0.3)
    process.kill()
    process.wait()
    process.stdout.close()
    _, metadata = read_tensors(file, "geodepth training state 1")
    assert 0 < metadata["state"]["epoch"] < LONG.total_epochs
    resumed = train(network(), *data(), replace(LONG, checkpoint=tmp_path, checkpoint_every=None))
    assert same(resumed, train(network(), *data(), LONG))
