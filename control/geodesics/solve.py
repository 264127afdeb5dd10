"""solve_geodesic: many starts, each through the smoothing homotopy to the exact ReLU; the best path is the answer.

1. Check what is asked (search/settings.py).
2. Solve every start: given weights and random ones (search/starts.py, search/one_start.py); or search in stages
   (populations/).
3. Hop: in rounds, start anew next to the best minimum so far (search/hops.py).
4. Finish the best starts by IPOPT's exact stage, where ours did not run or left no bracket
   (search/finish_by_relaxation.py).
5. Tell distinct minima apart (search/minima.py).
6. For a continuous scheme, carry the best minima to the path of the exact ReLU, kinks as nodes, or to equidistributed
   meshes if asked (search/continuous_paths.py). Its search is that of the network of its steps.
7. Choose the best path, zero weights and given ones as they are among them (search/rivals.py); read it back, and
   complete its certificate (certificate/).
"""

import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.control.geodesics.certificate.network_certificate import complete_certificate
from geodepth.control.geodesics.continuum.direct_mesh import check_mesh_goal
from geodepth.control.geodesics.populations.request import Search
from geodepth.control.geodesics.populations.staged_search import staged_search
from geodepth.control.geodesics.populations.which_search import check_search, founders_of
from geodepth.control.geodesics.search.continuous_paths import carry_best
from geodepth.control.geodesics.search.finish_by_relaxation import finish_best
from geodepth.control.geodesics.search.hops import hop_from_best
from geodepth.control.geodesics.search.journal import journal_in
from geodepth.control.geodesics.search.minima import GeodesicMinimum, at_points, distinct_minima
from geodepth.control.geodesics.search.outcome import StartOutcome
from geodepth.control.geodesics.search.rivals import proven, rivals
from geodepth.control.geodesics.search.settings import SearchSettings
from geodepth.control.geodesics.search.starts import random_starts, warm_starts_of
from geodepth.control.geodesics.search.statistics import search_statistics
from geodepth.control.geodesics.search.workers import Workers
from geodepth.control.geodesics.statement.layer_steps import check_layer_steps
from geodepth.control.geodesics.statement.network_path import NetworkPath
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Steps, Weights
from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.control.model.errors import ControlError
from geodepth.foundation.blas_threads import one_blas_thread

from .solution import GeodesicSolution


class GeodesicError(ControlError, RuntimeError):
    """No start led to a path of finite cost; the message says what to try."""


@one_blas_thread
def solve_geodesic(
    geodesic: RepresentationGeodesic,
    layers: int = 20,
    layer_steps: Steps | None = None,
    scheme: str = "euler",
    starts: int | None = None,
    seed: int = 0,
    warm_starts: Sequence[Weights] = (),
    executor: Executor | None = None,
    progress: bool = True,
    solver: str = "structured",
    tolerance: float = 1e-9,
    exact_candidates: int = 2,
    bracket: float = 1e-7,
    journal: str | Path | None = None,
    hops: int = 0,
    noise: float = 1.0,
    mesh: str = "fixed",
    mesh_tolerance: float | None = None,
    most_layers: int = 320,
    search: str | Search = "auto",
) -> GeodesicSolution:
    """Find the minimum-norm path that carries a data set from its inputs to its targets.

    Independent searches over smoothed minima, or random starts, lead to paths of the exact ReLU, and the best known
    is the answer. The same seed gives the same starts, and the same digits, over any executor.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        The problem, of width w, c columns (w + 1 with a bias, else w) and N samples.
    layers : int
        L, the number of layers or intervals, of equal steps 1/L. Without effect where `layer_steps` are given.
    layer_steps : (L,), optional
        Steps ρ_ℓ of your own, positive and of sum 1.
    scheme : str
        "euler" is the L-layer network itself. "rk4", "gauss" and "radau" approximate the continuous path, of orders 4,
        6 and 5, by weights that vary inside an interval. With a ReLU, places where inputs cross its kink or rest on it
        become nodes, and steps are shared out between them; where that fails (or wN > 64), the path is that of a ReLU
        smoothed by ε = 0.003, and the certificate's `continuum` and `missing` say so.
    starts : int, optional
        How many random starts, in place of a staged search; 0 if `warm_starts` are all there is to start from.
    seed : int
        Of all that is drawn.
    warm_starts : sequence of (L, w, c)
        Weights to start from too, of trained networks, say. The answer is never worse than any of them.
    executor : concurrent.futures.Executor, optional
        Spreads the starts, `process_pool()` over processes, say. None solves them one after another here.
    progress : bool
        Whether a terminal shows a bar.
    solver : str
        "structured" is our own. It solves Euler and resolves the kinks of every start; a continuous path of a ReLU is
        found from there. For other activations a continuous scheme starts from that path, and fatrop solves, or ipopt
        for fixed ends. After "fatrop" and "ipopt" the exact stage, IPOPT on
        Scholtes' relaxation, runs on the `exact_candidates` best.
    tolerance : float
        Of the smoothed solves: the KKT residual, scaled by 1/λ.
    exact_candidates : int
        How many of the best starts the exact stage after a general solver, the continuous path of a ReLU, or an
        equidistributed mesh is for.
    bracket : float
        Relative distance of upper and lower side at which that exact stage stops. Costs that are equal to within it
        count as equal, and the path with the highest lower side is the answer.
    journal : str or Path, optional
        A folder where every start is kept the moment it ends. A run that was interrupted or killed, or one with more
        starts, takes from there what is done.
    hops : int
        Further starts, after the others and in rounds of two, from changed weights of the best minimum so far. On real
        data they lead lower than as many random starts, and three hops per start do well.
    noise : float
        Standard deviation of the random starts around W = [L̃ I, 0]. On iris 3 ended lower than 1 in 6 of 8 pairs.
    mesh : str
        "fixed" keeps the steps. "equidistributed", for the continuous schemes, moves the nodes of the
        `exact_candidates` best minima until the error is spread evenly along the path. An Euler step is a layer of the
        network: its steps are not the solver's.
    mesh_tolerance : float, optional
        With an equidistributed mesh, intervals are added too, until the cost changes and H drifts by less, relative.
        None only moves nodes.
    most_layers : int
        The most intervals that `mesh_tolerance` may ask for.
    search : str or Search
        "auto" makes independent staged searches, as `Search` describes, by solver "structured", unless starts or hops
        are given: of networks, and of the network of its steps for the continuous path of a ReLU. Elsewhere it makes 32
        random starts. statistics["search"] and the certificate say whether the searches settled. Ctrl-C, or the time
        that a `Search` allows, ends them with what is known.

    Returns
    -------
    GeodesicSolution
        The best path, with `minima`, the distinct minima of all starts (on the first mesh; for the continuous path of a
        ReLU, of the network there), and `certificate`. With
        fixed ends the cost is the penalty alone, and `fit` tells by how much the exact network misses the targets.
        A start that fails is named in statistics["failures"], with the reason; statistics["mesh"] tells of the last
        mesh of an equidistributed one.

    Raises
    ------
    ProblemError
        An argument cannot be used.
    GeodesicError
        No start and no warm start leads to a path of finite cost.
    """
    asked = PathProblem(geodesic, check_layer_steps(geodesic, layers, layer_steps), scheme, solver, tolerance, bracket)
    problem = asked.searched
    goal = check_mesh_goal(mesh, scheme, mesh_tolerance, most_layers)
    staged, count = check_search(problem, search, starts, hops)
    settings = SearchSettings(
        problem,
        starts=count,
        seed=seed,
        noise=noise,
        warm_starts=warm_starts,  # type: ignore[arg-type]  # a tuple once it is checked
        hops=hops,
        exact_candidates=exact_candidates,
        mesh=goal,
        searched=staged is not None,
    )
    clock = time.perf_counter()
    with journal_in(journal) as kept:
        workers = Workers(kept, executor, progress)
        founders = founders_of(staged, settings.warm_starts)
        warm = [] if founders else warm_starts_of(settings)
        ended = workers.solve(problem, [*warm, *random_starts(settings)], "starts")
        ended += hop_from_best(settings, workers, ended)
        searched = None if staged is None else staged_search(problem, staged, seed, workers, founders)
        ended += [] if searched is None else searched.ended()
        outcomes = finish_best(settings, workers, ended)
        minima = distinct_minima(settings.problem, outcomes)
        found = _found(problem, outcomes)
        carried = carry_best(settings, asked, workers, ended, minima, found)
    others = [] if carried and goal is not None else rivals(replace(settings, problem=asked))
    best = _best(asked, carried or found, others)
    statistics = search_statistics(settings, ended, outcomes, best.mesh, time.perf_counter() - clock)
    if searched is not None:
        statistics["search"] = searched.record(minima)
        best = replace(best, certificate=replace(best.certificate, search=searched.settlement.in_full))
    return _solution(asked, best, at_points(minima, best.weights.shape[1]), statistics)


def _best(problem: PathProblem, found: Sequence[StartOutcome], others: Sequence[StartOutcome]) -> StartOutcome:
    """Of costs that are equal to within the bracket, the one with the highest lower side; never above its rivals."""
    candidates = [*found, *others]
    if not candidates:
        raise GeodesicError(
            "no start led to a path of finite cost; raise weight_decay, take more layers, or give warm_starts"
        )
    least = min(o.cost for o in candidates) * (1.0 + problem.bracket)
    least = min([least, *(rival.cost for rival in others)])
    best = max((o for o in candidates if o.cost <= least), key=lambda o: o.certificate.lower)
    return proven(problem, best)


def _found(problem: PathProblem, outcomes: Sequence[StartOutcome]) -> list[StartOutcome]:
    """The ends of starts that are paths of the problem."""
    found = [o for o in outcomes if np.isfinite(o.cost)]
    if problem.has_exact_stage and problem.geodesic.end.fixed:
        # With fixed ends the smoothed costs belong to another problem: they are no upper sides of the exact one.
        return [o for o in found if np.isfinite(o.certificate.lower)] or _nearest_to_the_end(problem, found)
    return found


def _nearest_to_the_end(problem: PathProblem, found: Sequence[StartOutcome]) -> list[StartOutcome]:
    """Of paths that miss a fixed end, the one that misses it least: their costs are those of other ends."""

    def missed(outcome: StartOutcome) -> float:
        steps = problem.steps if outcome.mesh is None else outcome.mesh.steps
        return problem.geodesic.end.error(problem.discretization.simulate(problem.geodesic, steps, outcome.weights)[-1])

    return [min(found, key=missed)] if found else []


def _solution(
    problem: PathProblem, best: StartOutcome, minima: tuple[GeodesicMinimum, ...], statistics: dict[str, Any]
) -> GeodesicSolution:
    """The best path read back, with its certificate completed."""
    geodesic, scheme = problem.geodesic, problem.discretization
    steps = problem.steps if best.mesh is None else best.mesh.steps
    path = scheme.simulate(geodesic, steps, best.weights)
    certificate = best.certificate
    if geodesic.end.fixed:
        certificate = replace(certificate, end_error=geodesic.end.error(path[-1]))
    if scheme.is_network:
        network = NetworkPath(geodesic, steps, best.weights[:, 0], path, best.momenta)
        certificate = complete_certificate(certificate, network)
    scale = geodesic.weight_decay * geodesic.penalty_scale
    return GeodesicSolution(
        geodesic=geodesic,
        scheme=problem.scheme,
        cost=best.cost,
        fit=geodesic.fit(path[-1]),
        parameter_norm=scheme.penalty(geodesic, best.weights, steps) / scale,
        representations=path,
        weights=scheme.mean_weights(best.weights),
        weight_values=best.weights,
        momenta=best.momenta,
        layer_steps=steps,
        minima=minima,
        certificate=certificate,
        origin=best.origin,
        statistics=statistics,
    )
