"""The main job: solve the geodesic, train networks, compare them, and write the report; resumable part by part.

Each part has a file whose name holds a digest of all that it depends on, so a part is made once, and a run that was
broken off goes on from its finished parts when it is started again.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.control import GeodesicSolution, RepresentationGeodesic, process_pool
from geodepth.control import versions as control_versions

from .comparison import Comparison, Verdict, compare
from .dataset import Dataset
from .errors import ValidationError
from .path import RepresentationPath
from .pipeline_networks import Trained, trained_networks
from .pipeline_truths import GroundTruths, Truth, TruthTask, resampled
from .report import LossCurves, NetworkRecord, ReportData, TruthRecord, write_report
from .settings import Settings

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the report is, and what it found."""

    report: Path
    data: ReportData

    @property
    def sentence(self) -> str:
        """The finding in one line."""
        truth = self.data.truths[0]
        networks = self.data.networks
        verdicts = [n.comparison.verdict for n in networks]
        at_optimum = verdicts.count(Verdict.GLOBAL_OPTIMUM)
        local = verdicts.count(Verdict.LOCAL_MINIMUM)
        best = min(n.comparison.relative_excess for n in networks)
        return (
            f"truth J = {truth.path.cost:.8g} ({truth.name} steps); of {len(networks)} networks {at_optimum} at the "
            f"global optimum, {local} at local minima; best excess {100 * best:.3g} %"
        )


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
    _writable(out)
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
    tell("comparing and writing the report")
    data = _report_data(settings, dataset, truths, trained, seconds, command)
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


def _writable(out: Path) -> None:
    """Make the folder and write in it once, so that no work is lost for want of a place."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise ValidationError(f"--out {out} cannot be written ({error.strerror}); give another folder") from None


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


def path_of_geodesic(solution: GeodesicSolution, label: str) -> RepresentationPath:
    """A geodesic as a path, with the momenta that its solver found."""
    g = solution.geodesic
    return RepresentationPath.from_arrays(
        solution.representations,
        solution.weights,
        solution.layer_steps,
        g.inputs,
        g.targets,
        g.embedding,
        g.readout,
        g.effective_depth,
        g.weight_decay,
        g.bias,
        "geodesic",
        label,
        momenta=solution.momenta,
        activation=g.activation,
    )


def path_of_network(
    geodesic: RepresentationGeodesic, weights: np.ndarray, steps: np.ndarray, label: str
) -> RepresentationPath:
    """A trained network of the same problem as a path."""
    return RepresentationPath.from_weights(
        weights,
        steps,
        geodesic.inputs,
        geodesic.targets,
        geodesic.embedding,
        geodesic.readout,
        geodesic.effective_depth,
        geodesic.weight_decay,
        geodesic.bias,
        "network",
        label,
        activation=geodesic.activation,
    )


def _report_data(
    settings: Settings,
    dataset: Dataset,
    truths: dict[str, Truth],
    trained: dict[str, Trained],
    seconds: dict[str, float],
    command: str,
) -> ReportData:
    records = {name: _truth_record(truth, dataset) for name, truth in truths.items()}
    networks = []
    for scheme, group in trained.items():
        for member, (weights, steps) in enumerate(zip(group.weights, group.layer_steps, strict=True)):
            name = truth_name(scheme, member)
            path = path_of_network(truths[name].solution.geodesic, weights, steps, f"{scheme}, seed {member}")
            landscape = [(m.cost, m.weights[:, 0]) for m in truths[name].solution.minima]
            comparison: Comparison = compare(records[name].path, path, landscape)
            networks.append(
                NetworkRecord(
                    scheme=scheme,
                    seed=member,
                    truth=name,
                    path=path,
                    comparison=comparison,
                    test_error=_test_error(path, dataset),
                    seconds=group.seconds / settings.members,
                )
            )
    return ReportData(
        title=f"{dataset.name}: have trained Leaky ResNets found the representation geodesic?",
        dataset=dataset,
        truths=tuple(records.values()),
        networks=tuple(networks),
        losses={scheme: LossCurves(g.epochs, g.objectives) for scheme, g in trained.items()},
        settings=settings.public(),
        versions=_versions(),
        seeds={"data, starts and networks": settings.seed},
        command=command,
        seconds=seconds,
    )


def _truth_record(truth: Truth, dataset: Dataset) -> TruthRecord:
    solution = truth.solution
    path = path_of_geodesic(solution, truth.name)
    bracketed = np.isfinite(solution.certificate.lower)
    return TruthRecord(
        name=truth.name,
        path=path,
        lower=solution.certificate.lower if bracketed else None,
        upper=solution.certificate.upper if bracketed else None,
        starts=truth.starts,
        minima=tuple((m.cost, len(m.found_by)) for m in solution.minima),
        rounds=truth.rounds,
        seconds=float(solution.statistics["seconds"]),
        test_error=_test_error(path, dataset),
    )


def _test_error(path: RepresentationPath, dataset: Dataset) -> float | None:
    if dataset.test_inputs.shape[1] == 0:
        return None
    return path.error(dataset.test_inputs, dataset.test_targets)


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    found: dict[str, Any] = control_versions() | {name: version(name) for name in ("torch", "matplotlib")}
    return {name: str(value) for name, value in found.items()}
