"""The pipeline's ground truths: each solved once, kept in its file, and never above a network that it judges.

With its neighbours pipeline*.py, the part of this room that calls the towers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from geodepth.control import (
    GeodesicSolution,
    ProblemError,
    RepresentationGeodesic,
    merge_minima,
    run_all,
    solve_geodesic,
)
from geodepth.foundation.shapes import Float
from geodepth.validation.comparison.limit_of_layers import ContinuousTruth, extrapolate
from geodepth.validation.errors import ValidationError
from geodepth.validation.pipeline.settings import key

from .paths import path_of_geodesic

BELOW = 1e-9
"""A network this much (relative) below the truth has the truth solved again from it."""
MOST_ROUNDS = 3
BRACKET = 1e-6
"""Where the exact stage of a truth may stop."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A solved truth, from how many starts in all, and how often it was solved anew because a network lay below it."""

    name: str
    solution: GeodesicSolution
    starts: int
    rounds: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class TruthTask:
    """One geodesic to solve: on which steps, from how many random starts, and from which weights besides."""

    name: str
    steps: Float[np.ndarray, " L"]
    starts: int
    warm: tuple[np.ndarray, ...] = ()
    rounds: int = 0

    @property
    def sentence(self) -> str:
        kinds = [f"{self.starts} random starts"] if self.starts else []
        kinds += [f"{len(self.warm)} from networks and truths"] if self.warm else []
        return f"ground truth on {self.name} steps: {' and '.join(kinds)}"

    def file_name(self, geodesic: RepresentationGeodesic, seed: int) -> str:
        digest = key(geodesic.digest(), self.steps.tolist(), self.starts, seed, [w.tolist() for w in self.warm])
        return f"{self.name.replace(', ', '-').replace(' ', '-')}-{digest}"

    def solve(self, geodesic: RepresentationGeodesic, seed: int, executor: Executor | None) -> GeodesicSolution:
        return solve_geodesic(
            geodesic,
            layer_steps=self.steps,
            starts=self.starts,
            seed=seed,
            warm_starts=self.warm,
            executor=executor,
            progress=executor is not None,
            exact_candidates=1,
            bracket=BRACKET,
        )


def _truth(task: TruthTask, solution: GeodesicSolution) -> Truth:
    return Truth(task.name, solution, len(solution.statistics["start_costs"]), task.rounds)


def _alone(geodesic: RepresentationGeodesic, seed: int, task: TruthTask) -> GeodesicSolution:
    return task.solve(geodesic, seed, None)


@dataclass(frozen=True, slots=True, eq=False)
class GroundTruths:
    """The solver of a run's truths: over which workers, with which seed, kept in which folder."""

    geodesic: RepresentationGeodesic
    seed: int
    folder: Path
    executor: Executor
    tell: Callable[[str], None]

    def solve(self, task: TruthTask) -> Truth:
        """Solve one geodesic, its starts over all workers, or read the solution back."""
        kept = self._kept(task)
        if kept is not None:
            return kept
        self.tell(task.sentence)
        return self._keep(task, task.solve(self.geodesic, self.seed, self.executor))

    def solve_each(self, tasks: Sequence[TruthTask]) -> list[Truth]:
        """Solve many small geodesics, one a worker, or read the solutions back; in the order of the tasks."""
        found = {task.name: kept for task in tasks if (kept := self._kept(task)) is not None}
        missing = [task for task in tasks if task.name not in found]
        if missing:
            self.tell(
                f"ground truth on the steps of {len(missing)} networks: {missing[0].sentence.split(': ')[1]} each"
            )
        solve = partial(_alone, self.geodesic, self.seed)
        for task, solution in run_all(solve, missing, self.executor, label="ground truths"):
            found[task.name] = self._keep(task, solution)
        return [found[task.name] for task in tasks]

    def _file(self, task: TruthTask) -> Path:
        return self.folder / f"{task.file_name(self.geodesic, self.seed)}.npz"

    def _kept(self, task: TruthTask) -> Truth | None:
        if not self._file(task).exists():
            return None
        try:
            return _truth(task, GeodesicSolution.load(self._file(task)))
        except ProblemError as error:
            self.tell(f"{error}; solving it again")
            return None

    def _keep(self, task: TruthTask, solution: GeodesicSolution) -> Truth:
        self._file(task).parent.mkdir(parents=True, exist_ok=True)
        solution.save(self._file(task))
        return _truth(task, solution)

    def until_none_below(self, truth: Truth, networks: Float[np.ndarray, "members L w c"]) -> Truth:
        """Solve again from every network below the truth; what comes back is never above the lowest of them."""
        for _ in range(MOST_ROUNDS):
            best = truth.solution
            steps = best.layer_steps
            below = [w for w in networks if self.geodesic.objective(w, steps) < best.cost * (1 - BELOW)]
            if not below:
                return truth
            self.tell(f"{len(below)} networks lie below the truth on {truth.name} steps: solving it again from them")
            task = TruthTask(truth.name, steps, 0, (best.weights, *below), truth.rounds + 1)
            truth = self._joined(truth, self.solve(task))
        return truth

    def with_networks(self, truth: Truth, networks: Float[np.ndarray, "members L w c"]) -> Truth:
        """The truth with the minima next to the networks in its landscape, and none of the networks below it."""
        task = TruthTask(truth.name, truth.solution.layer_steps, 0, tuple(networks), truth.rounds)
        return self.until_none_below(self._joined(truth, self.solve(task)), networks)

    def _joined(self, truth: Truth, again: Truth) -> Truth:
        """Two solutions on the same steps as one: the cheaper path, and the minima of both, each once."""
        best, other = truth.solution, again.solution
        minima = merge_minima(self.geodesic, best.layer_steps, (*best.minima, *other.minima))
        cheaper = other if other.cost < best.cost else best
        return Truth(truth.name, replace(cheaper, minima=minima), truth.starts + again.starts, again.rounds)

    def continuous(self, truth: Truth) -> ContinuousTruth:
        """The limit of a truth as its layers are split in two and in four, each solved from the one before."""
        finer = [truth]
        for factor in (2, 4):
            coarse = finer[-1].solution
            steps, weights = np.repeat(coarse.layer_steps / 2, 2), np.repeat(coarse.weights, 2, axis=0)
            finer.append(self.solve(TruthTask(f"{truth.name}, times {factor}", steps, 0, (weights,))))
        return extrapolate([path_of_geodesic(one.solution, "continuous") for one in finer])


def resampled(source: GeodesicSolution, steps: Float[np.ndarray, " L"]) -> list[np.ndarray]:
    """The best path and the second minimum of a truth, read at the middles of other layers: starts for other steps."""
    middles = np.cumsum(steps) - steps / 2
    layer = np.clip(np.searchsorted(source.positions, middles) - 1, 0, source.layer_steps.size - 1)
    return [source.weights[layer], *(m.weights[:, 0][layer] for m in source.minima[1:2])]


def check_writable(out: Path) -> None:
    """Make the folder and write in it once, so that no work is lost for want of a place."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise ValidationError(f"--out {out} cannot be written ({error.strerror}); give another folder") from None
