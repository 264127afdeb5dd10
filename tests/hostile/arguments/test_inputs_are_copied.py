"""Whatever happens to what a record was made from, the record stays what it was."""

import random
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import casadi as ca
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.control import (
    BoundaryConstraint,
    FreeParameter,
    ImplicitRungeKutta,
    Mesh,
    OptimalControlProblem,
    PathConstraint,
    RepresentationGeodesic,
    Rollout,
)
from geodepth.control.solvers.back_end import SolverSettings

MAPPINGS: list[Callable[[dict[str, Any]], Any]] = [dict, OrderedDict]
SEQUENCES: list[Callable[[list[Any]], Any]] = [list, np.array, tuple]
NAMES: list[Callable[[list[Any]], Any]] = [list, tuple]


def spoil(value: Any) -> None:
    """Change everything in it that can be changed."""
    if isinstance(value, dict):
        for each in value.values():
            spoil(each)
        for key in list(value):
            value[key] = 99.0
        value["spoilt"] = (98.0, 99.0)
    elif isinstance(value, list):
        for each in value:
            spoil(each)
        value.reverse()
        value.append(99.0)
    elif isinstance(value, np.ndarray):
        value[...] = 97.0
    elif isinstance(value, tuple):
        for each in value:
            spoil(each)


def stated(mapping: Callable[..., Any], sequence: Callable[..., Any], names: Callable[..., Any]) -> dict[str, Any]:
    return {
        "name": "p",
        "states": names(["x", "v"]),
        "controls": names(["u"]),
        "dynamics": lambda x, u, t, p: [x[1], p[0] * u[0]],
        "running_cost": lambda x, u, t, p: u[0] ** 2,
        "initial_state": mapping({"x": 0.0, "v": 0.0}),
        "final_state": mapping({"x": 1.0}),
        "state_bounds": mapping({"v": sequence([-2.0, 2.0])}),
        "control_bounds": mapping({"u": sequence([-9.0, 9.0])}),
        "path_constraints": names([PathConstraint(lambda x, u, t, p: ca.vertcat(x, u), sequence([-3.0, -4.0, -5.0]))]),
        "boundary_constraints": names([BoundaryConstraint(lambda x0, xf, t0, tf, p: xf, 0.0, sequence([1.0, 2.0]))]),
        "parameters": mapping({"k": 1.0, "m": FreeParameter(1.0, 0.5, 2.0)}),
    }


def shown(problem: OptimalControlProblem) -> str:
    """All that a problem says of itself."""
    f = problem.functions
    values = [getattr(problem, name) for name in stated(dict, list, list) if name not in ("dynamics", "running_cost")]
    every: list[Any] = [*problem.path_constraints, *problem.boundary_constraints]
    constraints = [(c.lower, c.upper) for c in every]
    return repr(
        (values, constraints, problem.bounds("states"), problem.bounds("controls"), problem.free, f.path_bounds)
    )


@settings(derandomize=True, deadline=None, max_examples=30)
@given(
    mapping=st.sampled_from(MAPPINGS),
    sequence=st.sampled_from(SEQUENCES),
    names=st.sampled_from(NAMES),
    order=st.randoms(use_true_random=False),
)
def test_problems_keep_their_statement(
    mapping: Callable[..., Any], sequence: Callable[..., Any], names: Callable[..., Any], order: random.Random
) -> None:
    given_ = stated(mapping, sequence, names)
    problem = OptimalControlProblem(**given_)
    before = shown(problem)
    parts = list(given_.values())
    order.shuffle(parts)
    for part in parts:
        spoil(part)
    assert shown(problem) == before


def test_a_bound_of_a_constraint_is_its_own() -> None:
    lower: Any = np.array([-1.0, -2.0])
    upper = [1.0, 2.0]
    constraint = PathConstraint(lambda x, u, t, p: x, lower, upper)
    lower[:] = 5.0
    upper.clear()
    assert np.array_equal(np.asarray(constraint.lower), [-1.0, -2.0])
    assert constraint.upper == (1.0, 2.0)


def test_records_of_solving_keep_what_they_were_given() -> None:
    options: dict[str, Any] = {"mu_strategy": "adaptive", "nested": {"a": [1]}}
    settings_ = SolverSettings(options=options)
    controls, start = {"u": [1.0]}, {"x": 2.0}
    rollout = Rollout(controls, start)
    nodes = [0.5, 1.0]
    integrator = ImplicitRungeKutta("mine", 2, nodes)  # type: ignore[arg-type]
    points = np.linspace(0, 1, 4)
    mesh = Mesh(points)
    inputs, targets = np.eye(2), np.ones((1, 2))
    geodesic = RepresentationGeodesic(inputs, targets, width=2, effective_depth=1.0, weight_decay=0.1)
    records = (settings_.options, rollout, integrator, mesh.breakpoints, geodesic.inputs, geodesic.targets)
    before = repr(records)
    for part in (options, controls, start, nodes, points, inputs, targets):
        spoil(part)
    assert repr(records) == before
