"""Back-ends behind one call: the same answers, callbacks, limits, Ctrl-C, scales, warm starts, rollouts."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    DirectCollocation,
    FreeTime,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    ProblemError,
    Progress,
    Rollout,
    Status,
    solve,
    verify,
)
from geodepth.control.problems import load


@pytest.fixture
def slide() -> tuple[OptimalControlProblem, dict[str, Any]]:
    return load("brachistochrone").build(), {"v": (0.0, 6.0), "theta": (0.1, 1.5)}


@pytest.mark.parametrize("method", [MultipleShooting(), DirectCollocation("gauss", 2)], ids=str)
def test_sqp_agrees_with_ipopt(double_integrator: OptimalControlProblem, method: Any) -> None:
    bounded = replace(double_integrator, control_bounds={"u": (-5.0, 5.0)})
    pair = [solve(bounded, method, Mesh.uniform(12), solver) for solver in ("ipopt", "sqp")]
    # IPOPT's barrier leaves about 1e-9 for each of some 24 bounds.
    assert pair[1].cost == pytest.approx(pair[0].cost, rel=1e-7)
    assert pair[1].costates == pytest.approx(pair[0].costates, abs=1e-5)
    assert verify(bounded, pair[1], accuracy=0.05).holds


def test_sqp_warm_started_has_nothing_left_to_do(slide: Any) -> None:
    problem, guess = slide
    first = solve(problem, mesh=Mesh.uniform(15), guess=guess)
    again = solve(problem, mesh=Mesh.uniform(15), solver="sqp", guess=first)
    assert again.statistics["iterations"] <= 3
    assert again.cost == pytest.approx(first.cost, rel=1e-8)


def test_callbacks_see_every_iteration_and_can_stop(slide: Any) -> None:
    problem, guess = slide
    seen: list[Progress] = []
    solution = solve(problem, guess=guess, callback=seen.append)
    assert [p.iteration for p in seen] == list(range(solution.statistics["iterations"] + 1))
    assert seen[-1].objective == pytest.approx(solution.cost, rel=1e-6)
    stopped = solve(problem, guess=guess, callback=lambda p: p.iteration >= 4, raise_on_failure=False)
    assert stopped.status is Status.INTERRUPTED
    assert stopped.statistics["iterations"] == 4
    assert np.all(np.isfinite(stopped.states))


def test_an_exception_in_a_callback_is_the_callers(slide: Any) -> None:
    problem, guess = slide

    def broken(progress: Progress) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        solve(problem, guess=guess, callback=broken)


@pytest.mark.parametrize("solver", ["ipopt", "sqp"])
def test_ctrl_c_returns_the_last_iterate(slide: Any, solver: str) -> None:
    """The signal comes while the solver runs: from within its own third iteration."""
    problem, guess = slide

    def interrupt(progress: Progress) -> None:
        if progress.iteration == 2:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    solution = solve(
        problem, mesh=Mesh.uniform(10), guess=guess, solver=solver, callback=interrupt, raise_on_failure=False
    )
    assert solution.status is Status.INTERRUPTED
    assert 2 <= solution.statistics["iterations"] <= 4
    assert np.all(np.isfinite(solution.states))
    assert signal.getsignal(signal.SIGINT) is before


def test_time_limits_hold(slide: Any) -> None:
    problem, guess = slide
    solution = solve(problem, guess=guess, time_limit=1e-6, raise_on_failure=False)
    assert solution.status is Status.TIME_LIMIT
    assert solution.statistics["iterations"] <= 1
    with pytest.raises(ProblemError, match="cannot be stopped"):
        solve(problem, solver="fatrop", time_limit=1.0)


def heavy(unit: float) -> OptimalControlProblem:
    """The double integrator in units that make position 1/unit times as large: nothing else changes."""
    return OptimalControlProblem(
        name="heavy",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: (u[0] / unit) ** 2 / 2,
        initial_state={"x": -unit, "v": 0.0},
        final_state={"x": 0.0, "v": 0.0},
        control_bounds={"u": (-5 * unit, 5 * unit)},
        final_time=FreeTime(1.0, 0.9, 1.0),
    )


@pytest.mark.parametrize("solver", ["ipopt", "fatrop"])
def test_scaling_makes_units_immaterial(solver: str) -> None:
    """With units a power of two, the scaled programs are the same numbers: the same iterations, the same digits."""
    unit = 2.0**20
    by_hand = {"x": unit, "v": unit, "u": unit}
    small = solve(heavy(1.0), mesh=Mesh.uniform(10), solver=solver)
    large = solve(heavy(unit), mesh=Mesh.uniform(10), solver=solver, scaling=by_hand)
    assert large.statistics["iterations"] == small.statistics["iterations"]
    assert large.cost == pytest.approx(small.cost, rel=1e-14)
    assert large.states == pytest.approx(unit * small.states, abs=1e-12 * unit)
    assert large.costates == pytest.approx(small.costates / unit, abs=1e-12 / unit)
    # Automatically the speed, whose guess is zero, stays unscaled; the answer is the same to the tolerance.
    automatic = solve(heavy(unit), mesh=Mesh.uniform(10), solver=solver)
    assert automatic.cost == pytest.approx(small.cost, rel=1e-7)


@pytest.mark.parametrize("scaling", [{"y": 1.0}, {"x": 0.0}, {"x": "big"}, {"x": float("nan")}, "by magic"])
def test_bad_scales_are_refused(double_integrator: OptimalControlProblem, scaling: Any) -> None:
    with pytest.raises(ProblemError, match="scaling"):
        solve(double_integrator, scaling=scaling)


def test_a_rollout_is_a_feasible_guess(double_integrator: OptimalControlProblem) -> None:
    """Under u = 2 − 4t from rest, x = t² − 2t³/3 − 1: the guess must satisfy the dynamics to the simulation's 1e-6."""
    seen: list[Progress] = []
    rollout = Rollout({"u": lambda t: 2 - 4 * t})
    free = replace(double_integrator, final_state=None, terminal_cost=lambda x, t, p: x[0] ** 2)
    method = MultipleShooting("rk4", "linear")
    solution = solve(free, method, Mesh.uniform(8), guess=rollout, callback=seen.append)
    states, _, _ = method.transcribe(free, Mesh.uniform(8)).layout.split(seen[0].variables)
    t = solution.times
    assert states[:, 0] == pytest.approx(t**2 - 2 * t**3 / 3 - 1, abs=1e-5)
    assert states[:, 1] == pytest.approx(2 * t - 2 * t**2, abs=1e-5)
    for bad in (Rollout({"w": 1.0}), Rollout({"u": 1.0}, {"y": 1.0}), Rollout({"u": "up"})):
        with pytest.raises(ProblemError, match=r"Rollout|guess"):
            solve(double_integrator, guess=bad)


def test_unknown_options_are_refused_in_one_line(double_integrator: OptimalControlProblem) -> None:
    for solver in ("ipopt", "fatrop", "sqp"):
        with pytest.raises(ProblemError, match="options") as error:
            solve(double_integrator, solver=solver, options={"no_such_option": 1})
        assert "\n" not in str(error.value)
