"""The measurement of trained networks.

1. Train an ensemble on one data set, one member per seed; where asked for, up a ladder of effective depths.
2. Measure every member: costs, Hamiltonians, ranks, the sides of Theorem 4, and curves along p.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from geodepth.foundation.shapes import Float
from geodepth.nets.network.leaky_resnet import LeakyResNet
from geodepth.nets.newton.configuration import NewtonConfig
from geodepth.nets.newton.train_to_stationarity import train_to_stationarity
from geodepth.nets.training.configuration import TrainingConfig
from geodepth.nets.training.result import TrainingResult
from geodepth.nets.training.train import train
from geodepth.validation.bridge.layouts import samples_first
from geodepth.validation.bridge.paths import path_of_member
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.errors import ValidationError
from geodepth.validation.experiments.sweeps.outcome import Outcome, Row

from .depth_ladder import deepened, rungs
from .gathering import Gathering
from .path_numbers import curves, measure_path
from .problems import NetworksProblem, Problem

CLIMBING = 0.2
"""Share of the epochs and of Adam's rate on later rungs: Newton's first steps from far away can end in W = 0."""
KEPT = ("weights", "layer_steps", "embedding", "readout")
"""What goes into the result where weights are kept."""


def networks(parameters: Mapping[str, Any]) -> Outcome:
    """Train one ensemble.

    Parameters
    ----------
    parameters : mapping
        Those of `NetworksProblem`.

    Returns
    -------
    Outcome
        A row per seed, and arrays (members, …). Where every seed draws data of its own, it is trained by itself. A
        row's cost is the path's, between the ends that it has; penalized projections add "projection_penalty" to it,
        and "residual_with_projections", that of J with all its terms.

    Raises
    ------
    ValidationError, NetworkError
        For parameters that cannot be used.
    """
    unknown = sorted(set(parameters) - set(NetworksProblem.names()))
    if unknown:
        raise ValidationError(f"parameter {unknown[0]} is unknown; known are {', '.join(NetworksProblem.names())}")
    problem = NetworksProblem(**parameters)
    if not problem.own_data:
        return _ensemble(problem, problem.dataset(0), problem.seeds)
    parts = [_ensemble(problem, problem.dataset(seed), [seed]) for seed in problem.seeds]
    return Outcome(
        [row for part in parts for row in part.rows],
        {name: np.concatenate([part.arrays[name] for part in parts]) for name in parts[0].arrays},
        {name: sum(part.seconds[name] for part in parts) for name in parts[0].seconds},
    )


def _ensemble(problem: NetworksProblem, data: Dataset, seeds: Sequence[int]) -> Outcome:
    torch.set_num_threads(1)
    began, started = time.perf_counter(), time.process_time()
    # Weights that decay to nothing would otherwise be computed with in slow denormal numbers.
    torch.set_flush_denormal(True)
    try:
        result = train_ensemble(problem, data, seeds)
    finally:
        # The switch is the process's: left on, it would change what the next task computes.
        torch.set_flush_denormal(False)
    trained = time.perf_counter()
    seconds = {"training": trained - began, "training, processor": time.process_time() - started}
    outcome = _measured(problem, data, seeds, result)
    return Outcome(outcome.rows, outcome.arrays, seconds | {"measuring": time.perf_counter() - trained})


def train_ensemble(problem: NetworksProblem, data: Dataset, seeds: Sequence[int]) -> TrainingResult:
    """Train the members of these seeds; continued ones climb the ladder of L̃, and their record is the last rung's."""
    way = rungs(float(problem.effective_depth)) if problem.continued else [float(problem.effective_depth)]
    before = at = problem.at(way[0])
    result = _descended(at, data, ensemble(at, data, seeds, at.projections, at.dtype), climbed=False)
    for rung in way[1:]:
        before, at = at, problem.at(rung)
        lower, network = result.network, ensemble(at, data, seeds, at.projections, at.dtype)
        with torch.no_grad():
            for member in range(len(seeds)):
                weights = deepened(path_of_member(lower, member, data, before.decay), rung)
                network.weights[member] = torch.from_numpy(weights).to(network.weights)
            for name in KEPT[1:]:
                getattr(network, name).copy_(getattr(lower, name))
        result = _descended(at, data, network, climbed=True)
    return result


def _descended(problem: NetworksProblem, data: Dataset, network: LeakyResNet, climbed: bool) -> TrainingResult:
    """Adam and its tail, then Newton-CG where asked for; a network that comes from a lower L̃ starts gently."""
    gently = CLIMBING if climbed else 1.0
    epochs = max(1, round(problem.epochs * gently))
    config = TrainingConfig(
        weight_decay=problem.decay,
        epochs=epochs,
        sgd_epochs=problem.sgd_epochs,
        learning_rate=gently * problem.learning_rate,
        layer_steps=problem.layer_steps,
        device=problem.device,
        record_every=max(1, epochs // 200),
    )
    result = train(network, samples_first(data.inputs), samples_first(data.targets), config)
    return _to_stationarity(problem, result, data) if problem.newton else result


def _to_stationarity(problem: NetworksProblem, result: TrainingResult, data: Dataset) -> TrainingResult:
    network = result.network.double()
    config = NewtonConfig(problem.decay, iterations=100)
    if problem.smoothings is not None:
        config = replace(config, smoothings=problem.smoothings, products=200, tolerance=1e-6)
    found = train_to_stationarity(network, samples_first(data.inputs), samples_first(data.targets), config)
    objectives = result.objectives.copy()
    objectives[-1] = found.objective
    return replace(result, network=found.network, objectives=objectives)


def ensemble(
    problem: Problem, data: Dataset, seeds: Sequence[int], projections: str = "fixed", dtype: str = "float64"
) -> LeakyResNet:
    """Draw untrained members, each from its own seed, so that a seed is the same network in any batch.

    Parameters
    ----------
    problem : Problem
        Width, layers and effective depth are taken.
    data : Dataset
        Its dimensions are taken.
    seeds : sequence of int
        One per member.
    projections : str
        fixed, orthogonal, learned or penalized.
    dtype : str
        float32 or float64.
    """
    precision: torch.dtype = getattr(torch, dtype)
    sizes = (data.inputs.shape[0], data.targets.shape[0], problem.width, problem.layers, problem.effective_depth)
    shared: dict[str, Any] = {"projections": projections, "dtype": precision}
    singles = [LeakyResNet(*sizes, **shared, generator=torch.Generator().manual_seed(seed)) for seed in seeds]

    def stacked(name: str) -> torch.Tensor | None:
        if projections == "fixed":
            return None
        matrices = [getattr(single, name).detach() for single in singles]
        return torch.stack([m[0] if m.ndim == 3 else m for m in matrices])

    network = LeakyResNet(
        *sizes, members=len(seeds), **shared, embedding=stacked("embedding"), readout=stacked("readout")
    )
    with torch.no_grad():
        network.weights.copy_(torch.cat([single.weights for single in singles]))
    return network


def _measured(problem: NetworksProblem, data: Dataset, seeds: Sequence[int], result: TrainingResult) -> Outcome:
    rows: list[Row] = []
    gathered = Gathering()
    ends = _ends(problem, data, result.network)
    for member, seed in enumerate(seeds):
        path = path_of_member(result.network, member, data, problem.decay)
        history = result.objectives[:, member]
        crossings = {f"epochs to J = {level:g}": _first(result.epochs, history, level) for level in problem.levels}
        diverged = {"seed": seed, "diverged": bool(result.diverged[member])}
        own = {name: float(values[member]) for name, values in ends.items()}
        rows.append({**diverged, **measure_path(path, data), **own, **crossings})
        gathered.add({**curves(path), "epochs": result.epochs.astype(float), "objectives": history})
        if problem.keep_weights:
            gathered.add({name: _kept(result.network, name, member) for name in KEPT})
    return Outcome(rows, gathered.stacked)


def _ends(problem: NetworksProblem, data: Dataset, network: LeakyResNet) -> dict[str, torch.Tensor]:
    """What penalized projections add to the rows, in double precision; nothing for others."""
    if network.projections != "penalized":
        return {}
    exact = network.select(range(network.members)).double()
    x, y = (torch.tensor(samples_first(array)).to(exact.weights) for array in (data.inputs, data.targets))
    return {
        "projection_penalty": exact.projection_penalty(problem.decay).detach(),
        "residual_with_projections": exact.stationarity(x, y, problem.decay),
    }


def _kept(network: LeakyResNet, name: str, member: int) -> np.ndarray:
    tensor = getattr(network, name).detach().cpu()
    found: np.ndarray = (tensor if name in ("embedding", "readout") and tensor.ndim == 2 else tensor[member]).numpy()
    return found


def _first(epochs: Float[np.ndarray, " records"], history: Float[np.ndarray, " records"], level: float) -> float | None:
    """The first recorded epoch at which the cost is no higher than the level; None where it never is."""
    reached = np.flatnonzero(history <= level)
    return float(epochs[reached[0]]) if len(reached) else None
