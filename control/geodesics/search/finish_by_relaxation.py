"""The exact stage through IPOPT on Scholtes' relaxation: slower than our own, and independent of it.

It is for the best starts of a general solver, and for the best of ours if its bracket is still open.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from geodepth.control.geodesics.certificate.geodesic_certificate import GeodesicCertificate
from geodepth.control.geodesics.exact_relu.relaxation_by_ipopt import exact_minimum
from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.control.geodesics.transcribed.smooth_point import SmoothPoint

from .minima import SAME_COST
from .one_start import on_kinks, rolled_out
from .outcome import Ended, StartOutcome
from .settings import SearchSettings
from .workers import Workers

RELAXATION_SIZE = 8000
"""Entries of A beyond which IPOPT is not asked to close a bracket that our own exact stage left open.

It takes long then. Chosen by hand."""
NEAR_END, AT_END = 1e-3, 1e-6
"""Of the largest target: by how much a relaxed path's weights, rolled out, may miss a fixed end and be worth keeping;
and by how much at most for a lower side, for the cost of a path that ends elsewhere is no upper side. By hand."""


def finish_best(settings: SearchSettings, workers: Workers, ended: Sequence[Ended]) -> list[StartOutcome]:
    """Carry the best starts through this stage.

    Parameters
    ----------
    settings : SearchSettings
        What was asked.
    workers : Workers
        Who does it.
    ended : sequence of Ended
        All starts, hops among them.

    Returns
    -------
    list of StartOutcome
        Those of all starts, in their order, with this stage where it was due.
    """
    finish = partial(finish_by_relaxation, settings.problem)
    finished = {o.origin: o for o in workers.run(finish, unfinished(settings, ended), "exact ReLU")}
    return [finished.get(e.outcome.origin, e.outcome) for e in ended]


def unfinished(settings: SearchSettings, ended: Sequence[Ended]) -> list[Ended]:
    """Whom this stage is for: the best few of a general solver; of ours, the best one if it has no bracket."""
    if not settings.problem.has_exact_stage:
        return []
    ranked = sorted((e for e in ended if e.point.converged), key=lambda e: e.outcome.cost)
    if settings.problem.solver == "structured":
        small = [e for e in ranked[:1] if e.point.representations.size <= RELAXATION_SIZE]
        chosen = [e for e in small if not np.isfinite(e.outcome.certificate.lower)]
    else:
        chosen = ranked[: settings.exact_candidates]
    origins = {e.outcome.origin for e in chosen}
    return [e for e in ended if e.outcome.origin in origins]


def finish_by_relaxation(problem: PathProblem, ended: Ended) -> StartOutcome:
    """Carry a start to the exact ReLU by IPOPT; what it cannot solve stays as it was."""
    geodesic, outcome = problem.geodesic, ended.outcome
    exact = exact_minimum(geodesic, problem.steps, ended.point, bracket=problem.bracket)
    if not exact.converged:
        return outcome
    path = geodesic.propagate(exact.weights, problem.steps)
    missed, largest = geodesic.end.error(path[-1]), float(np.abs(geodesic.targets).max())
    if missed > NEAR_END * largest:
        return outcome
    lower = exact.lower if missed <= AT_END * largest else -np.inf
    network = rolled_out(problem, exact.weights, path, exact.momenta)
    relaxed = replace(
        outcome,
        weights=exact.weights[:, None],
        momenta=network.momenta,
        cost=exact.upper,
        certificate=GeodesicCertificate(exact.upper, lower, network.stationarity),
        converged=True,
        reason="Scholtes' relaxation was solved to the bracket.",
        iterations=outcome.iterations + exact.iterations,
        seconds=outcome.seconds + exact.seconds,
    )
    smoothing = 2.0 * float(np.sqrt(exact.relaxation))
    point = SmoothPoint(relaxed.weights, path, relaxed.momenta, relaxed.cost, smoothing)
    # The kinks that a relaxed minimum is close to, resolved to roundoff, if our own exact stage stays with it.
    polished = on_kinks(problem, relaxed, point, rises=0)
    return polished if polished.converged and polished.cost <= relaxed.cost * (1.0 + SAME_COST) else relaxed
