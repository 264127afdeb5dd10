"""The main job: solve the geodesic, train networks, compare them, and write the report; resumable part by part.

1. Solve a truth on the starting steps of every scheme whose steps are given.
2. Train the networks of every scheme.
3. Solve truths on the networks' own steps, from the networks too, until no network lies below its truth.
4. Follow the first truth to the limit of many layers.
5. Compare every network with its truth, and write the report.

Each part has a file whose name holds a digest of all that it depends on. So a part is made once, and a run that was
broken off goes on from its finished parts when it is started again.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from geodepth.control.geodesics.populations.request import Search
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.solving.multistart import process_pool
from geodepth.foundation.files.folder_lock import only_run_in
from geodepth.foundation.shapes import Float
from geodepth.foundation.versions import versions_of
from geodepth.nets.devices import resolve_device
from geodepth.nets.network.layer_steps import equidistant, irregular
from geodepth.validation.bridge.paths import path_of_weights
from geodepth.validation.bridge.truths import BROAD, GroundTruths, Truth, TruthTask, elite_on
from geodepth.validation.comparison.limit_of_layers import ContinuousTruth
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.errors import ValidationError
from geodepth.validation.report.data import LossCurves, ReportData
from geodepth.validation.report.write import replaced_report, write_report

from .duration import expected_seconds, in_words
from .networks import Trained, trained_networks
from .outcome import Outcome
from .report_records import network_record, truth_record
from .settings import Settings

PACKAGES = ("geodepth", "casadi", "numpy", "scipy", "torch", "matplotlib")
"""What a report's numbers and figures depend on."""


def run_validation(
    settings: Settings,
    out: Path,
    command: str = "",
    say: Callable[[str], None] | None = None,
    figures: str | None = None,
) -> Outcome:
    """Do the main job in a folder, or what is left of it.

    Parameters
    ----------
    settings : Settings
        What to do.
    out : Path
        Folder of the report and of all parts.
    command : str
        What reproduces the run, for the report.
    say : function, optional
        Gets a line about every part that begins; standard error by default.
    figures : str, optional
        pdf, svg or png: the report's figures as files besides.

    Returns
    -------
    Outcome
        Where the report is, and what it found.

    Raises
    ------
    ValidationError, ProblemError, NetworkError
        For what cannot be used, before any solve.
    KeyboardInterrupt
        On Ctrl-C, with the finished parts on disk.
    """
    tell = say or (lambda line: print(line, file=sys.stderr, flush=True))
    job = _Job(settings, settings.load())
    seconds = expected_seconds(settings, job.dataset)
    geodesic = RepresentationGeodesic(
        job.dataset.inputs, job.dataset.targets, settings.width, settings.effective_depth, settings.weight_decay
    )
    resolve_device(settings.device)
    with only_run_in(out, "--out", ValidationError), process_pool(settings.workers) as executor:
        if told := replaced_report(out / "report.html", command):
            tell(told)
        if not (out / "report.html").exists():
            held_out = job.dataset.test_inputs.shape[1]
            samples = f"{job.dataset.samples} of {job.dataset.samples + held_out}" if held_out else job.dataset.samples
            shape = f"width {settings.width}, {settings.layers} layers, {samples} samples"
            hint = "" if settings.targets or not settings.data.lower().endswith(".csv") else " (--targets names others)"
            tell(f"{job.dataset.description}{hint}")
            tell(f"{shape}: {in_words(seconds)} on {settings.workers} idle cores, to a factor of three")
        solver = GroundTruths(geodesic, settings.seed, out / "truth", executor, tell)
        with job.timed("ground truth"):
            truths = job.truths_of_given_steps(solver)
        with job.timed("training"):
            trained = {s: trained_networks(settings, geodesic, s, out, tell) for s in settings.schemes}
        with job.timed("ground truth on the networks' steps"):
            truths = job.truths_of_networks(solver, truths, trained)
        with job.timed("continuous truth"):
            continuous = solver.continuous(next(iter(truths.values())))
        with job.timed("comparison and report"):
            tell("comparing and writing the report")
            data = job.report(truths, continuous, trained, command)
            page = write_report(data, out / "report.html", figures)
    return Outcome(page, data)


@dataclass(frozen=True, slots=True)
class _Job:
    """A run of the main job, with the seconds of its parts so far."""

    settings: Settings
    dataset: Dataset
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        clock = time.perf_counter()
        yield
        self.seconds[part] = time.perf_counter() - clock

    def truths_of_given_steps(self, solver: GroundTruths) -> dict[str, Truth]:
        """By scheme, the truths on the steps that training does not move: one search, whose elite serves the others."""
        settings, found = self.settings, dict[str, Truth]()
        for scheme in settings.schemes:
            if scheme != "adaptive":
                steps = _scheme_steps(scheme, settings.layers)
                warm = [start for other in found.values() for start in elite_on(other.solution, steps)]
                starts = settings.starts_besides if settings.starts is None and warm else settings.starts
                searches = settings.searches_of(starts, besides=bool(warm))
                search = None if searches is None else Search(searches=searches)
                found[scheme] = solver.solve(TruthTask(scheme, steps, starts, tuple(warm), search=search))
        return found

    def truths_of_networks(
        self, solver: GroundTruths, truths: dict[str, Truth], trained: dict[str, Trained]
    ) -> dict[str, Truth]:
        """A truth for every network, on its own steps: none is below, and its landscape holds where they ended."""
        found = dict(truths)
        others = [truth.solution for truth in list(truths.values())[:1]]
        for scheme, networks in trained.items():
            if scheme != "adaptive":
                found[scheme] = solver.with_networks(truths[scheme], list(networks.weights))
                continue
            starts = self.settings.starts_besides if truths else self.settings.starts
            searches = self.settings.searches_of(starts, besides=bool(truths))
            search = None if searches is None else replace(BROAD if truths else Search(), searches=searches)
            tasks = []
            for member, (weights, steps) in enumerate(zip(networks.weights, networks.layer_steps, strict=True)):
                carried = () if starts is None else [start for other in others for start in elite_on(other, steps)]
                tasks.append(TruthTask(truth_name(scheme, member), steps, starts, (weights, *carried), search=search))
            own = solver.solve_together(tasks, others) if starts is None else solver.solve_each(tasks)
            for truth, weights in zip(own, networks.weights, strict=True):
                found[truth.name] = solver.until_none_below(truth, weights[None])
        return dict(zip(found, solver.with_kept(list(found.values())), strict=True))

    def report(
        self, truths: dict[str, Truth], continuous: ContinuousTruth | None, trained: dict[str, Trained], command: str
    ) -> ReportData:
        """All that the report says."""
        records = {name: truth_record(truth, self.dataset) for name, truth in truths.items()}
        networks = []
        for scheme, group in trained.items():
            for member, (weights, steps) in enumerate(zip(group.weights, group.layer_steps, strict=True)):
                name = truth_name(scheme, member)
                solution = truths[name].solution
                networks.append(
                    network_record(
                        path_of_weights(solution.geodesic, weights, steps, f"{scheme}, seed {member}"),
                        *(scheme, member, records[name], solution.minima, self.dataset, continuous),
                        seconds=group.seconds / self.settings.members,
                    )
                )
        return ReportData(
            title=f"{self.dataset.name}: have trained Leaky ResNets found the representation geodesic?",
            dataset=self.dataset,
            truths=tuple(records.values()),
            networks=tuple(networks),
            losses={scheme: LossCurves(g.epochs, g.objectives) for scheme, g in trained.items()},
            settings=self.settings.public(),
            versions=versions_of(*PACKAGES),
            seeds={"data, starts and networks": self.settings.seed},
            command=command,
            seconds=self.seconds,
            notes=tuple(truth.note for truth in truths.values() if truth.note),
            continuous=continuous,
        )


def _scheme_steps(scheme: str, layers: int) -> Float[np.ndarray, " L"]:
    steps = irregular(layers) if scheme == "irregular" else equidistant(layers)
    return np.asarray(steps.numpy(), dtype=float)


def truth_name(scheme: str, seed: int) -> str:
    """The truth that a network is held against: networks with adaptive steps each have their own."""
    return f"{scheme}, seed {seed}" if scheme == "adaptive" else scheme
