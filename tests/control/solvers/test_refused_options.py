"""Options that a solver does not take: the message tells what CasADi says of them, and not of another option."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.control import Mesh, OptimalControlProblem, ProblemError, solve

PROBLEM = OptimalControlProblem(
    name="push",
    states=("x",),
    controls=("u",),
    dynamics=lambda x, u, t, p: [u[0]],
    running_cost=lambda x, u, t, p: u[0] ** 2,
    initial_state={"x": 0.0},
    final_state={"x": 1.0},
)
NAMES = st.from_regex(r"no[a-z]{2,9}x", fullmatch=True)


@given(solver=st.sampled_from(["ipopt", "fatrop", "sqp"]), name=NAMES)
@settings(max_examples=20, deadline=None)
def test_an_unknown_option_is_named_in_the_reason(solver: str, name: str) -> None:
    with pytest.raises(ProblemError) as caught:
        solve(PROBLEM, mesh=Mesh.uniform(2), solver=solver, options={name: 1})
    reason = str(caught.value).partition("does not take this program or these options (")[2]
    assert name in reason
    assert "OT_" not in reason


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"qpsol_options": {"nope": 1}}, "(Unknown option: nope)"),
        ({"qpsol": "nope"}, "(Plugin 'nope' is not found.)"),
        ({"max_iter": "a"}, "(Illegal type for max_iter: "),
    ],
)
def test_the_reason_is_what_is_wrong(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError) as caught:
        solve(PROBLEM, mesh=Mesh.uniform(2), solver="sqp", options=options)
    assert words in str(caught.value)
