"""The measurement of chance: how often does training end in the basin of the best path known?

1. Train the same members by every training that is asked for.
2. Search the geodesic in stages, then descend from every network to the minimum that it leads to.
3. A network has found the best path where that minimum is the best one known.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from geodepth.control.geodesics.solution import GeodesicSolution
from geodepth.validation.experiments.sweeps.outcome import Outcome, Row
from geodepth.validation.path.representation_path import RepresentationPath

from .problems import SettledProblem
from .settled_truths import descended, is_settled, searched, trained

SAME = 1e-5
"""Relative difference of costs up to which two paths are one: the precision to which searches settle."""


def chance(parameters: Mapping[str, Any]) -> Outcome:
    """Train every seed's members in several ways, and see which of them lead to the best path known.

    Parameters
    ----------
    parameters : mapping
        Those of `SettledProblem`. Its own training comes first, then those of `trainings`.

    Returns
    -------
    Outcome
        A row per training and member: the training's epochs, rate and batch size (None: all samples), cost, excess over
        the best known, the excess of the minimum that the network leads to, and whether it is the best (`found`; a
        member that diverged has found nothing). `settled` tells of the search: a network that led lower than it
        unsettles it.
    """
    problem = SettledProblem.of(parameters)
    own = {"epochs": problem.epochs, "learning_rate": problem.learning_rate, "batch_size": problem.batch_size}
    rows: list[Row] = []
    for seed in problem.seeds:
        data = problem.dataset(seed)
        trainings = [own, *(own | dict(training) for training in problem.trainings)]
        ended = [
            ({"seed": seed, "member": member, **training}, path)
            for training in trainings
            for member, path in enumerate(trained(problem, data, seed, **training))
        ]
        solution = searched(problem, data, seed)
        paths = [path for _, path in ended if path is not None]
        led = iter(_led_to(solution, problem, paths))
        minima = [np.inf if path is None else next(led) for _, path in ended]
        best = min(solution.cost, *minima)
        settled = is_settled(solution) and solution.cost <= best * (1.0 + SAME)
        for (named, path), minimum in zip(ended, minima, strict=True):
            found = bool(minimum <= best * (1.0 + SAME))
            costs: Row = {"cost": None, "excess": None, "minimum_excess": None}
            if path is not None:
                costs = {"cost": path.cost, "excess": path.cost / best - 1.0, "minimum_excess": minimum / best - 1.0}
            rows.append({**named, **costs, "found": found, "best": best, "settled": settled})
    return Outcome(rows)


def _led_to(solution: GeodesicSolution, problem: SettledProblem, paths: list[RepresentationPath]) -> list[float]:
    """The cost of the minimum that every path leads to, of the two descents from it the lower one."""
    if not paths:
        return []
    found = descended(solution.geodesic, problem, [path.weights for path in paths]).statistics["start_costs"]
    names = [f"warm start {number}" for number in range(len(paths))]
    ends = [[cost for origin, cost in found.items() if origin.split(",")[0] == name] for name in names]
    # A descent may fail; the network itself is a path, and bounds its minimum from above.
    return [min([path.cost, *costs]) for path, costs in zip(paths, ends, strict=True)]
