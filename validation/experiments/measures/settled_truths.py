"""What three measures begin with: a geodesic that is searched in stages, and networks trained on the same problem."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from geodepth.control.geodesics.populations.request import Search
from geodepth.control.geodesics.solution import GeodesicSolution
from geodepth.control.geodesics.solve import solve_geodesic
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.nets.training.configuration import TrainingConfig
from geodepth.nets.training.train import train
from geodepth.validation.bridge.layouts import samples_first
from geodepth.validation.bridge.never_above import never_above
from geodepth.validation.bridge.paths import path_of_member
from geodepth.validation.data.classes import one_hot
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath

from .networks import ensemble
from .problems import SettledProblem

MOST_BELOW = 3
"""Networks below a truth that it is solved again from, the lowest (chosen by hand)."""


def settled_truth(
    problem: SettledProblem, data: Dataset, seed: int, paths: Sequence[RepresentationPath] = ()
) -> GeodesicSolution:
    """Search the geodesic of a data set in stages; none of the given paths lies below it.

    Parameters
    ----------
    problem : SettledProblem
        Its shape, layers and search are taken.
    data : Dataset
        Its training samples are taken.
    seed : int
        Of the search.
    paths : sequence of RepresentationPath
        Networks on the same layers. Where one lies below, the geodesic is solved again from it, and did not settle.
    """
    solution = searched(problem, data, seed)

    def again(truth: GeodesicSolution, below: Sequence[RepresentationPath]) -> GeodesicSolution:
        lowest = sorted(below, key=lambda path: path.cost)[:MOST_BELOW]
        found = descended(truth.geodesic, problem, [truth.weights, *(path.weights for path in lowest)])
        record = truth.statistics["search"] | {"settled": False}
        return replace(found, statistics={**found.statistics, "search": record})

    return never_above(solution, paths, again)


def searched(problem: SettledProblem, data: Dataset, seed: int) -> GeodesicSolution:
    """The outcome of the staged search that a problem asks for, on one data set."""
    targets = data.targets
    if problem.loss == "cross-entropy":
        if data.labels is None:
            raise ValidationError(f"data set {data.name} has no classes, which cross-entropy is of; give one that has")
        targets = one_hot(data.labels, int(data.labels.max()) + 1)  # probabilities, where `targets` are centred
    shape = (problem.width, problem.effective_depth, problem.decay)
    geodesic = RepresentationGeodesic(data.inputs, targets, *shape, loss=problem.loss)
    search = Search(**problem.search)
    return solve_geodesic(geodesic, layers=problem.layers, seed=seed, search=search, progress=False)


def descended(geodesic: RepresentationGeodesic, problem: SettledProblem, weights: Sequence[Any]) -> GeodesicSolution:
    """Where given weights (L, w, c) each lead, without any other start."""
    return solve_geodesic(geodesic, layers=problem.layers, starts=0, warm_starts=list(weights), progress=False)


def is_settled(solution: GeodesicSolution) -> bool:
    """Whether the searches behind a solution ended at one cost, with nothing found below it."""
    return bool(solution.statistics["search"]["settled"])


def trained(problem: SettledProblem, data: Dataset, seed: int, **changed: Any) -> list[RepresentationPath | None]:
    """Train the members of a seed.

    Parameters
    ----------
    problem : SettledProblem
        Its training is taken, full batches of it unless it says otherwise.
    data : Dataset
        Its training samples are taken.
    seed : int
        Member m starts from the weights of seed 1000 · seed + m, in every training.
    **changed
        Epochs, rate or batch size in place of the problem's.

    Returns
    -------
    list
        A path per member; None where the member diverged.
    """
    asked = {
        "epochs": problem.epochs,
        "learning_rate": problem.learning_rate,
        "batch_size": problem.batch_size,
    } | changed
    members = [1000 * seed + member for member in range(problem.members)]
    config = TrainingConfig(
        weight_decay=problem.decay,
        layer_steps="equidistant",
        seed=seed,
        device=problem.device,
        record_every=max(1, asked["epochs"] // 20),
        **asked,
    )
    result = train(ensemble(problem, data, members), samples_first(data.inputs), samples_first(data.targets), config)
    return [
        None if result.diverged[member] else path_of_member(result.network, member, data, problem.decay)
        for member in range(len(members))
    ]
