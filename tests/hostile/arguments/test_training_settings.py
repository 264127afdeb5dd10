"""Settings of a network and its training, of any type and size: taken in their plain type, or refused in one line."""

import json
import time
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.nets import (
    AdaptiveSteps,
    LeakyResNet,
    NetworkError,
    NewtonConfig,
    TrainingConfig,
    train,
    train_to_stationarity,
)
from geodepth.nets.devices import resolve_device

SHAPE: dict[str, Any] = {"inputs": 2, "outputs": 1, "width": 3, "layers": 4, "effective_depth": 1.0}
X, Y = [[1.0, 2.0], [0.5, -1.0], [0.2, 0.1]], [[1.0], [0.0], [0.5]]
FLOATS = ("weight_decay", "learning_rate", "sgd_learning_rate", "final_fraction", "clip", "stop_residual")
COUNTS = ("epochs", "sgd_epochs", "batch_size", "seed", "record_every", "checkpoint_every")
WRONG: list[Any] = [
    "1",
    b"1",
    bytearray(b"1"),
    True,
    np.True_,
    1j,
    np.complex128(1 + 1j),
    float("nan"),
    float("inf"),
    -1,
]
WRONG += [
    np.ma.masked,
    np.array("1"),
    np.array([1.0, 2.0]),
    torch.tensor(1j),
    torch.tensor([1.0, 2.0]),
    [],
    {},
    object(),
]

kinds = st.sampled_from([float, np.float64, np.float32, np.float16, torch.tensor, np.array])
whole_kinds = st.sampled_from([int, np.int8, np.int64, np.uint64, torch.tensor, np.array])


def in_one_line(call: Any) -> str:
    """The one line that refuses a call, given before any work."""
    clock = time.perf_counter()
    with pytest.raises(NetworkError) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert time.perf_counter() - clock < 5.0
    return str(caught.value)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(name=st.sampled_from(FLOATS), kind=kinds, value=st.sampled_from([0.5, 0.25, 1.0]))
def test_numbers_of_any_kind_are_numbers(name: str, kind: Any, value: float) -> None:
    config = TrainingConfig(**{"weight_decay": 1e-2, "epochs": 2, name: kind(value)})
    assert type(getattr(config, name)) is float
    assert getattr(config, name) == value
    json.dumps(asdict(config))


@settings(derandomize=True, deadline=None, max_examples=100)
@given(name=st.sampled_from(COUNTS), kind=whole_kinds, value=st.integers(1, 3))
def test_whole_numbers_of_any_kind_are_whole_numbers(name: str, kind: Any, value: int) -> None:
    config = TrainingConfig(**{"weight_decay": 1e-2, "epochs": 2, name: kind(value)})
    assert type(getattr(config, name)) is int
    assert getattr(config, name) == value
    json.dumps(asdict(config))


@settings(derandomize=True, deadline=None, max_examples=300)
@given(name=st.sampled_from(FLOATS + COUNTS), value=st.sampled_from([*WRONG, 2**64, -(2**63), 10**400, 10**5000]))
def test_what_is_no_such_number_is_refused(name: str, value: Any) -> None:
    whole = isinstance(value, int) and value is not True and value >= 0
    if whole and name != "seed" and (name in COUNTS or (value == 2**64 and name != "final_fraction")):
        return  # a good number; whether a machine finishes so many epochs is looked at in training
    assert in_one_line(lambda: TrainingConfig(**{"weight_decay": 1e-2, "epochs": 2, name: value})).startswith(name)


@pytest.mark.parametrize("seed", [0, 2**63, 2**64 - 1, np.uint64(2**64 - 1)])
def test_every_seed_of_the_generator_is_taken(seed: Any) -> None:
    network = LeakyResNet(**SHAPE, dtype=torch.float64)
    assert np.isfinite(train(network, X, Y, TrainingConfig(0.1, 2, seed=seed, batch_size=2)).objective).all()


@settings(derandomize=True, deadline=None, max_examples=60)
@given(name=st.sampled_from(["start", "stop", "damping", "smallest", "largest", "every"]), kind=kinds)
def test_a_training_with_numpy_settings_has_the_bits_of_one_with_plain_settings(name: str, kind: Any) -> None:
    number: Any = np.int32(1) if name == "every" else kind(1.0)
    ends = []
    for value in (number, number.item() if hasattr(number, "item") else number):
        chosen: dict[str, Any] = {"start": value, "stop": 1.0} if name == "start" else {name: value}
        options = AdaptiveSteps(**chosen)
        json.dumps(asdict(options))
        network = LeakyResNet(**SHAPE, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        given: dict[str, Any] = {"weight_decay": np.float32(0.5), "epochs": np.int64(4), "adaptive": options}
        config = TrainingConfig(**given, layer_steps="adaptive")
        ends.append(train(network, X, Y, config).objective)
    np.testing.assert_array_equal(ends[0], ends[1])


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    name=st.sampled_from(["inputs", "outputs", "width", "layers", "members"]),
    size=st.sampled_from([10**12, 2**63, 10**30, 10**400, 10**5000]),
    projections=st.sampled_from(["fixed", "orthogonal", "learned", "penalized"]),
)
def test_networks_that_no_memory_holds_are_refused(name: str, size: int, projections: str) -> None:
    line = in_one_line(lambda: LeakyResNet(**{**SHAPE, name: size, "projections": projections}))
    assert "GB of memory" in line
    assert name in line


@settings(derandomize=True, deadline=None, max_examples=30)
@given(name=st.sampled_from(["epochs", "sgd_epochs"]), size=st.sampled_from([10**15, 2**70, 10**400, 10**5000]))
def test_trainings_that_no_machine_finishes_are_refused(name: str, size: int) -> None:
    network = LeakyResNet(**SHAPE, dtype=torch.float64)
    for every in (50, 10**6000):
        given: dict[str, Any] = {"weight_decay": 0.1, "epochs": 1, "record_every": every, name: size}
        config = TrainingConfig(**given)
        assert "ask for less" in in_one_line(lambda config=config: train(network, X, Y, config))


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    dtype=st.sampled_from([torch.float32, torch.float64]),
    exponent=st.integers(-300, 300),
    which=st.sampled_from(["inputs", "targets", "both"]),
)
def test_data_of_any_size_are_learned_from_or_refused(dtype: torch.dtype, exponent: int, which: str) -> None:
    generator = torch.Generator().manual_seed(3)
    network = LeakyResNet(**SHAPE, dtype=dtype, generator=generator)
    scale = 10.0**exponent
    x = np.array(X) * (scale if which != "targets" else 1.0)
    y = np.array(Y) * (scale if which != "inputs" else 1.0)
    config = TrainingConfig(0.1, 20, sgd_epochs=0, record_every=1)
    try:
        result = train(network, x, y, config)
    except NetworkError:
        in_one_line(lambda: train(network, x, y, config))
        return
    assert np.isfinite(result.objective).all()
    if which == "inputs":  # an update moves J; against the size of large targets it is not seen
        assert (result.objectives[1] != result.objectives[0]).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_networks_of_half_precision_are_neither_trained_nor_saved(dtype: torch.dtype, tmp_path: Any) -> None:
    network = LeakyResNet(**SHAPE).to(dtype)
    config = TrainingConfig(0.1, 2)
    for call in (lambda: train(network, X, Y, config), lambda: network.save(tmp_path / "network")):
        assert "call network.float() first" in in_one_line(call)
    assert not (tmp_path / "network").exists()
    assert "call network.double() first" in in_one_line(lambda: train_to_stationarity(network, X, Y, NewtonConfig(0.1)))
    network.float()
    train(network, X, Y, config)
    network.save(tmp_path / "network")
    assert LeakyResNet.load(tmp_path / "network").weights.dtype == torch.float32


DEVICES = [
    "cuda:-1",
    "cuda:99",
    "cuda:999999999999",
    "gpu",
    "",
    "cpu:",
    "hpu",
    "xla",
    "mps",
    "meta",
    "privateuseone",
    "vulkan",
]


@pytest.mark.parametrize(
    "device", [*DEVICES, "mtia", "CPU", "ünï", "\0", "a" * 1000, -1, 1.5, [], b"cpu", torch.device("meta")]
)
def test_devices_that_are_not_here_are_refused(device: Any) -> None:
    line = in_one_line(lambda: resolve_device(device))
    assert line.startswith("device is")
    assert in_one_line(lambda: train(LeakyResNet(**SHAPE), X, Y, TrainingConfig(0.1, 2, device=device))) == line
