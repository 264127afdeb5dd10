"""Scholtes' relaxation through IPOPT, against our own active set, a closed form, and its own first-order conditions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, Status, initial_weights
from geodepth.control.geodesics.exact_relu.relaxation_by_ipopt import exact_minimum
from geodepth.control.geodesics.exact_relu.solve_exact import solve_exact
from geodepth.control.geodesics.newton.solve_structured import solve_structured
from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.control.geodesics.transcribed.smooth_point import SmoothPoint
from geodepth.control.geodesics.transcribed.smoothed_solves import smooth_minimum
from geodepth.control.solvers.program import CompiledProgram, Program

from ...conftest import teacher_data
from .kink_in_closed_form import STEPS, one_kink


def smoothed(geodesic: RepresentationGeodesic, steps: np.ndarray, smoothing: float, weights: np.ndarray) -> SmoothPoint:
    found = solve_structured(geodesic, steps, smoothing, weights)
    assert found.converged
    return SmoothPoint(found.weights[:, None], found.representations, found.momenta, found.cost, smoothing)


def test_ipopts_relaxation_brackets_the_same_minimum() -> None:
    """From the same smoothed solution, Scholtes' relaxation through IPOPT and our active set end at the same cost."""
    inputs, targets = teacher_data(5)
    geodesic, steps = RepresentationGeodesic(inputs, targets, 3, 3.0, 1e-3), np.full(10, 0.1)
    weights = initial_weights(geodesic, steps, np.random.default_rng([0, 0]))
    point = smooth_minimum(PathProblem(geodesic, steps), weights)
    ours = solve_exact(geodesic, steps, point.weights[:, 0], point.momenta, point.representations, point.smoothing)
    theirs = exact_minimum(geodesic, steps, point)
    assert theirs.converged
    assert ours.converged
    # Both lie between the two sides of IPOPT's bracket, which is 1e-7 wide at most.
    assert ours.cost == pytest.approx(theirs.upper, rel=2e-7)
    # Its tolerance of 1e-8 may put the lower side above the upper by as much.
    assert -1e-8 <= theirs.bracket <= 1e-7


@pytest.mark.parametrize(("bracket", "relaxation"), [(1.0, 1.1e-4 / 4), (2e-6, 3e-7), (0.0, 3e-9)])
def test_each_relaxation_has_the_closed_forms_lower_side(bracket: float, relaxation: float) -> None:
    known = one_kink(0.4)
    exact = exact_minimum(known.geodesic, STEPS, smoothed(known.geodesic, STEPS, 1e-2, known.weights), bracket=bracket)
    assert exact.converged
    assert exact.relaxation == pytest.approx(relaxation, rel=1e-12)
    np.testing.assert_allclose(exact.weights, known.weights, atol=10 * relaxation)
    np.testing.assert_allclose(exact.momenta[1:], known.momenta[1:], atol=10 * relaxation)
    assert np.all(np.isnan(exact.momenta[0]))
    # S = A + s/A to first order where the Lagrangian falls with σ: for the first sample, of A_1 and of the data.
    (first, _), height = known.geodesic.inputs[0], known.representations[1, 0, 0]
    at_data = known.weights[0, 0, 0] * known.momenta[1, 0, 0] / 2
    gained = known.geodesic.weight_decay * relaxation * (at_data / first - known.fall / height)
    # J of these weights is above the least to second order; and IPOPT's tolerance of 1e-8 in J/λ, over some ten rows.
    assert exact.upper == pytest.approx(known.cost, abs=10 * relaxation**2 + 1e-9)
    assert known.cost - exact.lower == pytest.approx(gained, rel=10 * relaxation, abs=3e-8)
    assert exact.bracket == pytest.approx((exact.upper - exact.lower) / exact.upper, rel=1e-12)
    assert exact.seconds > 0


@pytest.mark.parametrize("smoothing", [1e-2, 1e-3, 1e-4])
def test_the_smoothed_minimum_is_handed_over_with_the_multipliers_of_its_relaxation(
    monkeypatch: pytest.MonkeyPatch, smoothing: float
) -> None:
    """Off the kinks S = σ_ε(A), T = σ_ε(−A) and these multipliers leave ε² of the relaxation's conditions at s = ε²/4.

    The samples have σ that pays (M < 0), that costs on the positive side, and that costs on the negative side.
    """
    inputs, targets, steps = np.array([[1.0, 2.0, -1.5]]), np.array([[1.0, 1.5, -0.8]]), np.full(3, 1 / 3)
    geodesic = RepresentationGeodesic(inputs, targets, 1, 1.0, 0.05)
    point = smoothed(geodesic, steps, smoothing, np.full((3, 1, 2), 0.1))
    growth = -point.weights[:, 0, :, :1] * point.momenta[1:]
    assert np.all(growth * [[[-1, 1, 1]]] > 0)
    assert np.all(point.representations[:-1] * [[[1, 1, -1]]] > 0.5)
    handed: list[tuple[float, float, float]] = []
    solve = CompiledProgram.solve

    def seen(self: Program, variables: np.ndarray, parameters: np.ndarray, start: Any) -> Any:
        t, left = self.transcription, self.residuals(start, parameters)
        np.testing.assert_array_equal(variables, start.variables)
        gradient = self.lagrangian_gradient(variables, parameters, start.constraint_multipliers)
        # A_0 is data, whose multipliers IPOPT does not ask for.
        gradient = np.abs(gradient + start.variable_multipliers)[t.lower < t.upper]
        handed.append((left.feasibility, float(gradient.max()), left.complementarity))
        return solve(self, variables, parameters, start)

    monkeypatch.setattr(CompiledProgram, "solve", seen)
    # A bracket of ten never stays open: one relaxation only.
    exact = exact_minimum(geodesic, steps, point, bracket=10.0)
    assert exact.converged
    assert exact.relaxation == pytest.approx(1.1 * smoothing**2 / 4)
    assert len(handed) == 1
    feasibility, stationarity, complementarity = handed[0]
    assert feasibility <= 1e-10
    assert stationarity <= smoothing**2
    # A tenth of s is left open by the first s, which is that much above ε²/4.
    assert complementarity <= smoothing**2


def test_a_relaxation_that_fails_leaves_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    known = one_kink(0.4)
    start = smoothed(known.geodesic, STEPS, 1e-2, known.weights)
    once = exact_minimum(known.geodesic, STEPS, start, bracket=1.0)
    solve, script, taken = CompiledProgram.solve, [Status.SOLVED, Status.SOLVED, Status.INFEASIBLE], []

    def scripted(self: Program, *arguments: Any) -> Any:
        result = replace(solve(self, *arguments), status=script.pop(0))
        taken.append(result.iterations)
        return result

    monkeypatch.setattr(CompiledProgram, "solve", scripted)
    exact = exact_minimum(known.geodesic, STEPS, start, bracket=0.0)
    assert exact.converged
    assert once.lower < exact.lower < known.cost
    assert exact.relaxation == 3e-7
    assert taken[0] == once.iterations
    assert exact.iterations == sum(taken[:2])
    script[:] = [Status.INFEASIBLE]
    none = exact_minimum(known.geodesic, STEPS, start)
    assert not none.converged
    assert none.lower == -np.inf
    assert none.upper == known.geodesic.objective(start.weights[:, 0], STEPS)
    assert none.iterations == once.iterations
    assert none.seconds > 0
    script[:] = [Status.INTERRUPTED]
    with pytest.raises(KeyboardInterrupt):
        exact_minimum(known.geodesic, STEPS, start)
