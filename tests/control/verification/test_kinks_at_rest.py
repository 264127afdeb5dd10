"""Whether a path rests on a kink, for kinks and paths that are made by hand."""

from __future__ import annotations

from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import OptimalControlProblem
from geodepth.control.model.kinks_of_problem import Kink
from geodepth.control.verification.kinks_at_rest import Rest, longest_rest

from .hand_made import along, solution

PROBLEM = OptimalControlProblem(
    name="stated",
    states=("x",),
    controls=("u",),
    dynamics=lambda x, u, t, p: [u[0]],
    running_cost=lambda x, u, t, p: ca.fabs(x[0]),
    initial_state={"x": 0.0},
)


def kink(where: str, size: float = 1.0, right: Any = None, steeper: float = -1.0, name: str = "fabs") -> Kink:
    """|x|: x against −x, of slopes 1 and −1 in x and 0 in u; the other side may be given."""
    x, u, t, p = ca.SX.sym("x"), ca.SX.sym("u"), ca.SX.sym("t"), ca.SX.sym("p", 0)
    outputs = [x, size, x, -x if right is None else right(x), ca.vertcat(1, 0), ca.vertcat(steeper, 0)]
    ends = {"terminal_cost": [x, t, p], "boundary_constraints": [ca.SX.sym("x0"), x, ca.SX.sym("t0"), t, p]}
    return Kink(name, where, ca.Function("sides", ends.get(where, [x, u, t, p]), outputs), "of no slack")


def rest(*kinks: Kink, states: Any, last: float = 0.0) -> Rest | None:
    """On intervals of 0.3 and 0.9, a quarter and three quarters, with x at three points in each and at the end."""
    path = along(PROBLEM, (0.3, 0.9), states=np.array(states, dtype=float).reshape(1, 6))
    times = np.array([0.0, 0.3, 1.2])
    return longest_rest(kinks, solution(times, [[2.0], [0.0], [last]], np.zeros((2, 1, 1)), (0.5,)), path)


FIRST, BOTH, NEITHER = [0, 0, 0, 1, 1, 1], [0] * 6, [0, 0, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("states", "more", "share"),
    [
        (FIRST, {}, 0.25),
        ([1, 1, 1, 0, 0, 0], {}, 0.75),
        (BOTH, {}, 1.0),
        (NEITHER, {}, 0.0),
        # As near as a twentieth of the interval's share of the horizon, of the size of the terms.
        ([0.0124, -0.0124, 0.0, 1, 1, 1], {}, 0.25),
        ([0.0126, 0.0, 0.0, 1, 1, 1], {}, 0.0),
        ([0.0, 0.0, -0.0126, 1, 1, 1], {}, 0.0),
        ([0.049, 0.0, 0.0, 1, 1, 1], {"size": 4.0}, 0.25),
        ([0.051, 0.0, 0.0, 1, 1, 1], {"size": 4.0}, 0.0),
        ([1, 1, 1, 0.037, 0.037, 0.037], {}, 0.75),
        # Two sides of one slope make no difference, unless their values do.
        (BOTH, {"right": lambda x: x, "steeper": 1.0}, 0.0),
        (BOTH, {"right": lambda x: x, "steeper": 1 + 2e-7}, 1.0),
        (BOTH, {"right": lambda x: x, "steeper": 1 + 0.5e-7}, 0.0),
        (BOTH, {"right": lambda x: x + 1, "steeper": 1.0}, 1.0),
        # Away from the kink, two sides of the same value bend as well.
        ([1, 1, 1, 2, 2, 2], {"right": lambda x: x}, 1.0),
        ([1, 1, 1, 2, 2, 2], {"right": lambda x: x * (1 + 1e-6)}, 0.0),
    ],
)
def test_the_share_of_the_horizon_on_a_kink(states: list[float], more: dict[str, Any], share: float) -> None:
    found = rest(kink("running_cost", **more), states=states)
    assert found is not None
    assert found.share == pytest.approx(share, abs=1e-14)


def test_in_the_dynamics_a_state_that_hardly_moves_has_its_size_over_the_horizon() -> None:
    """x is 2 at most, and 5/3 a unit of time: a difference of 1e-7 in f is none, one of 1e-6 is."""
    for difference, share in ((1e-7, 1.0), (1e-6, 0.0)):
        same = kink("dynamics", right=lambda x, d=difference: x + d)
        assert rest(same, states=[0.1] * 6) == Rest(same, share)
        of_cost = kink("running_cost", right=lambda x, d=difference: x + d)
        assert rest(of_cost, states=[0.1] * 6) == Rest(of_cost, 0.0)


@pytest.mark.parametrize("where", ["terminal_cost", "boundary_constraints"])
@pytest.mark.parametrize(("last", "share"), [(0.0, 1.0), (0.9e-7, 1.0), (1.1e-7, 0.0), (1.0, 0.0)])
def test_at_the_ends_a_kink_is_touched_or_not(where: str, last: float, share: float) -> None:
    found = rest(kink(where), states=NEITHER, last=last)
    assert found is not None
    assert found.share == share


def test_the_longest_rest_is_told() -> None:
    far, near = kink("running_cost", right=lambda x: x, steeper=1.0, name="no kink"), kink("running_cost")
    assert rest(far, near, states=FIRST) == Rest(near, 0.25)
    assert rest(near, far, states=FIRST) == Rest(near, 0.25)
    assert rest(states=FIRST) is None
    dark = rest(Kink("erf", "running_cost", None, "it cannot be looked into"), states=FIRST)
    assert dark is not None
    assert np.isnan(dark.share)
