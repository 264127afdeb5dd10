"""What a path violates between its nodes is seen, named, and mended by refine."""

from dataclasses import replace
from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import (
    DirectCollocation,
    FreeTime,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    refine,
    solve,
    verify,
)
from geodepth.control.transcription.transcription import Method
from geodepth.control.verification.between_nodes.worst_places import grid_of, worst_places
from geodepth.control.verification.resimulation import resimulate


def around_a_post(place: float = 5.19, aside: float = 0.0, radius: float = 0.05, shifted: bool = False) -> Any:
    """From (0, 0) to (10, 0) at speed 1 around a disc; `shifted` states it with a bound of zero."""
    known = radius**2 if shifted else 0.0
    return OptimalControlProblem(
        name="around a post",
        states=("x", "y"),
        controls=("a",),
        dynamics=lambda x, u, t, p: [ca.cos(u[0]), ca.sin(u[0])],
        terminal_cost=lambda x, t, p: t,
        initial_state={"x": 0, "y": 0},
        final_state={"x": 10, "y": 0},
        final_time=FreeTime(10, 1, 30),
        control_bounds={"a": (-1.5, 1.5)},
        path_constraints=[
            PathConstraint(lambda x, u, t, p: (x[0] - place) ** 2 + (x[1] - aside) ** 2 - known, radius**2 - known)
        ],
    )


@pytest.mark.parametrize("shifted", [False, True])
def test_a_post_between_two_nodes_is_seen_and_named(shifted: bool) -> None:
    problem = around_a_post(shifted=shifted)
    solution = solve(problem, effort="once")
    for certificate in (solution.certificate, verify(problem, solution)):
        assert certificate is not None
        assert certificate.failures == ("between nodes",)
        line = certificate["between nodes"]
        # The straight way meets the post's middle at t = 5.19, 0.05² below the bound.
        assert "path_constraints[0] below" in line.meaning
        assert "by 0.0025 at t = 5.1" in line.meaning


@pytest.mark.parametrize("method", [None, MultipleShooting("rk4")], ids=["collocation", "shooting"])
def test_refinement_goes_around_it(method: Method | None) -> None:
    problem = around_a_post()
    solution = refine(problem, method, Mesh.uniform(40), tolerance=1e-5)
    assert solution.certificate is not None
    assert solution.certificate.holds, solution.certificate
    path = solution.sample(np.linspace(0, solution.times[-1], 4001)).states
    # A relative distance of 1e-3 from the boundary, in sizes of x, is 0.01; next to the nodes far less is reached.
    assert np.hypot(path[:, 0] - 5.19, path[:, 1]).min() > 0.05 - 1e-3
    # The taut string: two tangents and an arc between them.
    tangents = np.sqrt(5.19**2 - 0.05**2) + np.sqrt(4.81**2 - 0.05**2)
    arc = 0.05 * (np.arcsin(0.05 / 5.19) + np.arcsin(0.05 / 4.81))
    assert solution.cost == pytest.approx(tangents + arc, rel=1e-6)


def test_a_control_that_leaves_its_bounds_between_collocation_points_is_seen() -> None:
    """The fastest way over a distance of 1 switches at t = 1, inside one of 5 intervals, whose quadratic overshoots."""
    problem = OptimalControlProblem(
        name="fastest",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        terminal_cost=lambda x, t, p: t,
        initial_state={"x": 0, "v": 0},
        final_state={"x": 1, "v": 0},
        final_time=FreeTime(3, 0.1, 10),
        control_bounds={"u": (-1, 1)},
    )
    solution = solve(problem, DirectCollocation("radau", 3), Mesh.uniform(5))
    assert solution.certificate is not None
    times = np.linspace(0, solution.times[-1], 100_001)
    controls = solution.sample(times).controls[:, 0]
    beyond = np.maximum(np.abs(controls) - 1, 0)
    line = solution.certificate["between nodes"]
    assert not line.passed
    # Controls count by their mean over the horizon; a grid of 16 pieces knows that of a parabola to some percent.
    assert line.value == pytest.approx(beyond.mean() / np.abs(solution.control_values).max(), rel=0.05)
    assert f"u above 1 by {beyond.max():.2g}" in line.meaning
    # The place is known to 1/64 of a grid of 16 pieces in an interval of 0.4.
    assert float(line.meaning.split("t = ")[1].split(";")[0]) == pytest.approx(times[np.argmax(beyond)], abs=4e-4)
    refined = refine(problem)
    assert refined.certificate is not None
    assert refined.certificate["between nodes"].passed


def test_a_bound_on_a_state_is_looked_at_between_nodes() -> None:
    """x'' = u with u = −1 on one interval rises by h²/8 above its ends."""
    problem = OptimalControlProblem(
        name="hop",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: (u[0] + 1) ** 2,
        initial_state={"x": 0, "v": 0.25},
        state_bounds={"x": (-1.0, 0.01)},
        final_time=0.5,
    )
    solution = solve(problem, mesh=Mesh.uniform(1))
    assert solution.certificate is not None
    line = solution.certificate["between nodes"]
    assert solution.states[-1] == pytest.approx([0.0, -0.25], abs=1e-7)
    assert "x above 0.01 by 0.021 at t = 0.25" in line.meaning
    # x hardly moves at its nodes: its size is the rounding's there, and the distance far beyond every limit.
    assert not line.passed
    assert replace(solution).certificate == solution.certificate


def test_what_need_not_hold_at_the_end_is_not_looked_at_there() -> None:
    """u ≥ 1 − t up to the end, where a jump of the expression would break it."""
    for include in (True, False):
        problem = OptimalControlProblem(
            name="end",
            states=("x",),
            controls=("u",),
            dynamics=lambda x, u, t, p: [u[0]],
            running_cost=lambda x, u, t, p: u[0] ** 2,
            initial_state={"x": 0},
            path_constraints=[
                PathConstraint(lambda x, u, t, p: u[0] - ca.if_else(t >= 1, 1, 0), 0, include_last=include)
            ],
        )
        solution = solve(problem, MultipleShooting("rk4"))
        assert solution.certificate is not None
        # Constant controls, held at the end too, would have to be 1 on the whole last interval.
        assert ("between nodes" in solution.certificate.failures) is False
        assert (solution.cost > 1 / 50) is include


@pytest.mark.parametrize(("include", "time"), [(True, 1.0), (False, None)])
def test_the_end_itself_counts_where_it_is_included(include: bool, time: float | None) -> None:
    """x = t breaks x² ≤ 0.95² from 0.95 on, most of all at the end, which is a node of the last interval."""
    known: dict[str, Any] = {
        "name": "line",
        "states": ("x",),
        "controls": ("u",),
        "dynamics": lambda x, u, t, p: [u[0]],
        "running_cost": lambda x, u, t, p: u[0] ** 2,
        "initial_state": {"x": 0.0},
        "final_state": {"x": 1.0},
    }
    solution = solve(OptimalControlProblem(**known), mesh=Mesh.uniform(10))
    constraint = PathConstraint(lambda x, u, t, p: x[0] ** 2, upper=0.95**2, include_last=include)
    problem = OptimalControlProblem(path_constraints=[constraint], **known)
    places = worst_places(problem, solution, resimulate(problem, solution, grid_of(problem, solution)))
    assert places is not None
    assert len(places) == 1
    if time is not None:
        assert places[0].time == time
        assert places[0].violation == pytest.approx(1 - 0.95**2, rel=1e-9)
    else:
        assert 0.99 < places[0].time < 1.0


@pytest.mark.parametrize("node", [0.05, 0.2, 0.35, 0.55, 0.7, 0.9])
def test_a_peak_inside_an_interval_is_found_where_it_is(node: float) -> None:
    """x = t (1 − t), the way of least energy, is above 0.2 by 0.05 at 1/2, somewhere in one of two intervals."""
    known: dict[str, Any] = {
        "name": "throw",
        "states": ("x", "v"),
        "controls": ("u",),
        "dynamics": lambda x, u, t, p: [x[1], u[0]],
        "running_cost": lambda x, u, t, p: u[0] ** 2,
        "initial_state": {"x": 0.0, "v": 1.0},
        "final_state": {"x": 0.0, "v": -1.0},
    }
    solution = solve(OptimalControlProblem(**known), mesh=Mesh(np.array([0.0, node, 1.0])))
    problem = OptimalControlProblem(state_bounds={"x": (-1.0, 0.2)}, **known)
    places = worst_places(problem, solution, resimulate(problem, solution, grid_of(problem, solution)))
    assert places is not None
    worst = max(places, key=lambda place: place.violation)
    assert worst.violation == pytest.approx(0.05, rel=1e-5)
    # The search ends a few thousandths of an interval beside the top, where the parabola is flat.
    assert worst.time == pytest.approx(0.5, abs=1e-3)
