"""Ground truths for given layer steps: each solved once, kept in its file, and never above a network that it judges."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.control.geodesics.populations.request import Search
from geodepth.control.geodesics.search.minima import merge_minima
from geodepth.control.geodesics.solution import GeodesicSolution
from geodepth.control.geodesics.solve import solve_geodesic
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.model.errors import ProblemError
from geodepth.foundation.shapes import Float
from geodepth.foundation.worker_processes import run_all
from geodepth.validation.comparison.limit_of_layers import ContinuousTruth, extrapolate

from .content_keys import key
from .never_above import BELOW, never_above
from .paths import path_of_geodesic

BRACKET = 1e-6
"""Relative width of the bracket of a truth's cost at which its exact stage may stop (chosen by hand)."""
ELITE = 4
"""Minima of one truth that are carried to other layer steps: more cost time, and one alone is not always the best."""
BROAD = Search(searches=1, levels=Search().levels[:1], patience=Search().patience[:1], hops=0)
"""On each network's own steps, for itself."""
FINE = Search(searches=1, islands=1, starts=0, levels=Search().levels[1:], patience=(20, 10), hops=20)
"""After that, from the best minima of all of them. Twice as patient, it ended lower on two of iris's eight, by at most
1.4e-4, in 1.3 times the time."""
FIRST = "first search, "
"""How the names of truths begin that are searched for others' sake."""
FINER = (2, 4)
"""Into how many each layer is split on the way to the continuous truth."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The cost J of weights (L, w, c) on the layer steps of a truth."""

    cost: float
    weights: Float[np.ndarray, "L w c"]


@dataclass(frozen=True, slots=True)
class Truth:
    """A solved truth.

    Attributes
    ----------
    name : str
        The key that networks refer to.
    solution : GeodesicSolution
        The best path, with the landscape of minima.
    starts : int
        From how many starts in all.
    rounds : int
        How often it was solved anew because a network lay below it.
    own_cost : float or None
        J of the best path that this run found, where an earlier one in the same folder had found a cheaper.
    """

    name: str
    solution: GeodesicSolution
    starts: int
    rounds: int = 0
    own_cost: float | None = None

    @property
    def cost(self) -> float:
        """J of the best path."""
        return self.solution.cost

    @property
    def note(self) -> str | None:
        """What a reader has to know of a truth that an earlier run found."""
        if self.own_cost is None:
            return None
        return (
            f"On {self.name} steps an earlier search, kept in the folder truth, had found a cheaper path: J = "
            f"{self.cost:.8g}, not {self.own_cost:.8g} as in this run. That is the truth here."
        )


@dataclass(frozen=True, slots=True, eq=False)
class TruthTask:
    """One geodesic to solve.

    Attributes
    ----------
    name : str
        Of its truth.
    steps : (L,)
        Layer steps ρ.
    starts : int or None
        Random starts; None searches in stages (geodepth.control.Search).
    search : Search or None
        How the staged search goes, where there are no random starts; None is the default one.
    warm : tuple of (L, w, c)
        Weights to start from besides.
    rounds : int
        How often the truth was solved anew because a network lay below it.
    """

    name: str
    steps: Float[np.ndarray, " L"]
    starts: int | None
    warm: tuple[Float[np.ndarray, "L w c"], ...] = ()
    rounds: int = 0
    search: Search | None = None

    @property
    def starts_in_words(self) -> str:
        """From how many random starts, and how many others."""
        searches = self.search.searches if self.search else 1
        kinds = [f"{searches} staged searches" if searches > 1 else "a staged search"] if self.starts is None else []
        kinds += ["one random start" if self.starts == 1 else f"{self.starts} random starts"] if self.starts else []
        starts = "one start" if len(self.warm) == 1 else f"{len(self.warm)} starts"
        kinds += [f"{starts} from the weights of networks and other truths"] if self.warm else []
        return " and ".join(kinds)

    def file_name(self, geodesic: RepresentationGeodesic, seed: int) -> str:
        """A name that says all that the solution depends on."""
        more = () if self.search is None else (repr(self.search),)  # without: names of jobs begun by version 0.1
        warm = [w.tolist() for w in self.warm]
        digest = key(geodesic.digest(), self.steps.tolist(), self.starts, seed, warm, *more)
        return f"{self.name.replace(', ', '-').replace(' ', '-')}-{digest}.npz"

    def solve(self, geodesic: RepresentationGeodesic, seed: int, executor: Executor | None) -> GeodesicSolution:
        """Solve it, its starts over the workers of an executor, or in this process."""
        return solve_geodesic(
            geodesic,
            layer_steps=self.steps,
            starts=self.starts,
            search=self.search or "auto",
            seed=seed,
            warm_starts=self.warm,
            executor=executor,
            progress=executor is not None,
            exact_candidates=1,
            bracket=BRACKET,
        )


def _alone(geodesic: RepresentationGeodesic, seed: int, task: TruthTask) -> GeodesicSolution:
    return task.solve(geodesic, seed, None)


@dataclass(frozen=True, slots=True, eq=False)
class GroundTruths:
    """The solver of a run's truths.

    Attributes
    ----------
    geodesic : RepresentationGeodesic
        The problem.
    seed : int
        Of the random starts.
    folder : Path
        Of the solutions' files.
    executor : Executor
        Workers.
    tell : function
        Gets a line about every solve that begins.
    """

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
        self.tell(f"ground truth on {task.name} steps: {task.starts_in_words}")
        return self._keep(task, task.solve(self.geodesic, self.seed, self.executor))

    def solve_each(self, tasks: Sequence[TruthTask]) -> list[Truth]:
        """Solve many small geodesics, one per worker, or read the solutions back; in the order of the tasks."""
        found = {task.name: kept for task in tasks if (kept := self._kept(task)) is not None}
        missing = [task for task in tasks if task.name not in found]
        if missing:
            self.tell(f"ground truth on the steps of {len(missing)} networks: {missing[0].starts_in_words} each")
        solve = partial(_alone, self.geodesic, self.seed)
        for task, solution in run_all(solve, missing, self.executor, label="ground truths"):
            found[task.name] = self._keep(task, solution)
        return [found[task.name] for task in tasks]

    def solve_together(self, tasks: Sequence[TruthTask], others: Sequence[GeodesicSolution]) -> list[Truth]:
        """Truths on the own steps of networks: each is searched for itself, and then from the best minima of all.

        Minima have their likes on all steps, which are in another order there, and one search misses the best of them
        now and then.

        Parameters
        ----------
        tasks : sequence of TruthTask
            The searches of each for itself.
        others : sequence of GeodesicSolution
            Further truths whose best minima are carried to the steps of each.

        Returns
        -------
        list of Truth
            In the order of the tasks, with the minima of both searches.
        """
        first = self.solve_each([replace(task, name=f"{FIRST}{task.name}") for task in tasks])
        sources = [*others, *(truth.solution for truth in first)]
        again = []
        for task in tasks:
            warm = tuple(start for one in sources for start in elite_on(one, task.steps))
            again.append(replace(task, starts=None, warm=warm, search=FINE))
        # What each found itself is among the warm starts, as it is: no truth of the second round is above the first's.
        return [self._with_minima(truth, other) for truth, other in zip(self.solve_each(again), first, strict=True)]

    def until_none_below(self, truth: Truth, weights: Sequence[Float[np.ndarray, "L w c"]]) -> Truth:
        """Solve again from every network below the truth; what comes back is never above the lowest of them."""
        steps = truth.solution.layer_steps
        return never_above(truth, [Network(self.geodesic.objective(w, steps), w) for w in weights], self._again)

    def with_networks(self, truth: Truth, weights: Sequence[Float[np.ndarray, "L w c"]]) -> Truth:
        """The truth with the minima next to the networks in its landscape, and none of the networks below it."""
        task = TruthTask(truth.name, truth.solution.layer_steps, 0, tuple(weights), truth.rounds)
        return self.until_none_below(self._joined(truth, self.solve(task)), weights)

    def with_kept(self, truths: Sequence[Truth]) -> list[Truth]:
        """The truths, each with what an earlier search in the folder found on the same steps, where that is cheaper."""
        found = list(truths)
        for file in sorted(self.folder.glob("*.npz")):
            try:
                kept = GeodesicSolution.load(file)
            except ProblemError:  # damaged: whoever needs it says so, and solves it again
                continue
            if kept.geodesic.digest() != self.geodesic.digest():
                continue
            for place, truth in enumerate(found):
                same = np.array_equal(kept.layer_steps, truth.solution.layer_steps)
                if same and kept.cost < truth.cost * (1.0 - BELOW):
                    earlier = Truth(truth.name, kept, len(kept.statistics["start_costs"]), truth.rounds)
                    joined = self._joined(truth, earlier, "an earlier search in this folder")
                    found[place] = replace(joined, own_cost=truths[place].cost)
        for note in filter(None, (truth.note for truth in found)):
            self.tell(note)
        return found

    def continuous(self, truth: Truth) -> ContinuousTruth:
        """The limit of a truth as its layers are split in two and in four, each solved from the one before."""
        finer = [truth]
        for factor in FINER:
            coarse = finer[-1].solution
            steps, weights = np.repeat(coarse.layer_steps / 2, 2), np.repeat(coarse.weights, 2, axis=0)
            finer.append(self.solve(TruthTask(f"{truth.name}, times {factor}", steps, 0, (weights,))))
        return extrapolate([path_of_geodesic(one.solution, "continuous") for one in finer])

    def _again(self, truth: Truth, below: Sequence[Network]) -> Truth:
        self.tell(f"{len(below)} networks lie below the truth on {truth.name} steps: solving it again from them")
        best = truth.solution
        warm = (best.weights, *(network.weights for network in below))
        return self._joined(truth, self.solve(TruthTask(truth.name, best.layer_steps, 0, warm, truth.rounds + 1)))

    def _joined(self, truth: Truth, again: Truth, led_by: str = "a network") -> Truth:
        """Two solutions on the same steps as one: the cheaper path, and the minima of both, each once."""
        best, other = truth.solution, again.solution
        cheaper = replace(truth, solution=other) if other.cost < best.cost else truth
        joined = self._with_minima(cheaper, again if cheaper is truth else truth)
        statistics = {**joined.solution.statistics, **_search(best, joined.solution, led_by)}
        solution = replace(joined.solution, statistics=statistics)
        return Truth(truth.name, solution, truth.starts + again.starts, again.rounds)

    def _with_minima(self, truth: Truth, other: Truth) -> Truth:
        """A truth with what another on the same steps knows of the landscape, each minimum once."""
        best, also = truth.solution, other.solution
        minima = merge_minima(self.geodesic, best.layer_steps, (*best.minima, *also.minima))
        return replace(truth, solution=replace(best, minima=minima), starts=truth.starts + other.starts)

    def _file(self, task: TruthTask) -> Path:
        return self.folder / task.file_name(self.geodesic, self.seed)

    def _kept(self, task: TruthTask) -> Truth | None:
        if not self._file(task).exists():
            return None
        try:
            return _truth(task, GeodesicSolution.load(self._file(task)))
        except ProblemError as error:
            self.tell(f"{error}; solving it again")
            return None

    def _keep(self, task: TruthTask, solution: GeodesicSolution) -> Truth:
        self.folder.mkdir(parents=True, exist_ok=True)
        solution.save(self._file(task))
        return _truth(task, solution)


def _search(searched: GeodesicSolution, cheaper: GeodesicSolution, led_by: str) -> dict[str, Any]:
    """The record of a truth's search, corrected where something else led lower than it had settled on."""
    record = searched.statistics.get("search")
    if record is None:
        return {}
    if cheaper.cost < searched.cost * (1.0 - record["precision"]):
        lower = 100.0 * (1.0 - cheaper.cost / searched.cost)
        record = record | {"settled": False, "words": f"not settled: {led_by} led {lower:.2g} % lower"}
    return {"search": record}


def _truth(task: TruthTask, solution: GeodesicSolution) -> Truth:
    return Truth(task.name, solution, len(solution.statistics["start_costs"]), task.rounds)


def elite_on(source: GeodesicSolution, steps: Float[np.ndarray, " L"]) -> list[Float[np.ndarray, "L w c"]]:
    """The best minima of a truth, read along p on other layer steps: starts that lead to the same minima there.

    W_p is linear between the middles of the layers. Of `ELITE` minima some stay the best ones: they lie close together,
    and steps change their order.
    """
    positions = source.positions
    middles, others = (positions[1:] + positions[:-1]) / 2, np.cumsum(steps) - steps / 2
    right = np.clip(np.searchsorted(middles, others), 1, middles.size - 1) if middles.size > 1 else np.zeros(1, int)
    left = np.maximum(right - 1, 0)
    span = np.where(right > left, middles[right] - middles[left], 1.0)
    share = np.clip((others - middles[left]) / span, 0.0, 1.0)[:, None, None]
    best = [source.weights, *(m.weights[:, 0] for m in source.minima if m.cost > source.cost * (1.0 + BRACKET))]
    return [(1.0 - share) * weights[left] + share * weights[right] for weights in best[:ELITE]]


def resampled(source: GeodesicSolution, steps: Float[np.ndarray, " L"]) -> list[Float[np.ndarray, "L w c"]]:
    """The best path and the second minimum of a truth, read at the middles of other layers: starts for other steps."""
    middles = np.cumsum(steps) - steps / 2
    layer = np.clip(np.searchsorted(source.positions, middles) - 1, 0, source.layer_steps.size - 1)
    return [source.weights[layer], *(m.weights[:, 0][layer] for m in source.minima[1:2])]
