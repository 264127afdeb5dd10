"""The measurement of geodesics of small data sets, one for every seed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from geodepth.control.geodesics.solution import GeodesicSolution
from geodepth.control.geodesics.solve import solve_geodesic
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.foundation.shapes import Float
from geodepth.nets.adaptive_options import AdaptiveSteps
from geodepth.nets.network.adaptive_steps import bounded, relative_changes
from geodepth.nets.network.layer_steps import equidistant, irregular
from geodepth.validation.bridge.paths import path_of_geodesic, path_of_weights
from geodepth.validation.bridge.truths import resampled
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.experiments.sweeps.outcome import Outcome, Row

from .depth_ladder import deepened, rungs
from .gathering import Gathering
from .path_numbers import curves, measure_path
from .problems import TruthProblem

SAME_MINIMUM = 1e-6
"""Relative: starts whose costs differ by less ended in one minimum, for counting."""
CARRIED = 2
"""Minima that go on to the next L̃ (chosen by hand)."""
FURTHER_STARTS = 2
"""Random starts on steps that were moved or halved, besides the minima from before (chosen by hand)."""
ADAPTIVE_ROUNDS = 2
"""Rounds in which the steps of a truth are moved (chosen by hand)."""


def truth(parameters: Mapping[str, Any]) -> Outcome:
    """Solve one geodesic for every seed: of the data where data has the seed "member", of the starts otherwise.

    Parameters
    ----------
    parameters : mapping
        Those of `TruthProblem`.

    Returns
    -------
    Outcome
        A row per seed: the truth's costs and measures, its bracket, its minima, the share of starts in the best one.
        With doublings, `limit` is the extrapolated cost of L → ∞. Arrays: curves along p of Euler truths, and every
        start's cost (seeds, starts).
    """
    problem = TruthProblem.of(parameters)
    rows: list[Row] = []
    gathered = Gathering()
    for seed in problem.seeds:
        data = problem.dataset(seed)
        geodesic = geodesic_of(problem, data)
        solution = _continued(problem, geodesic, seed) if problem.continued else solve(problem, geodesic, seed)
        # The starts belong to these layers; what follows, to others.
        known = landscape(solution)
        first = start_costs(solution, problem.starts)
        if problem.steps == "adaptive":
            solution = _on_adaptive_steps(geodesic, solution, seed)
        solution, limits = _doubled(geodesic, solution, seed, problem.doublings)
        row = {"seed": seed, **known, "truth": solution.cost, "bracket": _bracket(solution), **limits}
        if solution.scheme == "euler":
            path = path_of_geodesic(solution, "truth")
            row |= measure_path(path, data)
            gathered.add(curves(path))
        else:
            row |= {"cost": solution.cost, "fit": solution.fit}
        rows.append(row)
        gathered.add({"start_costs": first})
    return Outcome(rows, gathered.stacked)


def geodesic_of(problem: TruthProblem, data: Dataset) -> RepresentationGeodesic:
    """The geodesic that a problem asks for, on a data set."""
    return RepresentationGeodesic(data.inputs, data.targets, problem.width, problem.effective_depth, problem.decay)


def solve(
    problem: TruthProblem,
    geodesic: RepresentationGeodesic,
    seed: int,
    warm: Sequence[Float[np.ndarray, "L w c"]] = (),
    starts: int | None = None,
) -> GeodesicSolution:
    """Solve a geodesic on a problem's steps.

    Parameters
    ----------
    problem : TruthProblem
        Steps, layers, scheme and starts are taken.
    geodesic : RepresentationGeodesic
        The geodesic.
    seed : int
        Of the starts.
    warm : sequence of (L, w, c)
        Weights to start from besides.
    starts : int, optional
        Random starts in place of the problem's.
    """
    # Adaptive steps start as equidistant ones.
    steps = irregular(problem.layers) if problem.steps == "irregular" else equidistant(problem.layers)
    return solve_geodesic(
        geodesic,
        layer_steps=np.asarray(steps.numpy(), dtype=float),
        scheme=problem.scheme,
        starts=problem.starts if starts is None else starts,
        seed=seed,
        warm_starts=warm,
        progress=False,
    )


def _continued(problem: TruthProblem, geodesic: RepresentationGeodesic, seed: int) -> GeodesicSolution:
    """The truth by way of smaller L̃: random starts on the lowest rung, then the best minima of the rung before, and
    random starts again at the L̃ asked for."""
    way = rungs(float(problem.effective_depth))

    def at(rung: float) -> RepresentationGeodesic:
        return replace(geodesic, effective_depth=rung, weight_decay=problem.at(rung).decay)

    solution = solve(problem, at(way[0]), seed)
    for rung in way[1:]:
        warm = [
            deepened(
                path_of_weights(solution.geodesic, minimum.weights[:, 0], solution.layer_steps, "minimum", "geodesic"),
                rung,
            )
            for minimum in solution.minima[:CARRIED]
        ]
        solution = solve(problem, at(rung), seed, warm, problem.starts if rung == way[-1] else 0)
    return solution


def _on_adaptive_steps(geodesic: RepresentationGeodesic, solution: GeodesicSolution, seed: int) -> GeodesicSolution:
    """The truth on steps with equal relative changes ‖A_ℓ − A_{ℓ−1}‖/‖A_ℓ‖, by two rounds from the path itself.

    A round cuts the path of the last one into pieces of equal relative length, keeps every ρ_ℓ within the bounds of the
    networks' adaptive steps, and solves anew from the minima of before and two random starts.
    """
    bounds = AdaptiveSteps()
    for _ in range(ADAPTIVE_ROUNDS):
        # A norm of every layer: the order of samples and neurons does not matter.
        changes = relative_changes(torch.from_numpy(solution.representations)[None])[0].numpy()
        reached = np.concatenate([[0.0], np.cumsum(changes)]) / changes.sum()
        layers = len(changes)
        places = np.interp(np.linspace(0.0, 1.0, layers + 1), reached, solution.positions)
        wanted = torch.from_numpy(np.maximum(np.diff(places), 1e-6))[None]
        steps = bounded(wanted, bounds.smallest / layers, bounds.largest / layers)[0].numpy()
        solution = _on_other_steps(geodesic, solution, steps, seed)
    return solution


def _on_other_steps(
    geodesic: RepresentationGeodesic, solution: GeodesicSolution, steps: Float[np.ndarray, " L"], seed: int
) -> GeodesicSolution:
    return solve_geodesic(
        geodesic,
        layer_steps=steps,
        starts=FURTHER_STARTS,
        seed=seed,
        warm_starts=resampled(solution, steps),
        progress=False,
    )


def _doubled(
    geodesic: RepresentationGeodesic, solution: GeodesicSolution, seed: int, doublings: int
) -> tuple[GeodesicSolution, Row]:
    """The truth of 2ⁿ times as many layers, and Richardson's limit 2J_{2L} − J_L of the Euler scheme, whose error is of
    first order in 1/L; limit_error is how far the limit moved with the last doubling, an estimate from above."""
    costs = [solution.cost]
    for _ in range(doublings):
        solution = _on_other_steps(geodesic, solution, np.repeat(solution.layer_steps / 2.0, 2), seed)
        costs.append(solution.cost)
    if doublings < 2:
        return solution, {}
    limits = 2.0 * np.array(costs[1:]) - np.array(costs[:-1])
    return solution, {"limit": float(limits[-1]), "limit_error": float(abs(limits[-1] - limits[-2]))}


def start_costs(solution: GeodesicSolution, starts: int) -> Float[np.ndarray, " starts"]:
    """Costs in which the random starts ended, sorted; nan for those that failed."""
    costs = [cost for name, cost in solution.statistics["start_costs"].items() if name.startswith("start ")]
    return padded([cost if np.isfinite(cost) else np.nan for cost in costs], starts)


def padded(values: Sequence[float], length: int) -> Float[np.ndarray, " length"]:
    """The least values, sorted, and nan for those that are missing."""
    kept = sorted(values)[:length]
    return np.array([*kept, *[np.nan] * (length - len(kept))], dtype=float)


def landscape(solution: GeodesicSolution) -> Row:
    """How many minima are known, and how many of the starts that were solved ended in the best one.

    The best known, which may have been found from a network: the best of the starts themselves always has its share.
    """
    costs = start_costs(solution, int(1e6))
    costs = costs[np.isfinite(costs)]
    best = float(np.mean(costs <= solution.cost * (1.0 + SAME_MINIMUM))) if len(costs) else None
    poor = float(np.median(costs) / solution.cost - 1.0) if len(costs) else None
    return {
        "truth": solution.cost,
        "bracket": _bracket(solution),
        "minima": len(solution.minima),
        "share_in_best": best,
        "median_start_excess": poor,
        "starts": len(costs),
    }


def _bracket(solution: GeodesicSolution) -> float | None:
    lower = solution.certificate.lower
    return (solution.cost - lower) / solution.cost if np.isfinite(lower) else None
