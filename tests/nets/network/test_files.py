"""Networks on disk: the same numbers back, whole files or none, and refusal of all that is not one of ours."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from geodepth.nets import LeakyResNet, NetworkError, Scaling, irregular, load_network, save_network
from geodepth.nets.network.files import FORMAT, TENSORS, WEIGHTS_NAME, read_network, read_tensors, write_tensors
from geodepth.nets.network.units import SCALING_NAMES


def example(projections: str = "fixed", dtype: torch.dtype = torch.float64) -> LeakyResNet:
    return LeakyResNet(
        3,
        2,
        4,
        5,
        1.5,
        members=2,
        projections=projections,
        activation="smoothed relu:0.03",
        bias=False,
        layer_steps=irregular(5),
        dtype=dtype,
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("projections", ["fixed", "learned", "penalized"])
def test_what_is_loaded_is_what_was_saved(tmp_path: Path, projections: str, dtype: torch.dtype) -> None:
    network = example(projections, dtype)
    save_network(network, tmp_path / "a" / "b")
    state = torch.random.get_rng_state()
    loaded = load_network(tmp_path / "a" / "b")
    assert torch.equal(torch.random.get_rng_state(), state)
    assert loaded.architecture == network.architecture
    for name, tensor in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)
        assert loaded.state_dict()[name].dtype == tensor.dtype
    x = torch.randn(4, 3, dtype=dtype)
    assert torch.equal(loaded(x), network(x))


def test_weights_are_whole_without_their_config(tmp_path: Path) -> None:
    network = example()
    save_network(network, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["architecture"]["effective_depth"] == 1.5
    (tmp_path / "config.json").unlink()
    assert torch.equal(load_network(tmp_path).weights, network.weights)


def test_units_are_saved_with_the_network_and_undone_on_output(tmp_path: Path) -> None:
    network = LeakyResNet(2, 1, 3, 5, 1.5, members=2, dtype=torch.float64)
    raw = torch.tensor([[10.0, 200.0], [14.0, 180.0]], dtype=torch.float64)
    torch.testing.assert_close(network.predict(raw), network(raw).detach(), rtol=0, atol=0)  # no units: its own
    network.set_scaling(Scaling([12.0, 190.0], [2.0, 10.0], [5.0], [3.0]))  # type: ignore[arg-type]
    seen = network(torch.tensor([[-1.0, 1.0], [1.0, -1.0]], dtype=torch.float64)).detach()
    torch.testing.assert_close(network.predict(raw), 3.0 * seen + 5.0, rtol=1e-14, atol=0)
    network.save(tmp_path, about={"data": "two rows"})
    loaded = LeakyResNet.load(tmp_path)
    assert torch.equal(loaded.predict(raw), network.predict(raw))
    assert torch.equal(loaded.select([1]).predict(raw), network.predict(raw)[1:])
    assert json.loads((tmp_path / "config.json").read_text())["about"] == {"data": "two rows"}
    for scaling, words in (
        (([0.0], [1.0], [0.0], [1.0]), "scaling has 1 entries for inputs; expected 2"),
        (([0.0, 0.0], [1.0, 0.0], [0.0], [1.0]), "input_scale has the value 0"),
        (([0.0, 0.0], [1.0], [0.0], [1.0]), "input_scale has 1 entries and input_mean 2"),
        (([0.0, float("nan")], [1.0, 1.0], [0.0], [1.0]), "input_mean has values that are NaN"),
        (([[0.0]], [1.0], [0.0], [1.0]), "input_mean has shape (1, 1)"),
    ):
        with pytest.raises(NetworkError) as caught:
            network.set_scaling(Scaling(*scaling))
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)


def test_steps_and_units_stay_exact_in_single_precision() -> None:
    network = LeakyResNet(1, 1, 3, 7, 1.5, dtype=torch.float64)
    network.set_scaling(Scaling([1 / 3], [0.1], [0.7], [1.1]))  # type: ignore[arg-type]
    steps = network.layer_steps.clone()
    network.float()
    assert network.weights.dtype == torch.float32
    assert torch.equal(network.layer_steps, steps)
    assert float(network.scaling.input_mean) == 1 / 3


def test_files_are_as_readable_as_any(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    save_network(example(), tmp_path)
    assert (tmp_path / "network.safetensors").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("damage", ["truncated header", "truncated", "empty", "pickle", "torch.save"])
def test_damaged_weights_are_refused(tmp_path: Path, damage: str) -> None:
    save_network(example(), tmp_path)
    file = tmp_path / "network.safetensors"
    content = file.read_bytes()
    if damage == "pickle":
        file.write_bytes(pickle.dumps({"weights": 1}))
    elif damage == "torch.save":
        torch.save({"weights": torch.zeros(2)}, file)
    else:
        file.write_bytes(content[: {"truncated header": 40, "truncated": len(content) - 8, "empty": 0}[damage]])
    with pytest.raises(NetworkError, match="cannot be read") as caught:
        load_network(tmp_path)
    assert "\n" not in str(caught.value)


def test_other_safetensors_are_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"weights": torch.zeros(2)}, tmp_path / "network.safetensors")
    with pytest.raises(NetworkError, match="format None"):
        load_network(tmp_path)


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    save_network(example(), tmp_path / "a")
    save_network(LeakyResNet(3, 2, 6, 5, 1.5), tmp_path / "b")
    os.replace(tmp_path / "b" / "config.json", tmp_path / "a" / "config.json")
    with pytest.raises(NetworkError, match="another architecture"):
        load_network(tmp_path / "a")
    (tmp_path / "a" / "config.json").write_text("{]")
    with pytest.raises(NetworkError, match="not the JSON"):
        load_network(tmp_path / "a")


def test_tensors_that_do_not_fit_their_architecture_are_refused(tmp_path: Path) -> None:
    network = example()
    tensors = {name: getattr(network, name) for name in ("weights", "layer_steps", "embedding", "readout")}
    header: dict[str, Any] = {"format": FORMAT, "architecture": network.architecture.to_dict()}
    write_tensors(tmp_path / "network.safetensors", {**tensors, "weights": torch.zeros(2, 5, 4, 9)}, header)
    with pytest.raises(NetworkError, match=r"weights of shape \(2, 5, 4, 9\)"):
        load_network(tmp_path)
    write_tensors(tmp_path / "network.safetensors", {**tensors, "extra": torch.zeros(1)}, header)
    with pytest.raises(NetworkError, match="extra"):
        load_network(tmp_path)
    header["architecture"]["width"] = -4
    write_tensors(tmp_path / "network.safetensors", tensors, header)
    with pytest.raises(NetworkError, match="width is -4"):
        load_network(tmp_path)


def test_missing_and_unwritable_places_are_named(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="expected a file there"):
        load_network(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(NetworkError, match="can be written"):
        save_network(example(), tmp_path / "file" / "network")


SAVER = """
import sys, torch
from pathlib import Path
from geodepth.nets.network.files import write_tensors
count = 0
while True:
    count += 1
    tensors = {f"t{i}": torch.full((200_000,), float(count)) for i in range(3)}
    write_tensors(Path(sys.argv[1]), tensors, {"format": "test", "count": count})
    if count == 3:
        print("ready", flush=True)
"""


def test_killed_while_saving_leaves_a_whole_file(tmp_path: Path) -> None:
    """kill −9 at arbitrary moments of a program that does nothing but save: what is there is always one whole save."""
    path = tmp_path / "state.safetensors"
    for attempt in range(4):
        process = subprocess.Popen([sys.executable, "-c", SAVER, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        # Saves take milliseconds; the delays fall into different parts of them.
        time.sleep(0.011 + 0.0037 * attempt)
        process.kill()
        process.wait()
        process.stdout.close()
        tensors, metadata = read_tensors(path, "test")
        assert metadata["count"] >= 3
        for tensor in tensors.values():
            assert torch.equal(tensor, torch.full((200_000,), float(metadata["count"])))


def kept(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The tensors without units, and the header, of a network that is saved in the folder without its config."""
    save_network(example(), folder)
    (folder / "config.json").unlink()
    tensors, header = read_tensors(folder / WEIGHTS_NAME, FORMAT)
    return {name: tensors[name] for name in TENSORS}, header


def refusal(folder: Path) -> str:
    with pytest.raises(NetworkError) as caught:
        read_network(folder)
    return str(caught.value).removeprefix(f"{folder / WEIGHTS_NAME} ")


def test_headers_of_other_formats_are_refused(tmp_path: Path) -> None:
    tensors, header = kept(tmp_path)
    for other in ("geodepth network 0", "geodepth network 2", None):
        write_tensors(tmp_path / WEIGHTS_NAME, tensors, header | {"format": other})
        said = f"has the format {other!r}; expected 'geodepth network 1'; choose a file that this version wrote"
        assert refusal(tmp_path) == said
    for architecture in (None, ["width", 4]):
        write_tensors(tmp_path / WEIGHTS_NAME, tensors, header | {"architecture": architecture})
        said = f"has the architecture {architecture!r}; expected its fields by name; save it again"
        assert refusal(tmp_path) == said
    (tmp_path / WEIGHTS_NAME).unlink()
    assert refusal(tmp_path) == f"path is {tmp_path / WEIGHTS_NAME}; expected a file there; check the name"


def test_tensors_that_are_missing_or_too_many_are_listed(tmp_path: Path) -> None:
    tensors, header = kept(tmp_path)
    expected = "weights, layer_steps, embedding, readout, input_mean, input_scale, target_mean, target_scale"
    for drop in TENSORS:
        write_tensors(tmp_path / WEIGHTS_NAME, {n: t for n, t in tensors.items() if n != drop}, header)
        found = ", ".join(sorted(name for name in TENSORS if name != drop))
        assert refusal(tmp_path) == f"holds {found}; expected {expected}; save it again"
    for more in ("a", "z", "input_mean"):
        write_tensors(tmp_path / WEIGHTS_NAME, {**tensors, more: torch.zeros(1)}, header)
        found = ", ".join(sorted([*TENSORS, more]))
        assert refusal(tmp_path) == f"holds {found}; expected {expected}; save it again"
    write_tensors(tmp_path / WEIGHTS_NAME, {**tensors, **{name: torch.ones(1) for name in SCALING_NAMES}}, header)
    assert tuple(read_network(tmp_path).units) == SCALING_NAMES


def test_shapes_that_are_larger_or_smaller_are_refused(tmp_path: Path) -> None:
    tensors, header = kept(tmp_path)
    shape = tuple(tensors["readout"].shape)
    for other in ((1, *shape[1:]), (9, *shape[1:])):
        write_tensors(tmp_path / WEIGHTS_NAME, {**tensors, "readout": torch.zeros(other)}, header)
        found = read_network(tmp_path)
        with pytest.raises(NetworkError) as caught:
            found.copy_into(tensors)
        assert str(caught.value) == (
            f"{tmp_path / WEIGHTS_NAME} has readout of shape {other}; its architecture expects {shape}; "
            "it was put together from two networks: save it again"
        )
    # What was read is told apart by where it is, for tensors have no one answer to whether they are equal.
    assert len({found, read_network(tmp_path)}) == 2


def test_a_config_is_written_for_people_and_agrees_or_is_told(tmp_path: Path) -> None:
    save_network(example(), tmp_path)
    config = tmp_path / "config.json"
    text = config.read_text()
    held = json.loads(text)
    assert text == json.dumps(held, indent=2, sort_keys=True) + "\n"
    assert (held["format"], held["dtype"]) == ("geodepth network 1", "float64")
    assert sorted(held) == ["architecture", "dtype", "format", "torch"]
    for other in ("{}", "[]", "3", "{]"):
        config.write_text(other)
        with pytest.raises(NetworkError) as caught:
            read_network(tmp_path)
        assert str(caught.value) == (
            f"{config} is not the JSON that save_network writes; expected an architecture; delete it, the weights "
            "carry their own"
        )
    config.write_text(json.dumps({"architecture": held["architecture"] | {"width": 5}}))
    with pytest.raises(NetworkError) as caught:
        read_network(tmp_path)
    assert str(caught.value) == (
        f"{config} describes another architecture than network.safetensors beside it; expected the same; delete "
        "config.json to trust the weights' own"
    )
