"""What a newcomer gives first and cannot be used: the message says what to write in its place."""

from collections.abc import Callable
from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import (
    BoundaryConstraint,
    FreeTime,
    IntegralConstraint,
    Link,
    LinkConstraint,
    MultiPhaseProblem,
    OptimalControlProblem,
    PathConstraint,
    ProblemError,
    estimate,
    homotopy,
    solve,
)


def cart(**changes: Any) -> OptimalControlProblem:
    given: dict[str, Any] = {
        "name": "cart",
        "states": ("position", "speed"),
        "controls": ("force",),
        "dynamics": lambda x, u, t, p: [x[1], u[0]],
        "running_cost": lambda x, u, t, p: u[0] ** 2 / 2,
        "initial_state": {"position": 0.0, "speed": 0.0},
        "final_state": {"position": 1.0, "speed": 0.0},
    }
    return OptimalControlProblem(**(given | changes))


def unpacked(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    position, speed = x
    return [speed, u[0] - position]


ORDER = r"x = \(position, speed\), u = \(force\): write x\[0\] for 'position'"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dynamics": lambda x, u, t, p: [x["speed"], u[0]]}, ORDER),
        ({"dynamics": lambda x, u, t, p: [x.speed, u[0]]}, ORDER),
        ({"dynamics": lambda x, u, t, p: [x[2], u[0]]}, ORDER),
        ({"dynamics": lambda x, u, t, p: [x[1], p["k"] * u[0]], "parameters": {"k": 1.0}}, r"p = \(k\)"),
        ({"running_cost": lambda x, u, t, p: x[2]}, ORDER),
        ({"terminal_cost": lambda x, t, p: p[0]}, ORDER),
        ({"dynamics": unpacked}, ORDER),
        ({"dynamics": lambda x, u, t, p: {"position": x[1], "speed": u[0]}}, "returns dict; return a list of numbers"),
        ({"final_time": None}, r"final_time is None; .* or FreeTime\(guess, lower, upper\)"),
        ({"final_time": (0, 2)}, r"final_time is \(0, 2\); .* or FreeTime\(guess, lower, upper\)"),
    ],
)
def test_statements(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError, match=words) as caught:
        cart(**changes)
    assert "\n" not in str(caught.value)
    assert ".." not in str(caught.value)


NO_BOUNDS: list[Any] = [True, "1", b"1", 1j, None, {}, ca.SX.sym("a"), [1.0, None]]


@pytest.mark.parametrize("bound", NO_BOUNDS, ids=str)
@pytest.mark.parametrize("which", ["lower", "upper"])
def test_what_is_no_number_bounds_no_constraint(which: str, bound: Any) -> None:
    constraints: dict[str, Any] = {
        "path_constraints": PathConstraint(lambda x, u, t, p: x, **{which: bound}),
        "boundary_constraints": BoundaryConstraint(lambda x0, xf, t0, tf, p: xf, **{which: bound}),
        "integral_constraints": IntegralConstraint(lambda x, u, t, p: x, **{which: bound}),
    }
    for name, constraint in constraints.items():
        with pytest.raises(ProblemError, match=rf"{name}\[0\]: {which} is .*; give a number, or one for each"):
            cart(**{name: (constraint,)})


@pytest.mark.parametrize(
    ("expression", "upper", "words"),
    [
        (lambda x, u, t, p: x[0] <= 1, 1.0, r"returns the comparison .*; return what is bounded"),
        (lambda x, u, t, p: [x[1], x[0] == 0], 1.0, r"returns the comparison"),
        (lambda x, u, t, p: [], 1.0, "returns no expression"),
        (lambda x, u, t, p: x, [1.0, 2.0, 3.0], "upper: 3 bounds do not fit its 2 expressions"),
        (lambda x, u, t, p: x[0], 1e20, "neither a lower nor an upper bound, for 1e19 and more are none"),
        (lambda x, u, t, p: x[0], np.nan, "upper nan; the lower bound must not exceed"),
    ],
)
def test_constraints_that_bound_nothing(expression: Any, upper: Any, words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        cart(path_constraints=(PathConstraint(expression, upper=upper),))


@pytest.mark.parametrize("number", [np.float32(2.0), np.int64(2), np.array(2.0), ca.DM(2.0), 2])
def test_numpys_scalars_are_numbers_where_functions_return_them(number: Any) -> None:
    for cost in (lambda x, u, t, p: number, lambda x, u, t, p: [number]):
        assert solve(cart(running_cost=cost), effort="once").cost == pytest.approx(2.0)


@pytest.mark.parametrize("value", [{0.0, 1.0}, frozenset({0.0, 1.0}), b"ab", True, {0: 1.0, 1: 2.0}])
def test_what_has_no_order_is_no_column(value: Any) -> None:
    with pytest.raises(ProblemError, match=f"dynamics returns {type(value).__name__}; return"):
        cart(dynamics=lambda x, u, t, p: value)


def test_an_error_of_the_function_itself_is_told_without_the_order_of_names() -> None:
    with pytest.raises(ProblemError, match=r"KeyError: 'a'$"):
        cart(running_cost=lambda x, u, t, p: {"b": 1}["a"])


def test_bounds_in_the_wrong_order_are_not_the_fault_of_the_guess() -> None:
    with pytest.raises(ProblemError, match="the lower bound 3 must not exceed the upper bound 2"):
        FreeTime(1, 3, 2)


def test_a_guess_that_is_no_number_says_where() -> None:
    values = np.zeros(41)
    values[7] = np.nan
    with pytest.raises(ProblemError, match=r"guess\['position'\] holds nan at index 7; give finite numbers"):
        solve(cart(), guess={"position": values})


def two(**given: Any) -> Callable[[], MultiPhaseProblem]:
    first, second = cart(name="a", final_state=None), cart(name="b", initial_state=None, initial_time=1, final_time=2)
    return lambda: MultiPhaseProblem("m", (first, second), **given)


def test_phases_that_nothing_ties() -> None:
    with pytest.raises(ProblemError, match=r"phase 'b' is tied to 'a' by no link.* add Link\('a', 'b'\)"):
        two()()
    for given in (
        {"links": (Link("a", "b"),)},
        {"link_constraints": (LinkConstraint(("b", "a"), lambda b, a: b.initial("speed") - a.final("speed"), 0, 0),)},
        {"cost": lambda a, b: (b.initial("speed") - a.final("speed")) ** 2},
    ):
        two(**given)()


@pytest.mark.parametrize("call", [lambda problem: homotopy(problem, [{}]), lambda problem: estimate(problem, [])])
def test_what_takes_one_phase_says_what_takes_several(call: Callable[[Any], object]) -> None:
    with pytest.raises(
        ProblemError, match="of one phase; solve, verify, refine, prepare, multistart and sensitivity take several"
    ):
        call(two(links=(Link("a", "b"),))())
