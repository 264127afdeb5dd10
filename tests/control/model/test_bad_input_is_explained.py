"""What a newcomer gives first and cannot be used: the message says what to write in its place."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    FreeTime,
    Link,
    LinkConstraint,
    MultiPhaseProblem,
    OptimalControlProblem,
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
