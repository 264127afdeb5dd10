"""Between iterations: callbacks, time limits, Ctrl-C."""

from __future__ import annotations

import os
import signal
from typing import Any

import numpy as np
import pytest

from geodepth.control import Mesh, ProblemError, Progress, Status, solve


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
    with pytest.raises(ProblemError, match="tells of no iterations"):
        solve(problem, solver="fatrop", callback=lambda p: False)


def test_a_callback_of_no_argument_is_refused_before_anything_is_built(slide: Any) -> None:
    problem, _ = slide
    wrongs: tuple[Any, ...] = (3, lambda: None, lambda p, q: None)
    for wrong in wrongs:
        with pytest.raises(ProblemError, match=r"callback is .*; give a function of one Progress"):
            solve(problem, callback=wrong)
