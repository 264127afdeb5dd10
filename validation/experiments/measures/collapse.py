"""The measurement of neural collapse along p: of the geodesic where there is one, and of networks."""

from collections.abc import Mapping
from typing import Any

from geodepth.validation.bridge.paths import path_of_geodesic
from geodepth.validation.errors import ValidationError
from geodepth.validation.experiments.sweeps.outcome import Outcome, Row
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.neural_collapse import neural_collapse

from .gathering import Gathering
from .problems import SettledProblem
from .settled_truths import is_settled, settled_truth, trained

CURVES = ("variability", "scatter_ratio", "norm_spread", "angle_error", "readout_gap", "weight_share")
"""What is kept of every path, of `NeuralCollapse`."""


def collapse(parameters: Mapping[str, Any]) -> Outcome:
    """Measure NC1 to NC3 at every layer, for every seed.

    Parameters
    ----------
    parameters : mapping
        Those of `SettledProblem`, of data with classes.

    Returns
    -------
    Outcome
        A row per path, `series` "truth" or "networks": cost, residual of stationarity, and every measure at the start,
        at p = 1/2 and at the end of the path. Arrays, a row per path: positions, and every measure along p.

    Raises
    ------
    ValidationError
        The data have no classes.
    """
    problem = SettledProblem.of(parameters)
    rows: list[Row] = []
    gathered = Gathering()
    for seed in problem.seeds:
        data = problem.dataset(seed)
        if data.labels is None:
            raise ValidationError(
                f"data set {data.name} has no classes, which neural collapse is about; give one that has"
            )
        found: list[tuple[Row, RepresentationPath]] = [
            ({"series": "networks", "member": member, "settled": None}, path)
            for member, path in enumerate(trained(problem, data, seed) if problem.members else [])
            if path is not None
        ]
        if problem.solved:
            solution = settled_truth(problem, data, seed, [path for _, path in found])
            # The path's own cost is that of squared error.
            ends = {"cost": solution.cost, "fit": solution.fit}
            first: Row = {"series": "truth", "member": None, "settled": is_settled(solution), **ends}
            found.insert(0, (first, path_of_geodesic(solution, "truth")))
        for named, path in found:
            measured = neural_collapse(path, data.labels)
            along = {name: getattr(measured, name) for name in CURVES}
            places = {"start": 0, "middle": path.layers // 2, "end": -1}
            numbers = {f"{name}_{at}": float(v[i]) for name, v in along.items() for at, i in places.items()}
            costs = {"cost": path.cost, "fit": path.fit, "residual": path.stationarity}
            rows.append({"seed": seed} | costs | named | numbers)
            gathered.add({"positions": path.positions, **along})
    return Outcome(rows, gathered.stacked)
