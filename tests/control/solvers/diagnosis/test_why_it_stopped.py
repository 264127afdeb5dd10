"""Each reason why a solver gives up has advice of its own."""

import re
from dataclasses import replace
from typing import Any

import casadi as ca
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.control import (
    BoundaryConstraint,
    DirectCollocation,
    FreeTime,
    IntegralConstraint,
    Link,
    Mesh,
    MultiPhaseProblem,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    SolveError,
    Status,
    solve,
)
from geodepth.control.solvers.diagnosis.limits_reached import states_held
from geodepth.control.solvers.diagnosis.worst_constraint import worst_constraint


def stated(**changes: Any) -> OptimalControlProblem:
    given: dict[str, Any] = {
        "name": "d",
        "states": ("x", "v"),
        "controls": ("u",),
        "dynamics": lambda x, u, t, p: [x[1], u[0]],
        "running_cost": lambda x, u, t, p: u[0] ** 2,
        "initial_state": {"x": 0, "v": 0},
        "final_state": {"x": 1, "v": 0},
    }
    return OptimalControlProblem(**(given | changes))


REPEATED = stated(boundary_constraints=[BoundaryConstraint(lambda x0, xf, t0, tf, p: xf[0], 1, 1)])
TWICE = stated(path_constraints=[PathConstraint(lambda x, u, t, p: ca.vertcat(x[0] - u[0], 2 * x[0] - 2 * u[0]), 0, 0)])
UNBOUNDED = stated(running_cost=lambda x, u, t, p: -(u[0] ** 2))
UNDEFINED = stated(running_cost=lambda x, u, t, p: 1 / x[1])
SLOPELESS = stated(terminal_cost=lambda x, t, p: ca.sqrt(x[1]))


@pytest.mark.parametrize(
    ("problem", "solver", "status", "reason"),
    [
        (REPEATED, "sqp", Status.DEPENDENT, "constraints depend on each other"),
        (TWICE, "ipopt", Status.OVERDETERMINED, "more equations than unknowns"),
        (TWICE, "sqp", Status.OVERDETERMINED, "equations for"),
        (UNBOUNDED, "ipopt", Status.DIVERGED, "add bounds"),
        (UNBOUNDED, "sqp", Status.DIVERGED, "add bounds"),
        (UNBOUNDED, "fatrop", Status.DIVERGED, "add bounds"),
        (UNDEFINED, "ipopt", Status.INVALID_NUMBER, "running_cost is NaN or infinite at t = 0 at the start"),
        (UNDEFINED, "sqp", Status.INVALID_NUMBER, "running_cost is NaN or infinite at t = 0 at the start"),
        (SLOPELESS, "sqp", Status.INVALID_NUMBER, "the slope of terminal_cost is NaN or infinite at t = 1"),
    ],
)
def test_advice_names_the_reason(problem: OptimalControlProblem, solver: str, status: Status, reason: str) -> None:
    with pytest.raises(SolveError) as caught:
        solve(problem, mesh=Mesh.uniform(10), solver=solver, effort="once")
    assert caught.value.solution.status is status
    assert reason in str(caught.value)
    assert "try another guess" not in str(caught.value)


def test_a_problem_that_is_too_hard_names_what_is_worst() -> None:
    """|u| ≤ 1 does not reach x = 1 at rest by t = 1: nothing is undefined, and nothing depends on anything."""
    solution = solve(
        stated(control_bounds={"u": (-1, 1)}),
        mesh=Mesh.uniform(10),
        solver="sqp",
        raise_on_failure=False,
        effort="once",
    )
    assert solution.status is Status.FAILED
    assert solution.advice.startswith(f"{Status.FAILED.value} (worst: the dynamics of x are missed by ")


BOUNDED: dict[str, Any] = {"control_bounds": {"u": (-1, 1)}}
STOPPED = [
    # Full force all along leads to 1/4; and within 1.5, to 0.5625.
    (stated(**BOUNDED), "u is on its bounds for 100% of the horizon: widen control_bounds['u'], or give it more time"),
    (stated(**BOUNDED, final_time=FreeTime(1.0, 0.5, 1.5)), "final_time is at its upper bound 1.5: raise it"),
    # The mean speed must be 1.
    (stated(state_bounds={"v": (-2, 0.5)}), "v is at its upper bound 0.5 for "),
    (stated(state_bounds={"v": (-2, 0.5)}), "of the horizon: widen state_bounds['v'] there, or give it more time"),
    # A push to the right never leads to the left.
    (
        stated(control_bounds={"u": (0, 9)}, final_state={"x": -1}),
        "u is at its lower bound 0 for 100% of the horizon: widen control_bounds['u'] there, or give it more time",
    ),
    # x(1) = 1 is given, and x(1) ≥ 2.1 is asked for.
    (
        stated(path_constraints=[PathConstraint(lambda x, u, t, p: x[0] - 2 * t, lower=0.1)]),
        "worst: path_constraints[0] is 1.1 below 0.1 at t = 1, at the end; nothing is on its bounds",
    ),
    (
        stated(boundary_constraints=[BoundaryConstraint(lambda x0, xf, t0, tf, p: xf[0] * x0[0], 2, 2)]),
        "worst: boundary_constraints[0] is 0 and must be 2;",
    ),
    (
        stated(integral_constraints=[IntegralConstraint(lambda x, u, t, p: x[1], upper=0.25)]),
        "worst: integral_constraints[0] is missed by ",
    ),
]


@pytest.mark.parametrize(("problem", "words"), STOPPED)
def test_what_cannot_be_met_is_named_with_what_stands_in_the_way(problem: OptimalControlProblem, words: str) -> None:
    solution = solve(problem, mesh=Mesh.uniform(10), raise_on_failure=False, effort="once")
    assert solution.status is Status.INFEASIBLE
    assert words in solution.advice


@given(way=st.floats(0.5, 5.0), most=st.floats(0.1, 1.0), solver=st.sampled_from(["ipopt", "fatrop", "sqp"]))
@settings(max_examples=20, deadline=None)
def test_what_is_called_worst_is_violated(way: float, most: float, solver: str) -> None:
    """|u| ≤ most leads most / 4 of the way at best: a row of the dynamics, or an end or a bound, is missed by much."""
    problem = stated(final_state={"x": way, "v": 0}, control_bounds={"u": (-most, most)})
    solution = solve(problem, mesh=Mesh.uniform(8), solver=solver, raise_on_failure=False, effort="once")
    assert not solution.success
    words = r"worst: (?:.* (?:missed by|is) (\S+) (?:in|above|below) |. is (\S+) and must be (\S+) at)"
    by = re.search(words, solution.advice)
    assert by is not None, solution.advice
    assert (float(by[1]) if by[1] else abs(float(by[2]) - float(by[3]))) > 1e-6


def test_a_bound_or_an_end_that_is_missed_is_named_with_its_place() -> None:
    t = MultipleShooting().transcribe(stated(**BOUNDED), Mesh.uniform(3))
    theta = t.parameter_values()
    rows = (t.constraint_lower + t.constraint_upper) / 2

    def along(x: Any, u: Any) -> np.ndarray:
        return t.layout.join(np.column_stack([x, np.zeros(4)]), np.zeros(0), np.reshape(u, (3, 1, 1)))

    met = along([0, 0, 0, 1], [0, 1, 0])
    assert worst_constraint(t, met, rows, theta) == ""
    # Rounding is no violation.
    assert worst_constraint(t, met * (1 + 1e-15), rows + 1e-16, theta) == ""
    assert worst_constraint(t, along([0, 0, 0, 0.5], [0, 1, 0]), rows, theta) == "x is 0.5 and must be 1 at the end"
    assert worst_constraint(t, along([3, 0, 0, 1], [0, 1, 0]), rows, theta) == "x is 3 and must be 0 at the start"
    assert worst_constraint(t, along([0, 0, 0, 1], [0, 1, -3]), rows, theta) == "u is 2 below -1 in interval 2 of 3"


def test_a_stage_of_collocation_belongs_to_its_interval() -> None:
    """x' = v ≤ 0.1 needs ten times the horizon; the least violation is shared, or left to one place, which is named."""
    solution = solve(
        stated(state_bounds={"v": (0.0, 0.1)}),
        DirectCollocation("radau", 3),
        Mesh.uniform(4),
        raise_on_failure=False,
        effort="once",
    )
    found = re.search(
        r"the dynamics of x are missed by \S+ in interval (\d) of 4, t = (\S+) to (\S+);", solution.advice
    )
    assert found is not None
    assert [float(found[2]), float(found[3])] == [int(found[1]) / 4, (int(found[1]) + 1) / 4]


def test_a_phase_or_a_link_is_named() -> None:
    first = stated(name="first", final_state=None, final_time=0.5)
    second = stated(name="second", initial_state=None, initial_time=0.5, control_bounds={"u": (-1, 1)})
    both = MultiPhaseProblem("two", [first, second], [Link("first", "second")])
    assert solve(both, mesh=Mesh.uniform(5)).success
    slow = replace(first, control_bounds={"u": (-1, 1)})
    solution = solve(replace(both, phases=(slow, second)), mesh=Mesh.uniform(5), raise_on_failure=False, effort="once")
    assert re.search(r"worst: (phase '(first|second)': |Link\()", solution.advice)
    assert "phase 'first': u is at its upper bound 1 for 100% of the horizon" in solution.advice


def test_what_is_feasible_and_not_yet_least_says_so() -> None:
    bumpy = stated(running_cost=lambda x, u, t, p: ca.cos(3 * u[0]) + x[0] ** 4, control_bounds={"u": (-7, 7)})
    solution = solve(bumpy, mesh=Mesh.uniform(10), max_iterations=6, raise_on_failure=False, effort="once")
    assert solution.status is Status.ITERATION_LIMIT
    assert "all constraints hold to" in solution.advice


def test_what_runs_off_is_named() -> None:
    solution = solve(UNBOUNDED, mesh=Mesh.uniform(10), raise_on_failure=False, effort="once")
    assert re.search(
        r"\((x|v|u) grew to -?\d\S+ in interval \d+ of 10: give (state|control)_bounds\['(x|v|u)'\]\)", solution.advice
    )


@pytest.mark.parametrize("effort", ["once", "robust"])
def test_a_path_that_ran_off_is_not_called_solved(effort: str) -> None:
    """In least time without bounds the force grows for ever, until all residuals are small beside it."""
    fastest = stated(running_cost=None, terminal_cost=lambda x, t, p: t, final_time=FreeTime(1.0))
    solution = solve(fastest, mesh=Mesh.uniform(5), raise_on_failure=False, effort=effort, max_iterations=500)
    assert solution.status in (Status.DIVERGED, Status.ITERATION_LIMIT)
    assert "guess[" not in solution.advice
    if solution.status is Status.DIVERGED:
        assert "give control_bounds['u']" in solution.advice


def test_a_state_that_lies_on_its_bound_all_along_is_named() -> None:
    problem = stated(state_bounds={"x": (0.0, 4.0), "v": (-1.0, 1.0)})
    t = MultipleShooting().transcribe(problem, Mesh.uniform(3))
    for height, words in ((4.0, "x is on its bound 4 all along, which leaves no room"), (2.0, "")):
        states = np.column_stack([np.full(4, height), np.linspace(0.0, 1.0, 4)])
        variables = t.layout.join(states, np.zeros(0), np.zeros((3, 1, 1)))
        assert states_held(t, variables, t.parameter_values()).startswith(words or "")
        assert bool(states_held(t, variables, t.parameter_values())) == bool(words)


@pytest.mark.parametrize("kind", ["linear", "bspline"])
@pytest.mark.parametrize("where", ["dynamics", "running_cost", "path_constraints", "boundary_constraints"])
def test_tables_with_kinks_are_named(kind: str, where: str) -> None:
    """x = 1 is out of reach; what is a table in it does not matter for that."""
    table = ca.interpolant("slope", kind, [[-1.0, 0.0, 0.5, 2.0, 3.0]], [0.0, 0.1, 0.1, 0.3, 0.2])
    stated: dict[str, Any] = {
        "dynamics": lambda x, u, t, p: [u[0] - table(x[0])],
        "running_cost": lambda x, u, t, p: table(x[0]),
        "path_constraints": [PathConstraint(lambda x, u, t, p: table(x[0]), upper=5.0)],
        "boundary_constraints": [BoundaryConstraint(lambda x0, xf, t0, tf, p: table(xf[0]), upper=5.0)],
    }
    problem = OptimalControlProblem(
        **{
            "name": "out of reach",
            "states": ("x",),
            "controls": ("u",),
            "dynamics": lambda x, u, t, p: [u[0]],
            "initial_state": {"x": 0.0},
            "final_state": {"x": 1.0},
            "control_bounds": {"u": (-0.5, 0.5)},
            where: stated[where],
        }
    )
    with pytest.raises(SolveError) as caught:
        solve(problem, effort="once", max_iterations=50)
    words = "tables of straight lines have kinks, 'slope': make them by casadi.interpolant(..., 'bspline', ...)"
    assert (words in str(caught.value)) == (kind == "linear")
