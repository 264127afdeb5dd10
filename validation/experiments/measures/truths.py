"""The measurements that need the optimizer: geodesics of small data sets, alone and beside trained networks."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.validation.comparison.alignment import align
from geodepth.validation.comparison.comparison import compare
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.experiments.sweeps.results import Outcome, Row
from geodepth.validation.path.representation_path import RepresentationPath

from .depth_ladder import deepened, rungs
from .networks import dataset, decay_at, ensemble, member_path, weight_decay
from .path_numbers import curves, measure_path

if TYPE_CHECKING:
    from geodepth.control import GeodesicSolution, RepresentationGeodesic

SAME_MINIMUM = 1e-6
"""Relative: starts whose costs differ by less ended in one minimum, for counting."""
ROUNDS = 3
CARRIED = 2
"""Minima that go on to the next L̃."""
BELOW = 1e-9


def truth(parameters: Mapping[str, Any]) -> Outcome:
    """Solve one geodesic for every seed (of the data where data has the seed "member", of the starts otherwise).

    parameters: data, width, layers, effective_depth, weight_decay or rank_cost, starts, scheme ("euler"), seeds,
    steps ("equidistant", "irregular" or "adaptive"), continued: solve the starts at a small L̃ and continue its best
    minima to the one asked for (ladder.py), and doublings (0): how often the layers are doubled then, each truth from
    the one before; with them `limit` is the extrapolated cost of L → ∞. A row a seed: the truth's costs and measures,
    its bracket, its minima and the share of starts in the best one; arrays: curves along p of Euler truths, and every
    start's cost (seeds, starts).
    """
    rows: list[Row] = []
    collected: dict[str, list[np.ndarray]] = {}
    for seed in parameters["seeds"]:
        data = _data(parameters, seed)
        geodesic = _geodesic(parameters, data)
        solve = _continued if parameters.get("continued", False) else _solve
        solution = solve(geodesic, parameters, seed)
        # The starts belong to these layers; what follows, to others.
        known = _landscape(solution)
        first = _start_costs(solution, parameters["starts"])
        if parameters.get("steps") == "adaptive":
            solution = _on_adaptive_steps(geodesic, solution, seed)
        solution, limits = _doubled(geodesic, solution, seed, parameters.get("doublings", 0))
        row = {"seed": seed, **known, "truth": solution.cost, "bracket": _bracket(solution), **limits}
        if solution.scheme == "euler":
            path = _path(solution)
            row |= measure_path(path, data)
            for name, values in curves(path).items():
                collected.setdefault(name, []).append(values)
        else:
            row |= {"cost": solution.cost, "fit": solution.fit}
        rows.append(row)
        collected.setdefault("start_costs", []).append(first)
    return Outcome(rows, {name: np.stack(values) for name, values in collected.items()})


def beside_truth(parameters: Mapping[str, Any]) -> Outcome:
    """Train networks by several optimizers, and hold each against the geodesic of the same problem and layer steps.

    parameters: as for `truth`, and epochs, learning_rate, members (networks a seed), newton (whether Newton-CG goes on
    from where Adam and the descent end). Rows: a network and optimizer ("Adam", "Adam, SGD", "Adam, SGD, Newton-CG"):
    excess over the truth, verdict, residual, and the number of the minimum it is at; arrays, a row a seed: objectives
    of the training (records, members), the truth's minima, and by how much the networks deviate from the truth at
    every p. No network lies below its truth: where one would, the truth is solved again from it.
    """
    rows: list[Row] = []
    collected: dict[str, list[np.ndarray]] = {}
    seconds = {"training": 0.0, "truth": 0.0}
    for seed in parameters["seeds"]:
        data = _data(parameters, seed)
        geodesic = _geodesic(parameters, data)
        began = time.perf_counter()
        trained, epochs, objectives = _train(parameters, data, seed)
        seconds["training"] += time.perf_counter() - began
        began = time.perf_counter()
        every = [path for paths in trained.values() for path in paths]
        solution = _never_above(geodesic, parameters, seed, every)
        seconds["truth"] += time.perf_counter() - began
        reference = _path(solution)
        landscape = [(m.cost, m.weights[:, 0]) for m in solution.minima]
        deviations = []
        for optimizer, paths in trained.items():
            for member, path in enumerate(paths):
                found = compare(reference, path, landscape)
                rows.append({
                    "seed": seed, "member": member, "optimizer": optimizer, "cost": path.cost,
                    "truth_cost": reference.cost, "excess": max(found.relative_excess, 0.0),
                    "residual": found.stationarity, "verdict": found.verdict.value, "minimum": found.basin,
                    "distance": found.alignment.representation_distance, "rank": measure_path(path)["rank"],
                    **_landscape(solution),
                })  # fmt: skip
                deviations.append(deviation(reference, path))
        for name, values in (
            ("epochs", epochs), ("objectives", objectives), ("deviations", np.stack(deviations)),
            ("positions", reference.positions), ("minima", _padded([m.cost for m in solution.minima], 12)),
            ("start_costs", _start_costs(solution, parameters["starts"])),
        ):  # fmt: skip
            collected.setdefault(name, []).append(np.asarray(values))
    return Outcome(rows, {name: np.stack(values) for name, values in collected.items()}, seconds)


def deviation(truth: RepresentationPath, path: RepresentationPath) -> np.ndarray:
    """‖A_p − ΠA'_p‖_F over the truth's largest ‖A_p‖_F, at every p of the truth; Π the best matching of neurons."""
    order = align(truth, path).permutation
    gap = np.sqrt(np.sum((truth.representations - path.representations[:, order]) ** 2, axis=(1, 2)))
    return np.asarray(gap / np.sqrt(np.sum(truth.representations**2, axis=(1, 2))).max())


def _data(parameters: Mapping[str, Any], seed: int) -> Dataset:
    given = dict(parameters["data"])
    return dataset({**given, "seed": seed} if given.get("seed") == "member" else given)


def _geodesic(parameters: Mapping[str, Any], data: Dataset) -> RepresentationGeodesic:
    from geodepth.control import RepresentationGeodesic

    return RepresentationGeodesic(
        data.inputs, data.targets, parameters["width"], parameters["effective_depth"], weight_decay(parameters)
    )


def _steps(parameters: Mapping[str, Any]) -> np.ndarray:
    from geodepth.nets import equidistant, irregular

    # Adaptive steps start as equidistant ones.
    make = irregular if parameters.get("steps", "equidistant") == "irregular" else equidistant
    return np.asarray(make(parameters["layers"]).numpy(), dtype=float)


def _solve(
    geodesic: RepresentationGeodesic, parameters: Mapping[str, Any], seed: int, warm: Sequence[np.ndarray] = (),
    starts: int | None = None,
) -> GeodesicSolution:  # fmt: skip
    from geodepth.control import solve_geodesic

    return solve_geodesic(
        geodesic, layer_steps=_steps(parameters), scheme=parameters.get("scheme", "euler"),
        starts=parameters["starts"] if starts is None else starts, seed=seed, warm_starts=warm, progress=False,
    )  # fmt: skip


def _continued(geodesic: RepresentationGeodesic, parameters: Mapping[str, Any], seed: int) -> GeodesicSolution:
    """The truth by way of smaller L̃: random starts on the lowest rung, then the best minima of the rung before, and
    random starts again at the L̃ asked for."""
    way = rungs(float(parameters["effective_depth"]))
    solution = _solve(_at(geodesic, parameters, way[0]), parameters, seed)
    for rung in way[1:]:
        warm = [deepened(_exact_path(solution, minimum.weights[:, 0]), rung) for minimum in solution.minima[:CARRIED]]
        starts = parameters["starts"] if rung == way[-1] else 0
        solution = _solve(_at(geodesic, parameters, rung), parameters, seed, warm, starts)
    return solution


def _at(geodesic: RepresentationGeodesic, parameters: Mapping[str, Any], rung: float) -> RepresentationGeodesic:
    return replace(geodesic, effective_depth=rung, weight_decay=decay_at(parameters, rung))


def _on_adaptive_steps(geodesic: RepresentationGeodesic, solution: GeodesicSolution, seed: int) -> GeodesicSolution:
    """The truth on steps with equal relative changes ‖A_ℓ − A_{ℓ−1}‖/‖A_ℓ‖, by two rounds from the path itself.

    A round cuts the path of the last one into pieces of equal relative length, keeps every ρ_ℓ within the bounds of the
    networks' adaptive steps, and solves anew from the minima of before and two random starts.
    """
    import torch

    from geodepth.control import solve_geodesic
    from geodepth.nets import AdaptiveSteps
    from geodepth.nets.network.adaptive_steps import bounded, relative_changes
    from geodepth.validation.bridge.truths import resampled

    bounds = AdaptiveSteps()
    for _ in range(2):
        changes = relative_changes(torch.from_numpy(solution.representations)[None])[0].numpy()
        reached = np.concatenate([[0.0], np.cumsum(changes)]) / changes.sum()
        layers = len(changes)
        places = np.interp(np.linspace(0.0, 1.0, layers + 1), reached, solution.positions)
        wanted = torch.from_numpy(np.maximum(np.diff(places), 1e-6))[None]
        steps = bounded(wanted, bounds.smallest / layers, bounds.largest / layers)[0].numpy()
        solution = solve_geodesic(
            geodesic, layer_steps=steps, starts=2, seed=seed, warm_starts=resampled(solution, steps), progress=False
        )
    return solution


def _doubled(
    geodesic: RepresentationGeodesic, solution: GeodesicSolution, seed: int, doublings: int
) -> tuple[GeodesicSolution, Row]:
    """The truth of 2ⁿ times as many layers, and Richardson's limit 2J_{2L} − J_L of the Euler scheme, whose error is of
    first order in 1/L; limit_error is how far the limit moved with the last doubling, an estimate from above."""
    from geodepth.control import solve_geodesic
    from geodepth.validation.bridge.truths import resampled

    costs = [solution.cost]
    for _ in range(doublings):
        steps = np.repeat(solution.layer_steps / 2.0, 2)
        solution = solve_geodesic(
            geodesic, layer_steps=steps, starts=2, seed=seed, warm_starts=resampled(solution, steps), progress=False
        )
        costs.append(solution.cost)
    if doublings < 2:
        return solution, {}
    limits = 2.0 * np.array(costs[1:]) - np.array(costs[:-1])
    return solution, {"limit": float(limits[-1]), "limit_error": float(abs(limits[-1] - limits[-2]))}


def _never_above(
    geodesic: RepresentationGeodesic, parameters: Mapping[str, Any], seed: int, paths: Sequence[RepresentationPath]
) -> GeodesicSolution:
    solution = _solve(geodesic, parameters, seed)
    for _ in range(ROUNDS):
        below = sorted((p for p in paths if p.cost < solution.cost * (1.0 - BELOW)), key=lambda p: p.cost)
        if not below:
            break
        again = _solve(geodesic, parameters, seed, [solution.weights, *(p.weights for p in below[:3])], starts=0)
        minima = tuple(sorted((*again.minima, *solution.minima), key=lambda m: m.cost))
        statistics = {**again.statistics, "start_costs": solution.statistics["start_costs"]}
        solution = replace(again, minima=minima, statistics=statistics)
    return solution


def _path(solution: GeodesicSolution) -> RepresentationPath:
    g = solution.geodesic
    return RepresentationPath.from_arrays(
        solution.representations, solution.weights, solution.layer_steps, g.inputs, g.targets, g.embedding, g.readout,
        g.effective_depth, g.weight_decay, g.bias, "geodesic", "truth", momenta=solution.momenta,
        activation=g.activation,
    )  # fmt: skip


def _exact_path(solution: GeodesicSolution, weights: np.ndarray) -> RepresentationPath:
    """The path of one minimum's weights (L, w, c) through the exact network."""
    g = solution.geodesic
    return RepresentationPath.from_weights(
        weights, solution.layer_steps, g.inputs, g.targets, g.embedding, g.readout, g.effective_depth, g.weight_decay,
        g.bias, "geodesic", "minimum", activation=g.activation,
    )  # fmt: skip


def _start_costs(solution: GeodesicSolution, starts: int) -> np.ndarray:
    """Costs in which the random starts ended, sorted; nan for those that failed."""
    costs = [cost for name, cost in solution.statistics["start_costs"].items() if name.startswith("start ")]
    return _padded([cost if np.isfinite(cost) else np.nan for cost in costs], starts)


def _padded(values: Sequence[float], length: int) -> np.ndarray:
    kept = sorted(values)[:length]
    return np.array([*kept, *[np.nan] * (length - len(kept))], dtype=float)


def _landscape(solution: GeodesicSolution) -> Row:
    """How many minima are known, and how many of the starts that were solved ended in the best one.

    The best known, which may have been found from a network: the best of the starts themselves always has its share.
    """
    costs = _start_costs(solution, int(1e6))
    costs = costs[np.isfinite(costs)]
    best = float(np.mean(costs <= solution.cost * (1.0 + SAME_MINIMUM))) if len(costs) else None
    poor = float(np.median(costs) / solution.cost - 1.0) if len(costs) else None
    return {
        "truth": solution.cost, "bracket": _bracket(solution),
        "minima": len(solution.minima), "share_in_best": best, "median_start_excess": poor, "starts": len(costs),
    }  # fmt: skip


def _bracket(solution: GeodesicSolution) -> float | None:
    lower = solution.certificate.lower
    return (solution.cost - lower) / solution.cost if np.isfinite(lower) else None


def _train(
    parameters: Mapping[str, Any], data: Dataset, seed: int
) -> tuple[dict[str, list[RepresentationPath]], np.ndarray, np.ndarray]:
    """The members' paths after Adam, after the descent, and after Newton-CG; epochs and costs of the training."""
    from geodepth.nets import NewtonConfig, TrainingConfig, train, train_to_stationarity

    members = [1000 * seed + member for member in range(parameters["members"])]
    decay = weight_decay(parameters)
    given = {**parameters, "weight_decay": decay, "dtype": "float64", "projections": "fixed"}

    def paths(network: Any) -> list[RepresentationPath]:
        return [member_path(given, data, network, member) for member in range(len(members))]

    def trained(network: Any, epochs: int, tail: int) -> Any:
        config = TrainingConfig(
            weight_decay=decay, epochs=epochs, sgd_epochs=tail,
            learning_rate=parameters.get("learning_rate", 0.1), layer_steps=parameters.get("steps", "equidistant"),
            device=parameters.get("device", "cpu"), record_every=max(1, epochs // 100),
        )  # fmt: skip
        return train(network, data.inputs.T, data.targets.T, config)

    first = trained(ensemble(given, data, members), parameters["epochs"], 0)
    found = {"Adam": paths(first.network)}
    second = trained(first.network, 0, parameters["epochs"] // 5)
    found["Adam, SGD"] = paths(second.network)
    if parameters.get("newton", False):
        settings = NewtonConfig(decay, iterations=100, tolerance=1e-7)
        train_to_stationarity(second.network, data.inputs.T, data.targets.T, settings)
        found["Adam, SGD, Newton-CG"] = paths(second.network)
    return found, first.epochs.astype(float), first.objectives
