"""Several phases built once, and solved at other values: as the problem stated anew is."""

from __future__ import annotations

import pickle
from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import (
    FreeTime,
    Link,
    LinkConstraint,
    Mesh,
    MultiPhaseProblem,
    OptimalControlProblem,
    ProblemError,
    SolveError,
    prepare,
    solve,
    verify,
)

MESH = {"push": Mesh.uniform(6), "coast": Mesh.uniform(5)}


def pushed(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    return [x[1], p[0] * u[0] - x[1] * x[1]]


def coasting(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    return [x[1], -x[1] * x[1]]


def effort(x: Any, u: Any, t: Any, p: Any) -> Any:
    return 1 + u[0] ** 2


def passing(x: Any, u: Any, t: Any, p: Any) -> Any:
    return 1.0


def staged(start: float = 0.0, push: float = 2.0, way: float = 1.0) -> MultiPhaseProblem:
    """A mass is pushed and then coasts, as far as it must, with time and effort to pay for."""
    first = OptimalControlProblem(
        "push",
        states=("x", "v"),
        controls=("u",),
        dynamics=pushed,
        running_cost=effort,
        initial_state={"x": start, "v": 0.0},
        final_time=FreeTime(1.0, 0.1, 5.0),
        parameters={"push": push},
    )
    second = OptimalControlProblem(
        "coast",
        states=("x", "v"),
        controls=(),
        dynamics=coasting,
        running_cost=passing,
        final_state={"x": way},
        initial_time=FreeTime(1.0, 0.1, 5.0),
        final_time=FreeTime(2.0, 0.2, 9.0),
    )
    return MultiPhaseProblem("staged", (first, second), (Link("push", "coast"),))


VALUES: list[tuple[dict[str, float], dict[str, dict[str, Any]]]] = [
    ({"start": 0.2}, {"push": {"initial_state": {"x": 0.2}}}),
    ({"push": 3.0}, {"push": {"parameters": {"push": 3.0}}}),
    ({"way": 1.4, "start": 0.1}, {"coast": {"final_state": {"x": 1.4}}, "push": {"initial_state": {"x": 0.1}}}),
]


def test_solves_are_those_of_the_problem_stated_anew() -> None:
    mesh = {"push": Mesh.uniform(14), "coast": Mesh.uniform(5)}
    again = prepare(staged(), mesh=mesh, tolerance=1e-9)
    first = again.solve()
    assert first.cost == pytest.approx(solve(staged(), mesh=mesh, tolerance=1e-9).cost, rel=1e-8)
    for changed, phases in VALUES:
        anew = solve(staged(**changed), mesh=mesh, tolerance=1e-9, guess=first, certify=False)
        found = again.solve(phases, certify=True)
        assert found.cost == pytest.approx(anew.cost, rel=1e-7)
        for name in ("push", "coast"):
            np.testing.assert_allclose(found.phases[name].states, anew.phases[name].states, atol=1e-5)
        assert found.certificate is not None
        assert found.certificate.failures == verify(staged().with_values(phases), found, finer=False).failures == ()
    # What is not named is as the problem states it.
    assert again.solve().cost == pytest.approx(first.cost, rel=1e-8)


def test_the_last_solution_is_the_start() -> None:
    again = prepare(staged(), mesh=MESH)
    cold = again.solve().statistics["iterations"]
    assert again.solve().statistics["iterations"] == 0
    assert again.solve(VALUES[0][1]).statistics["iterations"] < cold
    assert again.solve(VALUES[0][1], guess={}).statistics["iterations"] > 3
    assert again.latest is not None
    assert again.latest.phases["push"].states[0, 0] == 0.2


def test_a_pickle_is_built_again() -> None:
    again = prepare(staged(), mesh=MESH, tolerance=1e-10)
    cost = again.solve(VALUES[1][1]).cost
    there = pickle.loads(pickle.dumps(again))
    assert there.latest is None
    assert there.solve(VALUES[1][1]).cost == pytest.approx(cost, rel=1e-9)
    assert repr(there) == "PreparedPhases('staged': phases push, coast; 11 intervals, ipopt)"


def test_a_failure_tells_why_and_misleads_no_later_solve() -> None:
    again = prepare(staged(), mesh=MESH)
    cost = again.solve().cost
    # Without a force nothing moves.
    with pytest.raises(SolveError, match="staged: no feasible point"):
        again.solve({"push": {"parameters": {"push": 0.0}}})
    assert again.solve().cost == pytest.approx(cost)


def bounded() -> MultiPhaseProblem:
    """With a kink between the phases that was replaced for the sign of a parameter, and ends given on both sides."""
    first = OptimalControlProblem(
        "a", ("x",), ("u",), lambda x, u, t, p: [u[0]], lambda x, u, t, p: u[0] ** 2, parameters={"k": 1.0}
    )
    second = OptimalControlProblem(
        "b", ("x",), ("u",), lambda x, u, t, p: [u[0]], lambda x, u, t, p: u[0] ** 2, initial_state={"x": 1.0}
    )
    first = first.with_values(initial_state={"x": 0.0}, final_state={"x": 1.0})
    second = second.with_values(initial_time=1.0, final_time=2.0)
    kink = LinkConstraint(("a", "b"), lambda a, b: a.parameter("k") * ca.fabs(b.final("x") - a.initial("x")), upper=3.0)
    return MultiPhaseProblem("bounded", (first, second), (Link("a", "b"),), (kink,))


BAD: tuple[tuple[Any, str], ...] = (
    (3.0, "phases is 3.0; give a mapping"),
    ({"c": {}}, "phases names 'c', which is not one of"),
    ({"a": 3.0}, r"phases\['a'\] is 3.0; give a mapping"),
    ({"a": {"mass": 3.0}}, r"phases\['a'\] names 'mass', which is not one of"),
    ({"a": {"initial_state": {"y": 3.0}}}, "initial_state names 'y'"),
    ({"a": {"initial_state": {"x": float("nan")}}}, "give a finite number"),
    ({"a": {"final_state": {"x": 2.0}}}, "which do not meet"),
    ({"a": {"final_state": {"x": (0.0, 2.0)}}}, "links tie other states or times at these values"),
    ({"a": {"parameters": {"k": -1.0}}}, "of another sign than 1.0 in the problem, whose kinks"),
    ({"b": {"final_time": 3.0}}, r"phases\['b'\]: time cannot be changed: fabs"),
)


@pytest.mark.parametrize(("phases", "message"), BAD, ids=[message[:30] for _, message in BAD])
def test_values_that_do_not_fit_are_refused_in_one_line(phases: Any, message: str) -> None:
    again = prepare(bounded(), mesh=Mesh.uniform(2))
    with pytest.raises(ProblemError, match=message) as raised:
        again.solve(phases)
    assert "\n" not in str(raised.value)
    both = again.solve({"a": {"final_state": {"x": 1.5}}, "b": {"initial_state": {"x": 1.5}}})
    assert both.phases["b"].states[0, 0] == 1.5


def test_what_belongs_into_a_phase_is_said_so() -> None:
    again = prepare(staged(), mesh=MESH)
    for name, said in (
        ("initial_state", r"it is a phase's own: phases=\{'push': \{'initial_state': ...\}\}"),
        ("tolerance", r"prepare\(problem, tolerance=...\)"),
        ("start", "it takes phases, guess"),
    ):
        with pytest.raises(ProblemError, match=f"{name} is no argument of solve of a prepared problem; .*{said}"):
            again.solve(**{name: {"x": 1.0}})  # type: ignore[arg-type]
