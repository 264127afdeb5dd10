"""Bad problems of several phases are told in one line, before any work."""

from __future__ import annotations

from typing import Any

import casadi as ca
import pytest

from geodepth.control import (
    FreeTime,
    Link,
    LinkConstraint,
    Mesh,
    MultiPhaseProblem,
    MultipleShooting,
    OptimalControlProblem,
    ProblemError,
    solve,
)


def phase(name: str, **changed: Any) -> OptimalControlProblem:
    stated: dict[str, Any] = {
        "states": ("x", "v"),
        "controls": ("u",),
        "dynamics": lambda x, u, t, p: [x[1], u[0]],
        "running_cost": lambda x, u, t, p: u[0] ** 2,
        "initial_time": FreeTime(1.0, 0.5, 3.0),
        "final_time": FreeTime(2.0, 1.0, 4.0),
    }
    return OptimalControlProblem(name=name, **(stated | changed))


def swarm(name: str) -> OptimalControlProblem:
    return phase(name, states=("q[3]",), dynamics=lambda x, u, t, p: [u[0]] * 3)


FIRST, SECOND = phase("first", initial_time=0.0, initial_state={"x": 0.0, "v": 0.0}), phase("second")
OTHER = phase("other", states=("height", "speed"))
LINK = Link("first", "second")

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": ""}, "name is ''; give a non-empty string"),
    "no phases": ({"phases": ()}, "phases is empty"),
    "not phases": ({"phases": (FIRST, "second")}, "phases is .*; give a sequence of OptimalControlProblem objects"),
    "one name twice": ({"phases": (FIRST, phase("first"))}, "phases has the name 'first' twice"),
    "a link alone": ({"links": LINK}, "links is .*; give a sequence of Link objects"),
    "an unknown phase": ({"links": (Link("first", "coast"),)}, r"links\[0\]: after names 'coast', which is not one of"),
    "a number for a phase": ({"links": (Link(1, "second"),)}, r"links\[0\]: before is 1; give a name among"),  # type: ignore[arg-type]
    "a link twice": ({"links": (LINK, Link("first", "second", jumps={"x": 1.0}))}, "'first', 'second'.* twice"),
    "nothing shared": ({"phases": (FIRST, OTHER), "links": (Link("first", "other"),)}, "the phases share no state"),
    "an unknown state": ({"links": (Link("first", "second", states=("m",)),)}, "states names 'm', which is not one of"),
    "a word for states": ({"links": (Link("first", "second", states="x"),)}, "states is 'x'; give a sequence of names"),
    "an unknown jump": ({"links": (Link("first", "second", jumps={"m": -2.0}),)}, "jumps names 'm'"),
    "a jump of a state left out": (
        {"links": (Link("first", "second", states=("x",), jumps={"v": -2.0}),)},
        "jumps names 'v', which is not one of",
    ),
    "a jump that is no number": ({"links": (Link("first", "second", jumps={"x": "a"}),)}, r"jumps\['x'\] is 'a'"),  # type: ignore[dict-item]
    "jumps that are no mapping": ({"links": (Link("first", "second", jumps=(1.0,)),)}, "jumps is .*; give a mapping"),  # type: ignore[arg-type]
    "ends that do not meet": (
        {"phases": (phase("first", final_state={"x": 1.0}), phase("second", initial_state={"x": 2.0}))},
        "x is 1 where 'first' ends, jump included, and 2 where 'second' begins, which do not meet; .*another jump",
    ),
    "units that differ": (
        {"phases": (phase("first", state_bounds={"x": (0, 9)}), phase("second", state_bounds={"x": (1e3, 9e3)}))},
        "x is within .*, which do not meet",
    ),
    "times that do not meet": (
        {"phases": (phase("first", final_time=2.0), phase("second", initial_time=1.5))},
        "time is 2 where 'first' ends and 1.5 where 'second' begins, which do not meet; change one$",
    ),
    "a beginning that was forgotten": (
        {"phases": (phase("first", initial_time=0.0), phase("second", initial_time=0.0))},
        "'second' begins at 0 at the latest.* leaves no time between; give 'second' an initial_time, such as FreeTime",
    ),
    "constraints that are none": ({"link_constraints": (LINK,)}, "give a sequence of LinkConstraint objects"),
    "a constraint of nothing": ({"link_constraints": (LinkConstraint((), lambda: 0, 0),)}, "phases is .*; give names"),
    "a constraint of no function": (
        {"link_constraints": (LinkConstraint(("first",), 3.0, 0),)},  # type: ignore[arg-type]
        r"link_constraints\[0\] is 3.0; give a function of 1 argument, which its docstring names",
    ),
    "a jump of too many entries": (
        {"phases": (swarm("first"), swarm("second")), "links": (Link("first", "second", jumps={"q": (1.0, 2.0)}),)},
        r"jumps\['q'\] has 2 values; give one for all, or one for each of its 3",
    ),
    "a jump of an entry that there is not": (
        {"phases": (swarm("first"), swarm("second")), "links": (Link("first", "second", jumps={"q[3]": 1.0}),)},
        r"jumps names 'q\[3\]', which is not one of",
    ),
    "a constraint of an unknown phase": (
        {"link_constraints": (LinkConstraint(("coast",), lambda c: c.final_state[0], 0),)},
        r"link_constraints\[0\]: phases names 'coast'",
    ),
    "a constraint of one argument too few": (
        {"link_constraints": (LinkConstraint(("first", "second"), lambda a: a.final_state[0], 0),)},
        r"link_constraints\[0\] cannot be called with 2 arguments",
    ),
    "bounds of another size": (
        {"link_constraints": (LinkConstraint(("first",), lambda a: a.final_state, [0, 0, 0]),)},
        "do not fit its 2 expressions",
    ),
    "a constraint without bounds": (
        {"link_constraints": (LinkConstraint(("first",), lambda a: a.final_state),)},
        "neither a lower nor an upper bound",
    ),
    "an unknown state in a constraint": (
        {"link_constraints": (LinkConstraint(("first",), lambda a: a.final("m"), 0),)},
        "final, of phase 'first', names 'm', which is not one of",
    ),
    "an unknown parameter in a cost": ({"cost": lambda a, b: a.parameter("g")}, "parameter, of phase 'first',"),
    "a cost of two values": ({"cost": lambda a, b: a.final_state}, "cost returns 2 values; it must return 1"),
    "a foreign symbol": ({"cost": lambda a, b: ca.SX.sym("k") * a.final_time}, "uses the symbol 'k'"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_problem_is_told_in_one_line(case: str) -> None:
    changed, message = BAD[case]
    stated: dict[str, Any] = {"name": "two", "phases": (FIRST, SECOND), "links": (LINK,)} | changed
    with pytest.raises(ProblemError, match=message) as told:
        MultiPhaseProblem(**stated)
    assert "\n" not in str(told.value)


SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "a method for one phase": ({"method": {"first": MultipleShooting()}}, "method lacks the phase 'second'"),
    "a mesh for none": ({"mesh": {"coast": Mesh.uniform(3)}}, "mesh names 'coast'"),
    "a mesh that is none": ({"mesh": {"first": 3, "second": Mesh.uniform(3)}}, "mesh is 3; give a Mesh"),
    "a guess for one phase": ({"guess": {"first": None}}, "guess lacks the phase 'second'"),
    "a guess of phases and states": ({"guess": {"first": None, "second": None, "x": 1.0}}, "guess names 'x'"),
    "a guess of nothing known": ({"guess": {"mass": 1.0}}, "guess names 'mass'"),
    "a guess that is a number": ({"guess": 1.0}, "guess is a float"),
    "a condensed method": ({"method": MultipleShooting(condensed=True)}, "method of phase 'first' has condensed=True"),
    "fatrop": ({"solver": "fatrop"}, "solver 'fatrop' needs stages .* use solver='ipopt'"),
    "an unknown name to scale": ({"scaling": {"mass": 1.0}}, "scaling names 'mass'"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_a_bad_setting_is_told_in_one_line(case: str) -> None:
    settings, message = SETTINGS[case]
    problem = MultiPhaseProblem("two", (FIRST, SECOND), (LINK,))
    with pytest.raises(ProblemError, match=message) as told:
        solve(problem, **settings)
    assert "\n" not in str(told.value)


def test_what_both_ends_give_is_no_equation_twice() -> None:
    ends: dict[str, Any] = {"states": ("x",), "dynamics": lambda x, u, t, p: [u[0]]}
    first = phase("first", initial_time=0.0, final_time=1.0, final_state={"x": 0.1 + 0.2}, **ends)
    second = phase("second", initial_time=1.0, initial_state={"x": 0.3}, **ends)
    problem = MultiPhaseProblem("two", (first, second), (Link("first", "second"),))
    assert problem.functions.ties == ()


def test_a_link_back_leaves_time_out_and_a_link_of_no_states_is_of_time_alone() -> None:
    problem = MultiPhaseProblem("cycle", (FIRST, SECOND), (Link("first", "second", states=()), Link("second", "first")))
    tied = [(tie.before, tie.after, tie.state) for tie in problem.functions.ties]
    assert tied == [(0, 1, None), (1, 0, "x"), (1, 0, "v")]
