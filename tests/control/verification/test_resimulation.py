"""Controls simulated again, against solutions of linear differential equations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import casadi as ca
import numpy as np
import pytest
import scipy.integrate

from geodepth.control import Mesh, MultipleShooting, OptimalControlProblem, solve
from geodepth.control.verification import resimulation
from geodepth.control.verification.resimulation import end_to_end, largest_jump, resimulate

from .hand_made import solution

TIMES = np.array([1.0, 1.4, 2.0])
FRACTIONS = np.array([0.0, 0.25, 1.0])


def stated(dynamics: Any, cost: Any, **more: Any) -> OptimalControlProblem:
    return OptimalControlProblem(
        name="stated",
        states=("x",),
        controls=("u",),
        dynamics=dynamics,
        running_cost=cost,
        initial_state={"x": 0.0},
        **more,
    )


def test_each_interval_starts_from_its_own_node_under_its_control() -> None:
    """x' = k t u with u linear, clipped at 1.6: u = t up to there. l = 2x + u is integrated beside it."""
    problem = stated(
        lambda x, u, t, p: [p[0] * t * u[0]],
        lambda x, u, t, p: 2 * x[0] + u[0],
        parameters={"k": 3.0},
        control_bounds={"u": (-1.0, 1.6)},
    )
    ends = np.stack([TIMES[:-1], TIMES[1:]], axis=1)
    known = solution(TIMES, [[5.0], [7.0], [-1.0]], ends[:, :, None], (0.0, 1.0), parameters={"k": 3.0})
    again = resimulate(problem, known, FRACTIONS)

    def rise(first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """∫k t u: k t³/3 below 1.6, and k 1.6 t²/2 above."""
        below, above = (np.minimum(last, 1.6), np.minimum(first, 1.6)), (np.maximum(last, 1.6), np.maximum(first, 1.6))
        return np.asarray((below[0] ** 3 - below[1] ** 3) + 2.4 * (above[0] ** 2 - above[1] ** 2))

    at = TIMES[:-1, None] + np.diff(TIMES)[:, None] * FRACTIONS
    inside = np.array([[5.0], [7.0]]) + rise(TIMES[:-1, None], at)
    # DOP853 at 1e-10; the kink of the control costs it a step.
    np.testing.assert_allclose(again.inside[:, :, 0], inside, rtol=1e-8)
    np.testing.assert_allclose(again.ends[:, 0], inside[:, -1], rtol=1e-8)
    np.testing.assert_allclose(again.defects[:, 0], inside[:, -1] - [7.0, -1.0], rtol=1e-8)
    # ∫2x + u by Gauss's rule on both sides of the kink.
    nodes, weights = np.polynomial.legendre.leggauss(6)
    for k, start in enumerate((5.0, 7.0)):
        total = 0.0
        for first, last in ((TIMES[k], min(TIMES[k + 1], 1.6)), (min(TIMES[k + 1], 1.6), TIMES[k + 1])):
            t = first + (nodes + 1) / 2 * (last - first)
            total += (last - first) / 2 * weights @ (2 * (start + rise(TIMES[k], t)) + np.minimum(t, 1.6))
        assert again.costs[k] == pytest.approx(total, rel=1e-8)
    assert resimulate(problem, known).inside.shape == (2, 0, 1)
    assert end_to_end(problem, known)[0] == pytest.approx(5.0 + rise(TIMES[0], TIMES[2]), rel=1e-8)
    # Sizes are the largest of the states at the nodes: 7.
    assert largest_jump(problem, known) == pytest.approx(np.max(np.abs(again.defects)) / 7, rel=1e-10)


@pytest.mark.parametrize("stiffness", [1e6, 1e7])
def test_what_is_too_stiff_for_explicit_steps_is_simulated_by_implicit_ones(
    monkeypatch: pytest.MonkeyPatch, stiffness: float
) -> None:
    """x' = −κ(x − t) is at t − 1/κ soon; DOP853 would need millions of steps, and LSODA does not end at κ = 1e7."""
    # A tenth of the bound: enough for either, and soon over for the one that does not end.
    monkeypatch.setattr(resimulation, "MOST_ALONE", 2000)
    monkeypatch.setattr(resimulation, "MOST_EVALUATIONS", 400)
    problem = stated(lambda x, u, t, p: [-stiffness * (x[0] - t) + 0 * u[0]], lambda x, u, t, p: x[0])
    known = solution(TIMES, [[1.0], [1.5], [2.5]], np.zeros((2, 1, 1)), (0.5,))
    again = resimulate(problem, known, np.array([0.5]))
    middle = (TIMES[1:] + TIMES[:-1]) / 2
    np.testing.assert_allclose(again.inside[:, 0, 0], middle - 1 / stiffness, rtol=1e-8)
    np.testing.assert_allclose(again.ends[:, 0], TIMES[1:] - 1 / stiffness, rtol=1e-8)
    np.testing.assert_allclose(again.defects[:, 0], np.array([-0.1, -0.5]) - 1 / stiffness, rtol=1e-8)
    # From 0 and 0.1 beside t it falls to t − 1/κ, which leaves a few 1/κ of ∫t.
    np.testing.assert_allclose(again.costs, np.diff(TIMES**2) / 2, atol=2 / stiffness)
    assert end_to_end(problem, known)[0] == pytest.approx(2.0 - 1 / stiffness, rel=1e-8)


def test_what_no_integrator_finishes_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = stated(lambda x, u, t, p: [-1e6 * (x[0] - t) + 0 * u[0]], lambda x, u, t, p: x[0])
    known = solution(TIMES, [[1.0], [1.5], [2.5]], np.zeros((2, 1, 1)), (0.5,))
    monkeypatch.setattr(resimulation, "MOST_ALONE", 20)
    monkeypatch.setattr(resimulation, "MOST_EVALUATIONS", 20)
    assert np.all(np.isnan(resimulate(problem, known, FRACTIONS).inside))
    assert largest_jump(problem, known) == np.inf


def test_from_a_node_that_is_no_number_nothing_is_known() -> None:
    """Beside it the other interval, whose dynamics do not know of it, is as it was."""
    problem = stated(lambda x, u, t, p: [u[0]], lambda x, u, t, p: 0 * x[0])
    known = solution(TIMES, [[np.nan], [1.0], [1.0]], np.ones((2, 1, 1)), (0.5,))
    assert np.isnan(end_to_end(problem, known)[0])
    assert largest_jump(problem, known) == np.inf


@pytest.mark.parametrize("singular", [1.2, 1.0])
def test_where_a_simulation_breaks_down_nothing_is_known(singular: float) -> None:
    """x' = 1/√(c − t) ends at c; where even the start cannot be computed there is no first step."""
    problem = stated(lambda x, u, t, p: [1 / ca.sqrt(singular - t) + 0 * u[0]], lambda x, u, t, p: 0 * x[0])
    known = solution(TIMES, np.ones((3, 1)), np.zeros((2, 1, 1)), (0.5,))
    again = resimulate(problem, known, np.array([0.1, 1.0]))
    assert np.all(np.isnan(again.ends))
    assert np.all(np.isnan(again.defects))
    assert np.all(np.isnan(again.costs))
    assert again.inside.shape == (2, 2, 1)
    assert np.all(np.isnan(again.inside))
    assert np.all(np.isnan(end_to_end(problem, known)))
    assert largest_jump(problem, known) == np.inf


def test_two_states_keep_their_order() -> None:
    """x' = v, v' = u with u of its own in each interval."""
    problem = OptimalControlProblem(
        name="two",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: x[1],
        initial_state={"x": 0.0, "v": 0.0},
    )
    known = solution(TIMES, [[1.0, 2.0], [3.0, -1.0], [0.0, 0.0]], [[[6.0]], [[-4.0]]], (0.5,))
    again = resimulate(problem, known, np.array([0.5]))
    for k, ((x, v), u) in enumerate(zip(known.states[:-1], (6.0, -4.0), strict=True)):
        h = TIMES[k + 1] - TIMES[k]
        np.testing.assert_allclose(again.ends[k], [x + v * h + u * h**2 / 2, v + u * h], rtol=1e-9)
        np.testing.assert_allclose(again.inside[k, 0], [x + v * h / 2 + u * h**2 / 8, v + u * h / 2], rtol=1e-9)
        assert again.costs[k] == pytest.approx(v * h + u * h**2 / 2, rel=1e-9)


def test_a_looser_simulation_sees_the_same_jumps_and_soon_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a path that runs off, x' = x² through 1/(t_end − t), which no integrator follows to the end."""
    problem = stated(lambda x, u, t, p: [x[0] ** 2 + u[0]], lambda x, u, t, p: u[0] ** 2)
    problem = replace(problem, final_state={"x": 0.5})
    tame = solve(problem, MultipleShooting("rk4"), Mesh.uniform(4), effort="once")
    jump = largest_jump(problem, tame)
    assert jump > 1e-7
    # The same to the looser tolerance, relative to the state's size.
    assert largest_jump(problem, tame, 1e-6) == pytest.approx(jump, abs=1e-6)
    asked = 0
    whole = scipy.integrate.solve_ivp

    def counting(rate: Any, *rest: Any, **more: Any) -> Any:
        def counted(time: float, state: np.ndarray) -> Any:
            nonlocal asked
            asked += 1
            return rate(time, state)

        return whole(counted, *rest, **more)

    monkeypatch.setattr(scipy.integrate, "solve_ivp", counting)
    assert largest_jump(problem, replace(tame, states=tame.states + 50.0), 1e-4) == np.inf
    # Of 4000 by the explicit method and 40 000 in each of four intervals, which are the most that it may ask.
    assert asked < 20_000
