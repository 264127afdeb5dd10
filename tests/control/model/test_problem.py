"""A problem is checked when it is stated: one clear error that names what is wrong."""

from __future__ import annotations

import math
from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import (
    BoundaryConstraint,
    FreeParameter,
    FreeTime,
    Mesh,
    OptimalControlProblem,
    PathConstraint,
    ProblemError,
    solve,
)

GOOD: dict[str, Any] = {
    "name": "p",
    "states": ("x", "v"),
    "controls": ("u",),
    "dynamics": lambda x, u, t, p: [x[1], u[0]],
}
STRAY = ca.SX.sym("x_0")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"states": ()}, "states is empty"),
        ({"states": "xv"}, "sequence of non-empty names"),
        ({"states": ("x", "x")}, "'x' is used twice"),
        ({"states": ("x", "u")}, "'u' is used twice"),
        ({"dynamics": lambda x, u, t, p: [x[1]]}, "dynamics returns 1 values; it must return 2"),
        ({"dynamics": lambda x, u: [x[1], u[0]]}, "cannot be called with 4 arguments"),
        ({"dynamics": None}, "give a function"),
        ({"dynamics": lambda x, u, t, p: [x[1], STRAY]}, "'x_0', which is not one of its arguments"),
        ({"dynamics": lambda x, u, t, p: [x[1], "up"]}, "dynamics"),
        ({"dynamics": lambda x, u, t, p: [x[5], u[0]]}, "dynamics"),
        ({"running_cost": lambda x, u, t, p: x}, "running_cost returns 2 values"),
        ({"initial_state": {"y": 0.0}}, "initial_state names 'y'"),
        ({"initial_state": {"x": float("nan")}}, "give a finite number"),
        ({"state_bounds": {"x": (1.0, -1.0)}}, "lower bound must not exceed"),
        ({"state_bounds": {"x": 3.0}}, "give a pair"),
        ({"control_bounds": {"w": (0.0, 1.0)}}, "control_bounds names 'w'"),
        ({"initial_state": {"x": 2.0}, "state_bounds": {"x": (-1.0, 1.0)}}, "outside state_bounds"),
        ({"final_time": 0.0}, "must come after"),
        ({"final_time": "soon"}, "give a finite number"),
        ({"parameters": {"m": "heavy"}}, "give a finite number"),
        ({"path_constraints": (PathConstraint(lambda x, u, t, p: x[0]),)}, "neither a lower nor an upper bound"),
        ({"path_constraints": (PathConstraint(lambda x, u, t, p: x[0], 2.0, 1.0),)}, "must not exceed"),
        (
            {"boundary_constraints": (BoundaryConstraint(lambda x0, xf, t0, tf, p: xf, [0.0] * 3, 1.0),)},
            "do not fit its 2 expressions",
        ),
    ],
)
def test_a_bad_problem_is_refused_with_its_reason(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError) as error:
        OptimalControlProblem(**(GOOD | change))
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_bad_guesses_of_free_quantities_are_refused() -> None:
    with pytest.raises(ProblemError, match="within its bounds"):
        FreeTime(guess=5.0, upper=1.0)
    with pytest.raises(ProblemError, match="within its bounds"):
        FreeParameter(guess=float("nan"))


def test_a_function_that_needs_mx_falls_back_to_it() -> None:
    """A lookup table exists for MX only: x' = table(x) with table(x) = 2x on its grid."""
    table = ca.interpolant("table", "linear", [[-10.0, 10.0]], [-20.0, 20.0])
    problem = OptimalControlProblem(
        name="table", states=("x",), controls=(), dynamics=lambda x, u, t, p: table(x), initial_state={"x": 1.0}
    )
    solution = solve(problem, mesh=Mesh.uniform(40))
    # RK4 on x' = 2x: the error of 40 steps of h = 1/40 is e²·2⁵h⁴/120 ≈ 8e-7 relative to e².
    assert solution.states[-1, 0] == pytest.approx(np.exp(2.0), rel=1e-6)


def test_parameters_and_boundary_constraints_reach_the_program() -> None:
    """x' = v, v' = −ω²x with free ω, at rest again after unit time: ω = 2π, the multiple of π in its bounds."""
    problem = OptimalControlProblem(
        name="orbit",
        states=("x", "v"),
        controls=(),
        dynamics=lambda x, u, t, p: [x[1], -(p[0] ** 2) * x[0]],
        terminal_cost=lambda x, t, p: p[1] * p[0],
        initial_state={"x": 1.0, "v": 0.0},
        boundary_constraints=(BoundaryConstraint(lambda x0, xf, t0, tf, p: xf[1] - x0[1], 0.0, 0.0),),
        parameters={"frequency": FreeParameter(6.0, 5.0, 7.0), "price": 2.0},
    )
    solution = solve(problem, mesh=Mesh.uniform(400), tolerance=1e-12)
    # RK4's relative phase error with h = 1/400 is (ωh)⁴/120 ≈ 5e-10.
    assert solution.parameters["frequency"] == pytest.approx(2 * np.pi, rel=1e-8)
    # The frequency is a variable at every node; its values agree to the tolerance.
    assert solution.cost == pytest.approx(2 * solution.parameters["frequency"], rel=1e-11)
    with pytest.raises(ProblemError, match="'fatrop' needs stages"):
        solve(problem, solver="fatrop")


@pytest.mark.parametrize("none", [1e19, 1e20, 1e30])
def test_bounds_that_stand_for_none_are_none(none: float) -> None:
    """Wherever bounds are given, magnitudes of 1e19 and more mean that there is none."""
    problem = OptimalControlProblem(
        name="unbounded",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [p[0] * u[0]],
        initial_state={"x": 0.0},
        state_bounds={"x": (-none, 2.0)},
        control_bounds={"u": (-none, none)},
        path_constraints=[PathConstraint(lambda x, u, t, p: x[0] + u[0], -none, 3.0)],
        boundary_constraints=[BoundaryConstraint(lambda x0, xf, t0, tf, p: xf[0] - x0[0], 1.0, none)],
        final_time=FreeTime(1.0, 0.5, none),
        parameters={"k": FreeParameter(1.0, -none, none)},
    )
    assert [side.tolist() for side in problem.bounds("states")] == [[-math.inf], [2.0]]
    assert [side.tolist() for side in problem.bounds("controls")] == [[-math.inf], [math.inf]]
    assert [side.tolist() for side in problem.functions.path_bounds] == [[-math.inf], [3.0]]
    assert [side.tolist() for side in problem.functions.boundary_bounds] == [[1.0], [math.inf]]
    assert [(n.lower, n.upper) for n in problem.free.values()] == [(-math.inf, math.inf), (0.5, math.inf)]


def test_a_bound_that_leaves_no_ordinary_number_is_refused() -> None:
    with pytest.raises(ProblemError, match="finite number must fit"):
        OptimalControlProblem(
            name="nowhere",
            states=("x",),
            controls=(),
            dynamics=lambda x, u, t, p: [0],
            state_bounds={"x": (1e20, 1e21)},
        )
