"""Every mapping of a statement from names to values: a name that is none, or a value that does not fit, is refused."""

import math
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodepth.control import IntegralConstraint, OptimalControlProblem, ProblemError

OF = {
    "state_bounds": "x",
    "control_bounds": "u",
    "initial_state": "x",
    "final_state": "x",
    "algebraic_bounds": "z",
    "algebraic_guess": "z",
    "control_rate_bounds": "u",
    "control_rate_penalties": "u",
    "parameters": "k",
}
"""A name that each mapping knows."""
BOUNDS = tuple(which for which in OF if which.endswith("_bounds"))
PLAIN = tuple(which for which in OF if which not in BOUNDS)


def stated(**changes: Any) -> OptimalControlProblem:
    given: dict[str, Any] = {
        "name": "all of it",
        "states": ("x",),
        "controls": ("u",),
        "algebraic": ("z",),
        "parameters": {"k": 1.0},
        "dynamics": lambda x, z, u, t, p: [z[0]],
        "algebraic_equations": lambda x, z, u, t, p: [z[0] - p[0] * x[0] - u[0]],
        "integral_constraints": (IntegralConstraint(lambda x, z, u, t, p: u[0], upper=9.0),),
    }
    return OptimalControlProblem(**(given | changes))


@given(which=st.sampled_from(sorted(set(OF) - {"parameters"})), name=st.text(max_size=4), rated=st.booleans())
def test_a_name_that_is_none_is_refused_by_the_mapping_that_gives_it(which: str, name: str, rated: bool) -> None:
    if name == OF[which]:
        return
    others = {"control_rate_penalties": {"u": 1.0}} if rated and not which.startswith("control_rate") else {}
    if name == "u" and others and which in ("initial_state", "final_state", "state_bounds"):
        return
    value = (0.0, 1.0) if which in BOUNDS else 0.5
    for base in ({}, {OF[which]: value}):
        with pytest.raises(ProblemError, match=rf"^{which} (names|is) .*{re.escape(repr(name))}"):
            stated(**others, **{which: {**base, name: value}})


@pytest.mark.parametrize("which", OF)
@pytest.mark.parametrize("name", [3, None, ("x",), ""])
def test_what_is_no_name_is_refused(which: str, name: object) -> None:
    with pytest.raises(ProblemError, match=rf"^{which} is .*; its names must be non-empty strings$"):
        stated(**{which: {name: 1.0}})


NO_NUMBER: Any = st.sampled_from(["a", "1", b"1", None, True, math.nan, [], {}, object(), 1j, 10**400])


@given(which=st.sampled_from(PLAIN), value=NO_NUMBER | st.sampled_from([math.inf, -math.inf]))
def test_a_value_that_is_no_number_is_refused_under_the_name_that_was_given(which: str, value: object) -> None:
    with pytest.raises(ProblemError, match=re.escape(f"{which}[{OF[which]!r}] is ")) as caught:
        stated(**{which: {OF[which]: value}})
    assert str(caught.value).startswith(which)


@given(
    which=st.sampled_from([*BOUNDS, "initial_state", "final_state"]),
    pair=st.one_of(
        st.tuples(NO_NUMBER, st.sampled_from([1.0, math.inf])),
        st.tuples(st.just(-1.0), NO_NUMBER),
        st.floats(-9, 9).map(lambda low: (low, low - 1)),
        st.sampled_from([(1.0,), (1, 2, 3), (), (math.inf, math.inf), (-math.inf, -1e20)]),
    ),
)
def test_a_pair_that_is_no_range_is_refused_under_the_name_that_was_given(which: str, pair: tuple[Any, ...]) -> None:
    with pytest.raises(ProblemError, match=re.escape(f"{which}[{OF[which]!r}] is ")) as caught:
        stated(**{which: {OF[which]: pair}})
    assert str(caught.value).startswith(which)
    assert "\n" not in str(caught.value)


@given(which=st.sampled_from(BOUNDS), value=NO_NUMBER | st.sampled_from([1, 2.0, "ab", "12"]))
def test_what_is_no_pair_is_refused_under_the_name_that_was_given(which: str, value: object) -> None:
    with pytest.raises(ProblemError, match=re.escape(f"{which}[{OF[which]!r}] is ")) as caught:
        stated(**{which: {OF[which]: value}})
    assert str(caught.value).startswith(which)


def test_what_is_right_is_taken_and_taken_again() -> None:
    names = {which: (-9.0, math.inf) if which in BOUNDS else 0.5 for which in OF}
    problem = stated(**{which: {OF[which]: value} for which, value in names.items()})
    again = replace(problem, name="again")
    assert all(dict(getattr(again, which) or {}) == dict(getattr(problem, which) or {}) for which in OF)
