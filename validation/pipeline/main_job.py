"""The main job: solve the geodesic, train networks, compare them, and write the report; resumable part by part.

Each part has a file whose name holds a digest of all that it depends on, so a part is made once, and a run that was
broken off goes on from its finished parts when it is started again.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from geodepth.control import RepresentationGeodesic, process_pool
from geodepth.foundation.shapes import Float
from geodepth.validation.bridge.paths import Outcome, network_record, path_of_network, truth_record, versions
from geodepth.validation.bridge.truths import GroundTruths, Truth, TruthTask, check_writable, resampled
from geodepth.validation.comparison.limit_of_layers import ContinuousTruth
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.report.data import LossCurves, ReportData
from geodepth.validation.report.write import write_report

from .networks import Trained, trained_networks
from .settings import Settings


def run_validation(
    settings: Settings, out: Path, command: str = "", say: Callable[[str], None] | None = None
) -> Outcome:
    """Do the main job in the folder `out`, or what is left of it.

    Raises ValidationError, ProblemError or NetworkError for what cannot be used, before any solve; KeyboardInterrupt
    on Ctrl-C, with the finished parts on disk.
    """
    from geodepth.nets import resolve_device

    dataset = settings.load()
    geodesic = _geodesic(settings, dataset)
    resolve_device(settings.device)
    check_writable(out)
    tell = say or (lambda line: print(line, file=sys.stderr, flush=True))
    clock = time.perf_counter()
    seconds: dict[str, float] = {}
    with process_pool(settings.workers) as executor:
        solver = GroundTruths(geodesic, settings.seed, out / "truth", executor, tell)
        truths: dict[str, Truth] = {}
        for scheme in (s for s in settings.schemes if s != "adaptive"):
            truths[scheme] = solver.solve(TruthTask(scheme, _scheme_steps(scheme, settings.layers), settings.starts))
        seconds["ground truth"] = time.perf_counter() - clock
        clock = time.perf_counter()
        trained = {s: trained_networks(settings, geodesic, s, out, tell) for s in settings.schemes}
        seconds["training"] = time.perf_counter() - clock
        clock = time.perf_counter()
        truths = _truths_of_networks(solver, settings, truths, trained)
        seconds["ground truth on the networks' steps"] = time.perf_counter() - clock
        clock = time.perf_counter()
        continuous = solver.continuous(next(iter(truths.values())))
        seconds["continuous truth"] = time.perf_counter() - clock
    clock = time.perf_counter()
    tell("comparing and writing the report")
    data = _report_data(settings, dataset, truths, continuous, trained, seconds, command)
    page = write_report(data, out / "report.html")
    seconds["comparison and report"] = time.perf_counter() - clock
    return Outcome(page, data)


def _geodesic(settings: Settings, dataset: Dataset) -> RepresentationGeodesic:
    return RepresentationGeodesic(
        dataset.inputs, dataset.targets, settings.width, settings.effective_depth, settings.weight_decay
    )


def _scheme_steps(scheme: str, layers: int) -> Float[np.ndarray, " L"]:
    from geodepth.nets import equidistant, irregular

    steps = irregular(layers) if scheme == "irregular" else equidistant(layers)
    return np.asarray(steps.numpy(), dtype=float)


def _truths_of_networks(
    solver: GroundTruths, settings: Settings, truths: dict[str, Truth], trained: dict[str, Trained]
) -> dict[str, Truth]:
    """A truth for every network, on its own steps, that none is below and whose landscape holds where they ended."""
    found = dict(truths)
    for scheme, networks in trained.items():
        if scheme != "adaptive":
            found[scheme] = solver.with_networks(truths[scheme], networks.weights)
            continue
        pairs = list(zip(networks.weights, networks.layer_steps, strict=True))
        others = [truths[next(iter(truths))].solution] if truths else []
        starts = settings.adaptive_starts if truths else settings.starts
        tasks = [
            TruthTask(
                truth_name(scheme, member),
                steps,
                starts,
                (weights, *(start for other in others for start in resampled(other, steps))),
            )
            for member, (weights, steps) in enumerate(pairs)
        ]
        for truth, (weights, _) in zip(solver.solve_each(tasks), pairs, strict=True):
            found[truth.name] = solver.until_none_below(truth, weights[None])
    return found


def truth_name(scheme: str, seed: int) -> str:
    """The truth that a network is held against: networks with adaptive steps each have their own."""
    return f"{scheme}, seed {seed}" if scheme == "adaptive" else scheme


def _report_data(
    settings: Settings,
    dataset: Dataset,
    truths: dict[str, Truth],
    continuous: ContinuousTruth | None,
    trained: dict[str, Trained],
    seconds: dict[str, float],
    command: str,
) -> ReportData:
    records = {name: truth_record(truth, dataset) for name, truth in truths.items()}
    networks = []
    for scheme, group in trained.items():
        for member, (weights, steps) in enumerate(zip(group.weights, group.layer_steps, strict=True)):
            name = truth_name(scheme, member)
            path = path_of_network(truths[name].solution.geodesic, weights, steps, f"{scheme}, seed {member}")
            networks.append(network_record(
                path, scheme, member, records[name], truths[name].solution.minima, dataset, continuous,
                seconds=group.seconds / settings.members,
            ))  # fmt: skip
    return ReportData(
        title=f"{dataset.name}: have trained Leaky ResNets found the representation geodesic?",
        dataset=dataset,
        truths=tuple(records.values()),
        networks=tuple(networks),
        losses={scheme: LossCurves(g.epochs, g.objectives) for scheme, g in trained.items()},
        settings=settings.public(),
        versions=versions("torch", "matplotlib"),
        seeds={"data, starts and networks": settings.seed},
        command=command,
        seconds=seconds,
        continuous=continuous,
    )
