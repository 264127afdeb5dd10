"""Controls that are angles: a solver may end on another turn in every interval, and means the same."""

import math
from dataclasses import replace
from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import (
    DirectCollocation,
    FreeTime,
    Link,
    Mesh,
    MultiPhaseProblem,
    MultipleShooting,
    OptimalControlProblem,
    refine,
    solve,
)
from geodepth.control.solvers.turned_angles import TURN, without_turns
from geodepth.control.verification.belonging import as_solved


def crossing(name: str = "crossing", **changes: Any) -> OptimalControlProblem:
    """A boat across a river that is fastest in the middle, by its heading, in least time; its rudder costs a little."""
    stated: dict[str, Any] = {
        "name": name,
        "states": ("x", "y"),
        "controls": ("heading", "trim"),
        "dynamics": lambda x, u, t, p: [ca.cos(u[0]) - x[1] * (1 - x[1]), ca.sin(u[0]) + 0.1 * u[1]],
        "running_cost": lambda x, u, t, p: 1 + u[1] ** 2,
        "initial_state": {"x": 0.0, "y": 0.0},
        "final_state": {"x": 0.5, "y": 1.0},
        "final_time": FreeTime(1.0, 0.1, 10.0),
    }
    return OptimalControlProblem(**{**stated, **changes})


METHODS = [
    MultipleShooting(),
    MultipleShooting(control="linear"),
    DirectCollocation("radau", 3),
    DirectCollocation("gauss", 2),
]


@pytest.mark.parametrize("method", METHODS, ids=str)
@pytest.mark.parametrize(
    ("changes", "brought_back"),
    [
        ({}, True),
        # A little of the heading itself costs: another turn is another path.
        ({"running_cost": lambda x, u, t, p: 1 + u[1] ** 2 + 1e-4 * u[0] ** 2}, False),
        # No other turn is allowed.
        ({"control_bounds": {"heading": (-math.pi, 2 * math.pi)}}, False),
    ],
    ids=["angle", "no angle", "bounds"],
)
def test_whole_turns_are_taken_back(method: Any, changes: dict[str, Any], brought_back: bool) -> None:
    problem = crossing(**changes)
    there = as_solved(problem, solve(problem, method, Mesh.uniform(12), guess={"heading": 1.0}, effort="once"))
    t, random = there.transcription, np.random.default_rng(1)
    states, carried, controls = t.layout.split(there.iterate.variables)
    turned = controls.copy()
    turned[..., 0] += TURN * random.integers(-3, 4, controls.shape[:2])
    turned[..., 1] += TURN * random.integers(-3, 4, controls.shape[:2])
    turned[0, 0] = controls[0, 0]
    inner = t.layout.inner_states(there.iterate.variables)
    iterate = replace(there.iterate, variables=t.layout.join(states, carried, turned, inner))
    found = t.layout.split(without_turns(t, iterate, there.parameters).variables)[2]
    assert found[..., 1] == pytest.approx(turned[..., 1], abs=1e-12), "the trim is no angle"
    # Where controls are linear, the path goes through what is between two turns.
    expected = controls if brought_back and method.control != "linear" else turned
    assert found[..., 0] == pytest.approx(expected[..., 0], abs=1e-12)


def test_an_angle_at_its_bounds_does_not_keep_another() -> None:
    """Two headings, one of them between −π and π."""
    problem = OptimalControlProblem(
        "two boats",
        ("x", "y"),
        ("a", "b"),
        lambda x, u, t, p: [ca.cos(u[0]), ca.sin(u[1])],
        running_cost=lambda x, u, t, p: x[0] ** 2 + x[1] ** 2,
        initial_state={"x": 1.0, "y": 1.0},
        control_bounds={"b": (-math.pi, math.pi)},
    )
    there = as_solved(problem, solve(problem, mesh=Mesh.uniform(4), effort="once"))
    t = there.transcription
    states, carried, controls = t.layout.split(there.iterate.variables)
    controls[:, 0] = [[1.0, 3.0], [1.2 + TURN, -3.0], [1.4, 3.0], [1.6 - TURN, -3.0]]
    iterate = replace(there.iterate, variables=t.layout.join(states, carried, controls))
    found = t.layout.split(without_turns(t, iterate, there.parameters).variables)[2][:, 0]
    assert found == pytest.approx(np.array([[1.0, 3.0], [1.2, -3.0], [1.4, 3.0], [1.6, -3.0]]), abs=1e-12)


def test_a_heading_that_sweeps_round_between_nodes_stays() -> None:
    """x' = cos h along h = 8t, four radians in each of two intervals: no whole turn may be taken off."""
    problem = OptimalControlProblem(
        "swept",
        ("x",),
        ("h",),
        lambda x, u, t, p: [ca.cos(u[0])],
        running_cost=lambda x, u, t, p: 2 - 2 * ca.cos(u[0] - 8 * t),
        initial_state={"x": 0.0},
    )
    method = MultipleShooting(control="linear")
    solution = solve(problem, method, Mesh.uniform(2), guess={"h": (0.0, 8.0)}, effort="once")
    assert solution.cost == pytest.approx(0.0, abs=1e-10)


@pytest.mark.parametrize("most", [10.0, 1e6, 1e10])
@pytest.mark.parametrize("fast", [1.0, 1e12])
def test_a_large_control_is_no_angle_in_any_units(most: float, fast: float) -> None:
    """Least time to rest: the control jumps by many turns, one of which changes little beside another rate."""
    problem = OptimalControlProblem(
        name="to rest",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [fast * x[1], u[0] / most],
        terminal_cost=lambda x, t, p: t,
        initial_state={"x": 0.0, "v": 0.0},
        final_state={"x": fast, "v": 0.0},
        control_bounds={"u": (-most, most)},
        final_time=FreeTime(1.0, 0.1, 20.0),
    )
    solution = solve(problem, effort="once")
    assert solution.cost == pytest.approx(2.0, rel=1e-6)
    # It switches on a node.
    np.testing.assert_allclose(np.abs(solution.control("u")), most, rtol=1e-5)


def test_phases_are_brought_together_each() -> None:
    begin, end = FreeTime(1.0, 0.1, 10.0), FreeTime(2.0, 0.1, 10.0)
    halves = (
        crossing("out", final_state={"y": 0.5}),
        crossing("back", initial_state=None, initial_time=begin, final_time=end),
    )
    problem = MultiPhaseProblem("river", halves, (Link("out", "back"),))
    solution = solve(problem, guess={"heading": 1.0}, effort="once")
    for phase in solution.phases.values():
        assert np.max(np.abs(np.diff(phase.controls[:, 0]))) < math.pi
    assert solution.cost == pytest.approx(solve(crossing(), guess={"heading": 1.0}).cost, rel=1e-3)


def test_a_thrust_that_turns_round_is_refined() -> None:
    """Earth to Mars in least time by a thrust of free direction (Bryson and Ho, 2.5)."""
    problem = OptimalControlProblem(
        name="to Mars",
        states=("r", "u", "v"),
        controls=("angle",),
        dynamics=lambda x, u, t, p: [
            x[1],
            x[2] ** 2 / x[0] - 1 / x[0] ** 2 + 0.1405 * ca.sin(u[0]) / (1 - 0.07487 * t),
            -x[1] * x[2] / x[0] + 0.1405 * ca.cos(u[0]) / (1 - 0.07487 * t),
        ],
        terminal_cost=lambda x, t, p: t,
        initial_state={"r": 1.0, "u": 0.0, "v": 1.0},
        final_state={"r": 1.525, "u": 0.0, "v": 1 / math.sqrt(1.525)},
        final_time=FreeTime(3.0, 0.5, 10.0),
    )
    solution = refine(problem)
    assert solution.certificate is not None
    assert solution.certificate.holds, str(solution.certificate)
    assert solution.cost == pytest.approx(3.31930845, rel=1e-7)
    assert np.max(np.abs(np.diff(solution.control_values.ravel()))) < math.pi
