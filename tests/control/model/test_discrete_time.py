"""A problem in discrete time as it is stated: time counts the steps; what cannot be meant is refused in one line."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import casadi as ca
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.control import (
    DirectCollocation,
    FreeTime,
    IntegralConstraint,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    ProblemError,
    find_structure,
    refine,
    solve,
)
from geodepth.control.refinement.phases.arcs_as_phases import arcs_as_phases

GOOD: dict[str, Any] = {
    "states": ("x", "v"),
    "controls": ("u",),
    "x_next": lambda x, u, t, p: [x[0] + x[1], x[1] + u[0]],
    "steps": 6,
    "running_cost": lambda x, u, t, p: x[0] ** 2 + u[0] ** 2,
    "initial_state": {"x": 1.0, "v": 0.0},
}


def stated(**changes: Any) -> OptimalControlProblem:
    return OptimalControlProblem("walk", **GOOD | changes)


def test_time_counts_the_steps() -> None:
    """The sum of t from 0 to 5 is 15, from 10 on it is 75: whole, for functions that look a step up by its number."""
    summed: dict[str, Any] = {"states": ("s",), "controls": (), "x_next": lambda x, u, t, p: [x[0] + ca.floor(t)]}
    summed |= {"running_cost": None, "initial_state": {"s": 0.0}}
    for first, total in ((0.0, 15.0), (10.0, 75.0)):
        found = solve(stated(**summed, initial_time=first))
        assert found.state("s")[-1] == pytest.approx(total, abs=1e-9)
        np.testing.assert_array_equal(found.times, first + np.arange(7))
    # 49 · (1/49) is below 1 in doubles.
    assert solve(stated(**summed, steps=49)).state("s")[-1] == pytest.approx(48 * 49 / 2, abs=1e-9)


def test_costs_and_integrals_are_sums_and_rates_are_changes() -> None:
    """u = 0, 1, 2, … by a rate that is held at 1: the sum of u² of five steps is 30, and that of u is 10."""
    problem = OptimalControlProblem(
        "ramp",
        states=("x",),
        controls=("u",),
        x_next=lambda x, u, t, p: [x[0] + u[0]],
        steps=5,
        running_cost=lambda x, u, t, p: u[0] ** 2,
        initial_state={"x": 0.0, "u": 0.0},
        control_rate_bounds={"u": (1.0, 1.0)},
        integral_constraints=(IntegralConstraint(lambda x, u, t, p: u[0], 0.0, 100.0),),
    )
    found = solve(problem)
    assert found.cost == pytest.approx(30.0)
    np.testing.assert_allclose(found.state("u"), np.arange(6.0), atol=1e-12)
    np.testing.assert_allclose(found.state("integral_constraints[0]"), [0, 0, 1, 3, 6, 10], atol=1e-12)
    np.testing.assert_allclose(found.state("x"), [0, 0, 1, 3, 6, 10], atol=1e-12)


def test_other_numbers_go_with_the_same_steps() -> None:
    problem = stated(parameters={"g": 1.0})
    other = problem.with_values(initial_time=4.0, parameters={"g": 2.0})
    assert (other.initial_time, other.final_time, other.steps) == (4.0, 10.0, 6)
    with pytest.raises(ProblemError, match=r"final_time is 9.0, and with x_next time counts the 6 steps, here to 6"):
        problem.with_values(final_time=9.0)


BAD: tuple[tuple[dict[str, Any], str], ...] = (
    ({"x_next": lambda x, u, t, p: [x[0] + x[1]]}, "x_next returns 1 values; it must return 2 .one for each of"),
    ({"dynamics": lambda x, u, t, p: [x[1], u[0]]}, "dynamics and x_next are both given; give a function, dynamics"),
    ({"x_next": None}, "neither dynamics nor x_next is given; give a function, dynamics for dx/dt or x_next"),
    ({"x_next": None, "dynamics": lambda x, u, t, p: [x[1], u[0]]}, "steps is 6, which goes with x_next"),
    ({"steps": None}, "x_next is given without steps; give steps=N"),
    ({"final_time": FreeTime(5.0, 1.0, 9.0)}, "final_time is free, and with x_next time counts the 6 steps"),
    ({"initial_time": FreeTime(0.0, -1.0, 0.5)}, "initial_time is free, and with x_next time counts the 6 steps"),
    ({"final_time": 2.5}, "final_time is 2.5, and with x_next time counts the 6 steps, here to 6; leave it out"),
    ({"final_time": "soon"}, "final_time is 'soon'; give a finite number"),
    ({"final_time": np.array([1.0, 6.0])}, "final_time is array"),
    ({"x_next": 3.0}, "x_next is 3.0; give a function"),
    ({"x_next": lambda x, u, t, p: [math.nan, x[1]]}, "x_next holds the constant NaN"),
    ({"x_next": lambda x, u, t: [x[0], x[1]]}, "x_next cannot be called with 4 arguments"),
)


@pytest.mark.parametrize(("changes", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_what_cannot_be_meant_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ProblemError, match=message) as raised:
        stated(**changes)
    assert "\n" not in str(raised.value)


WHOLE = st.one_of(st.integers(-5, 0), st.integers(1_000_001, 10**12))


@given(steps=st.one_of(WHOLE, st.floats(), st.booleans(), st.text(max_size=3)))
@settings(max_examples=40, deadline=None)
def test_steps_are_a_whole_number(steps: Any) -> None:
    with pytest.raises(ProblemError, match=r"^steps is .*; give a whole number from 1 to 1000000") as raised:
        stated(steps=steps)
    assert "\n" not in str(raised.value)


CONTINUOUS = OptimalControlProblem(
    "drive", states=("x",), controls=("u",), dynamics=lambda x, u, t, p: [u[0]], initial_state={"x": 0.0}
)
CALLS: dict[str, tuple[Callable[[], Any], str]] = {
    "rk4": (
        lambda: solve(stated(), MultipleShooting()),
        r"method is multiple shooting, RK4, and 'walk' states x_next, which nothing integrates; choose Multiple.*'map'",
    ),
    "cvodes": (lambda: solve(stated(), MultipleShooting("cvodes")), "CVODES, and 'walk' states x_next, which nothing"),
    "collocation": (lambda: solve(stated(), DirectCollocation()), "direct collocation, .* which nothing integrates"),
    "map of a rate": (
        lambda: solve(CONTINUOUS, MultipleShooting("map")),
        "the map x_next, and 'drive' states dynamics; choose MultipleShooting",
    ),
    "linear": (lambda: solve(stated(), MultipleShooting("map", control="linear")), "a step of x_next has one control"),
    "stages": (lambda: MultipleShooting("map", control="stages"), "control is 'stages', which the map x_next does not"),
    "mesh": (
        lambda: solve(stated(), mesh=Mesh.uniform(12)),
        r"mesh is Mesh\(12 intervals, uniform\), and 'walk' takes 6 steps, .* out, or give Mesh.uniform\(6\)",
    ),
    "graded": (lambda: solve(stated(), mesh=Mesh.graded(6, 2.0)), "'walk' takes 6 steps, an interval each"),
    "refine": (lambda: refine(stated()), "refine: 'walk' is stated by x_next, whose steps are no mesh that could be"),
    "phases": (
        lambda: arcs_as_phases(stated(), find_structure(stated(), solve(stated()))),
        "'walk' is stated by x_next, whose switches cannot move between steps",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_does_not_go_with_a_map_is_refused(name: str) -> None:
    call, message = CALLS[name]
    with pytest.raises(ProblemError, match=message) as raised:
        call()
    assert "\n" not in str(raised.value)


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_a_random_linear_map_with_one_fault_is_refused_in_one_line(data: st.DataObject) -> None:
    """A good problem of n states is solved; each fault of the family ends in one line that names an argument."""
    draw = data.draw
    states, controls, steps = draw(st.integers(1, 4)), draw(st.integers(0, 2)), draw(st.integers(1, 5))
    matrix = np.random.default_rng(draw(st.integers(0, 99))).normal(size=(states, states + controls))
    good: dict[str, Any] = {
        "states": [f"x{i}" for i in range(states)],
        "controls": [f"u{i}" for i in range(controls)],
        "x_next": lambda x, u, t, p: ca.mtimes(matrix, ca.vertcat(x, u)),
        "steps": steps,
        "running_cost": lambda x, u, t, p: ca.sumsqr(ca.vertcat(x, u)),
        "initial_state": {f"x{i}": 1.0 for i in range(states)},
    }
    row = draw(st.integers(0, states - 1))
    faults: list[tuple[str, dict[str, Any]]] = [
        ("x_next", {"x_next": lambda x, u, t, p: ca.mtimes(matrix, ca.vertcat(x, u))[:row]}),
        ("x_next", {"x_next": lambda x, u, t, p: ca.vertcat(ca.mtimes(matrix, ca.vertcat(x, u)), 0.0)}),
        ("x_next", {"dynamics": good["x_next"]}),
        ("steps", {"steps": steps + draw(st.floats(0.01, 0.99))}),
        ("final_time", {"final_time": FreeTime(float(steps), 0.5, 99.0)}),
        ("final_time", {"final_time": steps + draw(st.floats(0.01, 0.99)) + 1.0}),
        ("path_constraints[0]", {"path_constraints": (PathConstraint(lambda x, u, t, p: x[row], 2.0, 1.0),)}),
    ]
    named, fault = draw(st.sampled_from(faults))
    assert solve(OptimalControlProblem("good", **good), effort="once").success
    with pytest.raises(ProblemError) as raised:
        OptimalControlProblem("bad", **good | fault)
    assert str(raised.value).count("\n") == 0
    assert named in str(raised.value)
