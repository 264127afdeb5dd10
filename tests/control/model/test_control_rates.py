"""Rates of controls: bounds and penalties in closed form, what the problem looks like then, and bad input."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    DirectCollocation,
    FreeTime,
    IntegralConstraint,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    ProblemError,
    Solution,
    solve,
)


def push(**changes: Any) -> OptimalControlProblem:
    """A mass from rest at 0 to rest at 1, by a force that starts and ends at 0."""
    given: dict[str, Any] = {
        "name": "push",
        "states": ("x", "v"),
        "controls": ("u",),
        "dynamics": lambda x, u, t, p: [x[1], u[0]],
        "initial_state": {"x": 0.0, "v": 0.0, "u": 0.0},
        "final_state": {"x": 1.0, "v": 0.0, "u": 0.0},
    }
    return OptimalControlProblem(**(given | changes))


def test_the_fastest_push_with_bounded_rate() -> None:
    """The rate is 1, −1, 1 over a quarter, a half and a quarter of T, which moves by T³/32."""
    problem = push(
        control_rate_bounds={"u": (-1.0, 1.0)}, final_time=FreeTime(5.0, 0.1, 20.0), terminal_cost=lambda x, t, p: t
    )
    solution = solve(problem, mesh=Mesh.uniform(40))
    assert isinstance(solution, Solution)
    # Both switches are nodes, and RK4 is exact on cubics.
    assert solution.cost == pytest.approx(32 ** (1 / 3), rel=1e-7)
    assert solution.state_names == ("x", "v", "u")
    assert solution.control_names == ("control_rate[u]",)


def test_the_smoothest_push() -> None:
    """The least ∫u'² from rest to rest is that of x = 10 t³ − 15 t⁴ + 6 t⁵: u' = 60 − 360 t + 360 t², 720 in all."""
    problem = push(control_rate_penalties={"u": 1.0})
    solution = solve(problem, DirectCollocation(), Mesh.uniform(5), tolerance=1e-10)
    assert isinstance(solution, Solution)
    assert solution.cost == pytest.approx(720.0, rel=1e-9)
    t = solution.times
    np.testing.assert_allclose(solution.state("u"), 60 * t - 180 * t**2 + 120 * t**3, atol=1e-7)


def test_a_penalty_adds_to_the_running_cost_and_functions_see_no_difference() -> None:
    """u stays a control to functions: its own cost, a constraint on it, and an integral of it."""
    given: dict[str, Any] = {
        "running_cost": lambda x, u, t, p: u[0] ** 2,
        "integral_constraints": (IntegralConstraint(lambda x, u, t, p: u[0] * x[1], -1.0, 1.0),),
        "control_bounds": {"u": (-5.0, 5.0)},
    }
    rated = push(control_rate_penalties={"u": 0.1}, **given)
    by_hand = OptimalControlProblem(
        name="by hand",
        states=("x", "v", "u"),
        controls=("rate",),
        dynamics=lambda x, u, t, p: [x[1], x[2], u[0]],
        running_cost=lambda x, u, t, p: x[2] ** 2 + 0.1 * u[0] ** 2,
        state_bounds={"u": (-5.0, 5.0)},
        integral_constraints=(IntegralConstraint(lambda x, u, t, p: x[2] * x[1], -1.0, 1.0),),
        initial_state={"x": 0.0, "v": 0.0, "u": 0.0},
        final_state={"x": 1.0, "v": 0.0, "u": 0.0},
    )
    costs = [solve(problem, mesh=Mesh.uniform(20), tolerance=1e-10).cost for problem in (rated, by_hand)]
    assert costs[0] == pytest.approx(costs[1], rel=1e-12)
    assert rated.states == ("x", "v", "u", "integral_constraints[0]")
    again = replace(rated, name="again")
    assert (again.states, again.controls) == (rated.states, rated.controls)
    assert (again.state_bounds, again.control_bounds) == (rated.state_bounds, rated.control_bounds)


def test_one_control_of_several_has_a_rate() -> None:
    problem = OptimalControlProblem(
        name="two",
        states=("x",),
        controls=("a", "b"),
        dynamics=lambda x, u, t, p: [u[0] + 10 * u[1]],
        running_cost=lambda x, u, t, p: u[0] ** 2 + u[1] ** 2,
        initial_state={"x": 0.0, "a": 0.0},
        final_state={"x": 1.0},
        control_rate_bounds={"a": (0.0, 0.0)},
    )
    # a stays 0, so 10 b = 1.
    solution = solve(problem, MultipleShooting(), Mesh.uniform(4))
    assert isinstance(solution, Solution)
    assert solution.control_names == ("control_rate[a]", "b")
    assert solution.cost == pytest.approx(0.01, rel=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"control_rate_bounds": {"x": (0, 1)}}, r"control_rate_bounds names 'x', which is not one of"),
        ({"control_rate_penalties": {"u": -1.0}}, r"control_rate_penalties\['u'\]"),
        ({"control_rate_bounds": {"u": 1.0}}, "u.*a pair of numbers"),
        ({"control_rate_bounds": [1]}, "control_rate_bounds"),
    ],
)
def test_bad_input_is_refused_in_a_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        push(**changes)


def test_a_delay_is_refused_with_what_to_do_instead() -> None:
    with pytest.raises(ProblemError, match=r"a delay cannot be stated: replace .* chain of lags.* BoundaryConstraint"):
        OptimalControlProblem(name="late", states=("x",), controls=(), dynamics=lambda x, u, t, p: [-x(t - 1)])
