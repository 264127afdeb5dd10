"""Whether a problem is convex, on problems of which that is known."""

from typing import Any

import casadi as ca
import pytest

from geodepth.control import FreeTime, OptimalControlProblem, PathConstraint
from geodepth.control.problems import load
from geodepth.control.verification.convexity import is_convex


def stated(**changes: Any) -> OptimalControlProblem:
    given: dict[str, Any] = {
        "name": "d",
        "states": ("x", "v"),
        "controls": ("u",),
        "dynamics": lambda x, u, t, p: [x[1], p[0] * u[0] + ca.sin(t)],
        "running_cost": lambda x, u, t, p: p[0] * u[0] ** 2 + x[0] * x[1] + x[0] ** 2 + x[1] ** 2 + t**2,
        "parameters": {"weight": 2.0},
    }
    return OptimalControlProblem(**(given | changes))


CONVEX = ("double-integrator-energy", "linear-quadratic-regulator", "bryson-denham", "hypersensitive-linear")


@pytest.mark.parametrize("name", CONVEX)
def test_convex_problems_of_the_library(name: str) -> None:
    assert is_convex(load(name).build())


@pytest.mark.parametrize("name", ["cart-pole", "brachistochrone", "double-integrator-time", "hypersensitive"])
def test_other_problems_of_the_library(name: str) -> None:
    assert not is_convex(load(name).build())


def test_what_time_and_fixed_parameters_do_is_no_matter() -> None:
    assert is_convex(stated())


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": {"weight": -2.0}},
        {"running_cost": lambda x, u, t, p: x[0] * x[1]},
        {"running_cost": lambda x, u, t, p: -ca.fabs(x[0])},
        {"running_cost": lambda x, u, t, p: x[0] ** 4},
        {"dynamics": lambda x, u, t, p: [x[1], x[0] * u[0]]},
        {"path_constraints": [PathConstraint(lambda x, u, t, p: x[0] ** 2, upper=1.0)]},
        {"terminal_cost": lambda x, t, p: -(x[0] ** 2)},
        {"final_time": FreeTime(1.0, 0.5, 2.0)},
    ],
)
def test_what_is_not_convex_or_is_not_known_to_be(changes: dict[str, Any]) -> None:
    assert not is_convex(stated(**changes))
