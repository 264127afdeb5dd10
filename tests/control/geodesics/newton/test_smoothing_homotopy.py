"""The homotopy in ε on the structured solver: where it ends, how it splits a step, what it predicts and refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.control.geodesics.newton.smoothing_homotopy import predict, solve_homotopy
from geodepth.control.geodesics.newton.solve_structured import solve_structured
from geodepth.control.geodesics.newton.structured_result import StructuredReason
from geodepth.control.geodesics.search.starts import initial_weights
from geodepth.control.model.errors import ProblemError

from .casadi_program import casadi_program, casadi_residual, teacher, uneven_steps


def test_homotopy_reaches_a_strict_minimum_near_the_exact_network() -> None:
    """At ε = 0.003 the smoothed cost is close to that of the exact network with the same weights."""
    geodesic, steps = teacher(samples=8, weight_decay=1e-3), np.full(20, 0.05)
    start = initial_weights(geodesic, steps, np.random.default_rng(1))
    seen: list[float] = []
    result = solve_homotopy(geodesic, steps, start, callback=lambda progress: seen.append(progress.smoothing))
    assert result.converged
    assert result.strict_minimum
    assert result.smoothing == 0.003
    assert sorted(set(seen), reverse=True) == [0.1, 0.03, 0.01, 0.003]
    assert casadi_residual(casadi_program(geodesic, steps, 0.003), result) < 2e-9
    exact = geodesic.objective(result.weights, steps)
    # σ_ε − σ is at most ε/2; the weights, of size L̃, carry it to the end: O(ε) of the cost.
    assert exact == pytest.approx(result.cost, rel=0.03)


def test_homotopy_puts_values_between() -> None:
    """A step in ε that fails is split; where nothing helps, the last success comes back with its reason."""
    geodesic, steps = teacher(samples=8, weight_decay=1e-3), np.full(20, 0.05)
    start = initial_weights(geodesic, steps, np.random.default_rng(1))
    first = solve_structured(geodesic, steps, 0.1, start, tolerance=1e-3)
    seen: list[float] = []

    def note(progress: Any) -> None:
        if progress.smoothing not in seen:
            seen.append(progress.smoothing)

    limit = first.iterations + 1
    result = solve_homotopy(
        geodesic, steps, start, smoothings=(0.1, 1e-9), max_iterations=limit, retries=2, callback=note
    )
    assert not result.converged
    assert result.reason is StructuredReason.HOMOTOPY
    assert seen[:3] == [0.1, 1e-9, pytest.approx(1e-5)]
    assert result.smoothing in seen
    assert result.smoothing > 1e-9
    # The returned iterate is a solution of its own smoothing.
    again = solve_structured(
        geodesic, steps, result.smoothing, result.weights, result.momenta, result.representations, tolerance=1e-3
    )
    assert again.iterations == 0
    assert again.converged


def test_prediction_keeps_slopes_on_kinks_only() -> None:
    """Resting entries scale with ε, so that σ'_ε stays; all others keep their value."""
    geodesic, steps = teacher(samples=8, weight_decay=1e-3), np.full(20, 0.05)
    start = initial_weights(geodesic, steps, np.random.default_rng(1))
    result = solve_homotopy(geodesic, steps, start, smoothings=(0.1, 0.03))
    predicted = predict(geodesic, result, 0.01)
    moved = predicted != result.representations
    assert 0 < moved.sum() < moved.size / 2
    assert not moved[0].any()
    assert not moved[-1].any()
    np.testing.assert_allclose(predicted[moved] / 0.01, result.representations[moved] / 0.03, rtol=1e-12)


def test_smoothings_must_decrease() -> None:
    geodesic, steps = teacher(), uneven_steps(6)
    with pytest.raises(ProblemError, match="each below the one before"):
        solve_homotopy(geodesic, steps, np.zeros((6, 4, 5)), smoothings=(0.01, 0.1))
