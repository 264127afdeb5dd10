"""Neurons that a minimum can do without: the problem without them, and the answer put back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic
from geodepth.control.geodesics.certificate.inertia import curvature_of
from geodepth.control.geodesics.exact_relu.fewer_neurons import (
    fewer_neurons,
    from_fewer,
    to_fewer,
    with_clones_joined,
    without_idle,
)
from geodepth.control.geodesics.exact_relu.solve_exact import solve_exact
from geodepth.control.geodesics.newton.structured_result import StructuredReason, StructuredResult
from geodepth.control.geodesics.statement.network_path import NetworkPath

from ...conftest import teacher_data
from .test_solve_exact import solve


def test_clones_are_taken_as_one() -> None:
    """A hidden neuron split in two parts that do the same: same cost and bracket, and one direction without curvature.

    Parts c and √(1 − c²) of a neuron cost the same for every c, so that neither the split minimum nor the relaxed one
    next to it is isolated. The smoothed problem prefers even parts. Where two parts that differ cost less than one,
    as at the minimum of start 0, the stage goes there.
    """
    inputs, targets = teacher_data(8)
    geodesic, steps = RepresentationGeodesic(inputs, targets, 4, 3.0, 1e-3), np.full(8, 0.125)
    one = solve(geodesic, steps, 1)
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


@pytest.mark.parametrize("bias", [True, False])
def test_a_basis_carries_the_problem_there_and_back(bias: bool) -> None:
    """A' = RA: what weights of the fewer neurons do, their images do to RᵀA', at the same norm."""
    rng = np.random.default_rng(0)
    basis = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.6, 0.8, 0.0]])
    inputs, targets, steps = np.abs(rng.normal(size=(1, 3))), rng.normal(size=(1, 3)), np.array([0.4, 0.6])
    geodesic = RepresentationGeodesic(inputs, targets, 4, 1.0, 1e-2, bias=bias)
    fewer = fewer_neurons(geodesic, basis)
    assert (fewer.width, fewer.columns) == (2, 2 + bias)
    inner = rng.normal(size=(2, 2, 2 + bias))
    weights = from_fewer(basis, inner, 4 + bias)
    assert weights.shape == (2, 4, 4 + bias)
    np.testing.assert_allclose(np.sum(weights**2), np.sum(inner**2), rtol=1e-14)
    np.testing.assert_allclose(to_fewer(basis, weights), inner, rtol=1e-13)
    path = fewer.propagate(inner, steps)
    np.testing.assert_allclose(geodesic.propagate(weights, steps), basis.T @ path, atol=1e-14)
    assert geodesic.objective(weights, steps) == pytest.approx(fewer.objective(inner, steps), rel=1e-14)
    # Of other weights only what they do along the basis is left.
    other = rng.normal(size=weights.shape)
    assert np.sum(to_fewer(basis, other) ** 2) < np.sum(other**2)


@pytest.mark.parametrize(
    ("second", "third", "joined"),
    [
        ((1.0, 2.0), (2.0, 4.0), True),
        ((1.0, 2.0), (-2.0, -4.0), False),
        ((1.0, 2.0), (2.0, 4.0 * (1 + 5e-7)), True),
        ((1.0, 2.0), (2.0, 4.0 * (1 + 5e-6)), False),
        # Both above a millionth of the largest, which is 4.
        ((5e-6, 5e-6), (5e-6, 5e-6), True),
        ((3e-6, 3e-6), (5e-6, 5e-6), False),
        ((0.0, 0.0), (0.0, 0.0), False),
    ],
    ids=["twice", "opposite", "nearly", "not quite", "small", "one dead", "both dead"],
)
def test_neurons_of_one_direction_are_clones(
    second: tuple[float, float], third: tuple[float, float], joined: bool
) -> None:
    """Neurons 1 to 3 are hidden, the last of them unlike all; 0 is data's, and no clone though it equals neuron 1."""
    side = np.eye(4, 1)
    geodesic = RepresentationGeodesic(np.ones((1, 2)), np.ones((1, 2)), 4, 1.0, 1.0, embedding=side, readout=side.T)
    path = np.array([[second, second, third, (4.0, -4.0)]])
    basis = with_clones_joined(geodesic, path)
    assert (basis is not None) == joined
    if basis is not None:
        factor = third[0] / second[0]
        expected = np.zeros((3, 4))
        expected[[0, 2], [0, 3]] = 1.0
        expected[1, 1:3] = np.array([1.0, factor]) / np.hypot(1.0, factor)
        np.testing.assert_allclose(basis, expected, atol=1e-6)


def test_two_pairs_of_clones_are_two_neurons() -> None:
    side = np.eye(5, 1)
    geodesic = RepresentationGeodesic(np.ones((1, 2)), np.ones((1, 2)), 5, 1.0, 1.0, embedding=side, readout=side.T)
    one, other = np.array([1.0, 2.0]), np.array([2.0, 1.0])
    basis = with_clones_joined(geodesic, np.array([[one, one, other, 2 * one, 3 * other]]))
    assert basis is not None
    np.testing.assert_allclose(basis[1], np.array([0, 1, 0, 2, 0]) / np.sqrt(5), atol=1e-15)
    np.testing.assert_allclose(basis[2], np.array([0, 0, 1, 0, 3]) / np.sqrt(10), atol=1e-15)
    assert len(basis) == 3


@pytest.mark.parametrize(
    ("reach", "weight", "smoothing", "idle"),
    [(2.9, 29.0, 9e-4, True), (3.1, 29.0, 9e-4, False), (2.9, 31.0, 9e-4, False), (2.9, 29.0, 1.1e-3, False)],
)
def test_a_neuron_is_idle_within_three_smoothings_and_thirty_in_its_weights(
    reach: float, weight: float, smoothing: float, idle: bool
) -> None:
    """All over the size of A, which is 64 here."""
    side, size = np.eye(2, 1), 64.0
    geodesic = RepresentationGeodesic(
        size * np.ones((1, 1)), size * np.ones((1, 1)), 2, 1.0, 1.0, embedding=side, readout=side.T
    )
    assert geodesic.state_scale == size
    weights, path = np.ones((1, 2, 3)), np.full((2, 2, 1), size)
    weights[0, 1], weights[0, 0, 1], path[:, 1] = -weight * smoothing, 0.0, -reach * smoothing * size
    result = StructuredResult(
        weights=weights,
        representations=path,
        momenta=np.zeros(path.shape),
        cost=1.0,
        residual=0.0,
        smoothing=smoothing * size,
        iterations=1,
        factorizations=1,
        strict_minimum=True,
        converged=True,
        reason=StructuredReason.CONVERGED,
    )
    assert (without_idle(geodesic, result) is not None) == idle
