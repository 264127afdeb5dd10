"""One start of the landscape: from weights, through the smoothing homotopy, to the exact ReLU."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geodepth.control.geodesics.certificate.geodesic_certificate import GeodesicCertificate
from geodepth.control.geodesics.exact_relu.scholtes_by_ipopt import exact_minimum
from geodepth.control.geodesics.statement.network_path import NetworkPath
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.transcribed.schemes import penalty, simulate
from geodepth.control.geodesics.transcribed.smoothed_solves import SmoothPoint, smooth_minimum
from geodepth.foundation.shapes import Float

from .minima import SAME_COST, StartOutcome

END_TOLERANCE = 1e-3
"""Of the largest target: by how much a relaxed path's weights, rolled out, may miss a fixed end and count as there."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How every start of a landscape is solved."""

    scheme: str
    solver: str
    tolerance: float
    bracket: float


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Where to start, and along which ε."""

    origin: str
    weights: Float[np.ndarray, "L w c"]
    smoothings: tuple[float, ...]


def run_start(
    geodesic: RepresentationGeodesic, steps: Float[np.ndarray, " L"], recipe: Recipe, start: Start
) -> tuple[StartOutcome, SmoothPoint]:
    """Solve from one start; the exact stage on our own structure belongs to it, being as cheap as a step in ε.

    Arithmetic that breaks down ends this start, with its reason, and not the landscape.
    """
    try:
        return _solve_start(geodesic, steps, recipe, start)
    except (ArithmeticError, np.linalg.LinAlgError, MemoryError) as error:
        return _broken(geodesic, steps, start, f"It broke down ({type(error).__name__}: {error}).")


def _broken(
    geodesic: RepresentationGeodesic, steps: Float[np.ndarray, " L"], start: Start, reason: str
) -> tuple[StartOutcome, SmoothPoint]:
    weights = start.weights[:, None]
    nothing = np.full((steps.size + 1, geodesic.width, geodesic.samples), np.nan)
    certificate = GeodesicCertificate(np.inf, -np.inf, np.nan)
    outcome = StartOutcome(start.origin, weights, nothing, np.inf, certificate, False, 0, 0.0, reason)
    return outcome, SmoothPoint(weights, nothing, nothing, np.inf, start.smoothings[0], 0, 0.0, False, reason)


def _solve_start(
    geodesic: RepresentationGeodesic, steps: Float[np.ndarray, " L"], recipe: Recipe, start: Start
) -> tuple[StartOutcome, SmoothPoint]:
    point = smooth_minimum(
        geodesic, steps, start.weights, start.smoothings, recipe.scheme, recipe.solver, recipe.tolerance
    )
    outcome = smoothed_outcome(geodesic, steps, recipe.scheme, start.origin, point)
    if has_exact_stage(geodesic, recipe.scheme) and recipe.solver == "structured" and point.converged:
        outcome = _on_kinks(geodesic, steps, outcome, point)
    return outcome, point


def has_exact_stage(geodesic: RepresentationGeodesic, scheme: str) -> bool:
    """Whether there are kinks to resolve: a linear activation has none, a continuous scheme meets them inside steps."""
    return scheme == "euler" and geodesic.has_kinks


def finish_with_relaxation(
    geodesic: RepresentationGeodesic,
    steps: Float[np.ndarray, " L"],
    bracket: float,
    ended: tuple[StartOutcome, SmoothPoint],
) -> StartOutcome:
    """The exact stage through IPOPT, slower and independent of our own; what it cannot solve stays as it was."""
    outcome, point = ended
    exact = exact_minimum(geodesic, steps, point, bracket=bracket)
    if not exact.converged:
        return outcome
    momenta = exact.momenta.copy()
    path = geodesic.propagate(exact.weights, steps)
    if geodesic.end.error(path[-1]) > END_TOLERANCE * float(np.abs(geodesic.targets).max()):
        # The relaxed path meets the fixed end, the network does not: its cost is no upper side of anything.
        return outcome
    momenta[0] = geodesic.momenta(exact.weights[:1], path[:2], steps[:1], final=momenta[1])[0]
    relaxed = replace(
        outcome,
        weights=exact.weights[:, None],
        momenta=momenta,
        converged=True,
        reason="Scholtes' relaxation was solved to the bracket.",
        cost=exact.upper,
        certificate=GeodesicCertificate(
            exact.upper, exact.lower, NetworkPath(geodesic, steps, exact.weights, path, momenta).stationarity
        ),
        iterations=outcome.iterations + exact.iterations,
        seconds=outcome.seconds + exact.seconds,
    )
    return _polished(geodesic, steps, relaxed, path, 2.0 * float(np.sqrt(exact.relaxation)))


def _polished(
    geodesic: RepresentationGeodesic,
    steps: Float[np.ndarray, " L"],
    relaxed: StartOutcome,
    path: Float[np.ndarray, "L+1 w N"],
    smoothing: float,
) -> StartOutcome:
    """The kinks that a relaxed minimum is close to, resolved to roundoff, if our own exact stage stays with it."""
    point = SmoothPoint(
        relaxed.weights, path, relaxed.momenta, relaxed.cost, smoothing, 0, 0.0, converged=True, reason=""
    )
    exact = _on_kinks(geodesic, steps, relaxed, point, rises=0)
    return exact if exact.converged and exact.cost <= relaxed.cost * (1.0 + SAME_COST) else relaxed


def as_given(
    geodesic: RepresentationGeodesic, steps: Float[np.ndarray, " L"], origin: str, weights: Float[np.ndarray, "L w c"]
) -> StartOutcome:
    """Weights as they are, with the momenta of their adjoint: a feasible path that no solver has touched."""
    path = NetworkPath.of_weights(geodesic, steps, weights)
    certificate = GeodesicCertificate(path.cost, -np.inf, path.stationarity)
    return StartOutcome(origin, weights[:, None], path.momenta, path.cost, certificate, False, 0, 0.0, "as given")


def smoothed_outcome(
    geodesic: RepresentationGeodesic, steps: Float[np.ndarray, " L"], scheme: str, origin: str, point: SmoothPoint
) -> StartOutcome:
    """The smoothed weights with the real activation; with fixed ends, which a roll-out would miss, at their cost."""
    path = simulate(geodesic, steps, point.weights, scheme)
    cost = geodesic.fit(path[-1]) + penalty(geodesic, point.weights, steps, scheme)
    if geodesic.end.fixed:
        cost = point.cost
    residual = np.nan
    momenta = point.momenta
    if scheme == "euler":
        weights = point.weights[:, 0]
        momenta = momenta.copy()
        momenta[0] = geodesic.momenta(weights[:1], path[:2], steps[:1], final=momenta[1])[0]
        residual = NetworkPath(geodesic, steps, weights, path, momenta).stationarity
    reason = point.reason if point.converged else point.reason + geodesic.end.said_of(path[-1])
    # A problem without kinks, solved to its tolerance, leaves nothing to bracket.
    smooth = not geodesic.has_kinks and point.converged
    return StartOutcome(
        origin=origin,
        weights=point.weights,
        momenta=momenta,
        cost=cost if np.isfinite(cost) else np.inf,
        certificate=GeodesicCertificate(cost, cost if smooth else -np.inf, residual),
        converged=point.converged,
        iterations=point.iterations,
        seconds=point.seconds,
        reason=reason,
    )


def _on_kinks(
    geodesic: RepresentationGeodesic,
    steps: Float[np.ndarray, " L"],
    outcome: StartOutcome,
    point: SmoothPoint,
    **options: Any,
) -> StartOutcome:
    from geodepth.control.geodesics.exact_relu.exact_solve import solve_exact

    exact = solve_exact(
        geodesic, steps, point.weights[:, 0], point.momenta, point.representations, smoothing=point.smoothing, **options
    )
    if not exact.converged:
        # A minimum of the smoothed problem alone is none of the network's.
        reason = exact.reason.value + geodesic.end.said_of(exact.representations[-1])
        return replace(outcome, converged=False, reason=reason, iterations=outcome.iterations + exact.iterations)
    return replace(
        outcome,
        weights=exact.weights[:, None],
        momenta=exact.momenta,
        cost=exact.cost,
        certificate=GeodesicCertificate(
            upper=exact.cost,
            lower=exact.lower,
            stationarity=exact.clarke_residual,
            kinks=exact.kinks,
            strongly_stationary=exact.strongly_stationary,
            strict_minimum=exact.strict_minimum,
        ),
        iterations=outcome.iterations + exact.iterations,
        reason=exact.reason.value,
    )
