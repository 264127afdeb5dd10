"""solve: published optima, closed-form costates, both solvers, guesses, statuses, files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    FreeParameter,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    ProblemError,
    Solution,
    SolveError,
    Status,
    homotopy,
    multistart,
    rk4,
    solve,
)
from geodepth.control.problems import load


@pytest.mark.parametrize("solver", ["ipopt", "fatrop"])
def test_costates_of_the_double_integrator(double_integrator: OptimalControlProblem, solver: str) -> None:
    """V's gradient along the optimal path is (−12, 12t − 6), and u = 6 − 12t."""
    method = MultipleShooting("rk4", control="linear")
    solution = solve(double_integrator, method, Mesh.uniform(10), solver)
    expected = np.column_stack([np.full(11, -12.0), 12 * solution.times - 6])
    # Linear controls and RK4 represent the optimum exactly: only the solver's tolerance of 1e-8 is left.
    assert solution.costates == pytest.approx(expected, abs=1e-6)
    assert solution.sample(0.37).controls[0, 0] == pytest.approx(6 - 12 * 0.37, abs=1e-6)


def test_terminal_costate_is_the_gradient_of_the_terminal_cost() -> None:
    problem = OptimalControlProblem(
        name="terminal",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0] - 0.1 * x[0] ** 3],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
        terminal_cost=lambda x, t, p: (x[0] - 1) ** 4 + 3 * (x[1] + 0.5) ** 2,
        initial_state={"x": -1.0, "v": 0.0},
    )
    solution = solve(problem, mesh=Mesh.uniform(20), tolerance=1e-11)
    x, v = solution.states[-1]
    assert solution.costates[-1] == pytest.approx([4 * (x - 1) ** 3, 6 * (v + 0.5)], abs=1e-10)


def test_first_costate_is_the_derivative_of_the_optimal_cost(double_integrator: OptimalControlProblem) -> None:
    """∂V/∂x at the start, against the optimal cost from shifted starts; the cost is quadratic, so this is exact."""
    from dataclasses import replace

    def cost(x: float) -> Solution:
        return solve(replace(double_integrator, initial_state={"x": x, "v": 0.3}), mesh=Mesh.uniform(20))

    difference = (cost(-0.9).cost - cost(-1.1).cost) / 0.2
    assert cost(-1.0).costates[0, 0] == pytest.approx(difference, rel=1e-6)


@pytest.mark.parametrize(("control", "order"), [("constant", 2), ("linear", 4)])
def test_cost_converges_at_the_order_of_its_controls(control: str, order: int) -> None:
    """x' = −x + u, 1.5 → 1 in T = 10, min ½∫x² + u²: 1.6730939784 in closed form."""
    problem = OptimalControlProblem(
        name="hypersensitive, linear",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [-x[0] + u[0]],
        running_cost=lambda x, u, t, p: (x[0] ** 2 + u[0] ** 2) / 2,
        initial_state={"x": 1.5},
        final_state={"x": 1.0},
        final_time=10.0,
    )
    # The Riccati equation's two solutions give V = ½(s₊x₀² − s₋x_f²) up to e^{−2√2·10} ≈ 5e-13.
    root = np.sqrt(2.0)
    exact = 0.5 * ((root - 1) * 1.5**2 + (root + 1) * 1.0**2) - 2 * root * 1.5 * np.exp(-10 * root)
    assert exact == pytest.approx(1.6730939784, abs=2e-10)
    counts = np.array([40, 80, 160, 320])
    method = MultipleShooting("rk4", control=control)
    errors = [abs(solve(problem, method, Mesh.uniform(k), tolerance=1e-11).cost - exact) for k in counts]
    assert np.polyfit(np.log(1.0 / counts), np.log(errors), 1)[0] == pytest.approx(order, abs=0.3)


def test_path_constraints_hold_at_every_node(double_integrator: OptimalControlProblem) -> None:
    """Energy-optimal double integrator with v ≤ 1.2: 7.68 in closed form."""
    from dataclasses import replace

    bounded = replace(double_integrator, path_constraints=(PathConstraint(lambda x, u, t, p: x[1], upper=1.2),))
    for solver in ("ipopt", "fatrop"):
        solution = solve(bounded, MultipleShooting("rk4", "linear"), Mesh.uniform(100), solver)
        # The corners at t = 1/2.4·… fall between nodes: an error of h² with h = 1/100.
        assert solution.cost == pytest.approx(7.68, rel=5e-4)
        assert solution.state("v").max() <= 1.2 + 1e-6


def test_mixed_path_constraint_with_control(double_integrator: OptimalControlProblem) -> None:
    from dataclasses import replace

    limited = replace(double_integrator, path_constraints=(PathConstraint(lambda x, u, t, p: u[0] + x[1], upper=5.5),))
    free = solve(double_integrator, MultipleShooting("rk4", "linear"), Mesh.uniform(50))
    assert (free.control_values[:, 0, 0] + free.states[:-1, 1]).max() > 5.6
    for solver in ("ipopt", "fatrop"):
        solution = solve(limited, MultipleShooting("rk4", "linear"), Mesh.uniform(50), solver)
        assert (solution.control_values[:, 0, 0] + solution.states[:-1, 1]).max() <= 5.5 + 1e-6
        assert (solution.control_values[:, 1, 0] + solution.states[1:, 1]).max() <= 5.5 + 1e-6
        assert solution.cost > free.cost


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"solver": "newton"}, "solver is 'newton'; choose one of"),
        ({"tolerance": -1.0}, "tolerance is -1.0"),
        ({"max_iterations": 0}, "max_iterations is 0"),
        ({"guess": {"y": 0.0}}, "guess names 'y'"),
        ({"guess": {"x": [1.0, 2.0, 3.0]}}, "guess['x'] has shape (3,)"),
        ({"guess": {"x": lambda t: 1 / 0}}, "guess['x'] fails"),
    ],
)
def test_bad_arguments_are_refused(double_integrator: OptimalControlProblem, arguments: Any, words: str) -> None:
    with pytest.raises(ProblemError) as error:
        solve(double_integrator, **arguments)
    assert words in str(error.value)


@pytest.mark.parametrize("integrator", ["rk5", ""])
def test_unknown_integrators_and_controls_are_refused(integrator: str) -> None:
    with pytest.raises(ProblemError, match="choose one of"):
        MultipleShooting(integrator)
    with pytest.raises(ProblemError, match="choose one of"):
        MultipleShooting(control="cubic")


def test_guesses_of_every_kind_lead_to_the_same_optimum() -> None:
    classic = load("brachistochrone")
    problem, mesh = classic.build(), Mesh.uniform(30)
    first = solve(problem, mesh=mesh, guess=classic.guess)
    others: list[Any] = [
        {"v": lambda t: 6 * t, "theta": 1.0, "final_time": 0.8},
        {"v": np.linspace(0, 6, 31), "theta": np.linspace(0.1, 1.5, 30)},
        first,
        solve(problem, mesh=Mesh.uniform(17), guess=classic.guess),
    ]
    for guess in others:
        assert solve(problem, mesh=mesh, guess=guess).cost == pytest.approx(first.cost, rel=1e-8)


@pytest.mark.parametrize("solver", ["ipopt", "fatrop"])
@pytest.mark.parametrize("name", ["brachistochrone", "cart-pole", "zermelo-vortex"])
def test_a_warm_start_is_warm(name: str, solver: str) -> None:
    """From a solution of its own, and from a neighbour's."""
    classic = load(name)
    problem, method, mesh = classic.build(), MultipleShooting("rk4", "linear"), Mesh.uniform(30)
    first = solve(problem, method, mesh, solver, guess=classic.guess, certify=False)
    again = solve(problem, method, mesh, solver, guess=first, certify=False)
    # ipopt takes the multipliers too; fatrop estimates them from the point.
    assert again.statistics["iterations"] < first.statistics["iterations"] * (0.2 if solver == "ipopt" else 1.0)
    # Each bound's barrier of 1e-8 moves the cost by as much again.
    assert again.cost == pytest.approx(first.cost, rel=1e-6)
    moved = {k: 1.01 * v for k, v in (problem.final_state or {}).items()}
    near = replace(problem, final_state=moved)
    cold = solve(near, method, mesh, solver, guess=classic.guess, certify=False)
    warm = solve(near, method, mesh, solver, guess=first, certify=False)
    assert warm.statistics["iterations"] < cold.statistics["iterations"]
    assert warm.cost == pytest.approx(cold.cost, rel=1e-6)


def test_an_infeasible_problem_is_an_outcome_not_a_crash() -> None:
    problem = OptimalControlProblem(
        name="too far",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        initial_state={"x": 0.0},
        final_state={"x": 3.0},
        control_bounds={"u": (-1.0, 1.0)},
    )
    with pytest.raises(SolveError, match="no feasible point") as error:
        solve(problem)
    assert error.value.solution.status is Status.INFEASIBLE
    quiet = solve(problem, raise_on_failure=False, max_iterations=2)
    assert quiet.status is Status.ITERATION_LIMIT
    assert "max_iterations" in quiet.status.value


def test_samples_follow_the_path_to_fourth_order(double_integrator: OptimalControlProblem) -> None:
    """The optimal x is a cubic, which cubic Hermite interpolation reproduces."""
    solution = solve(double_integrator, MultipleShooting("rk4", "linear"), Mesh.uniform(5))
    t = np.linspace(0, 1, 23)
    assert solution.sample(t).states[:, 0] == pytest.approx(3 * t**2 - 2 * t**3 - 1, abs=1e-8)
    with pytest.raises(ProblemError, match="within the horizon"):
        solution.sample(1.5)


def test_save_and_load_give_the_same_solution(double_integrator: OptimalControlProblem, tmp_path: Path) -> None:
    solution = solve(double_integrator, mesh=Mesh.uniform(7))
    path = solution.save(tmp_path / "solution.npz")
    loaded = Solution.load(path)
    for name in ("times", "states", "controls", "costates", "control_values", "slopes"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(solution, name))
    assert (loaded.cost, loaded.status, loaded.parameters) == (solution.cost, solution.status, solution.parameters)
    dataset = loaded.to_xarray()
    assert dataset["state"].sel(state_name="v").values == pytest.approx(solution.state("v"))
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ProblemError, match="not a whole"):
        Solution.load(path)
    with pytest.raises(ProblemError, match="no file"):
        Solution.load(tmp_path / "none.npz")


def test_plot_draws_the_path_that_was_found(double_integrator: OptimalControlProblem) -> None:
    solution = solve(double_integrator, MultipleShooting("rk4", "linear"), Mesh.uniform(5))
    states, controls, costates = solution.plot().axes
    x, y = states.lines[0].get_data()
    assert np.asarray(y) == pytest.approx(3 * np.asarray(x) ** 2 - 2 * np.asarray(x) ** 3 - 1, abs=1e-8)
    assert np.nanmax(np.asarray(controls.lines[0].get_ydata(), dtype=float)) == pytest.approx(6.0, abs=1e-6)
    assert costates.get_xlabel() == "time"


def test_homotopy_follows_a_parameter(double_integrator: OptimalControlProblem) -> None:
    """A penalty on the end, raised step by step, drives the end to its target at the rate 1/penalty.

    min ½∫u² + (κ/2)(x(1) − 1)² from rest at 0 with free v(1) gives 1 − x(1) = 1/(1 + κ/3).
    """
    problem = OptimalControlProblem(
        name="penalty",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
        terminal_cost=lambda x, t, p: p[0] * (x[0] - 1) ** 2 / 2,
        initial_state={"x": 0.0, "v": 0.0},
        parameters={"penalty": 1.0},
    )
    method = MultipleShooting("rk4", "linear")
    values = (1.0, 10.0, 100.0)
    solutions = homotopy(problem, [{"penalty": k} for k in values], method, Mesh.uniform(10))
    assert [1 - s.states[-1, 0] for s in solutions] == pytest.approx([1 / (1 + k / 3) for k in values], rel=1e-7)
    assert solutions[-1].parameters["penalty"] == 100.0
    with pytest.raises(ProblemError, match="schedule is empty"):
        homotopy(problem, [])
    with pytest.raises(ProblemError, match="names 'mass'"):
        homotopy(problem, [{"mass": 1.0}])


def test_multistart_finds_both_wells() -> None:
    """x(1) is drawn to the nearer of two wells of unequal depth; the starts must find both, the deeper one first."""
    problem = OptimalControlProblem(
        name="two wells",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        running_cost=lambda x, u, t, p: 0.01 * u[0] ** 2,
        terminal_cost=lambda x, t, p: (x[0] ** 2 - 1) ** 2 + 0.1 * x[0],
        initial_state={"x": 0.0},
    )
    minima = multistart(problem, starts=12, seed=3, mesh=Mesh.uniform(5), progress=False)
    assert len(minima) == 2
    assert minima[0].cost < minima[1].cost
    assert minima[0].solution.states[-1, 0] < 0 < minima[1].solution.states[-1, 0]
    assert sum(len(m.found_by) for m in minima) == 12
    again = multistart(problem, starts=12, seed=3, mesh=Mesh.uniform(5), progress=False)
    assert [m.found_by for m in again] == [m.found_by for m in minima]


def test_single_shooting_is_the_limit_of_one_interval() -> None:
    """Double integrator, least energy: u = 6 − 12t, cost 6, by one interval; and by a cubic in time, which knows it."""
    shared: dict[str, Any] = {
        "name": "single",
        "states": ("x", "v"),
        "initial_state": {"x": -1.0, "v": 0.0},
        "final_state": {"x": 0.0, "v": 0.0},
    }
    linear = OptimalControlProblem(
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
        **shared,
    )
    one = solve(linear, MultipleShooting(rk4(10), "linear"), Mesh.uniform(1))
    assert one.control_values[0, :, 0] == pytest.approx([6.0, -6.0], abs=1e-8)
    assert one.costates == pytest.approx(np.array([[-12.0, -6.0], [-12.0, 6.0]]), abs=1e-8)

    def control(t: Any, p: Any) -> Any:
        return p[0] + p[1] * t + p[2] * t**2 + p[3] * t**3

    cubic = OptimalControlProblem(
        controls=(),
        dynamics=lambda x, u, t, p: [x[1], control(t, p)],
        running_cost=lambda x, u, t, p: control(t, p) ** 2 / 2,
        parameters={f"c{i}": FreeParameter(0.0) for i in range(4)},
        **shared,
    )
    whole = solve(cubic, MultipleShooting(rk4(40)), Mesh.uniform(1))
    # RK4 integrates the cubic controls' quartic costs to (1/40)⁴.
    assert whole.cost == pytest.approx(6.0, rel=1e-5)
    assert [whole.parameters[f"c{i}"] for i in range(4)] == pytest.approx([6, -12, 0, 0], abs=1e-3)
