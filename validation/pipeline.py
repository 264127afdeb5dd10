"""The main job: solve the geodesic, train networks, compare them, and write the report; resumable part by part.

Each part has a file whose name holds a digest of all that it depends on, so a part is made once, and a run that was
broken off goes on from its finished parts when it is started again.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.control import GeodesicSolution, ProblemError, RepresentationGeodesic, process_pool, solve_geodesic
from geodepth.control import versions as control_versions

from .comparison import Comparison, Verdict, compare
from .dataset import Dataset
from .errors import ValidationError
from .path import RepresentationPath
from .report import LossCurves, NetworkRecord, ReportData, TruthRecord, write_report
from .settings import Settings, key

if TYPE_CHECKING:
    from jaxtyping import Float

BELOW = 1e-9
"""A network this much (relative) below the truth has the truth solved again from it."""
MOST_ROUNDS = 3


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


@dataclass(frozen=True, slots=True, eq=False)
class _Trained:
    """The networks of one scheme: weights (members, L, w, w+1), their steps, and how their cost fell."""

    weights: Float[np.ndarray, "members L w c"]
    layer_steps: Float[np.ndarray, "members L"]
    epochs: Float[np.ndarray, " records"]
    objectives: Float[np.ndarray, "records members"]
    seconds: float


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
        job = _Job(settings, out, geodesic, executor, tell)
        truths: dict[str, _Truth] = {}
        for scheme in (s for s in settings.schemes if s != "adaptive"):
            truths[scheme] = job.truth(scheme, _scheme_steps(scheme, settings.layers), settings.starts)
        seconds["ground truth"] = time.perf_counter() - clock
        clock = time.perf_counter()
        trained = {scheme: job.networks(scheme) for scheme in settings.schemes}
        seconds["training"] = time.perf_counter() - clock
        clock = time.perf_counter()
        truths = job.truths_of_networks(truths, trained)
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


@dataclass(frozen=True, slots=True)
class _Truth:
    """A solved truth, and how often it was solved anew because a network lay below it."""

    name: str
    solution: GeodesicSolution
    rounds: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """The parts of the work, each kept in its file."""

    settings: Settings
    out: Path
    geodesic: RepresentationGeodesic
    executor: Executor
    tell: Callable[[str], None]

    def truth(
        self,
        name: str,
        steps: Float[np.ndarray, " L"],
        starts: int,
        warm: Sequence[np.ndarray] = (),
        rounds: int = 0,
    ) -> _Truth:
        """Solve the geodesic on these steps, or read the solution back."""
        digest = key(self.geodesic.digest(), steps.tolist(), starts, self.settings.seed, [w.tolist() for w in warm])
        file = self.out / "truth" / f"{name.replace(', seed ', '-')}-{digest}.npz"
        if file.exists():
            try:
                return _Truth(name, GeodesicSolution.load(file), rounds)
            except ProblemError as error:
                self.tell(f"{error}; solving it again")
        given = f", {len(warm)} from networks and truths" if warm else ""
        self.tell(f"ground truth on {name} steps: {starts} random starts{given}")
        solution = solve_geodesic(
            self.geodesic,
            layer_steps=steps,
            starts=starts,
            seed=self.settings.seed,
            warm_starts=warm,
            executor=self.executor,
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        solution.save(file)
        return _Truth(name, solution, rounds)

    def networks(self, scheme: str) -> _Trained:
        """Train the members of one scheme in one batch, or read them back; broken off, the training goes on."""
        import torch

        from geodepth.nets import LeakyResNet, TrainingConfig, load_network, save_network, train

        s = self.settings
        digest = key(self.geodesic.digest(), scheme, s.layers, s.members, s.seed, s.epochs, s.learning_rate)
        folder = self.out / "networks" / f"{scheme}-{digest}"
        curves = folder / "curves.npz"
        if curves.exists():
            network = load_network(folder)
            with np.load(curves, allow_pickle=False) as file:
                epochs, objectives, seconds = file["epochs"], file["objectives"], float(file["seconds"])
        else:
            self.tell(f"training {s.members} networks with {scheme} steps, {s.epochs} epochs")
            network = LeakyResNet(
                inputs=self.geodesic.inputs.shape[0],
                outputs=self.geodesic.targets.shape[0],
                width=s.width,
                layers=s.layers,
                effective_depth=s.effective_depth,
                members=s.members,
                dtype=torch.float64,
                generator=torch.Generator().manual_seed(s.seed),
            )
            config = TrainingConfig(
                weight_decay=s.weight_decay,
                epochs=s.epochs,
                learning_rate=s.learning_rate,
                layer_steps=scheme,
                seed=s.seed,
                device=s.device,
                checkpoint=folder / "checkpoint",
                progress=True,
            )
            result = train(network, self.geodesic.inputs.T, self.geodesic.targets.T, config)
            network, epochs, objectives, seconds = result.network, result.epochs, result.objectives, result.seconds
            save_network(network, folder)
            _save_curves(curves, epochs, objectives, seconds)
        return _Trained(
            network.weights.detach().cpu().numpy(),
            network.layer_steps.cpu().numpy(),
            epochs,
            objectives,
            seconds,
        )

    def truths_of_networks(self, truths: dict[str, _Truth], trained: dict[str, _Trained]) -> dict[str, _Truth]:
        """A truth for every network, on its own steps, that none of them is below."""
        found = dict(truths)
        for scheme, networks in trained.items():
            if scheme == "adaptive":
                for member, (weights, steps) in enumerate(zip(networks.weights, networks.layer_steps, strict=True)):
                    name = truth_name(scheme, member)
                    warm = [weights, *self._resampled(truths, steps)]
                    first = self.truth(name, steps, self.settings.adaptive_starts, warm)
                    found[name] = self._until_none_below(first, steps, [weights])
            else:
                found[scheme] = self._until_none_below(truths[scheme], networks.layer_steps[0], networks.weights)
        return found

    def _resampled(self, truths: dict[str, _Truth], steps: Float[np.ndarray, " L"]) -> list[np.ndarray]:
        """The best minima of the first truth, read at the middles of other layers."""
        if not truths:
            return []
        source = next(iter(truths.values())).solution
        middles = np.cumsum(steps) - steps / 2
        layer = np.clip(np.searchsorted(source.positions, middles) - 1, 0, source.layer_steps.size - 1)
        return [source.weights[layer], *(m.weights[:, 0][layer] for m in source.minima[1:2])]

    def _until_none_below(
        self, truth: _Truth, steps: Float[np.ndarray, " L"], networks: Sequence[np.ndarray] | np.ndarray
    ) -> _Truth:
        for _ in range(MOST_ROUNDS):
            below = [w for w in networks if self.geodesic.objective(w, steps) < truth.solution.cost * (1 - BELOW)]
            if not below:
                return truth
            self.tell(f"{len(below)} networks lie below the truth on {truth.name} steps: solving it again from them")
            best = truth.solution
            again = self.truth(truth.name, steps, 0, [best.weights, *below], truth.rounds + 1)
            # The landscape keeps what the first truth's starts found.
            merged = replace(again.solution, minima=best.minima) if best.minima else again.solution
            truth = _Truth(truth.name, merged, truth.rounds + 1)
        return truth


def truth_name(scheme: str, seed: int) -> str:
    """The truth that a network is held against: networks with adaptive steps each have their own."""
    return f"{scheme}, seed {seed}" if scheme == "adaptive" else scheme


def _save_curves(path: Path, epochs: np.ndarray, objectives: np.ndarray, seconds: float) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with open(temporary, "wb") as file:
        np.savez_compressed(file, epochs=epochs, objectives=objectives, seconds=np.array(seconds))
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


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
    truths: dict[str, _Truth],
    trained: dict[str, _Trained],
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


def _truth_record(truth: _Truth, dataset: Dataset) -> TruthRecord:
    solution = truth.solution
    path = path_of_geodesic(solution, truth.name)
    bracketed = np.isfinite(solution.certificate.lower)
    return TruthRecord(
        name=truth.name,
        path=path,
        lower=solution.certificate.lower if bracketed else None,
        upper=solution.certificate.upper if bracketed else None,
        starts=int(solution.statistics["starts"]) + int(solution.statistics["warm_starts"]),
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
