"""Violations between nodes, on parabolas made by hand: where, by how much, and what that is relative to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.control import OptimalControlProblem, PathConstraint, Solution
from geodepth.control.verification.between_nodes.worst_places import (
    Place,
    bounded_values,
    check_between_nodes,
    grid_of,
    worst_places,
)
from geodepth.control.verification.resimulation import Resimulation

from .hand_made import solution


def stated(top: float = 0.0, **more: Any) -> OptimalControlProblem:
    """x = 1 − (t − `top`)², whatever u is."""
    return OptimalControlProblem(
        name="stated",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [-2 * (t - top) + 0 * u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2,
        initial_state={"x": 0.0},
        **more,
    )


def along(
    problem: OptimalControlProblem, top: float, controls: Any = ((0.0,), (0.0,)), points: Any = (0.5,), **more: Any
) -> tuple[Solution, Resimulation]:
    """That parabola from 0 to 1 and on to 3, exactly as a simulation has it."""
    times = np.array([0.0, 1.0, 3.0])
    known = solution(times, (1 - (times - top) ** 2)[:, None], np.array(controls)[:, :, None], points, **more)
    fractions = grid_of(problem, known)
    at = times[:-1, None] + np.diff(times)[:, None] * fractions
    inside = (1 - (at - top) ** 2)[:, :, None]
    return known, Resimulation(known.states[1:], np.zeros(2), np.zeros((2, 1)), inside)


def only(problem: OptimalControlProblem, *path: Any) -> Place:
    places = worst_places(problem, *path)
    assert places is not None
    assert len(places) == 1
    return places[0]


@pytest.mark.parametrize(
    ("top", "points", "allowed"),
    [
        # The node at 0 is 0.04 inside, which is nearer than the violation of 0.05: the program sees it.
        (0.3, (0.5,), 1.0),
        # Both nodes are 0.2 inside and more, and so is the control's point at 0.1.
        (0.5, (0.1,), 0.1),
        # The control's point is at the top itself.
        (0.5, (0.5,), 1.0),
        # In the second interval, nodes 0.95 inside.
        (2.0, (0.1,), 0.1),
    ],
)
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_state_above_its_bound(top: float, points: tuple[float, ...], allowed: float, side: float) -> None:
    name, bounds = ("above", (-9.0, 0.95)) if side > 0 else ("below", (-0.95, 9.0))
    problem = stated(top, state_bounds={"x": bounds})
    if side < 0:
        problem = OptimalControlProblem(
            name="stated",
            states=("x",),
            controls=("u",),
            dynamics=lambda x, u, t, p: [2 * (t - top) + 0 * u[0]],
            running_cost=lambda x, u, t, p: u[0] ** 2,
            initial_state={"x": 0.0},
            state_bounds={"x": bounds},
        )
    known, again = along(problem, top, points=points)
    known = solution(known.times, side * known.states, known.control_values, points)
    again = Resimulation(side * again.ends, again.costs, again.defects, side * again.inside)
    place = only(problem, known, again)
    interval = int(top > 1)
    assert (place.interval, place.row, place.constraint) == (interval, 0, f"x {name} {bounds[int(side > 0)]:g}")
    assert place.time == pytest.approx(top, abs=2e-3)
    assert place.fraction == pytest.approx((top - interval) / (1 + interval), abs=2e-3)
    assert place.violation == pytest.approx(0.05, rel=1e-4)
    assert place.distance == pytest.approx(0.05 / np.abs(known.states).max(), rel=1e-4)
    assert place.allowed == allowed
    line = check_between_nodes(problem, known, again, 1e-3)
    assert line is not None
    assert line.meaning == f"{place.constraint} by 0.05 at t = {place.time:.6g}; relative"
    assert (line.value, line.limit) == (place.distance, allowed * 1e-3)


def test_what_is_violated_nowhere_or_cannot_be_seen() -> None:
    problem = stated(0.5, state_bounds={"x": (-9.0, 1.0)})
    known, again = along(problem, 0.5)
    assert worst_places(problem, known, again) == []
    line = check_between_nodes(problem, known, again, 1e-3)
    assert line is not None
    assert (line.value, line.limit) == (0.0, 1e-3)
    dark = Resimulation(again.ends, again.costs, again.defects, np.nan * again.inside)
    assert worst_places(problem, known, dark) is None
    line = check_between_nodes(problem, known, dark, 1e-3)
    assert line is not None
    assert not line.passed
    assert check_between_nodes(stated(0.5), known, again, 1e-3) is None


def test_the_worst_of_two_bounds_is_told_for_each_interval() -> None:
    """From 1 − t² at 0 to −8: above 0.9 at first, below −6 at last; the larger distance stands in the certificate."""
    problem = stated(0.0, state_bounds={"x": (-6.0, 0.9)})
    known, again = along(problem, 0.0)
    places = worst_places(problem, known, again)
    assert places is not None
    assert [place.constraint for place in places] == ["x above 0.9", "x below -6"]
    assert [place.interval for place in places] == [0, 1]
    assert [place.violation for place in places] == pytest.approx([0.1, 2.0], rel=1e-9)
    assert [place.time for place in places] == [0.0, 3.0]
    line = check_between_nodes(problem, known, again, 1e-3)
    assert line is not None
    assert line.value == pytest.approx(2.0 / 8.0, rel=1e-9)


PARABOLA = ((0.0, 1.2, 0.0), (0.0, 1.05, 0.0))
"""At 0, ½ and 1 of each interval, 4 c s(1 − s): above 1 by ⅔ (c − 1) √(1 − 1/c) in mean."""


def over(height: float) -> float:
    return float(2 / 3 * (height - 1) * np.sqrt(1 - 1 / height))


def test_a_control_counts_by_its_mean_over_the_horizon() -> None:
    """Intervals of 1 and 2; where an interval has less than half of the mean share, it is not to blame."""
    problem = stated(control_bounds={"u": (-9.0, 1.0)})
    known, again = along(problem, 0.0, PARABOLA, (0.0, 0.5, 1.0))
    assert again.inside.shape == (2, 0, 1)
    places = worst_places(problem, known, again)
    assert places is not None
    assert [place.violation for place in places] == pytest.approx([0.2, 0.05], rel=1e-3)
    assert [place.fraction for place in places] == pytest.approx([0.5, 0.5], abs=1e-2)
    mean = (over(1.2) + 2 * over(1.05)) / 3
    # A grid of sixteen pieces knows the mean to some percent.
    assert [place.distance for place in places] == pytest.approx([mean / 1.2, 0.0], rel=0.05)
    assert {place.allowed for place in places} == {1.0}
    line = check_between_nodes(problem, known, again, 1e-3)
    assert line is not None
    assert line.meaning.startswith("u above 1 by 0.2 at t = 0.5")
    assert line.meaning.endswith("; relative and lasting")


@pytest.mark.parametrize(
    ("second", "lasting"),
    [
        # 0.3 all through two thirds of the horizon, and 0.6 through the rest: 0.6 but for an instant.
        (1.3, 0.6),
        (1.0, 0.6),
    ],
)
def test_a_path_constraint_with_controls_counts_by_what_lasts(second: float, lasting: float) -> None:
    """2u ≤ 2.4 with u of 1.5 and `second`: the excess, over twice the control's size."""
    problem = stated(path_constraints=[PathConstraint(lambda x, u, t, p: 2 * u[0], upper=2.4)])
    known, again = along(problem, 0.0, ((1.5,), (second,)))
    places = worst_places(problem, known, again)
    assert places is not None
    place = places[0]
    assert place.violation == pytest.approx(0.6, rel=1e-12)
    assert place.distance == pytest.approx(lasting / (2 * 1.5), rel=1e-12)
    assert place.constraint == "path_constraints[0] above 2.4"
    if second > 1.2:
        # What is violated less than what lasts counts by its mean: (0.6 + 2 · 0.2)/3.
        assert places[1].distance == pytest.approx((0.6 + 2 * 0.2) / 3 / 3, rel=1e-12)
    else:
        assert len(places) == 1


def test_what_is_bounded_is_named_in_order() -> None:
    """Path constraints, then states and controls that have a bound."""
    problem = OptimalControlProblem(
        name="three",
        states=("x", "y"),
        controls=("u", "v"),
        dynamics=lambda x, u, t, p: [u[0], p[0] * u[1]],
        initial_state={"x": 0.0, "y": 0.0},
        terminal_cost=lambda x, t, p: x[0] ** 2,
        parameters={"k": 2.0},
        state_bounds={"y": (-np.inf, 3.0)},
        control_bounds={"u": (-1.0, np.inf)},
        path_constraints=[
            PathConstraint(lambda x, u, t, p: x[0] * t + p[0], 1.0, 2.0),
            PathConstraint(lambda x, u, t, p: x[1] * u[1], 0.0, include_last=False),
        ],
    )
    rows = bounded_values(problem)
    assert rows.names == ("path_constraints[0]", "path_constraints[1]", "y", "u")
    np.testing.assert_array_equal(rows.lower, [1.0, 0.0, -np.inf, -1.0])
    np.testing.assert_array_equal(rows.upper, [2.0, np.inf, 3.0, np.inf])
    np.testing.assert_array_equal(rows.of_controls, [False, True, False, True])
    np.testing.assert_array_equal(rows.idle_at_end, [1])
    assert rows.of_states
    at = (np.array([[5.0], [7.0]]), np.array([[-2.0], [4.0]]), 3.0, np.array([2.0]))
    np.testing.assert_array_equal(np.array(rows.values(*at)).ravel(), [17.0, 28.0, 7.0, -2.0])
    np.testing.assert_array_equal(rows.excess(at).ravel(), [15.0, -28.0, 4.0, 1.0])
    by_state, by_control = (np.array(slope) for slope in rows.slopes(*at))
    np.testing.assert_array_equal(by_state, [[3.0, 0.0], [0.0, 4.0], [0.0, 1.0], [0.0, 0.0]])
    np.testing.assert_array_equal(by_control, [[0.0, 0.0], [0.0, 7.0], [0.0, 0.0], [1.0, 0.0]])
    free = bounded_values(stated(control_bounds={"u": (-1.0, 1.0)}))
    assert not free.of_states
    assert bounded_values(stated()).names == ()


@pytest.mark.parametrize(("intervals", "pieces"), [(1, 16), (256, 16), (300, 13), (1024, 4), (2000, 4)])
def test_the_grid_has_four_to_sixteen_pieces(intervals: int, pieces: int) -> None:
    """About 4096 in all."""
    known = solution(np.linspace(0, 1, intervals + 1), np.ones((intervals + 1, 1)), np.zeros((intervals, 1, 1)), (0.5,))
    bounded = stated(state_bounds={"x": (-9.0, 9.0)})
    np.testing.assert_allclose(grid_of(bounded, known), np.arange(pieces + 1) / pieces)
    assert grid_of(stated(control_bounds={"u": (-1.0, 1.0)}), known).size == 0
