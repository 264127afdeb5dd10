"""A comparison of files: truth and networks are read, truths solved where networks need them, the report written.

1. Read the truth and the networks.
2. Networks on other layer steps than the truth get a truth on their own steps, solved from the given one.
3. Where a network lies below its truth, that is solved again from it.
4. Compare every network with its truth, and write the report.

Finished solves are kept in the report's folder.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geodepth.control.geodesics.search.minima import GeodesicMinimum
from geodepth.control.geodesics.solution import GeodesicSolution
from geodepth.control.solving.multistart import process_pool
from geodepth.foundation.files.folder_lock import only_run_in
from geodepth.foundation.shapes import Float
from geodepth.foundation.versions import versions_of
from geodepth.validation.bridge.never_above import BELOW
from geodepth.validation.bridge.truths import GroundTruths, Truth, TruthTask, elite_on
from geodepth.validation.comparison.limit_of_layers import ContinuousTruth
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.report.data import ReportData, TruthRecord
from geodepth.validation.report.write import replaced_report, write_report

from .files_to_compare import GivenTruth, dataset_of, read_networks, read_truth
from .outcome import Outcome
from .report_records import given_record, network_record, truth_record
from .settings import FileSettings

PACKAGES = ("geodepth", "casadi", "numpy", "scipy", "matplotlib")
"""What a report's numbers and figures depend on."""
SAME_STEPS = 1e-6
"""Layer steps that differ by less are equal: a network kept in single precision knows them no better."""


def compare_files(
    truth_file: Path,
    network_files: Sequence[Path],
    out: Path,
    settings: FileSettings,
    dataset: Dataset | None = None,
    command: str = "",
    say: Callable[[str], None] | None = None,
    figures: str | None = None,
) -> Outcome:
    """Read, solve what is missing, compare, and write report.html and report.json.

    Parameters
    ----------
    truth_file, network_files : Path, sequence of Path
        What `read_truth` and `read_networks` read.
    out : Path
        The folder of the report and of what is solved.
    settings : FileSettings
        How to compare.
    dataset : Dataset, optional
        Where the truth's samples came from: it names them, and its held-out part gives the test errors.
    command : str
        What reproduces the run, for the report.
    say : function, optional
        Gets a line about every part that begins; standard error by default.
    figures : str, optional
        pdf, svg or png: the report's figures as files besides.

    Raises
    ------
    ValidationError, ProblemError
        For what cannot be used, before any solve.
    """
    tell = say or (lambda line: print(line, file=sys.stderr, flush=True))
    given = read_truth(truth_file)
    networks = [path for file in network_files for path in read_networks(file, given.path)]
    if not networks:
        raise ValidationError("no network is given; name at least one file or folder")
    data = dataset_of(given.path, dataset, truth_file.stem)
    with only_run_in(out, "--out", ValidationError):
        if told := replaced_report(out / "report.html", command):
            tell(told)
        clock = time.perf_counter()
        if settings.as_given or given.solution is None:
            minima = () if given.solution is None else given.solution.minima
            groups, continuous = [_Group(None, minima, tuple(range(len(networks))))], None
            notes: tuple[str, ...] = ("The truth was taken as the file gives it: nothing was solved.",)
        else:
            groups, continuous = _solved(given, given.solution, networks, out, settings, tell)
            notes = tuple(note for group in groups if (note := group.note(given)))
        seconds = {"truths": time.perf_counter() - clock}
        tell("comparing and writing the report")
        records = [group.record(given, data) for group in groups]
        report = ReportData(
            title=f"{data.name}: has the network found the representation geodesic?",
            dataset=data,
            truths=tuple(records),
            networks=tuple(
                network_record(
                    networks[k],
                    _scheme(networks[k]),
                    k,
                    record,
                    group.minima,
                    data,
                    continuous,
                    label=networks[k].label,
                )
                for group, record in zip(groups, records, strict=True)
                for k in group.members
            ),
            settings={
                **{name: getattr(given.path, name) for name in ("effective_depth", "weight_decay", "width", "samples")},
                **{"starts": settings.starts, "truth as given": continuous is None},
            },
            versions=versions_of(*PACKAGES),
            seeds={"starts": settings.seed},
            command=command,
            seconds=seconds,
            continuous=continuous,
            notes=notes,
        )
        return Outcome(write_report(report, out / "report.html", figures), report)


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Networks, by their places, that one truth judges; truth is None where the file's path is all there is."""

    truth: Truth | None
    minima: tuple[GeodesicMinimum, ...]
    members: tuple[int, ...]

    def record(self, given: GivenTruth, data: Dataset) -> TruthRecord:
        return given_record(given.path, self.minima, data) if self.truth is None else truth_record(self.truth, data)

    def note(self, given: GivenTruth) -> str | None:
        """What led to a path cheaper than the given truth, or than what was found in this run."""
        if self.truth is None or self.truth.own_cost is not None:
            return self.truth.note if self.truth else None
        same = _equal(self.truth.solution.layer_steps, given.path.layer_steps)
        if not same or self.truth.cost >= given.path.cost * (1 - BELOW):
            return None
        return (
            f"A network led to a path cheaper than the given truth: J = {self.truth.cost:.8g}, not "
            f"{given.path.cost:.8g}. That is the truth here."
        )


def _solved(
    given: GivenTruth,
    solution: GeodesicSolution,
    networks: Sequence[RepresentationPath],
    out: Path,
    settings: FileSettings,
    tell: Callable[[str], None],
) -> tuple[list[_Group], ContinuousTruth]:
    """A truth on every network's own steps, which none of them is below where its projections are the truth's."""
    first = Truth("given", solution, len(solution.statistics.get("start_costs", ())))
    found: list[tuple[Truth, tuple[int, ...]]] = []
    with process_pool(settings.workers) as executor:
        solver = GroundTruths(solution.geodesic, settings.seed, out / "truth", executor, tell)
        for members in _by_steps(networks):
            steps = networks[members[0]].layer_steps
            weights = [networks[k].weights for k in members if _same_network(given.path, networks[k])]
            truth = first
            if not _equal(steps, given.path.layer_steps):
                name = f"{len(steps)} layers as in {networks[members[0]].label}"
                warm = (*weights, *elite_on(solution, steps))
                truth = solver.solve(TruthTask(name, steps, settings.starts, warm))
            if weights:
                truth = solver.with_networks(truth, weights)
            if truth.name == first.name:
                first = truth
            found.append((truth, members))
        kept = solver.with_kept([truth for truth, _ in found])
        groups = [_Group(truth, truth.solution.minima, of) for truth, (_, of) in zip(kept, found, strict=True)]
        return groups, solver.continuous(first)


def _by_steps(networks: Sequence[RepresentationPath]) -> list[tuple[int, ...]]:
    """Places of the networks, those with equal steps together, in order of appearance."""
    groups: list[list[int]] = []
    for place, path in enumerate(networks):
        same = [group for group in groups if _equal(path.layer_steps, networks[group[0]].layer_steps)]
        if same:
            same[0].append(place)
        else:
            groups.append([place])
    return [tuple(group) for group in groups]


def _equal(left: Float[np.ndarray, " L"], right: Float[np.ndarray, " M"]) -> bool:
    return len(left) == len(right) and np.allclose(left, right, rtol=0.0, atol=SAME_STEPS)


def _same_network(truth: RepresentationPath, path: RepresentationPath) -> bool:
    """Whether the path's weights mean in the truth's geodesic what they mean in its own network."""
    return (
        path.width == truth.width
        and np.allclose(path.embedding, truth.embedding, atol=1e-6)
        and np.allclose(path.readout, truth.readout, atol=1e-6)
    )


def _scheme(path: RepresentationPath) -> str:
    return "equidistant" if np.allclose(path.layer_steps * path.layers, 1.0, atol=1e-4) else "uneven"
