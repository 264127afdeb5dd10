"""What holds for all inputs: a configuration is either taken and finite, or refused with one NetworkError, one line."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.nets import AdaptiveSteps, LeakyResNet, NetworkError, TrainingConfig, resolve_activation, train

anything: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 8),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.floats(), max_size=3),
    st.complex_numbers(),
    st.binary(max_size=3),
)


def refused_in_one_line(error: NetworkError, name: str) -> None:
    message = str(error)
    assert "\n" not in message
    assert name in message
    assert "expected" in message


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["inputs", "outputs", "width", "layers", "effective_depth", "members", "projections", "bias"]),
    anything,
)
def test_any_argument_of_the_network_is_taken_or_refused(name: str, value: Any) -> None:
    good: dict[str, Any] = {"inputs": 2, "outputs": 1, "width": 3, "layers": 4, "effective_depth": 1.0}
    try:
        network = LeakyResNet(**{**good, name: value})
    except NetworkError as error:
        refused_in_one_line(error, name if name not in ("inputs", "outputs") else "")
        return
    x = torch.ones(2, network.inputs)
    assert bool(torch.isfinite(network(x)).all())
    assert network(x).shape == (network.members, 2, network.outputs)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(
        [
            "weight_decay",
            "epochs",
            "learning_rate",
            "schedule",
            "final_fraction",
            "sgd_epochs",
            "sgd_learning_rate",
            "batch_size",
            "layer_steps",
            "irregular_amplitude",
            "seed",
            "device",
            "record_every",
            "checkpoint_every",
            "clip",
            "stop_residual",
        ]
    ),
    anything,
)
def test_any_setting_of_the_training_is_taken_or_refused(name: str, value: Any) -> None:
    net = LeakyResNet(2, 1, 3, 4, 1.0, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    good: dict[str, Any] = {"weight_decay": 0.1, "epochs": 3, "sgd_epochs": 2}
    try:
        result = train(net, [[1.0, 2.0], [0.5, -1.0]], [[1.0], [0.0]], TrainingConfig(**{**good, name: value}))
    except NetworkError as error:
        refused_in_one_line(error, "amplitude" if name == "irregular_amplitude" else name)
        return
    # Rates of any size may blow a network up, but its last good state is what comes back.
    assert np.isfinite(result.objective).all()
    assert result.objective[0] <= result.objectives[0, 0] * (1 + 1e-12) or name == "layer_steps"


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["start", "stop", "every", "damping", "smallest", "largest", "weights"]), anything)
def test_any_setting_of_the_adaptive_steps_is_taken_or_refused(name: str, value: Any) -> None:
    try:
        options = AdaptiveSteps(**{name: value})
    except NetworkError as error:
        refused_in_one_line(error, name)
        return
    assert 0 <= options.start <= options.stop <= 1
    assert 0 < options.smallest <= 1 <= options.largest < math.inf


@settings(max_examples=200, deadline=None)
@given(anything)
def test_any_data_are_taken_or_refused(value: Any) -> None:
    net = LeakyResNet(1, 1, 1, 2, 1.0, dtype=torch.float64)
    for x, y in ((value, [[1.0]]), ([[1.0]], value)):
        with pytest.raises(NetworkError) as caught:
            train(net, x, y, TrainingConfig(0.1, 1))
        refused_in_one_line(caught.value, "puts" if x is value else "targets")


@settings(max_examples=100, deadline=None)
@given(anything)
def test_any_activation_is_taken_or_refused(value: Any) -> None:
    try:
        activation = resolve_activation(value)
    except NetworkError as error:
        refused_in_one_line(error, "activation")
        return
    assert activation.name == value
