"""Neurons that a minimum can do without: the problem without them, and the answer put back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic
from geodepth.control.geodesics.certificate.inertia import curvature_of
from geodepth.control.geodesics.exact_relu.fewer_neurons import from_fewer, with_clones_joined, without_idle
from geodepth.control.geodesics.exact_relu.solve_exact import solve_exact
from geodepth.control.geodesics.newton.structured_result import StructuredReason, StructuredResult
from geodepth.control.geodesics.statement.network_path import NetworkPath

from ...conftest import teacher_data
from .test_solve_exact import solve


def test_clones_are_taken_as_one() -> None:
    """A hidden neuron split in two parts that do the same: same cost and bracket, and one direction without curvature.

    Parts c and √(1 − c²) of a neuron cost the same for every c, so that neither the split minimum nor the relaxed one
    next to it is isolated. The smoothed problem prefers even parts.
    """
    inputs, targets = teacher_data(8)
    geodesic, steps = RepresentationGeodesic(inputs, targets, 4, 3.0, 1e-3), np.full(8, 0.125)
    one = solve(geodesic, steps, 0)
    assert one.strict_minimum
    assert np.abs(one.representations[:, 3]).max() > 0.1  # the hidden neuron is at work
    split = np.vstack([np.eye(4, 5), np.zeros(5)])[:4]
    split[3, 3:] = np.sqrt(0.5)
    wider = RepresentationGeodesic(inputs, targets, 5, 3.0, 1e-3)
    weights = from_fewer(split, one.weights, 6)
    path = wider.propagate(weights, steps)
    np.testing.assert_allclose(path, split.T @ one.representations, atol=1e-12)
    joined = with_clones_joined(wider, path)
    assert joined is not None
    np.testing.assert_allclose(joined, split, atol=1e-12)
    exact = solve_exact(wider, steps, weights, split.T @ one.momenta, path, smoothing=1e-4)
    assert exact.converged
    assert exact.cost == pytest.approx(one.cost, rel=1e-12)
    assert abs(exact.bracket) <= 1e-6
    assert exact.clarke_residual <= 1e-9
    assert exact.strict_minimum is False
    known = curvature_of(NetworkPath(wider, steps, exact.weights, exact.representations, exact.momenta))
    alone = curvature_of(NetworkPath(geodesic, steps, one.weights, one.representations, one.momenta))
    assert known.inertia is not None
    assert alone.inertia is not None
    assert (known.inertia[:2], alone.inertia[:2]) == ((0, 1), (0, 0))


@pytest.mark.parametrize(
    ("place", "idle"),
    [(None, True), ((1, 3, 0), False), ((1, 3, 4), False), ((1, 0, 3), False), ((1, 0, 1), True)],
    ids=["all small", "fed by another", "biased", "feeds another", "weights of others"],
)
def test_a_neuron_is_idle_where_nothing_goes_in_or_out(place: tuple[int, int, int] | None, idle: bool) -> None:
    """Three neurons that data or outputs touch, and a fourth, whose inputs lie within the smoothing of 1e-4."""
    inputs, targets = teacher_data(8)
    geodesic = RepresentationGeodesic(inputs, targets, 4, 3.0, 1e-3)
    path, weights = np.ones((9, 4, inputs.shape[1])), np.zeros((8, 4, 5))
    path[:, 3] = 2e-4
    if place is not None:
        weights[place] = 1.0
    result = StructuredResult(
        weights=weights,
        representations=path,
        momenta=np.zeros(path.shape),
        cost=1.0,
        residual=0.0,
        smoothing=1e-4,
        iterations=1,
        factorizations=1,
        strict_minimum=True,
        converged=True,
        reason=next(iter(StructuredReason)),
    )
    basis = without_idle(geodesic, result)
    assert (basis is not None) == idle
    if basis is not None:
        np.testing.assert_array_equal(basis, np.eye(4)[:3])
    # Under a larger smoothing nothing can be said yet.
    assert without_idle(geodesic, replace(result, smoothing=1e-2)) is None
