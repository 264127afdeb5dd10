"""Three hundred malformed paths: each is refused with one typed line, and no nan passes silently."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodepth.validation.comparison import compare
from geodepth.validation.energies import compute_energies
from geodepth.validation.errors import ValidationError
from geodepth.validation.path import RepresentationPath

NAMES = ("weights", "layer_steps", "inputs", "targets", "embedding", "readout")


def sound(generator: np.random.Generator, layers: int, width: int, samples: int) -> dict[str, Any]:
    return {
        "weights": generator.standard_normal((layers, width, width + 1)),
        "layer_steps": np.full(layers, 1.0 / layers),
        "inputs": generator.standard_normal((2, samples)),
        "targets": generator.standard_normal((3, samples)),
        "embedding": generator.standard_normal((width, 2)),
        "readout": generator.standard_normal((3, width)),
        "effective_depth": 1.5,
        "weight_decay": 0.1,
    }


def spoil(fields: dict[str, Any], name: str, how: str, place: int) -> None:
    array = np.array(fields[name])
    flat = array.reshape(-1)
    where = place % flat.size
    if how in ("nan", "inf", "-inf"):
        flat[where] = float(how)
        fields[name] = array
    elif how == "text":
        fields[name] = np.where(np.arange(flat.size) == where, "x", flat.astype(str)).reshape(array.shape)
    elif how == "complex":
        fields[name] = array + 1j
    elif how == "axis lost":
        fields[name] = array[0]
    elif how == "axis more":
        fields[name] = array[None]
    elif how == "longer":
        fields[name] = np.concatenate([array, array], axis=-1)
    elif how == "empty":
        fields[name] = array[..., :0]
    elif how == "ragged":
        fields[name] = [[1.0, 2.0], [3.0]]
    elif how == "none":
        fields[name] = None
    else:
        raise AssertionError(how)


HOW = ("nan", "inf", "-inf", "text", "complex", "axis lost", "axis more", "longer", "empty", "ragged", "none")


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10**6), layers=st.integers(1, 4), width=st.integers(1, 4), samples=st.integers(1, 4),
    name=st.sampled_from(NAMES), how=st.sampled_from(HOW), place=st.integers(0, 10**6),
)  # fmt: skip
def test_malformed_arrays_are_refused(
    seed: int, layers: int, width: int, samples: int, name: str, how: str, place: int
) -> None:
    fields = sound(np.random.default_rng(seed), layers, width, samples)
    RepresentationPath.from_weights(**fields)
    spoil(fields, name, how, place)
    with pytest.raises(ValidationError) as caught:
        RepresentationPath.from_weights(**fields)
    message = str(caught.value)
    assert "\n" not in message
    # The message names an argument: the spoilt one, or the one that no longer fits it.
    assert message.split()[0] in NAMES
    assert len(message) < 300


@settings(max_examples=100, deadline=None, derandomize=True)
@given(name=st.sampled_from(["effective_depth", "weight_decay"]),
       value=st.one_of(st.floats(max_value=-1e-300), st.just(float("nan")), st.just(float("inf")), st.text(), st.none(),
                       st.lists(st.floats())))  # fmt: skip
def test_malformed_numbers_are_refused(name: str, value: Any) -> None:
    fields = sound(np.random.default_rng(0), 2, 2, 2)
    with pytest.raises(ValidationError) as caught:
        RepresentationPath.from_weights(**{**fields, name: value})
    assert str(caught.value).startswith(name)
    assert "\n" not in str(caught.value)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**6), layers=st.integers(1, 5), width=st.integers(1, 5), samples=st.integers(1, 6),
    power=st.integers(-12, 4), depth=st.sampled_from([0.0, 0.5, 3.0]),
)  # fmt: skip
def test_sound_paths_give_numbers(seed: int, layers: int, width: int, samples: int, power: int, depth: float) -> None:
    fields = sound(np.random.default_rng(seed), layers, width, samples)
    path = RepresentationPath.from_weights(**{
        **fields, "weights": fields["weights"] * 10.0**power, "effective_depth": depth,
    })  # fmt: skip
    comparison = compare(path, path)
    assert comparison.relative_excess == 0.0
    assert np.isfinite([comparison.cost, comparison.stationarity, comparison.alignment.weight_distance]).all()
    energy = compute_energies(path)
    for terms in (energy.exact, energy.relative, energy.constant):
        assert not np.isnan([terms.kinetic, terms.cross, terms.potential, terms.cost_of_identity]).any()
    assert np.isfinite(energy.relative.hamiltonian).all()
    # Undefined only where both terms are infinite, and then a direction says why.
    undefined = np.isnan(energy.exact.hamiltonian)
    assert (np.isinf(energy.exact.kinetic) & np.isinf(energy.exact.potential))[undefined].all()
    assert (np.abs(energy.infinite_direction[undefined]).sum(axis=1) > 0).all()
