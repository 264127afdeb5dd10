"""Three hundred malformed paths: each is refused with one typed line, and no nan passes silently."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from geodepth.validation.comparison.comparison import compare
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.files import load_path, save_path
from geodepth.validation.path.network_files import load_network_paths
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.path_energies import compute_energies

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
    array = np.array(fields[name], order="C")  # so that `flat` below is a view of it
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


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10**6), door=st.sampled_from(["arrays", "network arrays"]),
    name=st.sampled_from([*NAMES, "representations", "momenta"]), how=st.sampled_from(HOW),
    place=st.integers(0, 10**6),
)  # fmt: skip
def test_every_door_refuses_malformed_arrays(seed: int, door: str, name: str, how: str, place: int) -> None:
    fields = sound(np.random.default_rng(seed), 3, 2, 4)
    path = RepresentationPath.from_weights(**fields)
    given_arrays: dict[str, Any] = {"representations": path.representations}
    make: Callable[..., RepresentationPath]
    if door == "arrays":
        make, given_arrays["momenta"] = RepresentationPath.from_arrays, path.momenta
    else:
        assume(name != "momenta")
        make = RepresentationPath.from_network_arrays
        given_arrays["representations"] = path.representations.transpose(0, 2, 1)
        fields["inputs"], fields["targets"] = fields["inputs"].T, fields["targets"].T
    fields |= given_arrays
    assume(not (how == "none" and name in ("representations", "momenta")))  # there None means "compute them"
    make(**fields)
    spoil(fields, name, how, place)
    with pytest.raises(ValidationError) as caught:
        make(**fields)
    message = str(caught.value)
    assert "\n" not in message
    assert message.split()[0] in (*NAMES, "representations", "momenta")
    assert len(message) < 300


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(["npz", "safetensors"]), cut=st.floats(0.0, 0.999),
       flip=st.booleans())  # fmt: skip
def test_damaged_files_are_refused_or_read_whole(seed: int, kind: str, cut: float, flip: bool) -> None:
    from safetensors.numpy import save

    fields = sound(np.random.default_rng(seed), 2, 3, 4)
    path = RepresentationPath.from_weights(**fields)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"path.{kind}"
        if kind == "npz":
            save_path(path, file)
        else:
            file.write_bytes(save({name: path.weights if name == "weights" else fields[name] for name in NAMES[:2]}))
        content = bytearray(file.read_bytes())
        where = int(cut * len(content))
        if flip:
            content[where] ^= 0xFF
        else:
            del content[where:]
        file.write_bytes(bytes(content))
        try:
            if kind == "npz":
                found = load_path(file)
            else:
                (found,) = load_network_paths(file, fields["inputs"], fields["targets"], 0.1, 1.5)
        except ValidationError as error:
            said = str(error)
        else:  # a flipped bit of a number is a number, but never one that is not finite
            assert np.isfinite(found.weights).all()
            assert np.isfinite([found.cost, found.stationarity]).all()
            said = ""
        assert "\n" not in said


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
