"""One good file of each kind that the product reads, each with its loader: what `corruptions` damages."""

import dataclasses
import io
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from geodepth.control import GeodesicSolution, MultiPhaseSolution, Solution
from geodepth.control.solution.phases.multi_phase_solution import linked_ends
from geodepth.nets import LeakyResNet, TrainingConfig, train
from geodepth.validation import load_dataset, load_network_paths, load_path, save_path
from geodepth.validation.experiments import Outcome, Store, Sweep, Task
from geodepth.validation.pipeline.files_to_compare import read_networks, read_truth
from geodepth.validation.pipeline.settings import Settings

OLD = Path(__file__).parent.parent.parent / "files_of_0_1"
INPUTS, TARGETS = np.array([[0.5, -1.0, 0.8]]), np.array([[1.0, 0.2, -0.4]])
SETTINGS = 'data = "iris"\nsamples = 12\nwidth = 5\nlayers = 8\neffective_depth = 3.0\nschemes = ["irregular"]\n'
SWEEP = 'measure = "truth"\nseeds = 3\nbatch = 1\n[fixed]\nlayers = 4\n[grid]\nwidth = [2, 3]\n'
TASK = Task.of("truth", {"layers": 4, "seeds": [0]})


@dataclass(frozen=True, slots=True)
class GoodFile:
    """A good file.

    Attributes
    ----------
    name : str
        Of the file, with the folder that it needs about it.
    kind : str
        "npz", "safetensors" or "text".
    content : bytes
        What stands in it.
    load : function
        Reads a file, and hands out what it holds by name.
    sealed : bool
        Whether a digest in it tells any change of what it holds.
    """

    name: str
    kind: str
    content: bytes
    load: Callable[[Path], Mapping[str, Any]]
    sealed: bool


def good_files(folder: Path) -> dict[str, GoodFile]:
    """Files of this version and of the first one, by a name that says what they are; `folder` is for making them."""
    Solution.load(OLD / "solution.npz").save(folder / "solution.npz")
    phases().save(folder / "phases.npz")
    GeodesicSolution.load(OLD / "geodesic_relu.npz").save(folder / "geodesic.npz")
    save_path(load_path(OLD / "path.npz"), folder / "path.npz")
    LeakyResNet.load(OLD / "network_relu").save(folder / "network")
    shutil.copytree(OLD / "training", folder / "old_training")
    (folder / "training").mkdir()
    train(_network(), INPUTS.T, TARGETS.T, _training(folder / "training"))
    store = Store(folder / "results")
    store.save(TASK, Outcome(({"cost": 1.5},), {"a": np.arange(6.0).reshape(2, 3)}), {"code": "x"})
    data = io.BytesIO()
    np.savez(data, inputs=INPUTS, targets=TARGETS)
    found = [
        _good("solution", "solution.npz", (folder / "solution.npz").read_bytes(), _solution, True),
        _good("old solution", "solution.npz", (OLD / "solution.npz").read_bytes(), _solution),
        _good("phases", "phases.npz", (folder / "phases.npz").read_bytes(), _phases, True),
        _good("geodesic", "truth.npz", (folder / "geodesic.npz").read_bytes(), _geodesic, True),
        _good("old geodesic", "truth.npz", (OLD / "geodesic_relu.npz").read_bytes(), _geodesic),
        _good("truth", "truth.npz", (folder / "geodesic.npz").read_bytes(), _truth, True),
        _good("path", "path.npz", (folder / "path.npz").read_bytes(), _path, True),
        _good("old path", "path.npz", (OLD / "path.npz").read_bytes(), _path),
        _good("path as network", "path.npz", (folder / "path.npz").read_bytes(), _compared, True),
        _good("data", "data.npz", data.getvalue(), _data),
        _good("result", f"{TASK.identity}.npz", store.file(TASK).read_bytes(), _result, True),
        _good("network", "network.safetensors", (folder / "network/network.safetensors").read_bytes(), _net, True),
        _good("old network", "network.safetensors", (OLD / "network_relu/network.safetensors").read_bytes(), _net),
        _good("paths", "network.safetensors", (folder / "network/network.safetensors").read_bytes(), _paths, True),
        _good("old paths", "network.safetensors", (OLD / "network_relu/network.safetensors").read_bytes(), _paths),
        _good(
            "training", "training.safetensors", (folder / "training/training.safetensors").read_bytes(), _trained, True
        ),
        _good("old training", "training.safetensors", (OLD / "training/training.safetensors").read_bytes(), _trained),
        _good("settings", "settings.toml", SETTINGS.encode(), _settings),
        _good("sweep", "sweep.toml", SWEEP.encode(), _sweep),
    ]
    return dict(found)


def _good(
    what: str, name: str, content: bytes, load: Callable[[Path], Mapping[str, Any]], sealed: bool = False
) -> tuple[str, GoodFile]:
    kind = {".npz": "npz", ".safetensors": "safetensors"}.get(Path(name).suffix, "text")
    return what, GoodFile(name, kind, content, load, sealed)


def _network() -> LeakyResNet:
    return LeakyResNet(1, 1, 2, 4, 2.0, members=2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def _training(checkpoint: Path) -> TrainingConfig:
    return TrainingConfig(0.01, 40, device="cpu", checkpoint=checkpoint, checkpoint_every=10)


def _fields(record: Any) -> dict[str, Any]:
    """The fields of a record: arrays and plain values as they are, other records as they show themselves."""
    found = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        found[field.name] = value if isinstance(value, np.ndarray) else repr(value)
    return found


def _solution(path: Path) -> Mapping[str, Any]:
    solution = Solution.load(path)
    repr(solution)
    return _fields(solution)


def phases() -> MultiPhaseSolution:
    """Two phases with a link, both of them the old solution."""
    one = Solution.load(OLD / "solution.npz")
    both = {"first": one, "second": one}
    links, multipliers = linked_ends([("first", "second")], both), np.array([1.0, -2.0])
    return MultiPhaseSolution("twice", one.status, 2 * one.cost, both, links, multipliers, dict(one.statistics))


def _phases(path: Path) -> Mapping[str, Any]:
    solution = MultiPhaseSolution.load(path)
    repr(solution)
    found = _fields(solution)
    for name, phase in solution.phases.items():
        found |= {f"{name}.{each}": value for each, value in _fields(phase).items()}
    return found


def _geodesic(path: Path) -> Mapping[str, Any]:
    solution = GeodesicSolution.load(path)
    repr(solution), str(solution.certificate), str(solution.coverage)
    return _fields(solution) | {"digest": solution.geodesic.digest()}


def _truth(path: Path) -> Mapping[str, Any]:
    return _fields(read_truth(path).path)


def _path(path: Path) -> Mapping[str, Any]:
    return _fields(load_path(path))


def _compared(path: Path) -> Mapping[str, Any]:
    return _fields(read_networks(path, load_path(OLD / "path.npz"))[0])


def _data(path: Path) -> Mapping[str, Any]:
    return _fields(load_dataset(path))


def _result(path: Path) -> Mapping[str, Any]:
    store = Store(path.parent)
    result = store.load(TASK)
    assert store.has(TASK)
    return {**result.arrays, "rows": json.dumps(result.rows), "parameters": json.dumps(result.parameters)}


def _net(path: Path) -> Mapping[str, Any]:
    network = LeakyResNet.load(path.parent)
    values = {name: tensor.detach().numpy() for name, tensor in network.state_dict().items()}
    return values | {"steps": network.layer_steps.numpy(), "architecture": repr(network.architecture)}


def _paths(path: Path) -> Mapping[str, Any]:
    found = load_network_paths(path, INPUTS, TARGETS, 0.01)
    return {f"{name} {i}": value for i, one in enumerate(found) for name, value in _fields(one).items()}


def _trained(path: Path) -> Mapping[str, Any]:
    result = train(_network(), INPUTS.T, TARGETS.T, _training(path.parent))
    return {"objectives": result.objectives, "weights": result.network.weights.detach().numpy()}


def _settings(path: Path) -> Mapping[str, Any]:
    settings = Settings.from_toml(path)
    return _fields(settings)


def _sweep(path: Path) -> Mapping[str, Any]:
    sweep = Sweep.from_toml(path)
    return _fields(sweep) | {"tasks": sweep.tasks[:3]}
