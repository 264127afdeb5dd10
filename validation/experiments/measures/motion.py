"""The measurement of how paths move: as transport of their samples, and as a turnpike.

1. Train networks, where asked for. Search the geodesic in stages.
2. Measure each path: action and straightness beside the Wasserstein geodesic, the slow arc, the cost.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from geodepth.validation.bridge.paths import path_of_geodesic
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.experiments.sweeps.outcome import Outcome, Row
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.phases import find_phases
from geodepth.validation.physics.rank_expansion import regularity_bound
from geodepth.validation.physics.transport import transport
from geodepth.validation.physics.turnpike import find_turnpike, speeds

from .gathering import Gathering
from .problems import SettledProblem
from .settled_truths import is_settled, settled_truth, trained


def motion(parameters: Mapping[str, Any]) -> Outcome:
    """Measure how the geodesic of every seed, and networks beside it, move their samples.

    Parameters
    ----------
    parameters : mapping
        Those of `SettledProblem`.

    Returns
    -------
    Outcome
        A row per path, `series` "truth" or "networks": J, J in units of ∫‖W‖²dp (`cost_as_norm`), whether the search
        settled, what `transport` and `find_turnpike` measure, and `regularity_bound` at the teacher's rank; None where
        one is not finite. Arrays, a row per path: the speed of every layer.
    """
    problem = SettledProblem.of(parameters)
    rows: list[Row] = []
    gathered = Gathering()
    for seed in problem.seeds:
        data = problem.dataset(seed)
        paths = [path for path in trained(problem, data, seed) if path is not None] if problem.members else []
        solution = settled_truth(problem, data, seed, paths)
        truth = path_of_geodesic(solution, "truth")
        for number, path in enumerate([truth, *paths]):
            named: Row = {"seed": seed, "series": "networks", "member": number - 1}
            if number == 0:
                named = {"seed": seed, "series": "truth", "member": None, "settled": is_settled(solution)}
            rows.append(named | _numbers(path, data))
            gathered.add({"speed": speeds(path)})
    return Outcome(rows, gathered.stacked)


def _numbers(path: RepresentationPath, data: Dataset) -> Row:
    moved, arc = transport(path), find_turnpike(path)
    bound = None if data.teacher_rank is None else regularity_bound(path, data.teacher_rank)
    numbers = {
        "cost": path.cost,
        "fit": path.fit,
        "cost_as_norm": path.cost / (path.weight_decay * path.penalty_scale),
        "rank": find_phases(path).rank,
        "regularity_bound": bound,
        "action": moved.action,
        "displacement": moved.displacement,
        "wasserstein": moved.wasserstein,
        "own_partners": moved.own_partners,
        "straightness": moved.straightness,
        "action_excess": moved.action_excess,
        "assignment_excess": moved.assignment_excess,
        "arc_start": arc.start,
        "arc_end": arc.end,
        "arc_time": arc.time,
        "entry_rate": arc.entry_rate,
        "exit_rate": arc.exit_rate,
    }
    return {name: value if value is None or np.isfinite(value) else None for name, value in numbers.items()}
