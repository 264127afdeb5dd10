"""Transversality at a free end, and what a second solve's end is taken for, on hand-made paths without a solver."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    BoundaryConstraint,
    FreeParameter,
    FreeTime,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    Solution,
    Status,
)
from geodepth.control.solvers.program import CompiledProgram, Program
from geodepth.control.solvers.status import Iterate, ProgramResult
from geodepth.control.verification.attained import check_attained, free_end_time
from geodepth.control.verification.pontryagin import sample_along

from .hand_made import solution

METHOD, MESH = MultipleShooting("rk4", "linear"), Mesh.uniform(2)


def stated(**more: Any) -> OptimalControlProblem:
    """x' = u at a running cost of u²."""
    known: dict[str, Any] = {
        "dynamics": lambda x, u, t, p: [u[0]],
        "running_cost": lambda x, u, t, p: u[0] ** 2,
        "final_time": FreeTime(2.0, 0.1, 100.0),
        "initial_state": {"x": 0.0},
    }
    return OptimalControlProblem(name="stated", states=("x",), controls=("u",), **(known | more))


def path(parameters: dict[str, float], cost: float = 1.0, **more: Any) -> Solution:
    """x = t/2 between these times, at u = ½."""
    start, end = parameters.get("initial_time", 0.0), parameters.get("final_time", 2.0)
    times = np.linspace(start, end, 3)
    known: dict[str, Any] = {"state_names": ("x",), "control_names": ("u",), "method": METHOD, "mesh": MESH}
    return solution(
        times,
        (times / 2)[:, None],
        np.full((2, 2, 1), 0.5),
        (0.0, 1.0),
        cost=cost,
        slopes=np.full((2, 2, 1), 0.5),
        parameters={"initial_time": start, "final_time": end} | parameters,
        **(known | more),
    )


def slope(problem: OptimalControlProblem, known: Solution, of_bound: float = 0.0) -> float | None:
    """`free_end_time` with this multiplier of the final time's bounds."""
    program = Program(METHOD.transcribe(problem, MESH))
    layout = program.transcription.layout
    shares = np.zeros((3, len(problem.free)))
    shares[1, :] = of_bound
    multipliers = layout.join(np.zeros((3, 1)), shares, np.zeros((2, 2, 1)))
    known = replace(known, iterate=Iterate(multipliers, multipliers, np.zeros(0)))
    return free_end_time(known, program, sample_along(problem, known))


def test_the_slope_of_the_cost_in_the_final_time() -> None:
    """H = u² + λu at the end, with u = 0.7 and λ = −2 there, and ∂m/∂t = x t: over the largest |u²| + |λu| and |∂m/∂t|.

    The controls are linear in each interval, λ is a straight line where the stages have it: from 0 at its start.
    """
    problem = stated(terminal_cost=lambda x, t, p: x[0] * t**2 / 2)
    costates = np.array([[[-2.0], [-2.0]], [[-2.0], [-2.0]]])
    known = path({"final_time": 2.0}, interval_costates=costates, costates=np.full((3, 1), -2.0))
    known = replace(known, control_values=np.array([[[0.5], [0.5]], [[0.5], [0.7]]]))
    height, rise = 0.49 - 1.4, 1.0 * 2.0
    # At the last Gauss point u = 0.5 + 0.2 s.
    u = 0.5 + 0.2 * (0.5 + np.sqrt(0.6) / 2)
    size = u**2 + 2 * u + rise
    assert slope(problem, known) == pytest.approx((height + rise) / size, rel=1e-9)
    # Bounds on controls hold at the end as they do elsewhere.
    held = stated(terminal_cost=lambda x, t, p: x[0] * t**2 / 2, control_bounds={"u": (0.0, 0.6)})
    u = 0.6
    assert slope(held, known) == pytest.approx((0.36 - 1.2 + rise) / (u**2 + 2 * u + rise), rel=1e-9)
    # A multiplier of the bounds counts near them: within a hundredth of the horizon.
    assert slope(problem, known, 0.3) == pytest.approx((height + rise) / size, rel=1e-9)
    u = 0.5 + 0.2 * (0.5 + np.sqrt(0.6) / 2)
    near = stated(terminal_cost=lambda x, t, p: x[0] * t**2 / 2, final_time=FreeTime(2.0, 1.99, 100.0))
    assert slope(near, known, 0.3) == pytest.approx((height + rise + 0.3) / (u**2 + 2 * u + rise), rel=1e-9)


@pytest.mark.parametrize(
    "more",
    [
        {"final_time": 2.0},
        {"final_time": FreeTime(2.0, 2.0 - 1e-6, 9.0)},
        {"final_time": FreeTime(2.0, 0.1, 2.0 + 1e-6)},
        {"boundary_constraints": [BoundaryConstraint(lambda x0, xf, t0, tf, p: xf[0], 1.0, 1.0)]},
        {"path_constraints": [PathConstraint(lambda x, u, t, p: u[0], 0.0)]},
    ],
    ids=["fixed", "at its lower bound", "at its upper bound", "boundary constraint", "path constraint"],
)
def test_transversality_says_nothing_where_others_hold_the_end(more: dict[str, Any]) -> None:
    assert slope(stated(**more), path({"final_time": 2.0})) is None


class Scripted:
    """`Program.solve` that ends at these free numbers and this cost."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, numbers: list[float], objective: float, status: Status = Status.SOLVED
    ) -> None:
        self.started: list[float] = []
        scripted = self

        def solve(self: Program, variables: np.ndarray, parameters: np.ndarray, start: Any = None) -> ProgramResult:
            layout = self.transcription.layout
            states, carried, controls = layout.split(variables)
            scripted.started = carried[0].tolist()
            ended = layout.join(states, np.tile(numbers, (len(states), 1)), controls)
            return ProgramResult(Iterate(ended, 0 * ended, np.zeros(0)), objective, status, 1, 0.0, 0.0)

        monkeypatch.setattr(CompiledProgram, "solve", solve)


COMES_BACK = "the solve from twice the free times and parameters comes back"
FALLS, NO_LESS = "the cost falls, the infimum is not attained", "at no less cost"
ENDS = {
    # The horizon and the cost at the second end; what that is worth, and in which words.
    "comes back": (2.0, 1.0, 0.0, COMES_BACK),
    "not far, at less cost": (2.9, 0.5, 0.0, COMES_BACK),
    "on, at less cost": (3.1, 0.75, 0.25, f"final_time grows from 2 to 3.1: {FALLS}"),
    "on, at far less": (3.1, -4.0, 1.25, f"final_time grows from 2 to 3.1: {FALLS}"),
    "on, at no less cost": (3.1, 1.0, 0.0, f"final_time grows from 2 to 3.1: {NO_LESS}"),
    "on, at more": (3.1, 2.0, 0.0, f"final_time grows from 2 to 3.1: {NO_LESS}"),
    "on, at hardly less": (3.1, 1 - 9e-10, 9e-10, f"final_time grows from 2 to 3.1: {NO_LESS}"),
    "to its own bound": (99.5, 0.5, 0.0, COMES_BACK),
    "not quite to its bound": (98.0, 0.5, 0.5, f"final_time grows from 2 to 98: {FALLS}"),
}


@pytest.mark.parametrize("name", ENDS)
def test_what_a_solve_from_twice_the_time_is_taken_for(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    end, objective, value, words = ENDS[name]
    scripted = Scripted(monkeypatch, [end], objective)
    line = check_attained(stated(), path({"final_time": 2.0}), "ipopt")
    assert line is not None
    assert scripted.started == [4.0]
    assert line.name == "attained"
    assert line.value == pytest.approx(value, rel=1e-6, abs=2e-14)
    assert line.passed == (value < 1e-9)
    assert line.meaning == words


@pytest.mark.parametrize(("end", "objective", "denied"), [(2e3, 1e-12, True), (1e2, 1e-12, False), (2e3, 1e-4, False)])
def test_a_run_at_no_cost_is_denied_beyond_a_hundred_times(
    monkeypatch: pytest.MonkeyPatch, end: float, objective: float, denied: bool
) -> None:
    """A cost below a millionth of what it changes by (½ here, ∫u² as u goes from ½ to ¾ and ¼) has nothing to fall."""
    Scripted(monkeypatch, [end], objective)
    problem = stated(final_time=FreeTime(2.0, 0.1))
    line = check_attained(problem, path({"final_time": 2.0}, cost=objective), "ipopt")
    assert line is not None
    assert (not line.passed) == denied
    assert line.meaning.endswith("nothing of the cost is left to fall" if denied else "at no less cost")
    assert line.value == (1.0 if denied else 0.0)


def test_what_is_doubled_is_the_horizon_and_every_free_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = stated(
        initial_time=FreeTime(-1.0, -50.0, 0.5), final_time=2.0, parameters={"k": FreeParameter(3.0, 0.0, 99.0)}
    )
    order = list(problem.free)
    ends = {"initial_time": -2.6, "k": 7.0}
    scripted = Scripted(monkeypatch, [ends[name] for name in order], 0.5)
    line = check_attained(problem, path({"initial_time": -1.0, "final_time": 2.0, "k": 3.0}), "ipopt")
    assert dict(zip(order, scripted.started, strict=True)) == {"initial_time": -4.0, "k": 6.0}
    # The horizon of 3 became 4.6, which is more than one and a half times; 3 became 7.
    assert line is not None
    grown = {"k": "k grows from 3 to 7", "initial_time": "initial_time grows from -1 to -2.6"}
    assert line.meaning.startswith(", ".join(grown[name] for name in order))
    assert line.value == pytest.approx(0.5)
    both = stated(initial_time=FreeTime(-1.0, -50.0, 0.5))
    scripted = Scripted(monkeypatch, [0.0] * 2, 1.0)
    check_attained(both, path({"initial_time": -1.0, "final_time": 2.0}), "ipopt")
    assert dict(zip(both.free, scripted.started, strict=True)) == {"initial_time": -1.0, "final_time": 5.0}


def test_a_number_at_zero_is_there_to_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the dynamics have it, whose k matters from about a half on."""
    problem = stated(
        dynamics=lambda x, u, t, p: [u[0] + p[0]], final_time=2.0, parameters={"k": FreeParameter(1.0, -9.0, 9.0)}
    )
    for end, meaning in ((1e-12, COMES_BACK), (0.5, "k grows from 1e-14 to 0.5: at no less cost")):
        Scripted(monkeypatch, [end], 1.0)
        line = check_attained(problem, path({"final_time": 2.0, "k": 1e-14}), "ipopt")
        assert line is not None
        assert line.meaning == meaning


def test_a_second_solve_that_fails_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    known = path({"final_time": 2.0})
    Scripted(monkeypatch, [2.0], 1.0, Status.INFEASIBLE)
    assert check_attained(stated(), known, "ipopt") is None
    Scripted(monkeypatch, [2.0], 1.0, Status.INTERRUPTED)
    with pytest.raises(KeyboardInterrupt):
        check_attained(stated(), known, "ipopt")
    for time in (2.0, FreeTime(2.0, 2.0 - 1e-6, 9.0), FreeTime(2.0, 0.1, 2.0 + 1e-6)):
        assert check_attained(stated(final_time=time), known, "ipopt") is None
