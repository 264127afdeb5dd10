"""Another problem's solution is refused by whoever reads more than a certificate off it, and certified by none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import (
    BoundaryConstraint,
    DirectCollocation,
    FreeParameter,
    FreeTime,
    Link,
    LinkConstraint,
    Mesh,
    MultiPhaseProblem,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    ProblemError,
    find_structure,
    sensitivity,
    solve,
    verify,
)


def cart(name: str = "cart", **other: Any) -> OptimalControlProblem:
    stated: dict[str, Any] = {
        "states": ("x", "v"),
        "controls": ("u",),
        "dynamics": lambda x, u, t, p: [x[1], u[0] - p[0] * x[0]],
        "running_cost": lambda x, u, t, p: u[0] ** 2 + x[0] ** 2,
        "control_bounds": {"u": (-50.0, 50.0)},
        "initial_state": {"x": 0.0, "v": 0.0},
        "final_state": {"x": 1.0, "v": 0.0},
        "parameters": {"k": 1.0},
    }
    return OptimalControlProblem(name=name, **(stated | other))


def two(links: Any = None, constraints: Any = (), cost: Any = None, **second: Any) -> MultiPhaseProblem:
    later = {"initial_state": None, "initial_time": 1.0, "final_time": 2.0} | second
    phases = (cart("first", final_state=None), cart("second", **later))
    return MultiPhaseProblem("two", phases, links or (Link("first", "second"),), constraints, cost)


SAME_SIZES: dict[str, dict[str, Any]] = {
    "dynamics": {"dynamics": lambda x, u, t, p: [x[1], u[0] - 2 * p[0] * x[0]]},
    "cost": {"running_cost": lambda x, u, t, p: u[0] ** 2 + 9 * x[0] ** 2},
    "the cost's sign": {"running_cost": lambda x, u, t, p: -(u[0] ** 2) - x[0] ** 2},
    "terminal cost": {"terminal_cost": lambda x, t, p: x[1], "final_state": {"x": 1.0}},
    "bounds of the control": {"control_bounds": {"u": (-3.0, 3.0)}},
    "bounds of a state": {"state_bounds": {"v": (-1.0, 1.0)}},
    "an end": {"final_state": {"x": 2.0, "v": 0.0}},
    "an end that is free": {"final_state": {"x": 1.0}},
}
OTHER_SIZES: dict[str, dict[str, Any]] = {
    "a fixed parameter": {"parameters": {"k": 1.001}},
    "a fixed time": {"final_time": 1.001},
    "a small fixed parameter": {"parameters": {"k": 1.0, "small": 1e-9}},
    "a free parameter": {"parameters": {"k": FreeParameter(1.0, 0.5, 2.0)}},
    "a path constraint": {"path_constraints": (PathConstraint(lambda x, u, t, p: x[1], -math.inf, 9.0),)},
    "a boundary constraint": {"boundary_constraints": (BoundaryConstraint(lambda a, b, s, e, p: b[0], 0.0, 2.0),)},
    "a kink": {"running_cost": lambda x, u, t, p: ca.fabs(u[0])},
    "a bounded rate": {"control_rate_bounds": {"u": (-900.0, 900.0)}},
}
ONE, SEVERAL = solve(cart()), solve(two())
MET_BY_TWO = ("bounds of the control", "bounds of a state")
"""On the longer way these bounds are not met: its solution is an optimum with them too."""
REFUSED = [
    (stated, solution, which)
    for stated, solution in ((cart, ONE), (two, SEVERAL))
    for which in (*SAME_SIZES, *OTHER_SIZES)
    if stated is cart or which not in MET_BY_TWO
]


@pytest.mark.parametrize("read", [find_structure, sensitivity])
@pytest.mark.parametrize(("stated", "solution", "which"), REFUSED)
def test_nothing_is_read_off_another_problems_solution(
    stated: Callable[..., Any], solution: Any, which: str, read: Callable[..., Any]
) -> None:
    assert read(stated(), solution)
    with pytest.raises(ProblemError, match=r"^solution .*give the problem"):
        read(stated(**(SAME_SIZES | OTHER_SIZES)[which]), solution)


@pytest.mark.parametrize("which", SAME_SIZES)
@pytest.mark.parametrize(("stated", "solution"), [(cart, ONE), (two, SEVERAL)])
def test_another_problems_solution_is_certified_only_where_it_is_an_optimum(
    stated: Callable[..., Any], solution: Any, which: str
) -> None:
    other = stated(**SAME_SIZES[which])
    holds = verify(other, solution, finer=False).holds
    assert not holds or solve(other).cost == pytest.approx(solution.cost, rel=1e-6)


@pytest.mark.parametrize("which", OTHER_SIZES)
@pytest.mark.parametrize(("stated", "solution"), [(cart, ONE), (two, SEVERAL)])
def test_a_solution_of_other_sizes_or_parameters_is_not_certified_but_refused(
    stated: Callable[..., Any], solution: Any, which: str
) -> None:
    with pytest.raises(ProblemError, match="give the problem"):
        verify(stated(**OTHER_SIZES[which]), solution)


@pytest.mark.parametrize(
    "other",
    [
        two(links=(Link("first", "second", jumps={"v": 0.3}),)),
        two(links=(Link("first", "second", states=("x",)),)),
        two(constraints=(LinkConstraint(("first",), lambda a: a.final("x"), 0.1, 0.1),)),
        two(cost=lambda a, b: a.final("v") ** 2),
        two(initial_time=FreeTime(1.0, 1.0, 1.5)),
    ],
)
def test_other_links_are_another_problem(other: MultiPhaseProblem) -> None:
    for read in (find_structure, sensitivity):
        with pytest.raises(ProblemError, match="give the problem"):
            read(other, SEVERAL)


def test_a_phase_alone_is_not_the_optimum_of_its_problem() -> None:
    with pytest.raises(ProblemError, match=r"the gradient is not zero.*of several phases, all"):
        find_structure(two().by_name["first"], SEVERAL.phases["first"])
    assert not verify(two().by_name["first"], SEVERAL.phases["first"]).holds
    arcs = find_structure(two(), SEVERAL)
    assert [list(arcs), [each.switch_times for each in arcs.values()]] == [["first", "second"], [(), ()]]


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_the_same_in_all_units(unit: float) -> None:
    """x in another unit: a way of 1e-9 is not "nearly" one of 2e-9."""

    def stated(way: float) -> OptimalControlProblem:
        return cart(
            dynamics=lambda x, u, t, p: [x[1], unit * u[0] - p[0] * x[0]],
            running_cost=lambda x, u, t, p: u[0] ** 2 + (x[0] / unit) ** 2,
            final_state={"x": way * unit, "v": 0.0},
        )

    solution = solve(stated(1.0))
    assert find_structure(stated(1.0), solution).arcs
    for read in (find_structure, sensitivity):
        with pytest.raises(ProblemError, match=r"where the problem gives final_state.x"):
            read(stated(1.001), solution)


def test_a_loose_solution_is_still_one_of_its_problem() -> None:
    loose = solve(cart(), tolerance=1e-4)
    assert np.isfinite(sensitivity(cart(), loose).cost["final_state.x"])
    assert len(find_structure(cart(), loose).arcs) == 1


@pytest.mark.parametrize("method", [DirectCollocation("radau", 2), MultipleShooting("rk4", control="linear")])
@pytest.mark.parametrize("read", [verify, find_structure, sensitivity])
def test_a_solution_whose_arrays_do_not_fit_each_other_is_told_in_a_line(method: Any, read: Callable[..., Any]) -> None:
    solution = solve(cart(), method, Mesh.uniform(4))
    wrongs: list[dict[str, Any]] = [{"control_values": solution.control_values[:, :1]}]
    if solution.inner_states.size:
        wrongs += [{"inner_states": np.zeros(0)}, {"inner_states": solution.inner_states[:, :1]}]
    for wrong in wrongs:
        with pytest.raises(ProblemError, match="give the Solution that solve returned"):
            read(cart(), replace(solution, **wrong))
