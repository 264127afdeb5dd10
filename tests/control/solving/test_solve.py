"""solve: published optima, closed-form costates, both interior-point solvers, statuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    FreeTime,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    ProblemError,
    Solution,
    SolveError,
    Status,
    solve,
    verify,
)


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

    bounded = replace(double_integrator, path_constraints=(PathConstraint(lambda x, u, t, p: x[1], upper=1.2),))
    for solver in ("ipopt", "fatrop"):
        solution = solve(bounded, MultipleShooting("rk4", "linear"), Mesh.uniform(100), solver)
        # The corners at t = 1/2.4·… fall between nodes: an error of h² with h = 1/100.
        assert solution.cost == pytest.approx(7.68, rel=5e-4)
        assert solution.state("v").max() <= 1.2 + 1e-6


def test_mixed_path_constraint_with_control(double_integrator: OptimalControlProblem) -> None:

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


def test_a_node_that_moved_is_certified_where_it_went() -> None:
    problem = OptimalControlProblem(
        name="fastest",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        terminal_cost=lambda x, t, p: t,
        initial_state={"x": 0.0, "v": 0.0},
        final_state={"x": 1.0, "v": 0.0},
        control_bounds={"u": (-1.0, 1.0)},
        final_time=FreeTime(2.5, 0.5, 5.0),
    )
    mesh = Mesh(np.array([0.0, 0.35, 0.7, 0.85, 1.0]), movable=(2,))
    solution = solve(problem, MultipleShooting("rk4", control="constant"), mesh, guess={"v": 0.4, "u": 0.0})
    assert solution.times[2:] == pytest.approx([1.0, 1.5, 2.0], abs=1e-7)
    assert solution.certificate is not None
    assert solution.certificate.holds, str(solution.certificate)
    assert verify(problem, solution).holds
