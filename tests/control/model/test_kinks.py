"""Kinks: those that are replaced exactly against closed forms, and those that are not, by name."""

import math
from dataclasses import replace
from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import (
    BoundaryConstraint,
    DirectCollocation,
    FreeParameter,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    ProblemError,
    Solution,
    SolveError,
    find_structure,
    homotopy,
    refine,
    solve,
    verify,
)

FUEL = 4 - 2 * math.sqrt(3)
"""Least ∫|u| from rest to rest over 1 in T = 4 with |u| ≤ 1: on for T/2 − √(T²/4 − 1), off, on again."""


def double_integrator(cost: Any = None, **more: Any) -> OptimalControlProblem:
    given: dict[str, Any] = {
        "dynamics": lambda x, u, t, p: [x[1], u[0]],
        "initial_state": {"x": 0.0, "v": 0.0},
        "final_state": {"x": 1.0, "v": 0.0},
        "control_bounds": {"u": (-1.0, 1.0)},
        "final_time": 4.0,
    }
    return OptimalControlProblem(
        name="double integrator", states=("x", "v"), controls=("u",), running_cost=cost, **(given | more)
    )


def integrator(**more: Any) -> OptimalControlProblem:
    given: dict[str, Any] = {"dynamics": lambda x, u, t, p: [u[0]], "initial_state": {"x": 0.0}}
    return OptimalControlProblem(name="integrator", states=("x",), controls=("u",), **(given | more))


def planar(cost: Any, bound: Any) -> OptimalControlProblem:
    """The double integrator along a slanted line in the plane, its thrust a vector."""
    return OptimalControlProblem(
        name="planar",
        states=("x", "y", "v", "w"),
        controls=("a", "b"),
        dynamics=lambda x, u, t, p: [x[2], x[3], u[0], u[1]],
        running_cost=cost,
        initial_state={"x": 0, "y": 0, "v": 0, "w": 0},
        final_state={"x": 0.6, "y": 0.8, "v": 0, "w": 0},
        path_constraints=[PathConstraint(bound, upper=1.0)],
        final_time=4.0,
    )


def test_least_fuel_is_bang_off_bang_with_exact_switch_times() -> None:
    problem = double_integrator(lambda x, u, t, p: ca.fabs(u[0]))
    solution = refine(problem)
    assert abs(solution.cost - FUEL) <= 1e-7
    on = FUEL / 2
    assert find_structure(problem, solution).switch_times == pytest.approx([on, 4 - on], abs=1e-6)
    # λ_v is ±1 at the switches, and the costate of x is constant: ∂V/∂x = −1/(T/2 − on).
    assert solution.costate("x")[0] == pytest.approx(-1 / (2 - on), abs=1e-5)
    assert solution.control_names == ("u",)
    assert solution.certificate is not None
    assert solution.certificate.holds
    assert "fabs(u) in running_cost" in solution.certificate["exact kinks"].meaning
    assert "1 kink solved exactly" in repr(solution)


@pytest.mark.parametrize("solver", ["ipopt", "fatrop"])
@pytest.mark.parametrize(
    "method", [MultipleShooting(), MultipleShooting("radau", "stages"), DirectCollocation("gauss", 2)]
)
def test_both_solvers_and_all_methods_find_least_fuel(solver: str, method: Any) -> None:
    problem = double_integrator(lambda x, u, t, p: ca.fabs(u[0]))
    # A switch inside an interval of 1/20 costs at most 1/20 of twice the interval.
    assert solve(problem, method, Mesh.uniform(80), solver=solver).cost == pytest.approx(FUEL, abs=5e-3)


def test_least_fuel_by_a_stiff_integrator_and_by_single_shooting() -> None:
    problem = double_integrator(lambda x, u, t, p: ca.fabs(u[0]))
    expected = solve(problem, mesh=Mesh.uniform(8)).cost
    for method in (MultipleShooting("cvodes"), MultipleShooting(condensed=True)):
        assert solve(problem, method, Mesh.uniform(8)).cost == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("solver", ["ipopt", "fatrop"])
@pytest.mark.parametrize("norm", [ca.norm_2, lambda u: ca.hypot(u[0], u[1]), lambda u: (u[0] ** 2 + u[1] ** 2) ** 0.5])
def test_the_norm_of_a_thrust_costs_what_the_thrust_along_the_line_does(solver: str, norm: Any) -> None:
    problem = planar(lambda x, u, t, p: norm(u), lambda x, u, t, p: norm(u))
    solution = solve(problem, mesh=Mesh.uniform(40), solver=solver)
    line = solve(double_integrator(lambda x, u, t, p: ca.fabs(u[0])), mesh=Mesh.uniform(40))
    # The tip of the cone is 1e-7 wide, and the horizon 4.
    assert solution.cost == pytest.approx(line.cost, abs=4e-7)
    assert solution.certificate is not None
    assert solution.certificate["stationarity"].passed


@pytest.mark.parametrize("solver", ["ipopt", "fatrop"])
def test_a_norm_that_is_zero_at_the_guess_is_solved(solver: str) -> None:
    more = {"control_bounds": None, "final_time": 1.0}
    kinked = double_integrator(lambda x, u, t, p: ca.norm_2(ca.vertcat(x[1], u[0])), **more)
    smoothed = double_integrator(lambda x, u, t, p: ca.sqrt(x[1] ** 2 + u[0] ** 2 + 1e-12), **more)
    # By one method: solve may take another for the one whose certificate it denies.
    method = MultipleShooting()
    assert solve(kinked, method, solver=solver).cost == pytest.approx(solve(smoothed, method).cost, rel=1e-6)


def test_the_smallest_greatest_control_is_that_of_bang_bang() -> None:
    """Minimax: a free parameter above |u|, and the parameter as the cost. Over 1 in T, the least is 4/T²."""
    problem = double_integrator(
        terminal_cost=lambda x, t, p: p[0],
        path_constraints=[PathConstraint(lambda x, u, t, p: ca.fabs(u[0]) - p[0], upper=0.0)],
        parameters={"greatest": FreeParameter(1.0)},
        control_bounds=None,
        final_time=2.0,
    )
    assert solve(problem, mesh=Mesh.uniform(20)).cost == pytest.approx(1.0, abs=1e-7)


def test_energy_and_the_greatest_excursion_share_the_cost() -> None:
    """Bryson–Denham: the energy is 4/(9ℓ) under x ≤ ℓ, so that 4/(9ℓ) + 36ℓ is least at ℓ = 1/9, where it is 8."""
    problem = double_integrator(
        lambda x, u, t, p: u[0] ** 2 / 2,
        terminal_cost=lambda x, t, p: 36 * p[0],
        path_constraints=[PathConstraint(lambda x, u, t, p: ca.fabs(x[0]) - p[0], upper=0.0)],
        parameters={"greatest": FreeParameter(1.0)},
        control_bounds=None,
        initial_state={"x": 0.0, "v": 1.0},
        final_state={"x": 0.0, "v": -1.0},
        final_time=1.0,
    )
    solution = solve(problem, DirectCollocation("radau", 3), Mesh.uniform(30))
    assert solution.cost == pytest.approx(8.0, abs=1e-4)
    assert solution.parameters["greatest"] == pytest.approx(1 / 9, abs=1e-4)


def test_absolute_tracking_reaches_its_target_and_rests_there() -> None:
    problem = integrator(
        running_cost=lambda x, u, t, p: ca.fabs(x[0]),
        initial_state={"x": 1.0},
        control_bounds={"u": (-1, 1)},
        final_time=2.0,
    )
    for method in (DirectCollocation(), MultipleShooting()):
        solution = solve(problem, method, Mesh.uniform(40))
        assert solution.cost == pytest.approx(0.5, abs=1e-6)
    certificate = verify(problem, solution)
    assert certificate.holds, str(certificate)
    assert "rests on fabs(x)" in certificate["Hamiltonian"].meaning


@pytest.mark.parametrize(("weight", "cost", "end"), [(0.5, 0.375, 0.5), (2.0, 0.5, 1.0)])
def test_an_absolute_terminal_cost_is_paid_or_avoided(weight: float, cost: float, end: float) -> None:
    """½∫u² + w|x(1) − 1|: u = min(w, 1)."""
    problem = integrator(
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2, terminal_cost=lambda x, t, p: weight * ca.fabs(x[0] - 1)
    )
    for solver in ("ipopt", "fatrop"):
        solution = solve(problem, solver=solver)
        assert solution.cost == pytest.approx(cost, abs=1e-7)
        assert solution.states[-1, 0] == pytest.approx(end, abs=1e-6)
        assert solution.costate("x")[-1] == pytest.approx(-end, abs=1e-6)
        assert not solution.parameters


@pytest.mark.parametrize(
    ("expression", "lower", "upper", "rows"),
    [
        (lambda x, u, t, p: ca.fabs(u[0]), -math.inf, 1.0, 1),
        (lambda x, u, t, p: ca.fmax(u[0], -u[0]), 0.0, 1.0, 2),
        (lambda x, u, t, p: -ca.norm_1(u), -1.0, math.inf, 1),
        (lambda x, u, t, p: ca.norm_2(ca.vertcat(u[0], 0 * x[0])) * 2 - 1, -math.inf, 1.0, 1),
        (lambda x, u, t, p: ca.norm_inf(ca.vertcat(u[0], u[0] / 2)), -math.inf, 1.0, 4),
    ],
)
def test_a_bounded_kink_is_a_bound_of_each_branch(expression: Any, lower: float, upper: float, rows: int) -> None:
    constraint = PathConstraint(expression, lower, upper)
    problem = double_integrator(
        lambda x, u, t, p: u[0] ** 2, path_constraints=[constraint], control_bounds=None, final_time=2.1
    )
    assert problem.functions.path.numel_out(0) == rows
    bounded = double_integrator(lambda x, u, t, p: u[0] ** 2, final_time=2.1)
    assert solve(problem).cost == pytest.approx(solve(bounded).cost, abs=1e-6)


def test_rest_on_a_kink_of_the_dynamics_is_never_verified() -> None:
    problem = integrator(
        dynamics=lambda x, u, t, p: [ca.fabs(u[0])],
        running_cost=lambda x, u, t, p: -x[0],
        control_bounds={"u": (-1, 1)},
    )
    solution = solve(problem, guess={"u": 0.0})
    assert solution.certificate is not None
    assert "kinks" in solution.certificate.failures
    assert "fabs(u) in dynamics stays a kink" in solution.certificate["kinks"].meaning


def test_an_end_on_a_kink_of_the_terminal_cost_is_never_verified() -> None:
    """−|x(T)| draws to either side of where it has no slope to show; T = 1 is where its time says nothing."""
    problem = integrator(
        running_cost=lambda x, u, t, p: u[0] ** 2, terminal_cost=lambda x, t, p: -ca.fabs(x[0] - (t - 1))
    )
    solution = solve(problem, effort="once")
    assert solution.cost == 0
    assert solution.certificate is not None
    assert "kinks" in solution.certificate.failures
    assert "in terminal_cost stays a kink" in solution.certificate["kinks"].meaning
    away = solve(problem, guess={"x": 0.5, "u": 0.5})
    assert away.cost == pytest.approx(-0.25, abs=1e-8)
    assert away.certificate is not None
    assert away.certificate["kinks"].value == 0
    # A second look finds one of the sides by itself.
    assert solve(problem).cost == pytest.approx(-0.25, abs=1e-8)


@pytest.mark.parametrize(("distance", "rests"), [(1.0, False), (0.0, True)])
def test_a_kink_between_the_ends_matters_where_they_are_on_it(distance: float, rests: bool) -> None:
    """|x(T) − x(0)| ≥ distance is two cases; with x(T) = x(0) the path is between them."""
    problem = integrator(
        running_cost=lambda x, u, t, p: u[0] ** 2,
        boundary_constraints=[BoundaryConstraint(lambda x0, xf, t0, tf, p: ca.fabs(xf[0] - x0[0]), distance)],
    )
    solution = solve(problem, guess={"u": 1.0, "x": (0, 1)})
    assert solution.cost == pytest.approx(distance**2, abs=1e-6)
    # A bound of zero is met by everything, and is left out.
    assert solution.certificate is not None
    assert ("kinks" in {check.name for check in solution.certificate.checks}) == (not rests)


def test_a_kink_that_is_crossed_or_has_no_corner_is_verified() -> None:
    """Drag −v|v| has a slope at v = 0; a limit that is never met does not matter."""
    problem = double_integrator(
        lambda x, u, t, p: u[0] ** 2 + (x[0] - ca.fmax(x[0], 7)) ** 2 / 100,
        dynamics=lambda x, u, t, p: [x[1], u[0] - x[1] * ca.fabs(x[1])],
        initial_state={"x": 0.0, "v": -1.0},
        control_bounds=None,
    )
    certificate = solve(problem).certificate
    assert certificate is not None
    assert certificate["kinks"].value == 0
    assert certificate.holds, certificate


@pytest.mark.parametrize(
    "cost", [lambda x, u, t, p: ca.if_else(u[0] > 0, u[0], -u[0]), lambda x, u, t, p: u[0] * ca.sign(u[0])]
)
def test_a_failure_names_the_kink_that_stays(cost: Any) -> None:
    with pytest.raises(SolveError, match="in running_cost stays a kink, since no slack replaces a case distinction"):
        solve(double_integrator(cost))


def test_a_weight_keeps_the_sign_that_made_its_kink_replaceable() -> None:
    problem = double_integrator(lambda x, u, t, p: p[0] * ca.fabs(u[0]), parameters={"weight": 1.0})
    assert [round(s.cost / FUEL, 1) for s in homotopy(problem, [{"weight": 1.0}, {"weight": 2.0}])] == [1.0, 2.0]
    # With a parameter that is out of reach at first, and then is not.
    problem = double_integrator(
        lambda x, u, t, p: ca.fabs(u[0]) + ca.fmax(u[0], p[0]),
        parameters={"limit": -3.0},
        control_bounds={"u": (-1, 1)},
    )
    # One method, since the default tries another one where its answer is denied.
    method = MultipleShooting("rk4")
    steps = homotopy(problem, [{"limit": -3.0}, {"limit": -0.5}], method)
    for limit, solution in zip((-3.0, -0.5), steps, strict=True):
        alone = replace(problem, parameters={"limit": limit})
        assert solution.cost == pytest.approx(solve(alone, method).cost, abs=1e-6)
    problem = double_integrator(lambda x, u, t, p: p[0] * ca.fabs(u[0]), parameters={"weight": 1.0})
    with pytest.raises(ProblemError, match=r"'weight' is -1\.0, of another sign"):
        homotopy(problem, [{"weight": -1.0}])


def test_a_kink_without_weight_for_a_while_keeps_its_slack() -> None:
    problem = double_integrator(lambda x, u, t, p: t * ca.fabs(u[0]) + u[0] ** 2 / 10)
    smoothed = double_integrator(lambda x, u, t, p: t * ca.sqrt(u[0] ** 2 + 1e-10) + u[0] ** 2 / 10)
    # The smoothed absolute value is too large by 1e-5 at most, times ∫t = 8.
    assert solve(problem).cost == pytest.approx(solve(smoothed).cost, abs=8e-5)


def test_kinks_whose_growth_lowers_the_cost_stay() -> None:
    for cost in (
        lambda x, u, t, p: -ca.fabs(u[0]),
        lambda x, u, t, p: ca.fmin(x[0], u[0]),
        lambda x, u, t, p: x[0] * ca.fabs(u[0]),
        lambda x, u, t, p: ca.cos(ca.fabs(u[0])),
    ):
        assert double_integrator(cost).functions.running_slacks is None


@pytest.mark.parametrize(
    ("cost", "count"),
    [
        (lambda x, u, t, p: ca.exp(ca.fabs(ca.sin(x[0]))) + ca.fabs(u[0]) ** 1.5, 2),
        (lambda x, u, t, p: ca.norm_inf(ca.vertcat(x, u)), 1),
        (lambda x, u, t, p: ca.fmax(ca.fabs(x[0]) - 1, 0) ** 2 / (2 + u[0]), 2),
        (lambda x, u, t, p: -ca.fmin(ca.fmin(x[0], x[1]), u[0]), 1),
        (lambda x, u, t, p: ca.sqrt(x[0] ** 2 + 1e-6), 0),
        (lambda x, u, t, p: ca.if_else(t > 1, ca.fabs(u[0]), 0), 1),
    ],
)
def test_slacks_equal_their_kinks_and_none_is_superfluous(cost: Any, count: int) -> None:
    functions = double_integrator(cost).functions
    lifted = functions.running_slacks
    assert (0 if lifted is None else lifted.lower.size) == count
    if lifted is None:
        return
    generator = np.random.default_rng(0)
    for _ in range(20):
        at = (generator.normal(size=2), generator.uniform(-1, 1, 1), generator.uniform(0, 2), np.zeros(0))
        kinks = lifted.kinks(*at)
        assert float(lifted.value(*at, kinks)) == pytest.approx(float(functions.running_cost(*at)), rel=1e-12)
        assert np.min(np.array(lifted.rows(*at, kinks))) == pytest.approx(0, abs=1e-12)


def test_a_solution_of_a_kinked_problem_survives_its_file(tmp_path: Any) -> None:
    problem = double_integrator(lambda x, u, t, p: ca.fabs(u[0]))
    solution = solve(problem, mesh=Mesh.uniform(80))
    again = Solution.load(solution.save(tmp_path / "fuel.npz"))
    assert again.statistics["exact_kinks"] == ["fabs(u) in running_cost"]
    assert verify(problem, again).holds
