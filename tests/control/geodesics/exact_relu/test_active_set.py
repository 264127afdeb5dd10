"""The active set's steps on problems whose pieces are quadratic, or settle nowhere."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic
from geodepth.control.geodesics.exact_relu.active_set import ActiveSet
from geodepth.control.geodesics.exact_relu.pieces import Pieces
from geodepth.control.geodesics.newton.linearization import Iterate
from geodepth.control.geodesics.newton.shooting_model import ShootingModel, shooting_model
from geodepth.control.geodesics.newton.solve_structured import linear_solver_for

from .kink_in_closed_form import STEPS, OneKink, one_kink


def method(model: ShootingModel, tolerance: float = 1e-9) -> ActiveSet:
    return ActiveSet(model, linear_solver_for(model, "auto"), tolerance)


def minimum(known: OneKink, model: ShootingModel) -> Iterate:
    """The closed form as the method has it."""
    pins = np.zeros((2, 2, 1))
    pins[1, 1] = known.slope * known.growth
    weights = known.weights.transpose(0, 2, 1)
    states = model.states(known.representations)
    return Iterate(states, weights, model.multipliers(known.momenta), np.zeros((2, 1)), pins)


SIDES = np.array([[1, 1], [1, 0]], dtype=np.int8)[:, :, None]


def test_one_newton_step_solves_a_quadratic_problem() -> None:
    """One linear layer: from any start one step of length one, and one more factorization to see that it is enough."""
    geodesic = RepresentationGeodesic(np.array([[1.0, 2.0]]), np.array([[1.0, 0.5]]), 1, 2.0, 0.5)
    model = shooting_model(geodesic, np.ones(1), 1e-3)
    start = model.rollout(np.zeros((1, 2, 1)))
    zero = Iterate(start, np.zeros((1, 2, 1)), np.zeros((1, 2, 1)), np.zeros((2, 1)), np.zeros((1, 2, 1)))
    ended = method(model).settle(Pieces.exact(np.ones((1, 2, 1), dtype=np.int8)), zero)
    assert (ended.settled, ended.strict, ended.steps, ended.factorizations) == (True, True, 1, 2)
    assert ended.point.residual < 1e-14
    rows = np.array([[1.0, 2.0], [1.0, 1.0]])
    ridge = np.linalg.solve(rows @ rows.T / 2 + 0.125 * np.eye(2), rows @ (geodesic.targets + geodesic.inputs)[0] / 2)
    np.testing.assert_allclose(ended.point.iterate.weights[0, :, 0], ridge, rtol=1e-12)


def test_a_minimum_settles_where_it_is_and_is_polished() -> None:
    known = one_kink(0.4)
    model = shooting_model(known.geodesic, STEPS, 1e-3)
    there = method(model).settle(Pieces.exact(SIDES), minimum(known, model))
    assert (there.settled, there.strict, there.steps, there.factorizations) == (True, True, 0, 1)
    assert there.point.residual < 1e-14
    # From within the tolerance one more step is taken, and kept where it is better.
    near = minimum(known, model)
    near = Iterate(near.states, near.weights + 1e-6, near.multipliers, near.eta, near.pins)
    loose = method(model, 1e-3).settle(Pieces.exact(SIDES), near)
    assert (loose.settled, loose.steps) == (True, 0)
    # Newton's error is the square of 1e-6, times curvatures below ten.
    assert loose.point.residual < 1e-10


@pytest.mark.parametrize("side", [1, -1])
def test_the_kink_is_found_from_either_side(side: int) -> None:
    """A second sample that starts off the kink comes onto it, and is held there with the closed form's ν."""
    known = one_kink(0.4)
    model = shooting_model(known.geodesic, STEPS, 1e-3)
    start, sides = minimum(known, model), SIDES.copy()
    sides[1, 1] = side
    states = start.states.copy()
    states[1, 1] = 0.05 * side
    moved = Iterate(states, start.weights, start.multipliers, start.eta, np.zeros((2, 2, 1)))
    ended = method(model).settle(Pieces.exact(sides), moved)
    assert ended.settled
    assert ended.strict
    np.testing.assert_array_equal(ended.pieces.sides, SIDES)
    assert ended.point.iterate.pins is not None
    assert ended.point.iterate.pins[1, 1, 0] == pytest.approx(known.slope * known.growth, rel=1e-9)
    assert 2 <= ended.steps <= 6


def test_what_is_not_finite_or_far_from_any_solution_is_given_up() -> None:
    known = one_kink(0.4)
    model = shooting_model(known.geodesic, STEPS, 1e-3)
    start = minimum(known, model)
    with np.errstate(all="ignore"):
        broken = Iterate(start.states * np.nan, start.weights, start.multipliers, start.eta, start.pins)
        ended = method(model).settle(Pieces.exact(SIDES), broken)
    assert (ended.settled, ended.strict, ended.steps, ended.factorizations) == (False, False, 0, 0)
    # A tolerance that is never met: not settled, wherever it stops.
    ended = method(model, 0.0).settle(Pieces.exact(SIDES), start)
    assert not ended.settled
    assert not ended.strict
    assert ended.steps <= 2
