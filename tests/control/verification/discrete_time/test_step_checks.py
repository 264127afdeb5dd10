"""The costates of a map are ∂H/∂x of its steps, whatever holds its states, and what was spoilt is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import (
    BoundaryConstraint,
    FreeParameter,
    OptimalControlProblem,
    PathConstraint,
    Solution,
    solve,
    verify,
)

WHOLE: dict[str, Any] = {
    "states": ("x", "v"),
    "controls": ("u",),
    "x_next": lambda x, u, t, p: [x[0] + 0.5 * x[1], x[1] + u[0] - 0.1 * x[1] * ca.fabs(x[1])],
    "steps": 12,
    "running_cost": lambda x, u, t, p: x[0] ** 2 + u[0] ** 2,
    "initial_state": {"x": 1.0, "v": 0.0},
}


def held(**more: Any) -> OptimalControlProblem:
    smooth = {"x_next": lambda x, u, t, p: [x[0] + 0.5 * x[1], x[1] + u[0] - 0.1 * x[1] ** 3]}
    return OptimalControlProblem("held", **WHOLE | smooth | more)


HELD = {
    "state bounds": held(state_bounds={"v": (-0.3, 0.3)}),
    "states alone": held(path_constraints=(PathConstraint(lambda x, u, t, p: x[0] * (1 + 0.1 * x[0]), 0.1, 9.0),)),
    "states and controls": held(path_constraints=(PathConstraint(lambda x, u, t, p: x[1] + 2 * u[0] + t, -0.2, 90.0),)),
    # On the last state and control together.
    "the end": held(
        path_constraints=(PathConstraint(lambda x, u, t, p: x[0] - 0.3 * u[0], -9.0, 3.0),),
        terminal_cost=lambda x, t, p: -(x[0] ** 2) / 3 - 20 * x[0],
        control_bounds={"u": (-40.0, 40.0)},
    ),
    "ends": held(
        boundary_constraints=(BoundaryConstraint(lambda x0, xf, t0, tf, p: x0[1] + xf[0] - 0.5, 0.0, 0.0),)
    ).with_values(initial_state={"v": (-1.0, 1.0)}),
    "given ends": held(final_state={"x": 0.5, "v": -0.2}),
}


@pytest.mark.parametrize("name", HELD)
def test_costates_are_slopes_of_the_hamiltonian(name: str) -> None:
    problem = HELD[name]
    found = solve(problem, tolerance=1e-11)
    certificate = verify(problem, found)
    assert certificate.holds, certificate
    assert certificate["costates"].value <= 1e-12
    assert certificate["costates"].limit == 1e-6
    assert certificate["re-simulation"].value <= 1e-12


def spoilt(found: Solution, name: str) -> Solution:
    array = np.array(getattr(found, name))
    array.flat[array.size // 2] += 1e-3
    return replace(found, **{name: array})  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "seen"), [("costates", "costates"), ("states", "re-simulation")])
def test_what_was_spoilt_is_denied(name: str, seen: str) -> None:
    problem = HELD["state bounds"]
    certificate = verify(problem, spoilt(solve(problem), name))
    assert seen in certificate.failures


def test_an_accuracy_below_the_solvers_counts() -> None:
    problem = HELD["given ends"]
    found = solve(problem, tolerance=1e-12)
    assert verify(problem, found, accuracy=1e-9).verdict == "verified to 1e-09"
    assert verify(problem, found).verdict == "verified to 1e-06"


def test_a_hamiltonian_need_not_be_least_in_discrete_time() -> None:
    """x_1 = u, with cost 2 x_1² − u²: the minimum u = 0 is the greatest H = λ u − u² there is, which is noted alone."""
    problem = OptimalControlProblem(
        "concave",
        states=("x",),
        controls=("u",),
        x_next=lambda x, u, t, p: [u[0]],
        steps=1,
        running_cost=lambda x, u, t, p: -(u[0] ** 2),
        terminal_cost=lambda x, t, p: 2 * x[0] ** 2,
        control_bounds={"u": (-1.0, 1.0)},
        initial_state={"x": 0.0},
    )
    found = solve(problem, guess={"u": 0.5})
    assert found.control("u")[0] == pytest.approx(0.0, abs=1e-8)
    certificate = verify(problem, found)
    assert certificate.holds
    assert certificate["minimum in u"].value > 0.5
    assert certificate["minimum in u"].verdict == "noted"


def test_kinks_of_a_map_are_told() -> None:
    """A path at rest is on the kink of |v| v, which is smooth there; |x| in the cost is replaced exactly."""
    problem = OptimalControlProblem(
        "kinked",
        **WHOLE | {"running_cost": lambda x, u, t, p: ca.fabs(x[0]) + u[0] ** 2, "control_bounds": {"u": (-0.5, 0.5)}},
    )
    certificate = verify(problem, solve(problem))
    assert certificate.holds, certificate
    assert certificate["costates"].verdict == "noted"
    assert "solved exactly" in certificate["exact kinks"].meaning


def test_a_free_parameter_of_a_map_that_runs_off_is_denied() -> None:
    """The cost e^{−p} of one parameter has no minimum."""
    problem = OptimalControlProblem(
        "endless",
        states=("x",),
        controls=("u",),
        x_next=lambda x, u, t, p: [x[0] + u[0]],
        steps=3,
        running_cost=lambda x, u, t, p: u[0] ** 2 + ca.exp(-p[0]),
        initial_state={"x": 0.0},
        parameters={"p": FreeParameter(1.0)},
    )
    found = solve(problem, raise_on_failure=False, effort="once", certify=False)
    assert "attained" in verify(problem, found).failures
