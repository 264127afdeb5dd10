"""What training is asked for: bad settings and data named before it starts, and TF32 only when asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from geodepth.nets import LeakyResNet, NetworkError, TrainingConfig, train
from geodepth.nets.training.train import TrainingLoop

WEIGHT_DECAY = 0.01


def data() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(20, 3, generator=generator, dtype=torch.float64)
    return x, torch.stack([x[:, 0].abs(), x[:, 1] - x[:, 2]], 1)


def network(**options: Any) -> LeakyResNet:
    generator = torch.Generator().manual_seed(1)
    shape: dict[str, Any] = {"inputs": 3, "outputs": 2, "width": 4, "layers": 6, "effective_depth": 2.0}
    return LeakyResNet(**{**shape, "dtype": torch.float64, "generator": generator, **options})


@pytest.mark.parametrize("tf32", [False, True])
def test_tf32_is_off_unless_asked_for(tf32: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = data()
    ordinary, seen = TrainingLoop.run_epoch, []

    def epoch(self: TrainingLoop, state: Any) -> None:
        seen.append(torch.get_float32_matmul_precision())
        ordinary(self, state)

    monkeypatch.setattr(TrainingLoop, "run_epoch", epoch)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        train(network(dtype=torch.float32), x, y, TrainingConfig(WEIGHT_DECAY, 2, sgd_epochs=0, tf32=tf32))
        assert torch.get_float32_matmul_precision() == "medium"  # the user's own setting is back
    finally:
        torch.set_float32_matmul_precision(before)
    assert seen == ["high" if tf32 else "highest"] * 2


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"weight_decay": -1e-3}, "weight_decay is -0.001"),
        ({"weight_decay": 0.0}, "weight_decay is 0.0"),
        ({"weight_decay": "small"}, "weight_decay is 'small'"),
        ({"epochs": -1}, "epochs is -1"),
        ({"epochs": 1.5}, "epochs is 1.5"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0"),
        ({"learning_rate": float("inf")}, "learning_rate is inf"),
        ({"sgd_epochs": -3}, "sgd_epochs is -3"),
        ({"layer_steps": "random"}, "layer_steps is 'random'"),
        ({"schedule": "step"}, "schedule is 'step'"),
        ({"irregular_amplitude": 1.0}, "amplitude is 1"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"adaptive": "yes"}, "adaptive is 'yes'"),
        ({"record_every": 0}, "record_every is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"clip": 0.0}, "clip is 0.0"),
        ({"stop_residual": -1.0}, "stop_residual is -1.0"),
        ({"metrics": 3}, "metrics is 3"),
        ({"checkpoint": 3}, "checkpoint is 3"),
        ({"progress": "no"}, "progress is 'no'"),
        ({"tf32": 1}, "tf32 is 1"),
    ],
)
def test_bad_configuration_is_named(options: dict[str, Any], word: str) -> None:
    with pytest.raises(NetworkError) as caught:
        TrainingConfig(**{"weight_decay": 1e-3, "epochs": 10, **options})
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bad_data_are_named_before_training() -> None:
    x, y = data()
    config = TrainingConfig(WEIGHT_DECAY, 10)
    cases: list[tuple[Any, Any, TrainingConfig, str]] = [
        (x[:5], y, config, "targets has 20 rows and inputs has 5"),
        (x * torch.nan, y, config, "inputs has values that are NaN"),
        (x, y[:, :1], config, "targets has shape (20, 1)"),
        (x[:0], y[:0], config, "inputs has shape (0, 3)"),
        ([["a", "b", "c"]], [[1.0, 2.0]], config, "inputs is [['a', 'b', 'c']]"),
        (x, y, replace(config, batch_size=21), "batch_size is 21"),
        (x, y, replace(config, device="cuda:77"), "device is 'cuda:77'"),
    ]
    for inputs, targets, settings, word in cases:
        with pytest.raises(NetworkError) as caught:
            train(network(), inputs, targets, settings)
        assert word in str(caught.value)
        assert "\n" not in str(caught.value)
    shallow = network(layers=2, effective_depth=2.0, layer_steps=[0.5, 0.5])
    with pytest.raises(NetworkError, match="layers is 2 and effective_depth is 2"):
        train(shallow, x, y, replace(config, layer_steps="equidistant"))


def test_a_weight_decay_that_would_overflow_is_refused() -> None:
    """Found by the tests of any input: J was infinite from the start, and came back as the result."""
    with pytest.raises(NetworkError, match=r"weight_decay is 1\.5e\+307; expected a number in \(0, 1e\+300\]"):
        TrainingConfig(1.5e307, 3)
    x, y = data()
    assert np.isfinite(train(network(), x, y, TrainingConfig(1e300, 3, sgd_epochs=2)).objective).all()
