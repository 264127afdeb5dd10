"""The Hamiltonian along hand-made paths, its drift, and what other controls would save, each in closed form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import DirectCollocation, Mesh, OptimalControlProblem, PathConstraint, solve
from geodepth.control.problems import load
from geodepth.control.verification.pontryagin import Along, hamiltonian_drift, minimum_gap, sample_along

from .hand_made import NODES, SHARES, along, solution


def stated(cost: Any, controls: int = 1, dynamics: Any = None, **more: Any) -> OptimalControlProblem:
    """x' = 0, unless it is given, at this running cost."""
    return OptimalControlProblem(
        name="stated",
        states=("x",),
        controls=tuple(f"u{i}" for i in range(controls)),
        dynamics=dynamics or (lambda x, u, t, p: [0 * x[0]]),
        running_cost=cost,
        initial_state={"x": 0.0},
        **more,
    )


def test_the_hamiltonian_and_its_derivatives() -> None:
    """H = u² + uv + 2v² + t x + λ₁(u x + t) + λ₂ k y v."""
    problem = OptimalControlProblem(
        name="two",
        states=("x", "y"),
        controls=("u", "v"),
        dynamics=lambda x, u, t, p: [u[0] * x[0] + t, p[0] * x[1] * u[1]],
        running_cost=lambda x, u, t, p: u[0] ** 2 + u[0] * u[1] + 2 * u[1] ** 2 + t * x[0],
        initial_state={"x": 0.0, "y": 0.0},
        parameters={"k": 3.0},
    )
    rng = np.random.default_rng(0)
    (x, y), (u, v), (a, b) = values = rng.normal(size=(3, 2, 6))
    path = along(
        problem, (0.5, 0.7), parameters=np.array([3.0]), states=values[0], controls=values[1], costates=values[2]
    )
    t = path.times.ravel()
    found = path.hamiltonian()
    cost, rates = u**2 + u * v + 2 * v**2 + t * x, (u * x + t, 3 * y * v)
    np.testing.assert_allclose(found.value, cost + a * rates[0] + b * rates[1], rtol=1e-12)
    np.testing.assert_allclose(found.by_time, x + a, rtol=1e-12)
    np.testing.assert_allclose(found.by_control, np.stack([2 * u + v + a * x, u + 4 * v + 3 * b * y], 1), rtol=1e-12)
    np.testing.assert_allclose(found.curvature, np.tile([[2.0, 1.0], [1.0, 4.0]], (6, 1, 1)), rtol=1e-12)
    terms = np.abs(cost) + np.abs(a * rates[0]) + np.abs(b * rates[1])
    assert path.largest_terms() == pytest.approx(terms.max(), rel=1e-12)
    taller = Along(**({name: getattr(path, name) for name in Along.__slots__} | {"idle_height": 1e3}))
    assert taller.largest_terms() == 1e3
    np.testing.assert_array_equal(path.arguments(2 * values[1])[1], 2 * values[1])


@pytest.mark.parametrize("power", [1, 2, 3])
def test_a_cost_that_is_a_power_of_the_time_does_not_drift(power: int) -> None:
    """∂H/∂t of three points is integrated as the parabola through them."""
    problem = stated(lambda x, u, t, p: t**power + 0 * x[0])
    assert hamiltonian_drift(along(problem, (0.6, 0.1, 0.9))) == pytest.approx(0.0, abs=1e-15)


def test_a_cost_that_swings_drifts_by_the_fourth_power_of_the_intervals() -> None:
    problem = stated(lambda x, u, t, p: ca.cos(40 * t) + 0 * x[0])
    coarse, fine = (hamiltonian_drift(along(problem, np.full(count, 2 / count))) for count in (40, 80))
    assert coarse < 0.01
    assert np.log2(coarse / fine) == pytest.approx(4.0, abs=0.3)


def test_the_drift_is_a_deviation_from_the_mean_over_time() -> None:
    """H = x, at 1 for a time of 0.3 and at 2 for 0.9: it deviates by √(¼ · ¾), unless it may grow so."""
    problem = stated(lambda x, u, t, p: x[0])
    heights = np.repeat([[1.0], [2.0]], 3, axis=1)
    path = along(problem, (0.3, 0.9), states=heights.reshape(1, -1))
    assert hamiltonian_drift(path) == pytest.approx(np.sqrt(3) / 4 / 2, rel=1e-12)
    assert hamiltonian_drift(path, heights - 1) == pytest.approx(0.0, abs=1e-15)
    assert hamiltonian_drift(path, 1 - heights) == pytest.approx(np.sqrt(3) / 2 / 2, rel=1e-12)
    idle = along(stated(lambda x, u, t, p: 0 * x[0]), (0.3, 0.9))
    assert hamiltonian_drift(idle) == 0.0
    assert hamiltonian_drift(idle, 2 * heights) == pytest.approx(np.sqrt(3) / 2, rel=1e-12)


# The cost of controls, their bounds, the controls chosen, and what the best others save.
GAPS: dict[str, tuple[Any, Any, list[float], float]] = {
    "Newton's step": (lambda u: u[0] ** 2 - 4 * u[0], {}, [0.5], 2.25),
    "Newton's step to a bound": (lambda u: u[0] ** 2 - 4 * u[0], {"u0": (-np.inf, 1.0)}, [0.0], 3.0),
    "at a bound that the cost pushes against": (lambda u: u[0] ** 2 + 4 * u[0], {"u0": (0.0, np.inf)}, [0.0], 0.0),
    "off a bound": (lambda u: u[0] ** 2 - 4 * u[0], {"u0": (0.0, np.inf)}, [0.0], 4.0),
    # Newton's step in both would lead to (−2, 2), and over the bound to (0, 2), which saves nothing.
    "held below": (lambda u: (u[0] + 1) ** 2 + u[0] * u[1] + (u[1] - 1) ** 2, {"u0": (0.0, np.inf)}, [0.0, 0.0], 1.0),
    "held above": (lambda u: (u[0] - 1) ** 2 + u[0] * u[1] + (u[1] + 1) ** 2, {"u0": (-np.inf, 0.0)}, [0.0, 0.0], 1.0),
    "concave, to an end": (lambda u: -(u[0] ** 2), {"u0": (-2.0, 1.0)}, [0.5], 3.75),
    # By one size: from ½ to 3/2, and on top of it either way.
    "concave, without bounds": (lambda u: -(u[0] ** 2), {}, [0.5], 2.0),
    "on top of it": (lambda u: -(u[0] ** 2) + u[1] ** 2, {}, [0.0, 0.0], 1.0),
    "on top of it, at a bound": (lambda u: -(u[0] ** 2), {"u0": (0.0, np.inf)}, [0.0], 1.0),
    "on top of a saddle": (lambda u: 4 * u[0] * u[1], {}, [0.0, 0.0], 2.0),
    # In u₀ + u₁ convex, in u₀ − u₁ concave: from (2, 1) to (½, −½).
    "convex in one direction": (lambda u: (u[0] + u[1]) ** 2 - (u[0] - u[1]) ** 2, {}, [2.0, 1.0], 9.0),
    "one of the grid": (lambda u: -ca.exp(-50 * (u[0] - 5) ** 2), {"u0": (0.0, 16.0)}, [12.0], 1.0),
    "between two of the grid": (lambda u: -ca.exp(-200 * (u[0] - 5.5) ** 2), {"u0": (0.0, 16.0)}, [12.0], 0.0),
    "one slope without end": (lambda u: -ca.sqrt(u[0]), {"u0": (0.0, 4.0)}, [0.0], 2.0),
    "a corner of two": (lambda u: -u[0] * u[1], {"u0": (-1.0, 2.0), "u1": (-1.0, 2.0)}, [0.0, 0.0], 4.0),
    "another corner": (lambda u: u[0] * u[1], {"u0": (-1.0, 2.0), "u1": (-3.0, 2.0)}, [0.0, 0.0], 6.0),
    "a corner of four": (
        lambda u: -u[0] * u[1] * u[2] * u[3],
        {f"u{i}": (0.0, 2.0) for i in range(4)},
        [0.0] * 4,
        16.0,
    ),
    # Corners of five would be thirty-two.
    "no corner of five": (
        lambda u: -u[0] * u[1] * u[2] * u[3] * u[4],
        {f"u{i}": (0.0, 2.0) for i in range(5)},
        [0.0] * 5,
        0.0,
    ),
}


@pytest.mark.parametrize("name", GAPS)
def test_what_other_controls_would_save(name: str) -> None:
    cost, bounds, chosen, saved = GAPS[name]
    problem = stated(lambda x, u, t, p: cost(u), len(chosen), control_bounds=bounds)
    controls = np.tile(np.array(chosen)[:, None], (1, 6))
    gap = minimum_gap(along(problem, (0.5, 2.0), controls=controls))
    np.testing.assert_allclose(gap, saved * np.array([0.5, 2.0]), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("units", [(1e-9, 1.0), (1e9, 1e-9), (1e-12, 1e12)])
def test_what_they_would_save_is_the_same_in_all_units(units: tuple[float, float]) -> None:
    """Curvatures of controls whose units are far apart: both count, in Newton's step and on top of H."""
    first, second = units
    controls = np.tile(np.array([[0.5 * first], [0.0]]), (1, 6))
    for bend, saved in ((1.0, 2.25), (-1.0, 3.25)):
        problem = stated(
            lambda x, u, t, p, bend=bend: (u[0] / first) ** 2 - 4 * u[0] / first + bend * (u[1] / second) ** 2, 2
        )
        gap = minimum_gap(along(problem, (0.5, 2.0), controls=controls, control_sizes=np.array(units)))
        # Each way is tried by itself.
        np.testing.assert_allclose(gap, min(saved, 2.25) * np.array([0.5, 2.0]), rtol=1e-9)
        level = np.tile(np.array([[2.0 * first], [0.0]]), (1, 6))
        gap = minimum_gap(along(problem, (0.5, 2.0), controls=level, control_sizes=np.array(units)))
        np.testing.assert_allclose(gap, (saved - 2.25) * np.array([0.5, 2.0]), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("unit", [1.0, 1e-12, 1e12])
def test_a_control_that_is_held_says_nothing_of_the_others(unit: float) -> None:
    """u0 is pushed against its bound, and u1 is on top of cos u1: off it H falls, in all units of the cost."""
    problem = stated(lambda x, u, t, p: unit * (ca.cos(u[1]) - u[0]), 2, control_bounds={"u0": (0.0, 1.0)})
    controls = np.tile(np.array([[1.0], [0.0]]), (1, 6))
    gap = minimum_gap(along(problem, (0.5, 2.0), controls=controls, control_sizes=np.ones(2)))
    np.testing.assert_allclose(gap / unit, (1 - np.cos(1)) * np.array([0.5, 2.0]), rtol=1e-9)


@pytest.mark.parametrize(
    ("chosen", "size", "limit", "saved"),
    [
        # H = u² + 2u on a grid of quarters, and u ≥ 0: from ½ to 0.
        (0.5, 1.0, 0.0, 1.25),
        # What violates the constraint no more than the control itself counts, and rounding: 1e-9 of its size.
        (-0.5, 1.0, 0.0, 0.0),
        (-0.6, 1.0, 0.0, 0.0),
        (0.5, 1.0, 9e-10, 1.25),
        (0.5, 1.0, 2e-9, 1.25 - 0.5625),
        (0.5, 4.0, 3e-9, 1.25),
    ],
)
def test_only_controls_that_path_constraints_allow_are_tried(
    chosen: float, size: float, limit: float, saved: float
) -> None:
    problem = stated(
        lambda x, u, t, p: u[0] ** 2 + 2 * u[0],
        control_bounds={"u0": (-2.0, 2.0)},
        path_constraints=[
            PathConstraint(lambda x, u, t, p: -u[0], upper=-limit),
            PathConstraint(lambda x, u, t, p: u[0], lower=-7.0),
        ],
    )
    path = along(problem, (1.0,), controls=np.full((1, 3), chosen), path_sizes=np.array([size, size]))
    np.testing.assert_allclose(minimum_gap(path), saved, rtol=1e-9, atol=1e-12)


def test_without_controls_nothing_is_saved() -> None:
    problem = stated(lambda x, u, t, p: x[0] ** 2, 0)
    np.testing.assert_array_equal(minimum_gap(along(problem, (1.0, 2.0))), [0.0, 0.0])


TIMES = np.array([1.0, 1.4, 2.0])


def test_a_path_is_sampled_at_gauss_points_with_its_costates_slopes() -> None:
    """l = k x u + t x + x²/2 at u = x = t: λ' = −(k + 2) t, and λ = −(k + 2) t²/2 is a cubic of its ends."""
    problem = stated(
        lambda x, u, t, p: p[0] * x[0] * u[0] + t * x[0] + x[0] ** 2 / 2,
        parameters={"k": 3.0},
        control_bounds={"u0": (-9.0, 1.9)},
    )
    ends = np.stack([TIMES[:-1], TIMES[1:]], axis=1)
    known = solution(
        TIMES,
        TIMES[:, None],
        ends[:, :, None],
        (0.0, 1.0),
        slopes=np.ones((2, 2, 1)),
        interval_costates=(-2.5 * ends**2)[:, :, None],
        parameters={"k": 3.0},
    )
    path = sample_along(problem, known)
    t = path.times.ravel()
    np.testing.assert_allclose(path.times, TIMES[:-1, None] + np.diff(TIMES)[:, None] * NODES, rtol=1e-14)
    np.testing.assert_allclose(path.weights, np.diff(TIMES)[:, None] * SHARES, rtol=1e-14)
    np.testing.assert_allclose(path.states[0], t, rtol=1e-13)
    np.testing.assert_allclose(path.controls[0], np.minimum(t, 1.9), rtol=1e-13)
    np.testing.assert_allclose(path.costates[0], -2.5 * t**2, rtol=1e-13)
    np.testing.assert_array_equal(path.parameters, [3.0])
    assert sample_along(problem, known, 5).times.shape == (2, 5)


@pytest.mark.parametrize(("points", "last"), [((0.25, 0.75), 1), ((0.25, 0.75, 1.0), 1), ((0.25, 0.75), 0)])
def test_costates_of_stages_are_a_polynomial(points: tuple[float, ...], last: int) -> None:
    """Through both ends and the stages inside: t³ exactly. Where controls have other points, the stages say nothing."""
    problem = stated(lambda x, u, t, p: 0 * x[0])
    at = TIMES[:-1, None] + np.diff(TIMES)[:, None] * np.array(points)
    inner = at**3
    inner[:, np.array(points) == 1.0] = 77.0
    controls = points if last else (0.5,)
    known = solution(
        TIMES,
        np.ones((3, 1)),
        np.zeros((2, len(controls), 1)),
        controls,
        interval_costates=(np.stack([TIMES[:-1], TIMES[1:]], axis=1) ** 3)[:, :, None],
        inner_points=np.array(points),
        inner_states=np.ones((2, len(points), 1)),
        inner_costates=inner[:, :, None],
    )
    path = sample_along(problem, known)
    cubes = path.times.ravel() ** 3
    if last:
        np.testing.assert_allclose(path.costates[0], cubes, rtol=1e-13)
    else:
        # λ' = −∂H/∂x = 0 at both ends: s²(3 − 2s) between them.
        left, right = TIMES[:-1, None] ** 3, TIMES[1:, None] ** 3
        blend = NODES**2 * (3 - 2 * NODES)
        np.testing.assert_allclose(path.costates[0], (left + blend * (right - left)).ravel(), rtol=1e-13)


def test_costates_on_a_kink_of_the_cost_are_straight() -> None:
    """|x| holds x at zero, where any slope of λ between −1 and 1 will do."""
    problem = stated(lambda x, u, t, p: ca.fabs(x[0]))
    known = solution(
        TIMES,
        np.zeros((3, 1)),
        np.zeros((2, 1, 1)),
        (0.5,),
        interval_costates=np.array([[[0.0], [1.0]], [[1.0], [3.0]]]),
    )
    np.testing.assert_allclose(sample_along(problem, known).costates[0], [*NODES, *(1 + 2 * NODES)], rtol=1e-14)


@pytest.mark.parametrize(("cost", "height"), [(0.0, 4.0), (2.0, 0.0)])
def test_where_the_cost_is_nearly_zero_what_it_changes_by_is_the_measure(cost: float, height: float) -> None:
    """l = 4x at x = 1 changes by 4 when x does by its size; a stated cost of zero leaves only that."""
    problem = stated(lambda x, u, t, p: 4 * x[0] + 0 * u[0])
    known = solution(TIMES, np.ones((3, 1)), np.zeros((2, 1, 1)), (0.5,), cost=cost)
    assert sample_along(problem, known).idle_height == pytest.approx(height, rel=1e-12)


def test_how_multipliers_are_shared_out_inside_an_interval_is_no_gap() -> None:
    """Along its bound the integrator's costate is zero, and the solver's goes to and fro by an interval's length.

    Were it a tenth all along, the control would be wrong by that, and is told.
    """
    classic = load("integrator-state-bound")
    problem = classic.build()
    found = solve(problem, DirectCollocation(control="constant"), classic.mesher(30), effort="once")
    assert found.certificate is not None
    assert found.certificate["minimum in u"].value < 1e-4
    plain = sample_along(problem, found)
    assert np.sum(minimum_gap(replace(plain, even_costates=None))) > 3e-3
    shifted = replace(found, interval_costates=found.interval_costates + 0.1, inner_costates=found.inner_costates + 0.1)
    # The arc is one of three units of time, and down is what pays there; known to a tenth of an interval's length.
    assert np.sum(minimum_gap(sample_along(problem, shifted))[10:20]) == pytest.approx(0.1, abs=0.01)


def test_off_their_bounds_costates_are_as_they_are() -> None:
    problem = stated(lambda x, u, t, p: u[0] ** 2 + x[0], dynamics=lambda x, u, t, p: [u[0]])
    found = solve(problem, mesh=Mesh.uniform(4), effort="once")
    assert sample_along(problem, found).even_costates is None
