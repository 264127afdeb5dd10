"""The measurement of networks beside the geodesic of the same problem, one for every seed.

1. Train networks by Adam, then by gradient descent, then (where asked for) by Newton-CG.
2. Solve the geodesic; where a network lies below it, solve it again from that network.
3. Compare every network, after each of the optimizers, with the geodesic.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geodepth.control.geodesics.solution import GeodesicSolution
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.foundation.shapes import Float
from geodepth.nets.network.leaky_resnet import LeakyResNet
from geodepth.nets.newton.configuration import NewtonConfig
from geodepth.nets.newton.train_to_stationarity import train_to_stationarity
from geodepth.nets.training.configuration import TrainingConfig
from geodepth.nets.training.result import TrainingResult
from geodepth.nets.training.train import train
from geodepth.validation.bridge.layouts import samples_first
from geodepth.validation.bridge.never_above import never_above
from geodepth.validation.bridge.paths import path_of_geodesic, path_of_member
from geodepth.validation.comparison.alignment import align
from geodepth.validation.comparison.comparison import compare
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.experiments.sweeps.outcome import Outcome, Row
from geodepth.validation.path.representation_path import RepresentationPath

from .gathering import Gathering
from .networks import ensemble
from .path_numbers import measure_path
from .problems import BesideProblem
from .truths import geodesic_of, landscape, padded, solve, start_costs

MOST_MINIMA = 12
"""Costs of minima kept, the least."""
MOST_BELOW = 3
"""Networks below a truth that it is solved again from, the lowest (chosen by hand)."""


@dataclass(frozen=True, slots=True)
class _Trained:
    """The members' paths after each of the optimizers, and what Adam recorded."""

    paths: Mapping[str, Sequence[RepresentationPath]]
    epochs: Float[np.ndarray, " records"]
    objectives: Float[np.ndarray, "records members"]


def beside_truth(parameters: Mapping[str, Any]) -> Outcome:
    """Train networks by several optimizers, and hold each against the geodesic of the same problem and layer steps.

    Parameters
    ----------
    parameters : mapping
        Those of `BesideProblem`.

    Returns
    -------
    Outcome
        A row per network and optimizer ("Adam", "Adam, SGD", "Adam, SGD, Newton-CG"): excess over the truth, verdict,
        residual, and the number of the minimum it is at. Arrays, a row per seed: objectives of the training (records,
        members), the truth's minima, and by how much the networks deviate from the truth at every p. No network lies
        below its truth: where one would, the truth is solved again from it.
    """
    problem = BesideProblem.of(parameters)
    rows: list[Row] = []
    gathered = Gathering()
    seconds = {"training": 0.0, "truth": 0.0}
    for seed in problem.seeds:
        data = problem.dataset(seed)
        began = time.perf_counter()
        trained = _train(problem, data, seed)
        seconds["training"] += time.perf_counter() - began
        began = time.perf_counter()
        every = [path for paths in trained.paths.values() for path in paths]
        solution = _truth(problem, geodesic_of(problem, data), seed, every)
        seconds["truth"] += time.perf_counter() - began
        reference = path_of_geodesic(solution, "truth")
        rows += _rows(seed, trained, reference, solution)
        gathered.add(
            {
                "epochs": trained.epochs,
                "objectives": trained.objectives,
                "deviations": np.stack([deviation(reference, path) for path in every]),
                "positions": reference.positions,
                "minima": padded([m.cost for m in solution.minima], MOST_MINIMA),
                "start_costs": start_costs(solution, problem.starts),
            }
        )
    return Outcome(rows, gathered.stacked, seconds)


def deviation(truth: RepresentationPath, path: RepresentationPath) -> Float[np.ndarray, " L+1"]:
    """‖A_p − ΠA'_p‖_F over the truth's largest ‖A_p‖_F, at every p of the truth; Π the best matching of neurons."""
    order = align(truth, path).permutation
    gap = np.sqrt(np.sum((truth.representations - path.representations[:, order]) ** 2, axis=(1, 2)))
    return np.asarray(gap / np.sqrt(np.sum(truth.representations**2, axis=(1, 2))).max())


def _rows(seed: int, trained: _Trained, reference: RepresentationPath, solution: GeodesicSolution) -> list[Row]:
    minima = [(m.cost, m.weights[:, 0]) for m in solution.minima]
    rows: list[Row] = []
    for optimizer, paths in trained.paths.items():
        for member, path in enumerate(paths):
            found = compare(reference, path, minima)
            rows.append(
                {
                    "seed": seed,
                    "member": member,
                    "optimizer": optimizer,
                    "cost": path.cost,
                    "truth_cost": reference.cost,
                    "excess": max(found.relative_excess, 0.0),
                    "residual": found.stationarity,
                    "verdict": found.verdict.value,
                    "minimum": found.basin,
                    "distance": found.alignment.representation_distance,
                    "rank": measure_path(path)["rank"],
                    **landscape(solution),
                }
            )
    return rows


def _truth(
    problem: BesideProblem, geodesic: RepresentationGeodesic, seed: int, paths: Sequence[RepresentationPath]
) -> GeodesicSolution:
    def again(truth: GeodesicSolution, below: Sequence[RepresentationPath]) -> GeodesicSolution:
        lowest = sorted(below, key=lambda path: path.cost)[:MOST_BELOW]
        found = solve(problem, geodesic, seed, [truth.weights, *(path.weights for path in lowest)], starts=0)
        minima = tuple(sorted((*found.minima, *truth.minima), key=lambda minimum: minimum.cost))
        statistics = {**found.statistics, "start_costs": truth.statistics["start_costs"]}
        return replace(found, minima=minima, statistics=statistics)

    return never_above(solve(problem, geodesic, seed), paths, again)


def _train(problem: BesideProblem, data: Dataset, seed: int) -> _Trained:
    members = [1000 * seed + member for member in range(problem.members)]
    x, y = samples_first(data.inputs), samples_first(data.targets)

    def paths(network: LeakyResNet) -> list[RepresentationPath]:
        return [path_of_member(network, member, data, problem.decay) for member in range(len(members))]

    def descended(network: LeakyResNet, epochs: int, tail: int) -> TrainingResult:
        config = TrainingConfig(
            weight_decay=problem.decay,
            epochs=epochs,
            sgd_epochs=tail,
            learning_rate=problem.learning_rate,
            layer_steps=problem.steps,
            device=problem.device,
            record_every=max(1, epochs // 100),
        )
        return train(network, x, y, config)

    first = descended(ensemble(problem, data, members), problem.epochs, 0)
    found = {"Adam": paths(first.network)}
    second = descended(first.network, 0, problem.epochs // 5)
    found["Adam, SGD"] = paths(second.network)
    if problem.newton:
        train_to_stationarity(second.network, x, y, NewtonConfig(problem.decay, iterations=100, tolerance=1e-7))
        found["Adam, SGD, Newton-CG"] = paths(second.network)
    return _Trained(found, first.epochs.astype(float), first.objectives)
