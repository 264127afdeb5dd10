"""The filter of Wächter and Biegler: what it accepts from a violation θ and an objective φ."""

from __future__ import annotations

import math

import pytest

from geodepth.control.geodesics.newton.filter_line_search import Filter

UPHILL = 1.0  # a step that promises no descent: θ or φ must improve


@pytest.mark.parametrize(
    ("violation", "objective", "accepted"),
    [
        (0.9, 2.0, True),  # less violation, whatever the objective
        (1.0, 0.9, True),  # a lower objective at the same violation
        (1.0, 1.0, False),  # neither
        (2.0, 1.5, False),  # worse in both
        (math.nan, 0.0, False),
        (0.0, math.inf, False),
        (2e4, 0.0, False),  # above the largest violation, 1e4 times the first
    ],
)
def test_one_of_both_must_improve(violation: float, objective: float, accepted: bool) -> None:
    assert Filter(1.0).accepts(1.0, 1.0, violation, objective, UPHILL) is accepted


def test_pairs_that_were_left_are_not_come_back_to() -> None:
    """After going from (θ, φ) = (1, 1) to (0.5, 2), a point worse than (1, 1) in both is refused from anywhere."""
    filter_ = Filter(1.0)
    assert filter_.accepts(1.0, 1.0, 0.5, 2.0, UPHILL)
    assert not filter_.accepts(0.5, 2.0, 1.1, 1.1, UPHILL)
    assert filter_.accepts(0.5, 2.0, 0.4, 2.5, UPHILL)


def test_a_step_that_promises_descent_must_meet_armijo() -> None:
    """At a feasible point, θ = 0, with slope −1: φ must fall by 1e-8 at least, and roundoff counts as nothing."""
    assert Filter(0.0).accepts(0.0, 1.0, 0.0, 1.0 - 1e-7, -1.0)
    assert not Filter(0.0).accepts(0.0, 1.0, 0.0, 1.0 - 1e-9, -1.0)
    assert Filter(0.0).accepts(0.0, 1.0, 0.0, 1.0 + 5e-15, -1e-30)
