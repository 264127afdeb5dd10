"""Slopes as unknowns of their own: the same solutions as Newton's method, and from far away for small smoothings."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, initial_weights
from geodepth.control.geodesics.newton.linearization import Iterate, linearize
from geodepth.control.geodesics.newton.shooting_model import shooting_model
from geodepth.control.geodesics.newton.slope_duals import SlopeDuals
from geodepth.control.geodesics.newton.smoothing_homotopy import predict, solve_homotopy
from geodepth.control.geodesics.newton.solve_structured import solve_structured
from geodepth.control.geodesics.newton.structured_result import StructuredResult

from ...conftest import teacher_data

LAYERS, SMOOTHING, FAR = 12, 0.003, 1e-5
STEPS = np.full(LAYERS, 1.0 / LAYERS)


@pytest.fixture(scope="module")
def geodesic() -> RepresentationGeodesic:
    inputs, targets = teacher_data(10)
    return RepresentationGeodesic(inputs, targets, 5, 4.0, 1e-3)


@pytest.fixture(scope="module")
def smoothed(geodesic: RepresentationGeodesic) -> StructuredResult:
    result = solve_homotopy(geodesic, STEPS, initial_weights(geodesic, STEPS, np.random.default_rng(0)))
    assert result.converged
    return result


def iterate_of(result: StructuredResult) -> Iterate:
    states, weights, momenta = (
        np.ascontiguousarray(np.swapaxes(array, 1, 2))
        for array in (result.representations, result.weights, result.momenta)
    )
    return Iterate(states, weights, -momenta[1:], np.zeros((momenta.shape[1], 3)))


def test_the_curvature_is_newtons_at_a_solution(geodesic: RepresentationGeodesic, smoothed: StructuredResult) -> None:
    model = shooting_model(geodesic, STEPS, SMOOTHING)
    iterate = iterate_of(smoothed)
    point = linearize(model, iterate, model.evaluate(iterate.states, iterate.weights))
    # 1 − (2θ − 1)a/r = ε²/r², in which roundoff of the left side counts where a ≫ ε.
    scale = np.abs(point.bends).max()
    np.testing.assert_allclose(SlopeDuals().bent(point).bends, point.bends, atol=1e-12 * scale)


def test_slopes_follow_their_equation_to_second_order(
    geodesic: RepresentationGeodesic, smoothed: StructuredResult
) -> None:
    """After a step da the slope is σ'(a + da) up to O(da²), wherever it stays inside (0, 1)."""
    model = shooting_model(geodesic, STEPS, 0.3)
    iterate = iterate_of(smoothed)
    point = linearize(model, iterate, model.evaluate(iterate.states, iterate.weights))
    direction = np.random.default_rng(0).normal(size=iterate.states.shape)
    errors = []
    for length in (1e-2, 5e-3):
        duals = SlopeDuals()
        duals.bent(point)
        moved = iterate.states + length * direction
        duals.follow(point, Iterate(moved, iterate.weights, iterate.multipliers, iterate.eta))
        reached = linearize(
            model,
            Iterate(moved, iterate.weights, iterate.multipliers, iterate.eta),
            model.evaluate(moved, iterate.weights),
        )
        # Of the slopes' own equation (2θ − 1)r = a: what the curvature implies there against Newton's.
        pulled = np.matmul(iterate.multipliers, point.transfer.transpose(0, 2, 1))
        wrong = np.where(pulled > 0, duals.bent(reached).bends - reached.bends, 0.0)
        errors.append(float(np.abs(wrong).max()))
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.2)


def test_one_jump_to_a_small_smoothing(geodesic: RepresentationGeodesic, smoothed: StructuredResult) -> None:
    """From ε = 0.003 at once to 1e-5: some ten iterations, to a strict minimum below; Newton's own method is lost."""
    start = smoothed.weights, smoothed.momenta, predict(geodesic, smoothed, FAR)
    ours, newton = (
        solve_structured(geodesic, STEPS, FAR, *start, tolerance=1e-8, max_iterations=100, slopes_as_unknowns=slopes)
        for slopes in (True, False)
    )
    assert ours.converged, ours.reason.value
    assert ours.strict_minimum
    assert ours.iterations <= 40
    assert not newton.converged or newton.iterations >= 2 * ours.iterations
    # σ_ε ≥ σ, and the cost grows with σ where kinks are: it falls with ε, by what ε = 0.003 lifts σ, ε/2.
    assert smoothed.cost * (1 - 0.03) < ours.cost < smoothed.cost
    # The same problem is solved: Newton's method, started there, has nothing left to do.
    again = solve_structured(
        geodesic, STEPS, FAR, ours.weights, ours.momenta, ours.representations, tolerance=1e-8, max_iterations=3
    )
    assert again.converged
    assert again.iterations == 0
