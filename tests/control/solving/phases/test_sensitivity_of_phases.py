"""Derivatives of an optimum of several phases: those of the same problem as one, and finite differences."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    FreeTime,
    Link,
    Mesh,
    MultiPhaseProblem,
    MultipleShooting,
    OptimalControlProblem,
    ProblemError,
    sensitivity,
    solve,
)
from geodepth.control.solvers.status import Status

METHOD = MultipleShooting("rk4", "linear")


def swing(name: str, **more: Any) -> OptimalControlProblem:
    """A spring whose force is bounded."""
    return OptimalControlProblem(
        name,
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0] - p[0] * x[0] ** 3],
        running_cost=lambda x, u, t, p: u[0] ** 2 + 0.1 * x[0] ** 2,
        control_bounds={"u": (-0.6, 6.0)},
        parameters={"stiff": 1.3},
        **more,
    )


START, END = {"x": 1.0, "v": 0.0}, {"x": 0.0, "v": 0.5}
WHOLE = swing("whole", initial_state=START, final_state=END, final_time=2.0)
CUT = MultiPhaseProblem(
    "cut",
    (
        swing("before", initial_state=START, final_time=0.8),
        swing("after", final_state=END, initial_time=0.8, final_time=2.0),
    ),
    (Link("before", "after"),),
)


def test_a_problem_cut_in_two_has_the_derivatives_of_the_whole() -> None:
    one = solve(WHOLE, METHOD, Mesh.uniform(20), tolerance=1e-12)
    assert np.min(one.controls) < -0.599
    cut = solve(CUT, METHOD, {"before": Mesh.uniform(8), "after": Mesh.uniform(12)}, tolerance=1e-12)
    whole, parts = sensitivity(WHOLE, one), sensitivity(CUT, cut)
    before, after = parts.phases["before"], parts.phases["after"]
    same = {
        "initial_state.x": ["before: initial_state.x"],
        "final_state.v": ["after: final_state.v"],
        "parameters.stiff": ["before: parameters.stiff", "after: parameters.stiff"],
        "final_time": ["after: final_time"],
    }
    for name, numbers in same.items():
        # A later end stretches all intervals of the whole, and here those behind the cut: other errors of the mesh.
        stretched = name == "final_time"
        assert sum(parts.cost[n] for n in numbers) == pytest.approx(whole.cost[name], rel=1e-4 if stretched else 1e-6)
        for table in ("states", "controls"):
            ours = [np.array(sum(getattr(phase, table)[n] for n in numbers)) for phase in (before, after)]
            joined = np.vstack([ours[0][: 8 if table == "controls" else -1], ours[1]])
            wanted = getattr(whole, table)[name]
            if not stretched:
                np.testing.assert_allclose(joined, wanted, atol=1e-5 * np.max(np.abs(wanted)))
    for name in ("initial_state.x", "final_state.v"):
        np.testing.assert_allclose(parts.reach[same[name][0]], whole.reach[name], rtol=1e-4)
    assert parts.undecided == whole.undecided == 0
    assert "before: initial_state.x" in str(parts)


def staged(stiff: float, way: float) -> MultiPhaseProblem:
    """The free time between a push and a coast, by which a pushed mass gets as far as it must."""
    push = OptimalControlProblem(
        "push",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], p[0] * u[0] - x[1] * x[1]],
        running_cost=lambda x, u, t, p: 1 + u[0] ** 2,
        initial_state={"x": 0.0, "v": 0.0},
        final_time=FreeTime(1.0, 0.1, 5.0),
        parameters={"push": stiff},
    )
    coast = OptimalControlProblem(
        "coast",
        states=("x", "v"),
        controls=(),
        dynamics=lambda x, u, t, p: [x[1], -x[1] * x[1]],
        running_cost=lambda x, u, t, p: 1,
        final_state={"x": way},
        initial_time=FreeTime(1.0, 0.1, 5.0),
        final_time=FreeTime(2.0, 0.2, 9.0),
    )
    return MultiPhaseProblem("staged", (push, coast), (Link("push", "coast"),))


def test_derivatives_are_finite_differences_where_the_link_is_free() -> None:
    mesh, step = Mesh.uniform(6), 1e-4
    here = solve(staged(2.0, 1.0), mesh=mesh, tolerance=1e-12)
    found = sensitivity(staged(2.0, 1.0), here)
    for name, change in (("push: parameters.push", (1, 0)), ("coast: final_state.x", (0, 1))):
        up, down = (
            solve(staged(2.0 + s * change[0], 1.0 + s * change[1]), mesh=mesh, guess=here, tolerance=1e-12)
            for s in (step, -step)
        )
        assert found.cost[name] == pytest.approx((up.cost - down.cost) / (2 * step), rel=1e-5)
        for phase in ("push", "coast"):
            times = [float(end.phases[phase].times[-1]) for end in (up, down)]
            slope = (times[0] - times[1]) / (2 * step)
            assert found.phases[phase].free[name]["final_time"] == pytest.approx(slope, rel=1e-4)
            states = (up.phases[phase].states - down.phases[phase].states) / (2 * step)
            np.testing.assert_allclose(found.phases[phase].states[name], states, atol=1e-5)
    assert "push: final_time" not in found.cost


def test_what_is_no_solution_of_the_phases_is_refused() -> None:
    cut = solve(CUT, METHOD, Mesh.uniform(4))
    one = solve(WHOLE, METHOD, Mesh.uniform(4))
    with pytest.raises(ProblemError, match="give the MultiPhaseSolution that solve returned"):
        sensitivity(CUT, one)  # type: ignore[call-overload]
    with pytest.raises(ProblemError, match="solution is of several phases; give the MultiPhaseProblem"):
        sensitivity(WHOLE, cut)  # type: ignore[call-overload]
    with pytest.raises(ProblemError, match="solution was stopped short"):
        sensitivity(CUT, replace(cut, status=Status.FAILED))
