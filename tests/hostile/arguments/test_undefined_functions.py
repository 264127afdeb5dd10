"""Functions that are undefined somewhere, in every place of a problem and for every back-end: a word, and an end."""

import math
from typing import Any

import casadi as ca
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.control import DirectCollocation, Mesh, MultipleShooting, OptimalControlProblem, PathConstraint, Status
from geodepth.control import solve as solved

# Each is undefined, or has an undefined slope, at 0 and for what is negative.
AT_ZERO = {
    "log": ca.log,
    "root": ca.sqrt,
    "inverse": lambda a: 1 / a,
    "norm": lambda a: ca.norm_2(ca.vertcat(a, a)),
    "power": lambda a: a**0.5,
    "overflow": lambda a: ca.exp(1e4 + a),
    "division": lambda a: ca.sin(a) / a,
}
PLACES = ("dynamics", "running_cost", "terminal_cost", "path_constraints")


def problem(name: str, place: str) -> OptimalControlProblem:
    """A double integrator from rest to rest, v = 0 at both ends, with the function of v in one place."""
    function = AT_ZERO[name]
    changes: dict[str, Any] = {
        "dynamics": {"dynamics": lambda x, u, t, p: [x[1], u[0] + function(x[1])]},
        "running_cost": {"running_cost": lambda x, u, t, p: u[0] ** 2 + function(x[1])},
        "terminal_cost": {"terminal_cost": lambda x, t, p: function(x[1])},
        "path_constraints": {"path_constraints": [PathConstraint(lambda x, u, t, p: function(x[1]), -1e3, 1e3)]},
    }
    given: dict[str, Any] = {
        "name": f"{name} in {place}",
        "states": ("x", "v"),
        "controls": ("u",),
        "dynamics": lambda x, u, t, p: [x[1], u[0]],
        "running_cost": lambda x, u, t, p: u[0] ** 2,
        "initial_state": {"x": 0.0, "v": 0.0},
        "final_state": {"x": 1.0, "v": 0.0},
    }
    return OptimalControlProblem(**(given | changes[place]))


@settings(derandomize=True, deadline=None, max_examples=40)
@given(
    name=st.sampled_from(sorted(AT_ZERO)),
    place=st.sampled_from(PLACES),
    solver=st.sampled_from(["ipopt", "sqp", "fatrop"]),
    method=st.sampled_from([MultipleShooting(), MultipleShooting("radau"), DirectCollocation()]),
)
def test_undefined_starts_are_told_of(name: str, place: str, solver: str, method: Any) -> None:
    stated = problem(name, place)
    found = solved(stated, method, Mesh.uniform(4), solver, raise_on_failure=False, max_iterations=200)
    if name == "norm" and found.status is Status.SOLVED:
        # A norm is a kink that may be stated otherwise, exactly.
        return
    # Both ends have v = 0, fixed: no solver can move away from where the function is undefined.
    assert found.status is Status.INVALID_NUMBER, found.advice
    assert f"{place} is NaN or infinite" in found.advice
    assert math.isfinite(float(found.times[-1]))
