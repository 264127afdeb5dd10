"""solve_geodesic: many starts, each through the smoothing homotopy to the exact ReLU; the best path is the answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.control.geodesics.continuum.direct_mesh import (
    MeshedPoint,
    MeshGoal,
    check_mesh_goal,
    on_equidistributed_mesh,
)
from geodepth.control.geodesics.search.hops import HOPS_PER_ROUND, hops_from
from geodepth.control.geodesics.search.journal import Ended, journal_in
from geodepth.control.geodesics.search.minima import RANDOM_START, GeodesicMinimum, StartOutcome, distinct_minima
from geodepth.control.geodesics.search.one_start import (
    Recipe,
    Start,
    as_given,
    finish_with_relaxation,
    has_exact_stage,
    smoothed_outcome,
)
from geodepth.control.geodesics.search.random_starts import initial_weights
from geodepth.control.geodesics.statement.activations import SMOOTHINGS
from geodepth.control.geodesics.statement.layer_steps import check_layer_steps
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.transcribed.schemes import SCHEMES, mean_weights, penalty, simulate
from geodepth.control.model.errors import ControlError, ProblemError, check_count, check_number
from geodepth.foundation.blas_threads import one_blas_thread
from geodepth.foundation.shapes import Float
from geodepth.foundation.worker_processes import run_all

from .solution import GeodesicSolution

SOLVERS = ("structured", "fatrop", "ipopt")
RELAXATION_SIZE = 8000
"""Entries of A beyond which IPOPT is not asked to close a bracket that our own exact stage left open: it takes long."""
WARM_SMOOTHINGS = {"": (0.01, 0.003), ", small ε": (0.001,)}
"""Given weights start late in the homotopy, and once more later still, to end in the minimum that they are close to."""


class GeodesicError(ControlError, RuntimeError):
    """No start led to a path of finite cost; the message says what to try."""


@one_blas_thread
def solve_geodesic(
    geodesic: RepresentationGeodesic,
    layers: int = 20,
    layer_steps: Float[np.ndarray, " L"] | None = None,
    scheme: str = "euler",
    starts: int = 32,
    seed: int = 0,
    warm_starts: Sequence[Float[np.ndarray, "L w c"]] = (),
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
) -> GeodesicSolution:
    """The minimum-norm path of the data: every start through the smoothing homotopy to the exact ReLU, and the best.

    layers L with equal steps, or layer_steps (L,) of your own; scheme "euler" is the L-layer network itself; "rk4",
    "gauss" and "radau" approximate the continuous path (orders 4, 6, 5) by weights that vary inside an interval.
    warm_starts: weights (L, w, columns) of trained networks, say; the answer is never worse than any of them. solver
    "structured" is our own (Euler; a continuous scheme starts from its path, and fatrop solves, or ipopt for fixed
    ends) and resolves the kinks of every start; after "fatrop" and "ipopt" the exact stage, IPOPT on Scholtes'
    relaxation, runs on the `exact_candidates` best, to a relative `bracket`.

    journal: a folder where every start is kept the moment it ends; a run that was interrupted or killed, or one with
    more starts, takes from there what is done. With fixed ends the cost is the penalty alone, and `fit` tells by how
    much the exact network misses the targets. A start that fails is named in statistics["failures"], with the reason.
    hops: further starts, after the others and in rounds of two, from changed weights of the best minimum so far; on
    real data they lead lower than as many random starts, and three hops to a start do well (hops.py). noise: standard
    deviation of the random starts around W = [L̃ I, 0]; on iris 3 ended lower than 1 in 6 of 8 pairs.

    mesh "equidistributed", for the continuous schemes: on the `exact_candidates` best minima the nodes move until the
    error is spread evenly along the path (direct_mesh.py); with a mesh_tolerance intervals are added too, up to
    most_layers, until the cost changes and H drifts by less, relative. `minima` are those on the first mesh, and
    statistics["mesh"] tells of the last. An Euler step is a layer of the network: its steps are not the solver's.

    The same seed gives the same starts over any executor. Raises ProblemError for arguments that cannot be used, and
    GeodesicError when no start and no warm start leads to a path of finite cost.
    """
    steps = check_layer_steps(geodesic, layers, layer_steps)
    given = _check_arguments(geodesic, steps, scheme, solver, starts, warm_starts)
    hops = check_count("hops", hops, 0)
    check_number("noise", noise, 0.0, np.inf, "a positive number")
    goal = check_mesh_goal(mesh, scheme, mesh_tolerance, most_layers)
    clock = time.perf_counter()
    recipe = Recipe(scheme, solver, tolerance, bracket)
    tasks = [
        Start(f"warm start {i}{word}", weights, smoothings)
        for i, weights in enumerate(given)
        for word, smoothings in WARM_SMOOTHINGS.items()
    ]
    for i in range(starts):
        weights = initial_weights(geodesic, steps, np.random.default_rng([seed, i]), noise)
        tasks.append(Start(f"{RANDOM_START}{i}", weights, SMOOTHINGS))
    kept = journal_in(journal)
    read, run = partial(kept.read, geodesic, steps, recipe), partial(kept.run, geodesic, steps, recipe)
    solve_all = partial(_solve_all, read, run, executor, progress)
    ended, resumed = solve_all("starts", tasks)
    stopped: dict[str, str] = {}
    for first in range(0, hops, HOPS_PER_ROUND):
        converged = [outcome for outcome, _ in ended if outcome.converged]
        if not converged:
            stopped["hops"] = "No start ended in a minimum, so there is none to hop from; take more starts."
            break
        numbers = range(first, min(hops, first + HOPS_PER_ROUND))
        round_ = hops_from(min(converged, key=lambda o: o.cost), geodesic, steps, scheme, seed, numbers)
        more, known = solve_all("hops", round_)
        ended, resumed = ended + more, resumed + known
    outcomes = [outcome for outcome, _ in ended]
    if has_exact_stage(geodesic, scheme):
        chosen = _unfinished(ended, solver, exact_candidates)
        finish = partial(finish_with_relaxation, geodesic, steps, bracket)
        pairs = [pair for pair in ended if pair[0].origin in chosen]
        finished = {o.origin: o for _, o in run_all(finish, pairs, executor, progress, "exact ReLU", ProblemError)}
        outcomes = [finished.get(o.origin, o) for o in outcomes]
    candidates = [o for o in outcomes if np.isfinite(o.cost)]
    if scheme == "euler" and not geodesic.end.fixed:
        candidates += [as_given(geodesic, steps, f"warm start {i}, as given", w) for i, w in enumerate(given)]
    elif has_exact_stage(geodesic, scheme):
        # With fixed ends the smoothed costs belong to another problem: they are no upper sides of the exact one.
        candidates = [o for o in candidates if np.isfinite(o.certificate.lower)] or candidates
    if not candidates:
        raise GeodesicError(
            f"none of {len(ended)} starts led to a path of finite cost ({outcomes[0].reason}); "
            "raise weight_decay, take more layers, or give warm_starts"
        )
    minima, meshes = distinct_minima(geodesic, steps, outcomes), {}
    if goal is not None:
        firsts = [minimum.found_by[0] for minimum in minima[: max(1, exact_candidates)]]
        pairs = [pair for pair in ended if pair[0].origin in firsts]
        found = list(
            run_all(partial(_on_mesh, geodesic, steps, recipe, goal), pairs, executor, progress, "meshes", ProblemError)
        )
        meshes = {outcome.origin: meshed for _, (outcome, meshed) in found}
        candidates = sorted((outcome for _, (outcome, _) in found), key=lambda o: o.cost) or candidates
    # Of costs that are equal to within the bracket, the one with the highest lower side is worth most.
    least = min(o.cost for o in candidates)
    best = max((o for o in candidates if o.cost <= least * (1 + bracket)), key=lambda o: o.certificate.lower)
    statistics = {
        "solver": solver,
        "starts": starts,
        "warm_starts": len(given),
        "hops": len(ended) - len(tasks),
        "resumed_starts": resumed,
        "failed_starts": sum(not o.converged for o in outcomes),
        "failures": {o.origin: o.reason for o in outcomes if not o.converged} | stopped,
        "seed": seed,
        "noise": noise,
        "iterations": sum(o.iterations for o in outcomes),
        "start_costs": {o.origin: o.cost for o in outcomes},
        "seconds": time.perf_counter() - clock,
    }
    if best.origin in meshes:
        steps, statistics["mesh"] = meshes[best.origin].steps, meshes[best.origin].record()
    return _solution(geodesic, steps, scheme, best, minima, statistics)


def _solve_all(
    read: Callable[[Start], Ended | None],
    run: Callable[[Start], Ended],
    executor: Executor | None,
    progress: bool,
    label: str,
    tasks: Sequence[Start],
) -> tuple[list[Ended], int]:
    """Where each of the tasks ended, in their order, and how many of them the journal knew."""
    ended = {task.origin: pair for task in tasks if (pair := read(task)) is not None}
    known = len(ended)
    missing = [task for task in tasks if task.origin not in ended]
    ended |= {task.origin: pair for task, pair in run_all(run, missing, executor, progress, label, ProblemError)}
    return [ended[task.origin] for task in tasks], known


def _on_mesh(
    geodesic: RepresentationGeodesic, steps: Float[np.ndarray, " L"], recipe: Recipe, goal: MeshGoal, ended: Ended
) -> tuple[StartOutcome, MeshedPoint]:
    """A converged start carried to its equidistributed mesh, its certificate with the drift of H there."""
    outcome, point = ended
    meshed = on_equidistributed_mesh(geodesic, steps, recipe.scheme, recipe.solver, recipe.tolerance, goal, point)
    moved = smoothed_outcome(geodesic, meshed.steps, recipe.scheme, outcome.origin, meshed.point)
    certificate = replace(moved.certificate, hamiltonian_drift=meshed.drift)
    return replace(moved, certificate=certificate), meshed


def _unfinished(ended: Sequence[Ended], solver: str, candidates: int) -> list[str]:
    """Whom IPOPT's exact stage is for: the best few of a general solver; of ours, the best one if it has no bracket."""
    ranked = sorted((pair for pair in ended if pair[1].converged), key=lambda pair: pair[0].cost)
    if solver != "structured":
        return [outcome.origin for outcome, _ in ranked[:candidates]]
    unbracketed = [o.origin for o, point in ranked[:1] if not np.isfinite(o.certificate.lower)]
    size = ranked[0][1].representations.size if ranked else 0
    return unbracketed if size <= RELAXATION_SIZE else []


def _check_arguments(
    geodesic: RepresentationGeodesic,
    steps: Float[np.ndarray, " L"],
    scheme: str,
    solver: str,
    starts: int,
    warm_starts: Sequence[Float[np.ndarray, "L w c"]],
) -> list[np.ndarray]:
    geodesic.check_end()
    if scheme not in SCHEMES:
        raise ProblemError(f"scheme is {scheme!r}; choose one of {list(SCHEMES)}")
    if solver not in SOLVERS:
        raise ProblemError(f"solver is {solver!r}; choose one of {list(SOLVERS)}")
    if isinstance(starts, bool) or not isinstance(starts, int | np.integer) or starts < 0:
        raise ProblemError(f"starts is {starts!r}; give a whole number of at least 0")
    if starts == 0 and len(warm_starts) == 0:
        raise ProblemError("starts is 0 and warm_starts is empty; give at least one start")
    shape = (steps.size, geodesic.width, geodesic.columns)
    given = [np.array(weights, dtype=float) for weights in warm_starts]
    for i, weights in enumerate(given):
        if weights.shape != shape or not np.all(np.isfinite(weights)):
            raise ProblemError(f"warm_starts[{i}] has shape {weights.shape}; give finite weights of shape {shape}")
    return given


def _solution(
    geodesic: RepresentationGeodesic,
    steps: Float[np.ndarray, " L"],
    scheme: str,
    best: StartOutcome,
    minima: tuple[GeodesicMinimum, ...],
    statistics: dict[str, Any],
) -> GeodesicSolution:
    from geodepth.control.geodesics.certificate.completed import complete

    path = simulate(geodesic, steps, best.weights, scheme)
    certificate = best.certificate
    if geodesic.end.fixed:
        certificate = replace(certificate, end_error=geodesic.end.error(path[-1]))
    if scheme == "euler":
        certificate = complete(certificate, geodesic, steps, best.weights[:, 0], best.momenta)
    return GeodesicSolution(
        geodesic=geodesic,
        scheme=scheme,
        cost=best.cost,
        fit=geodesic.fit(path[-1]),
        parameter_norm=penalty(geodesic, best.weights, steps, scheme)
        / (geodesic.weight_decay * geodesic.penalty_scale),
        representations=path,
        weights=mean_weights(best.weights, scheme),
        weight_values=best.weights,
        momenta=best.momenta,
        layer_steps=steps,
        minima=minima,
        certificate=certificate,
        origin=best.origin,
        statistics=statistics,
    )
