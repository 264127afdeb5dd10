"""sensitivity: closed forms, costates and the Hamiltonian, and the optimum solved again beside it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    FreeTime,
    Mesh,
    OptimalControlProblem,
    PathConstraint,
    ProblemError,
    prepare,
    sensitivity,
    solve,
)
from geodepth.control.problems.smooth.cart_pole import build

from .pushed_mass import LINEAR, pushed_mass


def pushed(**changes: Any) -> OptimalControlProblem:
    """From −1 to 1 in two units of time, with a gain of two: every derivative is another number."""
    given: dict[str, Any] = {"initial_state": {"x": -1.0, "v": 0.0}, "parameters": {"gain": 2.0}, "final_time": 2.0}
    return pushed_mass(**(given | changes))


def test_closed_forms_of_cost_states_and_controls() -> None:
    """x = x₀ + d (3s² − 2s³) and u = 6d (1 − 2s) / (g T²), with s = t/T."""
    found = sensitivity(pushed(), solve(pushed(), LINEAR, Mesh.uniform(10), tolerance=1e-11))
    d, g, T = 2.0, 2.0, 2.0
    known = {
        "initial_state.x": -12 * d / g**2 / T**3,
        "initial_state.v": -0.75,
        "final_state.x": 12 * d / g**2 / T**3,
        "final_state.v": -0.75,
        "parameters.gain": -12 * d**2 / g**3 / T**3,
        "initial_time": 18 * d**2 / g**2 / T**4,
        "final_time": -18 * d**2 / g**2 / T**4,
    }
    assert found.cost == pytest.approx(known, rel=1e-9)
    s = np.linspace(0.0, 1.0, 11)
    assert found.states["final_state.x"][:, 0] == pytest.approx(3 * s**2 - 2 * s**3, abs=1e-9)
    middle = (s[1:] + s[:-1]) / 2
    assert found.controls["parameters.gain"][:, 0] == pytest.approx(-6 * d * (1 - 2 * middle) / (g * T) ** 2, abs=1e-9)
    assert found.reach["final_time"] == (-np.inf, np.inf)
    assert found.undecided == 0


def test_costates_and_the_hamiltonian() -> None:
    """∂V/∂x₀ is the first costate, ∂V/∂x_f minus the last, and ∂V/∂T the Hamiltonian at the end."""
    problem = build()
    solution = solve(problem, LINEAR, Mesh.uniform(80), tolerance=1e-10, certify=False)
    found = sensitivity(problem, solution)
    first = [found.cost[f"initial_state.{name}"] for name in problem.states]
    last = [found.cost[f"final_state.{name}"] for name in problem.states]
    assert first == pytest.approx(solution.costates[0], rel=1e-7)
    assert last == pytest.approx(-solution.costates[-1], rel=1e-7)
    x, u = solution.states[-1], solution.control_values[-1, -1]
    value = u[0] ** 2 + solution.costates[-1] @ np.array(problem.functions.dynamics(x, u, 2.0, [])).ravel()
    # H stands for the derivative in the continuous problem; 80 intervals of fourth order are apart by less.
    assert found.cost["final_time"] == pytest.approx(value, rel=1e-3)


def test_the_optimum_solved_again_beside_it() -> None:
    """Along a direction, with bounds active and a free time: Van der Pol's oscillator, brought to rest."""
    problem = OptimalControlProblem(
        name="oscillator",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], p[0] * (1 - x[0] ** 2) * x[1] - x[0] + u[0]],
        running_cost=lambda x, u, t, p: 1 + x[0] ** 2 + x[1] ** 2 + u[0] ** 2,
        initial_state={"x": 1.0, "v": 0.5},
        final_state={"x": 0.0, "v": 0.0},
        state_bounds={"v": (-0.4, 1.0)},
        control_bounds={"u": (-1.0, 0.8)},
        parameters={"damping": 1.0},
        final_time=FreeTime(3.0, 1.0, 10.0),
    )
    prepared = prepare(problem, mesh=Mesh.uniform(25), tolerance=1e-11)
    solution = prepared.solve()
    assert np.sum(solution.controls > 0.8 - 1e-6) >= 2
    assert np.sum(solution.states[:, 1] < -0.4 + 1e-6) >= 2
    found = sensitivity(problem, solution)
    step = 1e-5
    beside: dict[str, Callable[[float], Any]] = {
        "initial_state.x": lambda h: {"initial_state": {"x": 1.0 + h}},
        "final_state.v": lambda h: {"final_state": {"v": h}},
        "parameters.damping": lambda h: {"parameters": {"damping": 1.0 + h}},
    }
    for name, values in beside.items():
        assert found.reach[name][0] < -step
        assert found.reach[name][1] > step
        after, before = (prepared.solve(**values(h)) for h in (step, -step))
        slope = (after.cost - before.cost) / (2 * step)
        assert found.cost[name] == pytest.approx(slope, rel=1e-6)
        for ours, theirs in ((found.states[name], "states"), (found.controls[name], "controls")):
            difference = (getattr(after, theirs) - getattr(before, theirs)) / (2 * step)
            assert ours == pytest.approx(difference, abs=1e-4 * np.max(np.abs(difference)))
        time = (after.times[-1] - before.times[-1]) / (2 * step)
        assert found.free[name]["final_time"] == pytest.approx(time, rel=1e-4)


def test_reach_tells_where_the_active_set_changes() -> None:
    """u = 6 d (1 − 2s) meets its bound of 9 at its ends where d rises from 1 to 1.5."""
    problem = pushed(
        initial_state={"x": 0.0, "v": 0.0}, parameters={"gain": 1.0}, final_time=1.0, control_bounds={"u": (-9.0, 9.0)}
    )
    solution = solve(problem, LINEAR, Mesh.uniform(10), tolerance=1e-11)
    down, up = sensitivity(problem, solution).reach["final_state.x"]
    assert up == pytest.approx(0.5, rel=1e-6)
    assert down == pytest.approx(-2.5, rel=1e-6)
    beyond = problem.with_values(final_state={"x": 1.52})
    farther = solve(beyond, LINEAR, Mesh.uniform(10), tolerance=1e-11)
    assert np.max(np.abs(farther.control_values)) == pytest.approx(9.0, abs=1e-7)
    # Just behind the change it is near again, the other way.
    down, _ = sensitivity(beyond, farther).reach["final_state.x"]
    assert down == pytest.approx(-0.02, abs=5e-3)


def test_what_has_no_derivative_but_its_cost() -> None:
    """Two controls of which only the sum matters: any share is optimal."""
    problem = pushed(
        controls=("u", "w"),
        dynamics=lambda x, u, t, p: [x[1], p[0] * (u[0] + u[1])],
        running_cost=lambda x, u, t, p: (u[0] + u[1]) ** 2 / 2,
    )
    found = sensitivity(problem, solve(problem, LINEAR, Mesh.uniform(4), tolerance=1e-10))
    assert found.cost["final_state.x"] == pytest.approx(0.75, rel=1e-6)
    assert found.states == {}
    assert "not strict" in found.reason


def test_solutions_that_have_none() -> None:
    solution = solve(pushed(), mesh=Mesh.uniform(5))
    with pytest.raises(ProblemError, match="multipliers"):
        sensitivity(pushed(), replace(solution, iterate=None))
    with pytest.raises(ProblemError, match=r"final_state.x = 2; give the problem solved"):
        sensitivity(pushed().with_values(final_state={"x": 2.0}), solution)
    stopped = solve(build(), mesh=Mesh.uniform(20), max_iterations=2, raise_on_failure=False)
    with pytest.raises(ProblemError, match="stopped short"):
        sensitivity(build(), stopped)


def test_it_prints_as_a_table_with_a_row_for_each_number() -> None:
    found = sensitivity(pushed(), solve(pushed(), LINEAR, Mesh.uniform(10), tolerance=1e-11))
    head, *rows = str(found).splitlines()
    assert head.split() == ["d", "cost", "may", "fall", "by", "may", "rise", "by"]
    assert [row.split()[0] for row in rows] == list(found.cost)
    assert [float(row.split()[1]) for row in rows] == pytest.approx(list(found.cost.values()), rel=1e-5)
    assert rows[0].split()[2:] == ["inf", "inf"]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"dynamics": lambda x, u, t, p: [2 * x[1], p[0] * u[0]]}, "constraints are violated"),
        ({"running_cost": lambda x, u, t, p: u[0] ** 4}, "the gradient is not zero"),
        ({"control_bounds": {"u": (-0.5, 0.5)}}, "constraints are violated"),
    ],
)
def test_another_problems_solution_is_refused(other: dict[str, Any], reason: str) -> None:
    solution = solve(pushed(), LINEAR, Mesh.uniform(10))
    with pytest.raises(ProblemError, match=f"no optimum of this problem: {reason}.*give the problem that was"):
        sensitivity(pushed(**other), solution)


def test_a_solution_at_other_numbers_is_refused() -> None:
    solution = solve(pushed(), LINEAR, Mesh.uniform(10))
    with pytest.raises(ProblemError, match=r"solution has 2 where the problem gives parameters.gain = 2.2"):
        sensitivity(pushed(parameters={"gain": 2.2}), solution)
    with pytest.raises(ProblemError, match=r"solution has 2 where the problem gives final_time = 2.5"):
        sensitivity(pushed(final_time=2.5), solution)
    faster = pushed(path_constraints=[PathConstraint(lambda x, u, t, p: x[1], -1.0, 0.5)])
    with pytest.raises(ProblemError, match=r"variables and 20 constraints, and this problem .*; give the problem that"):
        sensitivity(faster, solution)
