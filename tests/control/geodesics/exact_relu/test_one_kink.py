"""The exact stage on a minimum whose weights, kink, multipliers and bracket are known in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from geodepth.control import ProblemError, RepresentationGeodesic
from geodepth.control.geodesics.exact_relu.exact_result import ExactReason
from geodepth.control.geodesics.exact_relu.smoothing_descent import Descent
from geodepth.control.geodesics.exact_relu.solve_exact import solve_exact
from geodepth.control.geodesics.newton.solve_structured import solve_structured

from .kink_in_closed_form import STEPS, OneKink, one_kink

CASES: dict[str, dict[str, Any]] = {
    "lower multiplier": {"slope": 0.4},
    "upper multiplier": {"slope": 0.8},
    "fixed end": {"slope": 0.4, "endpoint": "fixed"},
    # Sizes near 2000, in which the solver measures A.
    "large": {"slope": 0.4, "inputs": (112.0, 48.0), "height": 300.0, "decay": 3.0},
    "large, fixed end": {"slope": 0.4, "inputs": (112.0, 48.0), "height": 300.0, "decay": 3.0, "endpoint": "fixed"},
}


@pytest.mark.parametrize("name", CASES)
def test_the_kink_its_multipliers_and_the_bracket_are_those_of_the_closed_form(name: str) -> None:
    known = one_kink(**CASES[name])
    unit = known.geodesic.state_scale
    exact = solve_exact(known.geodesic, STEPS, 1.001 * known.weights, smoothing=1e-3 * unit, relaxation=1e-5)
    assert exact.reason is ExactReason.CONVERGED
    assert exact.converged
    size = np.abs(known.representations).max()
    np.testing.assert_allclose(exact.weights, known.weights, rtol=1e-11)
    np.testing.assert_allclose(exact.representations, known.representations, atol=1e-11 * size)
    np.testing.assert_allclose(exact.momenta, known.momenta, rtol=1e-9)
    np.testing.assert_allclose(exact.slopes.ravel(), [1, 1, 1, known.slope], rtol=1e-9)
    assert exact.cost == pytest.approx(known.cost, rel=1e-12)
    assert exact.clarke_residual <= 1e-9
    assert exact.end_error <= 1e-12 * size
    assert exact.smoothing == 1e-3 * unit
    # ν and M − ν: the smaller of the two, and in the units of the problem.
    assert exact.kinks == 1
    assert exact.kink_margin == pytest.approx(min(known.slope, 1 - known.slope) * known.growth, rel=1e-9)
    assert exact.strongly_stationary
    assert exact.strict_minimum is True
    # The first sample's S∘T may be s: S = a + s/a to first order, which gains its multiplier times s/a.
    assert exact.relaxation == pytest.approx(1e-5 * unit**2, rel=1e-12)
    height = known.representations[1, 0, 0]
    share = exact.relaxation / height**2
    gained = -known.geodesic.weight_decay * known.fall * exact.relaxation / height
    assert known.cost - exact.lower == pytest.approx(gained, rel=2 * share)
    assert exact.bracket == pytest.approx(gained / known.cost, rel=2 * share)


def relaxed_cost(known: OneKink, relaxation: float) -> float:
    """The least J with S(S − A_1) = s of the first sample and the second on its kink.

    With v = S², q = W_2 S and ‖W_1‖² = c a², c = 4 g/d²: c (v − 2s + s²/v) + q²/v is least at v = √(s² + q²/c).
    """
    geodesic = known.geodesic
    (first, second), decay = geodesic.inputs[0], geodesic.weight_decay
    curvature = 4 * (1 + second**2) / (first - second) ** 2

    def cost(at: np.ndarray) -> float:
        through, bias = at
        norms = 2 * np.sqrt(curvature) * np.hypot(np.sqrt(curvature) * relaxation, through) - 2 * curvature * relaxation
        missed = geodesic.targets[0] - np.array([through + bias, bias]) / 2
        return float(decay / 8 * (norms + bias**2) + np.sum(missed**2) / 2)

    start = [known.weights[1, 0, 0] * known.representations[1, 0, 0], known.weights[1, 0, 1]]
    return float(minimize(cost, start, method="BFGS", options={"gtol": 1e-10}).fun)


@pytest.mark.parametrize(("asked", "taken"), [(0.5, 0.5), (10.0, 1.0), (1e3, 1.0), (1e5, None)])
def test_a_relaxation_that_does_not_settle_is_tightened_by_tenths(asked: float, taken: float | None) -> None:
    """s = 1 has a minimum on the exact one's pieces, and 10 has none; four tenths lead from 1e4 to it, not from 1e5."""
    known = one_kink(0.4)
    exact = solve_exact(known.geodesic, STEPS, known.weights, smoothing=1e-3, relaxation=asked)
    assert exact.converged
    if taken is None:
        assert exact.lower == -np.inf
    else:
        assert exact.relaxation == pytest.approx(taken, rel=1e-12)
        # The tolerance of 1e-7 is charged: to second order in what it leaves.
        assert exact.lower == pytest.approx(relaxed_cost(known, taken), rel=1e-9)
        assert exact.lower < known.cost


def test_without_settled_kinks_the_smoothed_weights_are_handed_back() -> None:
    """A tolerance of zero is never met: every ε is tried, and nothing but the network is known of the last one."""
    known = one_kink(0.4)
    exact = solve_exact(known.geodesic, STEPS, known.weights, smoothing=1e-3, smallest=1e-4, tolerance=0.0)
    assert exact.reason is ExactReason.UNSETTLED
    assert not exact.converged
    assert exact.smoothing == pytest.approx(1e-3 / 9)
    smoothed = solve_structured(known.geodesic, STEPS, 1e-3 / 9, known.weights)
    np.testing.assert_allclose(exact.weights, smoothed.weights, atol=1e-6)
    assert exact.cost == pytest.approx(known.geodesic.objective(exact.weights, STEPS), rel=1e-14)
    np.testing.assert_array_equal(exact.slopes, exact.representations[:-1] > 0)
    assert (exact.lower, exact.kinks, exact.strict_minimum, exact.strongly_stationary) == (-np.inf, 0, False, False)
    assert np.isnan(exact.kink_margin)
    assert np.isnan(exact.relaxation)


def test_the_momenta_of_an_unsettled_fixed_end_are_its_multipliers() -> None:
    known = one_kink(0.4, endpoint="fixed")
    exact = solve_exact(known.geodesic, STEPS, known.weights, smoothing=1e-4, smallest=1e-3, tolerance=0.0)
    assert exact.reason is ExactReason.UNSETTLED
    # An ε of 1e-4 away, times multipliers that change with it by some tens.
    np.testing.assert_allclose(exact.momenta[-1], known.momenta[-1], atol=1e-2)


def test_weights_that_no_smoothed_solve_starts_from_are_said_to_be_so() -> None:
    known = one_kink(0.4)
    with np.errstate(all="ignore"):
        exact = solve_exact(known.geodesic, STEPS, 1e200 * known.weights)
    assert exact.reason is ExactReason.SMOOTHED
    assert not exact.converged


def test_a_smoothed_relu_has_nothing_to_settle() -> None:
    geodesic = RepresentationGeodesic(np.ones((1, 2)), np.ones((1, 2)), 1, 2.0, 0.1, "smoothed relu:0.1")
    with pytest.raises(ProblemError, match="no kinks"):
        solve_exact(geodesic, STEPS, np.zeros((2, 1, 2)))


def test_a_linear_layer_is_ridge_regression() -> None:
    """One layer at L̃ = 2, ρ = 1: A_1 = −x + W (x, 1), so that W is the ridge solution for y + x; J is quadratic."""
    inputs, targets, decay = np.array([[1.0, 2.0, -1.0]]), np.array([[1.0, 0.5, 3.0]]), 0.5
    geodesic = RepresentationGeodesic(inputs, targets, 1, 2.0, decay, "linear")
    exact = solve_exact(geodesic, np.ones(1), np.zeros((1, 1, 2)))
    rows = np.vstack([inputs, np.ones(3)])
    normal = rows @ rows.T / 3 + decay / 4 * np.eye(2)
    np.testing.assert_allclose(exact.weights[0, 0], np.linalg.solve(normal, rows @ (targets + inputs)[0] / 3))
    assert exact.converged
    assert exact.clarke_residual <= 1e-12
    np.testing.assert_array_equal(exact.slopes, np.ones((1, 1, 3)))
    # There is no kink, and nothing to relax.
    assert (exact.kinks, exact.kink_margin, exact.strict_minimum, exact.relaxation) == (0, np.inf, True, 0.0)
    assert exact.lower == pytest.approx(exact.cost, rel=1e-14)


@pytest.mark.parametrize("smoothing", [1e-3, 1e-4])
def test_an_idle_neuron_is_left_out_and_put_back(monkeypatch: pytest.MonkeyPatch, smoothing: float) -> None:
    """λ so large that no second neuron pays: with one that data and outputs do not touch, the same minimum."""
    inputs, targets, steps = np.array([[1.0, 2.0]]), np.array([[1.0, 0.5]]), np.full(3, 1 / 3)
    alone = solve_exact(RepresentationGeodesic(inputs, targets, 1, 1.0, 0.5), steps, np.full((3, 1, 2), 0.1))
    assert alone.strict_minimum
    side = np.eye(2, 1)
    geodesic = RepresentationGeodesic(inputs, targets, 2, 1.0, 0.5, embedding=side, readout=side.T)
    weights = np.zeros((3, 2, 3))
    weights[:, 0, [0, 2]] = alone.weights[:, 0]
    exact = solve_exact(geodesic, steps, weights, smoothing=smoothing)
    assert exact.converged
    np.testing.assert_allclose(exact.weights, weights, atol=1e-12)
    assert exact.cost == pytest.approx(alone.cost, rel=1e-13)
    assert exact.clarke_residual <= 1e-9
    assert exact.lower <= exact.cost

    # Where the kinks of both neurons do not settle, those of one are asked for; nothing is known of waking the other.
    counts, run = [], Descent.run

    def unsettled(self: Descent, *arguments: Any) -> Any:
        found = run(self, *arguments)
        counts.append((self.iterations, self.factorizations))
        return None if self.geodesic.width == 2 else found

    monkeypatch.setattr(Descent, "run", unsettled)
    exact = solve_exact(geodesic, steps, weights, smoothing=smoothing)
    assert exact.converged
    np.testing.assert_allclose(exact.weights, weights, atol=1e-12)
    np.testing.assert_array_equal(exact.weights[:, 1], 0.0)
    np.testing.assert_array_equal(exact.slopes[:, 1], 0.0)
    np.testing.assert_allclose(exact.representations[:, :1], alone.representations, atol=1e-12)
    np.testing.assert_allclose(exact.momenta[:, :1], alone.momenta, atol=1e-9)
    assert (exact.iterations, exact.factorizations) == tuple(sum(column) for column in zip(*counts, strict=True))
    assert len(counts) == 2
    assert exact.strict_minimum is None
