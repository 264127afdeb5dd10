"""Rivals of every path that was found: the network of zero weights, and given weights as they are.

1. They are candidates from the outset, whatever became of the starts (`rivals`).
2. Where the best of all candidates has no lower side, its exact stage is tried a second way, from other ε, and at last
   from zero weights (`proven`).
"""

from dataclasses import replace

import numpy as np

from geodepth.control.geodesics.certificate.geodesic_certificate import GeodesicCertificate
from geodepth.control.geodesics.statement.network_path import NetworkPath
from geodepth.control.geodesics.statement.shapes import Weights
from geodepth.control.geodesics.transcribed.path_problem import PathProblem

from .one_start import run_start
from .outcome import StartOutcome
from .settings import SearchSettings
from .starts import Start

MEETS_END = 1e-9
"""Of the largest target: by how much given weights may miss a fixed end; solvers leave that much."""
SECOND_WAYS = (0.03, 0.003, 0.0003, 0.00003)
"""ε, in units of A, at which the exact stage starts anew from a path that has no lower side. Chosen by hand."""
NOT_WORSE = 1e-9
"""Relative cost by which a path with a lower side may lie above the one without: roundoff, solver tolerances."""


def rivals(settings: SearchSettings) -> list[StartOutcome]:
    """Zero weights, and every warm start as it was given, where the cost of their path is finite and their end allowed.

    Parameters
    ----------
    settings : SearchSettings
        Of any scheme; one matrix per interval stands for all points of it.
    """
    problem = settings.problem
    shape = (problem.steps.size, problem.geodesic.width, problem.geodesic.columns)
    named = [(f"warm start {i}, as given", weights) for i, weights in enumerate(settings.warm_starts)]
    found = [as_given(problem, origin, weights) for origin, weights in [*named, ("zero weights", np.zeros(shape))]]
    return [rival for rival in found if rival is not None]


def as_given(problem: PathProblem, origin: str, weights: Weights) -> StartOutcome | None:
    """Weights as they are, with the momenta of the network's adjoint; None for a path that is none of the problem's."""
    geodesic, scheme, steps = problem.geodesic, problem.discretization, problem.steps
    points = np.repeat(weights[:, None], len(scheme.fractions), axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        path = scheme.simulate(geodesic, steps, points)
        cost = geodesic.end.cost(geodesic.fit(path[-1])) + scheme.penalty(geodesic, points, steps)
        missed = geodesic.end.error(path[-1])
        if not np.isfinite(cost) or not missed <= MEETS_END * max(float(np.abs(geodesic.targets).max()), 1e-300):
            return None
        network = NetworkPath(geodesic, steps, weights, path, geodesic.momenta(weights, path, steps))
        stationarity = network.stationarity if scheme.is_network else np.nan
    certificate = GeodesicCertificate(cost, -np.inf, stationarity)
    return StartOutcome(origin, points, network.momenta, cost, certificate, converged=False, reason="as given")


def proven(problem: PathProblem, best: StartOutcome) -> StartOutcome:
    """A minimum with a lower side that is not above the best candidate, found from there at another ε, or from zero.

    Parameters
    ----------
    problem : PathProblem
        That all candidates solve.
    best : StartOutcome
        The cheapest of them.

    Returns
    -------
    StartOutcome
        Never worse than the best; itself where it has a lower side, or nothing better was found.
    """
    if not (problem.has_exact_stage and problem.solver == "structured") or np.isfinite(best.certificate.lower):
        return best
    weights = problem.discretization.mean_weights(best.weights)
    fixed = problem.geodesic.end.fixed
    ways = [Start(best.origin, weights, (smoothing,)) for smoothing in SECOND_WAYS]
    for way in [*ways, Start("zero weights", np.zeros_like(weights))]:
        outcome = run_start(problem, way).outcome
        if fixed and not np.isfinite(outcome.certificate.lower):
            continue  # a path that misses the end may cost less than one that comes nearer
        if outcome.converged and outcome.cost <= best.cost * (1.0 + NOT_WORSE):
            best = replace(outcome, reason=f"{outcome.reason} It was found from ε = {way.smoothings[0]:g}.")
            if np.isfinite(best.certificate.lower):
                return best
    return best
