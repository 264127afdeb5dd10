"""The certificate of several phases: right answers hold, and what is wrong is denied by the line it belongs to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    FreeTime,
    Link,
    LinkConstraint,
    Mesh,
    MultiPhaseProblem,
    MultiPhaseSolution,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    ProblemError,
    Solution,
    solve,
    verify,
)

METHOD = MultipleShooting("rk4", control="linear")


def phase(name: str, **stated: Any) -> OptimalControlProblem:
    return OptimalControlProblem(
        name=name,
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
        **stated,
    )


START, GOAL = {"x": 0.0, "v": 0.0}, {"x": 1.0, "v": 0.0}


def waypoint(time: float | FreeTime = 0.5, **more: Any) -> MultiPhaseProblem:
    """From rest to rest, through 0.3 at a time."""
    first = phase("first", initial_state=START, final_state={"x": 0.3}, final_time=time)
    second = phase("second", initial_time=time, final_state=GOAL)
    return MultiPhaseProblem("waypoint", (first, second), (Link("first", "second"),), **more)


@pytest.fixture(scope="module")
def solved() -> MultiPhaseSolution:
    return solve(waypoint(), METHOD, Mesh.uniform(6))


def with_second(solution: MultiPhaseSolution, **changed: Any) -> MultiPhaseSolution:
    phases: dict[str, Solution] = dict(solution.phases)
    phases["second"] = replace(phases["second"], **changed)
    return replace(solution, phases=phases)


def test_what_is_right_holds_on_finer_meshes_too(solved: MultiPhaseSolution) -> None:
    certificate = verify(waypoint(), solved)
    assert certificate.holds, certificate
    assert certificate["finer mesh"].value < 1e-9
    assert certificate["curvature"].value == 0
    # RK4 carries controls that are linear in time exactly.
    assert certificate["end to end"].value < 1e-8
    assert {check.name.split(": ")[0] for check in certificate.checks if ": " in check.name} == {
        "first",
        "second",
        "first → second",
    }


def test_each_phase_has_its_own_lines(solved: MultiPhaseSolution) -> None:
    assert solved.certificate is not None
    for name, own in solved.phases.items():
        assert own.certificate is not None
        assert own.certificate.holds
        for check in own.certificate.checks:
            assert solved.certificate[f"{name}: {check.name}"] == replace(check, name=f"{name}: {check.name}")
        assert {"re-simulation", "Hamiltonian", "minimum in u"} <= {check.name for check in own.certificate.checks}


def test_another_control_in_one_phase_fails_there(solved: MultiPhaseSolution) -> None:
    values = solved.phases["second"].control_values + 0.5
    certificate = verify(waypoint(), with_second(solved, control_values=values), finer=False)
    assert "second: re-simulation" in certificate.failures
    assert "first: re-simulation" not in certificate.failures
    # ½ more for half a unit of time: 1/16 further and 1/4 faster than it should end, where v is largest at its start.
    miss = max(0.0625, 0.25 / np.abs(solved.phases["second"].states[:, 1]).max())
    assert certificate["end to end"].value == pytest.approx(miss, rel=1e-6)


def test_costates_that_do_not_meet_fail_at_the_link(solved: MultiPhaseSolution) -> None:
    second = solved.phases["second"]
    certificate = verify(waypoint(), with_second(solved, costates=second.costates + np.array([0.0, 1.0])), finer=False)
    assert certificate.failures == ("first → second: costates",)


def test_a_waypoint_moved_behind_the_solvers_back_fails(solved: MultiPhaseSolution) -> None:
    moved = solved.phases["second"].states + np.array([0.01, 0.0])
    assert "feasibility" in verify(waypoint(), with_second(solved, states=moved), finer=False).failures


def test_a_link_time_that_is_not_the_best_is_told_with_the_better_side() -> None:
    # Solved for a price of the link time that the problem verified does not ask.
    free = FreeTime(0.5, 0.1, 0.9)
    priced = waypoint(free, cost=lambda first, second: 50 * (first.final_time - 0.5) ** 2)
    solution = solve(priced, METHOD, Mesh.uniform(6))
    certificate = verify(waypoint(free), solution, finer=False)
    line = certificate["first → second: free link time"]
    assert not line.passed
    # 3t² − 2t³ passes 0.3 at t = 0.363, sooner than the price lets it.
    assert "a sooner one costs less" in line.meaning
    assert verify(priced, solution, finer=False).holds


def test_a_least_cost_that_is_not_attained_is_denied() -> None:
    # Energy falls for ever with more time; one bound holds it, and the problem verified has none.
    def timed(latest: float) -> MultiPhaseProblem:
        first = phase("first", initial_state=START, final_state={"x": 0.3}, final_time=FreeTime(1.0, 0.2, latest))
        end = FreeTime(2.0, 0.5, latest)
        second = phase("second", initial_time=FreeTime(1.0, 0.2, latest), final_time=end, final_state=GOAL)
        return MultiPhaseProblem("timed", (first, second), (Link("first", "second"),))

    solution = solve(timed(3.0), METHOD, Mesh.uniform(6))
    held = verify(timed(3.0), solution)
    assert held.holds, str(held)
    assert "comes back" in held["attained"].meaning
    free = verify(timed(1e6), solution)
    assert {"second: free end time", "attained"} <= set(free.failures)
    assert "the cost falls, the infimum is not attained" in free["attained"].meaning
    assert "first: final_time grows" in free["attained"].meaning


def test_a_price_on_the_speed_at_the_link_explains_the_jump_of_its_costate() -> None:
    limit = LinkConstraint(("first",), lambda first: first.final("v"), upper=1.0)
    for more in ({"cost": lambda first, second: 3 * first.final("v") ** 2}, {"link_constraints": (limit,)}):
        problem = waypoint(**more)
        solution = solve(problem, METHOD, Mesh.uniform(6))
        certificate = verify(problem, solution, finer=False)
        assert certificate.holds, certificate
        assert "v by" in certificate["first → second: costates"].meaning
    assert solution.phases["first"].state("v")[-1] == pytest.approx(1.0, abs=1e-7)
    # The multiplier of the limit is the jump.
    assert solution.links[0].costate_jumps["v"] == pytest.approx(-solution.link_multipliers[-1], rel=1e-6)


def test_a_branch_adds_the_costates_of_its_arms() -> None:
    # One start, two ends: what the trunk's costates are is what both branches ask.
    trunk = phase("trunk", initial_state=START, final_time=1.0)
    arms = [
        phase(name, initial_time=1.0, final_time=2.0, final_state={"x": x, "v": 0.0})
        for name, x in (("up", 1.0), ("down", -0.5))
    ]
    problem = MultiPhaseProblem("branch", (trunk, *arms), (Link("trunk", "up"), Link("trunk", "down")))
    solution = solve(problem, METHOD, Mesh.uniform(4))
    up, down = solution.links
    np.testing.assert_allclose(up.costates_before, up.costates_after + down.costates_after, rtol=1e-8)
    certificate = verify(problem, solution, finer=False)
    assert certificate.holds, certificate
    assert certificate["trunk → down: costates"].value < 1e-8


def test_constraints_on_states_leave_the_links_unjudged() -> None:
    problem = waypoint()
    bounded = phase(
        "second",
        initial_time=0.5,
        final_state=GOAL,
        path_constraints=[PathConstraint(lambda x, u, t, p: x[1], upper=1.8)],
    )
    problem = MultiPhaseProblem("waypoint", (problem.phases[0], bounded), problem.links)
    line = verify(problem, solve(problem, METHOD, Mesh.uniform(6)), finer=False)["first → second: costates"]
    assert line.limit is None
    assert "not judged beside constraints on states" in line.meaning


def test_what_does_not_belong_together_is_refused(solved: MultiPhaseSolution) -> None:
    problem = waypoint()
    other = MultiPhaseProblem("other", (problem.phases[0],))
    for given, solution, message in (
        (problem, solved.phases["first"], "solution is a Solution; give the MultiPhaseSolution"),
        (problem.phases[0], solved, "solution is of several phases; give the MultiPhaseProblem"),
        (other, solved, "solution has the phases .* and the problem"),
        (problem, replace(solved, link_multipliers=np.zeros(1)), "other link_multipliers"),
        (problem, with_second(solved, iterate=None), "phase 'second' does not hold its method, mesh and multipliers"),
        (problem, with_second(solved, states=solved.phases["second"].states * np.nan), "solution holds nan"),
    ):
        with pytest.raises(ProblemError, match=message):
            verify(given, solution)


def test_a_phase_that_shrinks_to_nothing_is_told_to_go() -> None:
    """A rest on the way costs time, and buys nothing."""
    open_time = FreeTime(0.5, 0.0, 1.0)
    first = phase("first", initial_state=START, final_time=open_time)
    rest = replace(
        phase("rest", initial_time=open_time, final_time=FreeTime(0.7, 0.0, 1.0)),
        control_bounds={"u": (0.0, 0.0)},
        running_cost=lambda x, u, t, p: 5.0,
    )
    second = phase("second", initial_time=FreeTime(0.7, 0.0, 1.0), final_state=GOAL)
    problem = MultiPhaseProblem("rests", (first, rest, second), (Link("first", "rest"), Link("rest", "second")))
    found = solve(problem, METHOD, Mesh.uniform(6))
    # The least energy from rest to rest, without it.
    assert found.cost == pytest.approx(6.0, rel=1e-3)
    assert found.certificate is not None
    lines = [check for check in found.certificate.checks if "free link time" in check.name and not check.passed]
    assert lines
    assert all("phase 'rest' has no length: leave it out" in line.meaning for line in lines)
    assert found.certificate["rest: minimum in u"].meaning == "nothing to compare: u is fixed by bounds"
    assert "cost that other controls" in found.certificate["first: minimum in u"].meaning
