"""Ctrl-C at any solve of a loop ends the loop at once, with what is known."""

import contextlib
import signal
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.control import (
    ControlError,
    DirectCollocation,
    Mesh,
    OptimalControlProblem,
    Solution,
    SolveError,
    Status,
    homotopy,
    multistart,
    refine,
)
from geodepth.control.solvers.iteration_callback import Watch

PROBLEM = OptimalControlProblem(
    name="bends",
    states=("x", "v"),
    controls=("u",),
    dynamics=lambda x, u, t, p: [x[1], u[0] - p[0] * x[0] ** 3],
    running_cost=lambda x, u, t, p: u[0] ** 2,
    initial_state={"x": 0.0, "v": 0.0},
    final_state={"x": 1.0, "v": 0.0},
    control_bounds={"u": (-5.0, 5.0)},
    parameters={"k": 1.0},
)


EVAL = Watch.eval


class Interrupting:
    """Raises the signal in the second iteration of a solver's run, counted from 0; counts the runs."""

    def __init__(self, run: int) -> None:
        self.run, self.runs = run, -1

    def evaluated(self, watch: Watch, values: list[Any]) -> list[int]:
        self.runs += watch.iteration == 0
        if self.runs == self.run and watch.iteration == 1:
            signal.raise_signal(signal.SIGINT)
        return EVAL(watch, values)


@pytest.fixture
def interrupting(monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(run: int) -> Interrupting:
        by = Interrupting(run)
        monkeypatch.setattr(Watch, "eval", lambda watch, values: by.evaluated(watch, values))
        return by

    return install


@pytest.mark.parametrize("run", [0, 1, 2])
def test_refine_raises_the_best_so_far(run: int, interrupting: Any) -> None:
    by = interrupting(run)
    with pytest.raises(SolveError, match="interrupted by the user") as caught:
        refine(PROBLEM, DirectCollocation("radau", 3), Mesh.uniform(4), tolerance=1e-9)
    assert by.runs == run, "another solve was begun"
    solution = caught.value.solution
    assert solution.status is Status.INTERRUPTED
    assert np.all(np.isfinite(solution.states))
    if run:
        assert solution.certificate is not None
        assert "finer mesh" in solution.certificate.failures


def test_refine_returns_it_where_failures_are_not_raised(interrupting: Any) -> None:
    interrupting(1)
    solution = refine(PROBLEM, mesh=Mesh.uniform(4), tolerance=1e-9, raise_on_failure=False)
    assert solution.status is Status.INTERRUPTED
    assert solution.cost == pytest.approx(12, rel=0.2)


@pytest.mark.parametrize("run", [1, 3])
def test_multistart_returns_the_minima_found(run: int, interrupting: Any) -> None:
    by = interrupting(run)
    minima = multistart(PROBLEM, starts=6, mesh=Mesh.uniform(4), progress=False)
    assert by.runs == run
    assert minima[0].starts == run
    assert sum(len(m.found_by) for m in minima) <= run


def test_multistart_with_nothing_found_is_interrupted(interrupting: Any) -> None:
    by = interrupting(0)
    with pytest.raises(KeyboardInterrupt):
        multistart(PROBLEM, starts=6, mesh=Mesh.uniform(4), progress=False)
    assert by.runs == 0


def test_homotopy_keeps_the_steps_that_were_done(interrupting: Any) -> None:
    by = interrupting(2)
    schedule = [{"k": k} for k in (0.0, 1.0, 2.0, 3.0)]
    found = homotopy(PROBLEM, schedule, mesh=Mesh.uniform(4), raise_on_failure=False)
    assert by.runs == 2
    assert [s.status for s in found] == [Status.SOLVED, Status.SOLVED, Status.INTERRUPTED]


def loop(which: str) -> Solution | None:
    """One of the loops around solves, short."""
    if which == "refine":
        return refine(PROBLEM, mesh=Mesh.uniform(4), tolerance=1e-7, raise_on_failure=False)
    if which == "homotopy":
        return homotopy(PROBLEM, [{"k": 0.0}, {"k": 2.0}], mesh=Mesh.uniform(4), raise_on_failure=False)[-1]
    return multistart(PROBLEM, starts=2, mesh=Mesh.uniform(4), progress=False)[0].solution


@settings(derandomize=True, deadline=None, max_examples=12)
@given(which=st.sampled_from(["refine", "homotopy", "multistart"]), milliseconds=st.integers(0, 400))
def test_at_any_moment(which: str, milliseconds: int) -> None:
    """Ctrl-C by the clock: a result that says what it is, an error of ours, or KeyboardInterrupt; never a traceback."""
    before = signal.getsignal(signal.SIGINT)
    timer = threading.Timer(milliseconds / 1e3, signal.raise_signal, [signal.SIGINT])
    try:
        timer.start()
        found = loop(which)
        timer.join()
    except (ControlError, KeyboardInterrupt):
        pass
    else:
        assert found is None or found.status in (Status.SOLVED, Status.INTERRUPTED)
    finally:
        while timer.is_alive():
            with contextlib.suppress(KeyboardInterrupt):
                timer.join()
    assert signal.getsignal(signal.SIGINT) is before
