"""Distinct minima: copies of one fall together, and failures are none."""

from __future__ import annotations

import numpy as np

from geodepth.control import RepresentationGeodesic, initial_weights
from geodepth.control.geodesics.certificate.geodesic_certificate import GeodesicCertificate
from geodepth.control.geodesics.search.minima import distinct_minima
from geodepth.control.geodesics.search.outcome import StartOutcome
from geodepth.control.geodesics.transcribed.path_problem import PathProblem


def test_copies_are_one_minimum_and_failures_are_none(teacher: RepresentationGeodesic) -> None:
    """Permuted hidden neurons fall together; a path of other cost is its own; a start that failed is not there."""
    steps = np.full(5, 0.2)
    wide = RepresentationGeodesic(teacher.inputs, teacher.targets, 5, 3.0, 1e-3)
    weights = initial_weights(wide, steps, np.random.default_rng(0))
    order = np.array([0, 1, 2, 4, 3])
    copy, other = weights[:, order][:, :, np.append(order, 5)], 1.01 * weights

    def outcome(name: str, values: np.ndarray, converged: bool = True) -> StartOutcome:
        cost = wide.objective(values, steps)
        certificate = GeodesicCertificate(cost, -np.inf, 0.0)
        return StartOutcome(name, values[:, None], values, cost, certificate, converged, reason="")

    outcomes = [outcome("start 0", weights), outcome("start 1", other), outcome("start 2", copy)]
    outcomes.append(outcome("start 3", 0.9 * weights, converged=False))
    minima = distinct_minima(PathProblem(wide, steps), outcomes)
    assert sorted(m.found_by for m in minima) == [("start 0", "start 2"), ("start 1",)]
