"""Solutions with NaN or infinity anywhere: a line that says where, in place of a certificate."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.control import (
    ControlError,
    DirectCollocation,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    Solution,
    solve,
    verify,
)

PROBLEM = OptimalControlProblem(
    name="p",
    states=("x", "v"),
    controls=("u",),
    dynamics=lambda x, u, t, p: [x[1], u[0] - p[0] * x[0] ** 3],
    running_cost=lambda x, u, t, p: u[0] ** 2,
    initial_state={"x": 0.0, "v": 0.0},
    final_state={"x": 1.0, "v": 0.0},
    path_constraints=[PathConstraint(lambda x, u, t, p: x[1], upper=1.4)],
    parameters={"k": 1.0},
)
SOLUTIONS = [solve(PROBLEM, method, Mesh.uniform(8)) for method in (MultipleShooting(), DirectCollocation())]
ARRAYS = ("times", "states", "controls", "costates", "control_values", "slopes", "interval_costates")


def spoilt(solution: Solution, field: str, value: float, where: int) -> Solution:
    """The solution with one number exchanged."""
    if field == "cost":
        return replace(solution, cost=value)
    if field == "parameter":
        return replace(solution, parameters={"k": value})
    if field == "constraint_multipliers":
        assert solution.iterate is not None
        changes: dict[str, Any] = {field: exchanged(getattr(solution.iterate, field), value, where)}
        return replace(solution, iterate=replace(solution.iterate, **changes))
    changes = {field: exchanged(getattr(solution, field), value, where)}
    return replace(solution, **changes)


def exchanged(array: np.ndarray, value: float, where: int) -> np.ndarray:
    copy = array.copy()
    copy.flat[where % copy.size] = value
    return copy


@settings(derandomize=True, deadline=None, max_examples=40)
@given(
    solution=st.sampled_from(SOLUTIONS),
    field=st.sampled_from([*ARRAYS, "cost", "parameter", "constraint_multipliers"]),
    value=st.sampled_from([math.nan, math.inf, -math.inf]),
    where=st.integers(0, 10**6),
)
def test_none_is_verified(solution: Solution, field: str, value: float, where: int) -> None:
    with pytest.raises(ControlError, match=r"solution holds -?(nan|inf) in its") as caught:
        verify(PROBLEM, spoilt(solution, field, value, where))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("field", ["states", "costates", "interval_costates", "cost", "constraint_multipliers"])
def test_the_line_names_what_is_not_finite(field: str) -> None:
    with pytest.raises(ControlError, match=f"solution holds nan in its {field}"):
        verify(PROBLEM, spoilt(SOLUTIONS[0], field, math.nan, 7))
