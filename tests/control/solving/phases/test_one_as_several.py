"""One problem cut into phases: the same solution, the same order of convergence, the same answer in any units."""

from __future__ import annotations

from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import (
    DirectCollocation,
    FreeTime,
    Link,
    Mesh,
    MultiPhaseProblem,
    MultipleShooting,
    OptimalControlProblem,
    Rollout,
    gauss_legendre,
    solve,
)
from geodepth.control.solving.discretized import discretized
from geodepth.control.solving.guess import initial_variables
from geodepth.control.solving.phases.discretized_phases import discretized_phases
from geodepth.control.solving.phases.guess_of_phases import initial_variables_of_phases
from geodepth.control.transcription.transcription import Method

METHODS: dict[str, Method] = {
    "RK4": MultipleShooting("rk4", control="linear"),
    "Gauss": MultipleShooting(gauss_legendre(2), control="stages"),
    "Radau": DirectCollocation("radau", 3),
}


def oscillator(name: str = "whole", **stated: Any) -> OptimalControlProblem:
    """Van der Pol's oscillator to rest, as far as it pays."""
    return OptimalControlProblem(
        name=name,
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], (1 - x[0] ** 2) * x[1] - x[0] + u[0]],
        running_cost=lambda x, u, t, p: x[0] ** 2 + x[1] ** 2 + u[0] ** 2 + 0.1 * ca.sin(t) * x[0],
        control_bounds={"u": (-0.6, 2.0)},
        **stated,
    )


START = {"x": 1.0, "v": 0.0}


def cut(at: float | FreeTime = 1.5, **where: float) -> MultiPhaseProblem:
    first = oscillator("first", initial_state=START, final_state=where, final_time=at)
    second = oscillator("second", initial_time=at, final_time=4.0, final_state={"v": 0.1})
    return MultiPhaseProblem("cut", (first, second), (Link("first", "second"),))


@pytest.mark.parametrize("method", METHODS)
def test_two_phases_equal_one_on_the_same_mesh(method: str) -> None:
    breakpoints = np.concatenate([np.linspace(0, 1.5, 7), np.linspace(1.5, 4.0, 9)[1:]]) / 4.0
    whole = oscillator(initial_state=START, final_time=4.0, final_state={"v": 0.1})
    one = solve(whole, METHODS[method], Mesh(breakpoints), tolerance=1e-10)
    two = solve(cut(), METHODS[method], {"first": Mesh.uniform(6), "second": Mesh.uniform(8)}, tolerance=1e-10)
    assert two.cost == pytest.approx(one.cost, rel=1e-9)
    for name in ("states", "costates", "controls"):
        first, second = (getattr(phase, name) for phase in two.phases.values())
        joined = np.vstack([first, second if name == "controls" else second[1:]])
        # The bar: 1e-8.
        np.testing.assert_allclose(joined, getattr(one, name), atol=1e-8, err_msg=name)
    assert two.certificate is not None
    assert two.certificate.holds
    assert two.links[0].costate_jumps == pytest.approx({"x": 0.0, "v": 0.0}, abs=1e-8)


def test_the_order_of_convergence_holds_across_a_link_between_two_methods() -> None:
    # On the path no bound is active, so that the solution is smooth.
    def smooth(name: str, **stated: Any) -> OptimalControlProblem:
        return OptimalControlProblem(
            name=name,
            states=("x",),
            controls=("u",),
            dynamics=lambda x, u, t, p: [-(x[0] ** 3) + u[0]],
            running_cost=lambda x, u, t, p: x[0] ** 2 + u[0] ** 2,
            **stated,
        )

    first = smooth("first", initial_state={"x": 1.0}, final_time=1.0)
    second = smooth("second", initial_time=1.0, final_time=2.0, final_state={"x": 0.5})
    problem = MultiPhaseProblem("smooth", (first, second), (Link("first", "second"),))
    methods: dict[str, Method] = {"first": METHODS["Gauss"], "second": DirectCollocation("radau", 2)}
    fine = solve(problem, DirectCollocation("radau", 5), Mesh.uniform(20), tolerance=1e-11)
    counts = np.array([4, 8, 16])
    found = [solve(problem, methods, Mesh.uniform(int(n)), tolerance=1e-11) for n in counts]
    errors = [abs(s.cost - fine.cost) for s in found]
    # Gauss of two stages has order 4, Radau of two points order 3.
    assert -np.polyfit(np.log(counts), np.log(errors), 1)[0] > 2.8
    at_link = [abs(s.links[0].costates_before[0] - fine.links[0].costates_before[0]) for s in found]
    assert -np.polyfit(np.log(counts), np.log(at_link), 1)[0] > 2.8


@pytest.mark.parametrize("factor", [1e-4, 1e5])
def test_units_change_nothing(factor: float) -> None:
    def problem(unit: float) -> MultiPhaseProblem:
        def phase(name: str, **stated: Any) -> OptimalControlProblem:
            return OptimalControlProblem(
                name=name,
                states=("x", "v"),
                controls=("u",),
                dynamics=lambda x, u, t, p: [x[1], u[0]],
                running_cost=lambda x, u, t, p: (u[0] / unit) ** 2 / 2,
                control_bounds={"u": (-5 * unit, 5 * unit)},
                **stated,
            )

        first = phase("first", initial_state={"x": 0.0, "v": 0.0}, final_time=0.5)
        second = phase("second", initial_time=0.5, final_state={"x": unit, "v": 0.0})
        return MultiPhaseProblem("two", (first, second), (Link("first", "second", jumps={"v": 0.1 * unit}),))

    method, mesh = MultipleShooting("rk4", control="linear"), Mesh.uniform(6)
    plain, other = (solve(problem(unit), method, mesh) for unit in (1.0, factor))
    assert other.cost == pytest.approx(plain.cost, rel=1e-9)
    assert other.statistics["iterations"] == plain.statistics["iterations"]


def test_a_solution_is_a_guess_for_the_next_solve_and_for_other_meshes() -> None:
    problem, method = cut(FreeTime(1.5, 0.5, 3.0), x=0.4), METHODS["Radau"]
    first = solve(problem, method, Mesh.uniform(6))
    again = solve(problem, method, Mesh.uniform(6), guess=first)
    assert again.statistics["iterations"] == 0
    assert again.cost == first.cost
    finer = solve(problem, method, {"first": Mesh.uniform(9), "second": Mesh.uniform(11)}, guess=first)
    assert finer.statistics["iterations"] < first.statistics["iterations"]


def test_guesses_run_on_across_links() -> None:
    problem = cut()
    guesses: list[Any] = [
        Rollout({"u": 0.3}),
        {"first": Rollout({"u": 0.3}), "second": Rollout({"u": 0.3})},
        {"u": 0.3},
        {"x": (1.0, 0.5), "u": lambda t: 0.3},
        {"first": {"x": 1.0}, "second": None},
    ]
    seen = [solve(problem, METHODS["Radau"], Mesh.uniform(6), guess=guess) for guess in guesses]
    assert {f"{s.cost:.8g}" for s in seen} == {f"{seen[0].cost:.8g}"}


def test_a_solve_that_fails_says_which_phase_is_undefined() -> None:
    first = oscillator("first", initial_state=START, final_time=1.0)
    second = OptimalControlProblem(
        name="second",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [ca.sqrt(x[0] - 5), u[0]],
        initial_time=1.0,
        final_time=2.0,
    )
    problem = MultiPhaseProblem("undefined", (first, second), (Link("first", "second"),))
    solution = solve(problem, guess={"x": 0.0}, raise_on_failure=False)
    assert not solution.success
    assert "second: " in solution.advice


def test_sqp_takes_phases_too() -> None:
    by_ipopt, by_sqp = (solve(cut(), METHODS["RK4"], Mesh.uniform(4), solver=solver) for solver in ("ipopt", "sqp"))
    assert by_sqp.cost == pytest.approx(by_ipopt.cost, rel=1e-7)


def test_a_rollout_goes_on_where_the_phase_before_it_ends() -> None:
    problem, method = cut(), METHODS["Radau"]
    _, linked = discretized_phases(problem, method, Mesh.uniform(6))
    variables = initial_variables_of_phases(linked, Rollout({"u": 0.3}))
    first, second = (part.transcription.layout.split(variables[part.variables])[0] for part in linked.parts)
    whole = oscillator(initial_state=START, final_time=4.0, final_state={"v": 0.1})
    np.testing.assert_allclose(second[0], first[-1], rtol=1e-12)
    # Simulated in one: the guess's own tolerance of 1e-6.
    _, one = discretized(whole, method, Mesh(np.array([0.0, 0.375, 1.0])))
    nodes = one.layout.split(initial_variables(one, Rollout({"u": 0.3})))[0]
    np.testing.assert_allclose(np.vstack([first[0], second[0], second[-1]]), nodes, atol=1e-5)


def test_what_is_open_is_guessed_on_the_line_through_what_any_phase_gives() -> None:
    problem = cut(x=0.25)
    _, linked = discretized_phases(problem, METHODS["Radau"], Mesh.uniform(5))
    variables = initial_variables_of_phases(linked, {"u": 0.1})
    first, second = (part.transcription.layout.split(variables[part.variables])[0] for part in linked.parts)
    np.testing.assert_allclose(first[:, 0], np.linspace(1.0, 0.25, 6))
    # v is 0 at t = 0 and 0.1 at t = 4: the link at 1.5 is on the line between.
    np.testing.assert_allclose(first[:, 1], np.linspace(0.0, 0.0375, 6))
    np.testing.assert_allclose(second[:, 1], np.linspace(0.0375, 0.1, 6))
    np.testing.assert_allclose(second[:, 0], 0.25)


def test_a_solution_of_the_whole_is_a_guess_for_its_phases() -> None:
    whole = oscillator(initial_state=START, final_time=4.0, final_state={"v": 0.1})
    one = solve(whole, METHODS["Radau"], Mesh.uniform(10))
    plain, near = (solve(cut(), METHODS["Radau"], Mesh.uniform(6), guess=guess) for guess in (None, one))
    assert near.statistics["iterations"] < plain.statistics["iterations"]
    assert near.cost == pytest.approx(plain.cost, rel=1e-7)
