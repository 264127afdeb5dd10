"""The measurement of trained networks: an ensemble trained on one data set, one member a seed, and what is measured
of every member: costs, Hamiltonians, ranks, the sides of Theorem 4, and curves along p."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.validation.data.dataset import Dataset
from geodepth.validation.data.named import load_dataset
from geodepth.validation.errors import ValidationError
from geodepth.validation.experiments.sweeps.results import Outcome, Row
from geodepth.validation.path.representation_path import RepresentationPath

from .depth_ladder import deepened, rungs
from .path_numbers import curves, measure_path

if TYPE_CHECKING:
    import torch

    from geodepth.nets import LeakyResNet, TrainingResult

PARAMETERS = {
    "data", "width", "layers", "effective_depth", "weight_decay", "rank_cost", "projections", "layer_steps", "epochs",
    "sgd_epochs", "learning_rate", "dtype", "device", "keep_weights", "seeds", "newton", "smoothings", "continued",
    "levels",
}  # fmt: skip
"""data: a mapping for `load_dataset`; keep_weights: whether weights go into the result; newton: Newton-CG at the end
(of every rung), and smoothings: its values of ε; continued: train at a small L̃ and continue to the one asked for
(ladder.py); levels: costs whose first crossing is recorded; rank_cost: λL̃/2, what one rank of the bottleneck costs, in
place of weight_decay λ; the others are those of LeakyResNet and TrainingConfig."""


CLIMBING = 0.2
"""Share of the epochs and of Adam's rate on later rungs: Newton's first steps from far away can end in W = 0."""


def networks(parameters: Mapping[str, Any]) -> Outcome:
    """Train one ensemble; a row a seed, and arrays (members, …).

    Where data has the seed "member", every seed draws data of its own and is trained by itself.
    Raises ValidationError or NetworkError for parameters that cannot be used.
    """
    unknown = sorted(set(parameters) - PARAMETERS)
    if unknown:
        raise ValidationError(f"parameter {unknown[0]} is unknown; known are {', '.join(sorted(PARAMETERS))}")
    parameters = {**parameters, "weight_decay": weight_decay(parameters)}
    seeds: list[int] = list(parameters["seeds"])
    if dict(parameters["data"]).get("seed") != "member":
        return _ensemble(parameters, dataset(parameters["data"]), seeds)
    parts = [_ensemble(parameters, dataset({**parameters["data"], "seed": seed}), [seed]) for seed in seeds]
    return Outcome(
        [row for part in parts for row in part.rows],
        {name: np.concatenate([part.arrays[name] for part in parts]) for name in parts[0].arrays},
        {name: sum(part.seconds[name] for part in parts) for name in parts[0].seconds},
    )


def weight_decay(parameters: Mapping[str, Any]) -> float:
    """λ: the parameter weight_decay, or 2 rank_cost/L̃, so that a rank costs the same at every L̃.

    A bottleneck of rank k has ‖W‖² ≈ kL̃² and so costs λL̃k/2: with a fixed λ a deeper network would be asked for fewer
    ranks. Raises ValidationError unless exactly one of the two is given.
    """
    if ("weight_decay" in parameters) == ("rank_cost" in parameters):
        raise ValidationError("give either weight_decay or rank_cost")
    return decay_at(parameters, float(parameters["effective_depth"]))


def decay_at(parameters: Mapping[str, Any], effective_depth: float) -> float:
    """λ at another L̃ of the same experiment."""
    if "rank_cost" in parameters:
        return 2.0 * float(parameters["rank_cost"]) / effective_depth
    return float(parameters["weight_decay"])


def dataset(given: Mapping[str, Any]) -> Dataset:
    """A data set from its parameters: name, and the arguments of `load_dataset`."""
    options = {name: value for name, value in given.items() if name != "name"}
    return load_dataset(str(given["name"]), **options)


def _ensemble(parameters: Mapping[str, Any], data: Dataset, seeds: Sequence[int]) -> Outcome:
    import torch

    torch.set_num_threads(1)
    began, started = time.perf_counter(), time.process_time()
    # Weights that decay to nothing would otherwise be computed with in slow denormal numbers.
    torch.set_flush_denormal(True)
    try:
        result = _trained(parameters, data, seeds)
    finally:
        # The switch is the process's: left on, it would change what the next task computes.
        torch.set_flush_denormal(False)
    trained = time.perf_counter()
    seconds = {"training": trained - began, "training, processor": time.process_time() - started}
    outcome = _measured(parameters, data, seeds, result)
    return Outcome(outcome.rows, outcome.arrays, seconds | {"measuring": time.perf_counter() - trained})


def _trained(parameters: Mapping[str, Any], data: Dataset, seeds: Sequence[int]) -> TrainingResult:
    """The trained members; continued ones climb the ladder of L̃, and their record is that of the last rung."""
    import torch

    depth = float(parameters["effective_depth"])
    way = rungs(depth) if parameters.get("continued", False) else [depth]
    before = at = _at(parameters, way[0])
    result = _descended(at, data, ensemble(at, data, seeds), climbed=False)
    for rung in way[1:]:
        before, at = at, _at(parameters, rung)
        lower, network = result.network, ensemble(at, data, seeds)
        with torch.no_grad():
            for member in range(len(seeds)):
                weights = deepened(member_path(before, data, lower, member), rung)
                network.weights[member] = torch.from_numpy(weights).to(network.weights)
            for name in ("layer_steps", "embedding", "readout"):
                getattr(network, name).copy_(getattr(lower, name))
        result = _descended(at, data, network, climbed=True)
    return result


def _at(parameters: Mapping[str, Any], rung: float) -> dict[str, Any]:
    return {**parameters, "effective_depth": rung, "weight_decay": decay_at(parameters, rung)}


def _descended(parameters: Mapping[str, Any], data: Dataset, network: LeakyResNet, climbed: bool) -> TrainingResult:
    """Adam and its tail, then Newton-CG where asked for; a network that comes from a lower L̃ starts gently."""
    from geodepth.nets import TrainingConfig, train

    newton = parameters.get("newton", False)
    gently = CLIMBING if climbed else 1.0
    epochs = max(1, round(parameters["epochs"] * gently))
    config = TrainingConfig(
        weight_decay=parameters["weight_decay"], epochs=epochs, sgd_epochs=parameters.get("sgd_epochs"),
        learning_rate=gently * parameters.get("learning_rate", 0.1),
        layer_steps=parameters.get("layer_steps", "adaptive"), device=parameters.get("device", "cpu"),
        record_every=max(1, epochs // 200),
    )  # fmt: skip
    result = train(network, data.inputs.T, data.targets.T, config)
    return _to_stationarity(parameters, result, data) if newton else result


def _to_stationarity(parameters: Mapping[str, Any], result: TrainingResult, data: Dataset) -> TrainingResult:
    from dataclasses import replace

    from geodepth.nets import NewtonConfig, train_to_stationarity

    network = result.network.double()
    config = NewtonConfig(parameters["weight_decay"], iterations=100)
    if "smoothings" in parameters:
        config = replace(config, smoothings=tuple(parameters["smoothings"]), products=200, tolerance=1e-6)
    found = train_to_stationarity(network, data.inputs.T, data.targets.T, config)
    objectives = result.objectives.copy()
    objectives[-1] = found.objective
    return replace(result, network=found.network, objectives=objectives)


def ensemble(parameters: Mapping[str, Any], data: Dataset, seeds: Sequence[int]) -> LeakyResNet:
    """The untrained members, each drawn from its own seed, so that a seed is the same network in any batch."""
    import torch

    from geodepth.nets import LeakyResNet

    if parameters.get("dtype", "float32") not in ("float32", "float64"):
        raise ValidationError(f"dtype is {parameters['dtype']!r}; give float32 or float64")
    dtype: torch.dtype = getattr(torch, parameters.get("dtype", "float32"))
    sizes = (data.inputs.shape[0], data.targets.shape[0], parameters["width"], parameters["layers"])
    depth, projections = parameters["effective_depth"], parameters.get("projections", "fixed")
    singles = [
        LeakyResNet(*sizes, depth, projections=projections, dtype=dtype, generator=torch.Generator().manual_seed(seed))
        for seed in seeds
    ]

    def stacked(name: str) -> torch.Tensor | None:
        if projections == "fixed":
            return None
        matrices = [getattr(single, name).detach() for single in singles]
        return torch.stack([m[0] if m.ndim == 3 else m for m in matrices])

    network = LeakyResNet(
        *sizes, depth, members=len(seeds), projections=projections, dtype=dtype, embedding=stacked("embedding"),
        readout=stacked("readout"),
    )  # fmt: skip
    with torch.no_grad():
        network.weights.copy_(torch.cat([single.weights for single in singles]))
    return network


def member_path(parameters: Mapping[str, Any], data: Dataset, network: LeakyResNet, member: int) -> RepresentationPath:
    """A member as a path, in double precision."""

    def array(tensor: torch.Tensor) -> np.ndarray:
        found: np.ndarray = tensor.detach().cpu().numpy().astype(float)
        return found

    def own(matrix: torch.Tensor) -> np.ndarray:
        return array(matrix[member] if matrix.ndim == 3 else matrix)

    return RepresentationPath.from_weights(
        array(network.weights[member]), array(network.layer_steps[member]), data.inputs, data.targets,
        own(network.embedding), own(network.readout), parameters["effective_depth"], parameters["weight_decay"],
        network.bias, "network",
    )  # fmt: skip


def _measured(
    parameters: Mapping[str, Any], data: Dataset, seeds: Sequence[int], result: TrainingResult
) -> Outcome:  # fmt: skip
    rows = []
    collected: dict[str, list[np.ndarray]] = {}
    for member, seed in enumerate(seeds):
        path = member_path(parameters, data, result.network, member)
        history = result.objectives[:, member]
        row: Row = {"seed": seed, "diverged": bool(result.diverged[member])}
        row |= measure_path(path, data)
        row |= {f"epochs to J = {level:g}": _first(result.epochs, history, level) for level in _levels(parameters)}
        rows.append(row)
        for name, values in curves(path).items():
            collected.setdefault(name, []).append(values)
        collected.setdefault("epochs", []).append(result.epochs.astype(float))
        collected.setdefault("objectives", []).append(history)
        if parameters.get("keep_weights", False):
            for name in ("weights", "layer_steps", "embedding", "readout"):
                collected.setdefault(name, []).append(_kept(result.network, name, member))
    return Outcome(rows, {name: np.stack(values) for name, values in collected.items()})


def _kept(network: LeakyResNet, name: str, member: int) -> np.ndarray:
    tensor = getattr(network, name).detach().cpu()
    found: np.ndarray = (tensor if name in ("embedding", "readout") and tensor.ndim == 2 else tensor[member]).numpy()
    return found


def _levels(parameters: Mapping[str, Any]) -> list[float]:
    return [float(level) for level in parameters.get("levels", ())]


def _first(epochs: np.ndarray, history: np.ndarray, level: float) -> float | None:
    """The first recorded epoch at which the cost is no higher than the level; None where it never is."""
    reached = np.flatnonzero(history <= level)
    return float(epochs[reached[0]]) if len(reached) else None
