"""A comparison of files: truth and networks are read, truths solved where networks need them, the report written.

A network on other layer steps than the truth is held against a truth on its own steps, solved from the given one; and
where a network lies below its truth, that is solved again from it. Finished solves are kept in the report's folder.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geodepth.control import GeodesicMinimum, GeodesicSolution, ProblemError, process_pool
from geodepth.foundation.shapes import Float
from geodepth.validation.bridge.paths import (
    Outcome,
    given_record,
    network_record,
    path_of_geodesic,
    truth_record,
    versions,
)
from geodepth.validation.bridge.truths import GroundTruths, Truth, TruthTask, check_writable, resampled
from geodepth.validation.comparison.comparison import check_comparable
from geodepth.validation.comparison.limit_of_layers import ContinuousTruth
from geodepth.validation.data.arrays import from_arrays
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.files import FORMAT as PATH_FORMAT
from geodepth.validation.path.files import UNREADABLE, load_path
from geodepth.validation.path.network_files import load_network_paths
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.report.data import ReportData, TruthRecord
from geodepth.validation.report.write import write_report


@dataclass(frozen=True, slots=True)
class GivenTruth:
    """A truth from a file: its path, and the geodesic behind it where the file holds one on Euler's steps."""

    path: RepresentationPath
    solution: GeodesicSolution | None


@dataclass(frozen=True, slots=True)
class FileSettings:
    """How to compare files. starts: random starts of a truth on other steps; as_given: solve nothing, so that every
    network is held against the truth in the file; workers and seed are the solver's."""

    starts: int = 4
    as_given: bool = False
    workers: int = 2
    seed: int = 0


def read_truth(file: Path) -> GivenTruth:
    """The truth in a .npz file of `geodepth geodesic` or `save_path`. Raises ValidationError or ProblemError."""
    if _format(file) == PATH_FORMAT:
        return GivenTruth(load_path(file), None)
    solution = GeodesicSolution.load(file)
    if solution.geodesic.loss != "squared":
        raise ValidationError(f"{file.name} minimizes the {solution.geodesic.loss} loss; give a truth of squared error")
    solvable = solution.scheme == "euler" and solution.geodesic.endpoint == "penalized"
    return GivenTruth(path_of_geodesic(solution, "truth"), solution if solvable else None)


def read_networks(file: Path, truth: RepresentationPath) -> tuple[RepresentationPath, ...]:
    """The networks in a .safetensors file or in a folder of `geodepth train`, on the truth's data; or the one path in a
    .npz file. Raises ValidationError where they answer another question than the truth, with the file's name."""
    label = file.name if file.is_dir() else file.stem
    source = file / "network.safetensors" if file.is_dir() else file
    try:
        if source.suffix == ".npz":
            paths: tuple[RepresentationPath, ...] = (read_truth(source).path.renamed(label),)
        else:
            paths = load_network_paths(
                source, truth.inputs, truth.targets, truth.weight_decay, truth.effective_depth,
                activation=truth.nonlinearity,
            )  # fmt: skip
            paths = tuple(
                path.renamed(f"{label}, member {member}" if len(paths) > 1 else label)
                for member, path in enumerate(paths)
            )
        return tuple(check_comparable(truth, path) for path in paths)
    except (ValidationError, ProblemError) as error:
        raise ValidationError(f"{file.name}: {error}") from None


def compare_files(
    truth_file: Path, network_files: Sequence[Path], out: Path, settings: FileSettings, dataset: Dataset | None = None,
    command: str = "", say: Callable[[str], None] | None = None,
) -> Outcome:  # fmt: skip
    """Read, solve what is missing, compare, and write report.html and report.json into the folder `out`.

    dataset is where the truth's samples came from: it names them, and its held-out part gives the test errors. Raises
    ValidationError or ProblemError for what cannot be used, before any solve.
    """
    tell = say or (lambda line: print(line, file=sys.stderr, flush=True))
    given = read_truth(truth_file)
    networks = [path for file in network_files for path in read_networks(file, given.path)]
    if not networks:
        raise ValidationError("no network is given; name at least one file or folder")
    data = _dataset(given.path, dataset, truth_file.stem)
    check_writable(out)
    clock = time.perf_counter()
    if settings.as_given or given.solution is None:
        groups, continuous = [_as_given(given, networks)], None
        notes: tuple[str, ...] = ("The truth was taken as the file gives it: nothing was solved.",)
    else:
        groups, continuous = _solved(given, given.solution, networks, out, settings, tell)
        notes = tuple(
            f"A network led to a path cheaper than the given truth: J = {group.truth.solution.cost:.8g}, not "
            f"{given.path.cost:.8g}. That is the truth here."
            for group in groups
            if group.truth is not None
            and _equal(group.truth.solution.layer_steps, given.path.layer_steps)
            and group.truth.solution.cost < given.path.cost * (1 - 1e-9)
        )
    seconds = {"truths": time.perf_counter() - clock}
    tell("comparing and writing the report")
    report = ReportData(
        title=f"{data.name}: has the network found the representation geodesic?",
        dataset=data,
        truths=tuple(records := [_record(group, given, data) for group in groups]),
        networks=tuple(
            network_record(
                networks[k], _scheme(networks[k]), k, record, group.minima, data, continuous, label=networks[k].label
            )
            for group, record in zip(groups, records, strict=True)
            for k in group.members
        ),
        settings={
            "effective_depth": given.path.effective_depth, "weight_decay": given.path.weight_decay,
            "width": given.path.width, "samples": given.path.samples, "starts": settings.starts,
            "truth as given": continuous is None,
        },
        versions=versions("matplotlib"),
        seeds={"starts": settings.seed},
        command=command,
        seconds=seconds,
        continuous=continuous,
        notes=notes,
    )  # fmt: skip
    return Outcome(write_report(report, out / "report.html"), report)


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Networks, by their places, that one truth judges; truth is None where the file's path is all there is."""

    truth: Truth | None
    minima: tuple[GeodesicMinimum, ...]
    members: tuple[int, ...]


def _record(group: _Group, given: GivenTruth, data: Dataset) -> TruthRecord:
    if group.truth is None:
        return given_record(given.path, group.minima, data)
    return truth_record(group.truth, data)


def _as_given(given: GivenTruth, networks: Sequence[RepresentationPath]) -> _Group:
    minima = () if given.solution is None else given.solution.minima
    return _Group(None, minima, tuple(range(len(networks))))


def _solved(
    given: GivenTruth, solution: GeodesicSolution, networks: Sequence[RepresentationPath], out: Path,
    settings: FileSettings, tell: Callable[[str], None],
) -> tuple[list[_Group], ContinuousTruth]:  # fmt: skip
    """A truth on every network's own steps, which none of them is below where its projections are the truth's."""
    first = Truth("given", solution, len(solution.statistics.get("start_costs", ())))
    groups = []
    with process_pool(settings.workers) as executor:
        solver = GroundTruths(solution.geodesic, settings.seed, out / "truth", executor, tell)
        for members in _by_steps(networks):
            steps = networks[members[0]].layer_steps
            weights = [networks[k].weights for k in members if _same_network(given.path, networks[k])]
            truth = first
            if not _equal(steps, given.path.layer_steps):
                name = f"{len(steps)} layers as in {networks[members[0]].label}"
                warm = (*weights, *resampled(solution, steps))
                truth = solver.solve(TruthTask(name, steps, settings.starts, warm))
            if weights:
                truth = solver.with_networks(truth, np.stack(weights))
            if truth.name == first.name:
                first = truth
            groups.append(_Group(truth, truth.solution.minima, members))
        return groups, solver.continuous(first)


def _by_steps(networks: Sequence[RepresentationPath]) -> list[tuple[int, ...]]:
    """Places of the networks, those with equal steps together, in order of appearance."""
    groups: list[list[int]] = []
    for place, path in enumerate(networks):
        for group in groups:
            if _equal(path.layer_steps, networks[group[0]].layer_steps):
                group.append(place)
                break
        else:
            groups.append([place])
    return [tuple(group) for group in groups]


def _equal(left: Float[np.ndarray, " L"], right: Float[np.ndarray, " M"]) -> bool:
    return len(left) == len(right) and np.allclose(left, right, rtol=0.0, atol=1e-6)


def _same_network(truth: RepresentationPath, path: RepresentationPath) -> bool:
    """Whether the path's weights mean in the truth's geodesic what they mean in its own network."""
    return (
        path.width == truth.width
        and np.allclose(path.embedding, truth.embedding, atol=1e-6)
        and np.allclose(path.readout, truth.readout, atol=1e-6)
    )


def _scheme(path: RepresentationPath) -> str:
    return "equidistant" if np.allclose(path.layer_steps * path.layers, 1.0, atol=1e-4) else "uneven"


def _dataset(truth: RepresentationPath, dataset: Dataset | None, name: str) -> Dataset:
    """The given data set, once it is seen to be the truth's; or the truth's samples, without labels or test data."""
    if dataset is None:
        return from_arrays(
            truth.inputs, truth.targets, standardize=False, name=name, description="samples as given with the truth"
        )
    for kind, ours, theirs in (("inputs", truth.inputs, dataset.inputs), ("targets", truth.targets, dataset.targets)):
        if ours.shape != theirs.shape or not np.allclose(ours, theirs, rtol=1e-5, atol=1e-8):
            raise ValidationError(
                f"--data {dataset.name} has other {kind} than the truth; give the data, samples and seed that it was "
                "solved with, or leave --data out"
            )
    return dataset


def _format(file: Path) -> str:
    """What kind of .npz file this is, "" where it does not say."""
    try:
        with np.load(file, allow_pickle=False) as archive:
            return str(json.loads(str(archive["metadata"]))["format"])
    except FileNotFoundError:
        raise ValidationError(f"there is no file {file}; give a .npz file of a geodesic or a path") from None
    except UNREADABLE:
        return ""
