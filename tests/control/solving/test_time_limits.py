"""Time limits: every solve that a call makes knows when all of it must end, and none begins later."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from geodepth.control import (
    DirectCollocation,
    FreeTime,
    Link,
    Mesh,
    MultiPhaseProblem,
    OptimalControlProblem,
    Status,
    homotopy,
    multistart,
    prepare,
    refine,
    solve,
    verify,
)
from geodepth.control.solvers import program as programs
from geodepth.control.solvers.solver_call import call_solver
from geodepth.foundation.time_limits import ends_within, time_left

LONG = 1e4
"""Seconds, of which no test takes a noticeable part: limits are looked at, and nothing ends by them."""
MESH = Mesh.uniform(5)


def pushed(distance: float = 0.1, **more: Any) -> OptimalControlProblem:
    """A mass that a force of at most one moves by `distance` in a second; beyond ¼ it cannot."""
    stated: dict[str, Any] = {
        "name": "pushed mass",
        "states": ("x", "v"),
        "controls": ("u",),
        "dynamics": lambda x, u, t, p: [x[1], u[0]],
        "running_cost": lambda x, u, t, p: u[0] ** 4,
        "control_bounds": {"u": (-1.0, 1.0)},
        "initial_state": {"x": 0.0, "v": 0.0},
        "final_state": {"x": distance, "v": 0.0},
    }
    return OptimalControlProblem(**(stated | more))


def in_two_phases(distance: float) -> MultiPhaseProblem:
    there = FreeTime(0.5, 0.1, 0.9)
    first = pushed(name="first", final_state={}, final_time=there)
    second = pushed(distance, name="second", initial_state={}, initial_time=there)
    return MultiPhaseProblem("pushed twice", phases=(first, second), links=(Link("first", "second"),))


def prepared_twice(seconds: float) -> Any:
    """Cold, then from its own solution at another end."""
    built = prepare(pushed(), mesh=MESH, time_limit=seconds)
    built.solve()
    return built.solve(final_state={"x": 0.11})


def around(call: Callable[[], Any]) -> Callable[[float], Any]:
    """A call without a limit of its own, in a block that has one."""

    def limited(seconds: float) -> Any:
        with ends_within(seconds):
            return call()

    return limited


CALLS: dict[str, Callable[[float], Any]] = {
    "solve": lambda s: solve(pushed(), mesh=MESH, time_limit=s),
    "solve once": lambda s: solve(pushed(), mesh=MESH, time_limit=s, effort="once"),
    "solve by fatrop": lambda s: solve(pushed(), mesh=MESH, solver="fatrop", time_limit=s),
    "solve by sqp": lambda s: solve(pushed(), mesh=MESH, solver="sqp", time_limit=s, guess={"u": 0.1}),
    # Nothing is feasible: all that `solve` tries follows, the relaxed program and random starts among it.
    "solve in vain": lambda s: solve(pushed(9.0), mesh=MESH, time_limit=s, raise_on_failure=False),
    "solve by default in vain": lambda s: solve(pushed(0.3), time_limit=s, raise_on_failure=False),
    "solve phases in vain": lambda s: solve(in_two_phases(9.0), mesh=MESH, time_limit=s, raise_on_failure=False),
    "refine": lambda s: refine(pushed(), mesh=MESH, time_limit=s, rounds=2),
    "refine by fatrop": lambda s: refine(pushed(), mesh=MESH, solver="fatrop", time_limit=s, rounds=1),
    "refine phases": lambda s: refine(in_two_phases(0.1), mesh=MESH, time_limit=s, rounds=1),
    "prepared": prepared_twice,
    "multistart": around(lambda: multistart(pushed(), starts=2, mesh=MESH, progress=False)),
    "homotopy": around(lambda: homotopy(pushed(parameters={"m": 1.0}), [{"m": 1.0}, {"m": 2.0}], mesh=MESH)),
    "verify": around(lambda: verify(pushed(), solve(pushed(), DirectCollocation(), MESH))),
}


def watched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, int]]:
    """For each call of a solver from now on, the time that it had left and the iterations that it made."""
    seen: list[tuple[float, int]] = []

    def noted(*given: Any, **more: Any) -> Any:
        left = time_left()
        found = call_solver(*given, **more)
        seen.append((left, int(found[1].get("iter_count", 0))))
        return found

    monkeypatch.setattr(programs, "call_solver", noted)
    return seen


@pytest.mark.parametrize("name", CALLS)
def test_every_solve_is_told_of_the_limit(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    seen = watched(monkeypatch)
    CALLS[name](LONG)
    left = [seconds for seconds, _ in seen]
    assert len(left) >= (8 if "in vain" in name else 2 if name in ("prepared", "multistart", "verify") else 1)
    # Of one and the same limit: a solve that follows has what those before it left.
    # (A Prepared has it anew for each of its solves.)
    assert max(left) < LONG
    assert name == "prepared" or all(later < before for before, later in itertools.pairwise(left))


@pytest.mark.parametrize("name", ["solve", "solve in vain", "solve by default in vain", "solve phases in vain"])
@pytest.mark.parametrize("looks", [0, 1, 7, 40, 90])
def test_nothing_begins_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch, name: str, looks: int) -> None:
    """By a clock that goes on by a second at every look, the same on every machine."""
    clock = itertools.count(0.0).__next__
    monkeypatch.setattr("geodepth.control.solving.solve.ends_within", lambda seconds: ends_within(seconds, clock))
    # Settings carry the limit to each program too: by another clock, which is not looked at here.
    monkeypatch.setattr(programs, "ends_within", lambda seconds: ends_within(None))
    monkeypatch.setattr("geodepth.control.solving.one_solve.ends_within", lambda seconds: ends_within(None))
    seen = watched(monkeypatch)
    problem: Any = in_two_phases(9.0) if "phases" in name else pushed(0.1 if name == "solve" else 9.0)
    found = solve(problem, mesh=MESH, time_limit=looks + 0.5, raise_on_failure=False)
    assert all(iterations == 0 for left, iterations in seen if left <= 0)
    assert sum(iterations for _, iterations in seen) <= looks
    assert found.success is (name == "solve" and looks >= 40)
    assert looks or found.status is Status.TIME_LIMIT


def test_of_nested_blocks_the_first_to_end_counts() -> None:
    now = [0.0]

    def clock() -> float:
        return now[0]

    assert time_left() == float("inf")
    with ends_within(10.0, clock):
        now[0] = 4.0
        with ends_within(100.0, clock):
            assert time_left() == 6.0
        with ends_within(1.0, clock), ends_within(None):
            assert time_left() == 1.0
        assert time_left() == 6.0
        now[0] = 11.0
        assert time_left() == -1.0
    assert time_left() == float("inf")
