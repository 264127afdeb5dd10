"""refine reaches its tolerance, and finds switches and arcs, on problems with closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import (
    DirectCollocation,
    FreeTime,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    ProblemError,
    SolveError,
    find_structure,
    refine,
    solve,
    verify,
)
from geodepth.control.problems import load
from geodepth.control.transcription.transcription import Method

from ..turned_car import shortest, turned_car


def double_integrator(**changes: object) -> OptimalControlProblem:
    settings: dict[str, object] = {
        "name": "double integrator",
        "states": ("x", "v"),
        "controls": ("u",),
        "dynamics": lambda x, u, t, p: [x[1], u[0]],
        "initial_state": {"x": -1.0, "v": 0.0},
        "final_state": {"x": 0.0, "v": 0.0},
    }
    return OptimalControlProblem(**(settings | changes))  # type: ignore[arg-type]


def fastest(start: float = -1.0) -> OptimalControlProblem:
    return double_integrator(
        terminal_cost=lambda x, t, p: t,
        initial_state={"x": start, "v": 0.0},
        control_bounds={"u": (-1.0, 1.0)},
        final_time=FreeTime(3.0, 0.1, 10.0),
    )


def moon_lander() -> OptimalControlProblem:
    return OptimalControlProblem(
        name="moon lander",
        states=("h", "v", "m"),
        controls=("T",),
        dynamics=lambda x, u, t, p: [x[1], u[0] / x[2] - 1, -u[0] / 2.349],
        running_cost=lambda x, u, t, p: u[0],
        initial_state={"h": 1.0, "v": -0.783, "m": 1.0},
        final_state={"h": 0.0, "v": 0.0},
        state_bounds={"m": (0.01, 1.0)},
        control_bounds={"T": (0.0, 1.227)},
        final_time=FreeTime(1.5, 0.1, 10.0),
    )


@pytest.mark.parametrize("start", [-1.0, -3.7])
def test_the_switch_of_the_fastest_way_is_exact(start: float) -> None:
    """x'' = ±1 from rest to rest over d: switch at √d, end at 2√d, λ(0) = −(1, √d)/√d."""
    problem = fastest(start)
    solution = refine(problem, tolerance=1e-8)
    root = np.sqrt(-start)
    structure = find_structure(problem, solution)
    # The solver's barrier, 1e-10 for each of some hundred bounds, is what is left.
    assert solution.cost == pytest.approx(2 * root, rel=3e-8)
    assert structure.switch_times == pytest.approx([root], abs=1e-6)
    assert [arc.controls for arc in structure.arcs] == [("upper",), ("lower",)]
    assert solution.costates[0] == pytest.approx([-1 / root, -1.0], rel=1e-6)
    assert solution.certificate is not None
    assert solution.certificate.holds, str(solution.certificate)
    assert solution.certificate["finer mesh"].value <= 1e-8


def test_the_moon_lander_switches_once() -> None:
    """Re-solved with the one switch exact: 1.42031260, landing at 1.39680809."""
    problem = moon_lander()
    solution = refine(problem, tolerance=1e-8)
    structure = find_structure(problem, solution)
    assert solution.cost == pytest.approx(1.42031260, abs=5e-8)
    assert solution.times[-1] == pytest.approx(1.39680809, abs=5e-8)
    assert [arc.controls for arc in structure.arcs] == [("lower",), ("upper",)]
    # Full thrust from the switch on: the cost is 1.227 (t_f − t_s).
    assert structure.switch_times[0] == pytest.approx(1.39680809 - 1.42031260 / 1.227, abs=1e-7)


def test_state_bounds_are_met_by_splitting() -> None:
    """Bryson and Denham with ℓ = 1/9: cost 4, x on its bound from 3ℓ to 1 − 3ℓ; λ_v(0) = −2/(3ℓ) by ∂V/∂v."""
    problem = double_integrator(
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
        initial_state={"x": 0.0, "v": 1.0},
        final_state={"x": 0.0, "v": -1.0},
        state_bounds={"x": (-1.0, 1 / 9)},
    )
    solution = refine(problem, tolerance=1e-8)
    assert solution.cost == pytest.approx(4.0, abs=4e-8)
    # u(0) = −2/(3ℓ) = −6, and u = −λ_v.
    assert solution.costate("v")[0] == pytest.approx(6.0, rel=1e-6)
    bounded = [arc for arc in find_structure(problem, solution).arcs if arc.states == ("x",)]
    # The arc's ends are read to the length of an interval.
    assert bounded[0].start == pytest.approx(1 / 3, abs=0.02)
    assert bounded[-1].end == pytest.approx(2 / 3, abs=0.02)


def test_smooth_problems_gain_points_and_are_certified() -> None:
    """Linear hypersensitive, 1.6730939784 in closed form: boundary layers at both ends."""
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
    root = np.sqrt(2.0)
    exact = 0.5 * ((root - 1) * 1.5**2 + (root + 1) * 1.0**2) - 2 * root * 1.5 * np.exp(-10 * root)
    solution = refine(problem, tolerance=1e-10, mesh=Mesh.uniform(6))
    assert solution.cost == pytest.approx(exact, rel=1e-10)
    assert solution.mesh is not None
    steps = solution.mesh.steps
    # Nothing happens in the middle: its intervals are the longest.
    assert steps[steps.size // 2] > 1.9 * min(steps[0], steps[-1])


def test_refinement_works_for_shooting_and_says_when_it_stops_short() -> None:
    problem = double_integrator(running_cost=lambda x, u, t, p: u[0] ** 2 / 2)
    shooting = refine(problem, MultipleShooting("rk4"), Mesh.uniform(5), tolerance=1e-3)
    # A constant control on K intervals costs 6/(1 − 1/K²).
    assert 0 < shooting.cost - 6 < 6e-3
    short = refine(problem, MultipleShooting("rk4"), Mesh.uniform(5), tolerance=1e-9, most_intervals=40)
    assert short.certificate is not None
    assert "finer mesh" in short.certificate.failures


def test_a_certified_error_is_not_smaller_than_the_true_one() -> None:
    problem = moon_lander()
    for intervals in (10, 40):
        solution = solve(problem, DirectCollocation("radau", 2), Mesh.uniform(intervals))
        error = abs(solution.cost - 1.42031260) / 1.42031260
        assert error <= verify(problem, solution).cost_error


@pytest.mark.parametrize("most_intervals", [100, 150, 300])
def test_what_stops_short_is_not_certified(most_intervals: int) -> None:
    """Linear controls follow Rayleigh's mixed bound to h² of every interval, split or not."""
    classic = load("rayleigh")
    short = refine(
        classic.build(),
        MultipleShooting("rk4", "linear"),
        classic.mesher(20),
        tolerance=1e-5,
        guess=classic.guess,
        most_intervals=most_intervals,
    )
    assert short.certificate is not None
    assert abs(short.cost / classic.reference - 1) <= short.certificate.cost_error
    assert "finer mesh" in short.certificate.failures


@pytest.mark.parametrize("method", [MultipleShooting("radau", "linear"), DirectCollocation("radau", 3)])
def test_mixed_bounds_are_followed_at_the_stages(method: Method) -> None:
    classic = load("rayleigh")
    solution = refine(classic.build(), method, classic.mesher(20), tolerance=1e-8, guess=classic.guess)
    assert solution.certificate is not None
    assert solution.certificate.holds, str(solution.certificate)
    assert solution.cost == pytest.approx(classic.reference, rel=1e-8)


def test_linear_controls_get_nodes_where_they_hold_a_path_constraint() -> None:
    """The glider's load is on its bound for an eighth of the loop: 1008 intervals where none of its errors was seen."""
    classic = load("dynamic-soaring")
    linear = MultipleShooting("rk4", "linear")
    solution = refine(classic.build(), linear, classic.mesher(20), tolerance=1e-5, guess=classic.guess)
    assert solution.certificate is not None
    assert solution.certificate.holds, str(solution.certificate)
    assert solution.cost == pytest.approx(classic.reference, rel=1e-5)
    assert solution.mesh is not None
    assert solution.mesh.intervals <= 600


def test_a_jump_inside_an_interval_is_split_though_it_costs_nothing() -> None:
    """The lander's switch moved its last state by 1.5e-3 of its size, at a cost that had settled to 1e-2."""
    lander = load("moon-lander")
    solution = refine(lander.build(), mesh=lander.mesher(10), tolerance=1e-2, guess=lander.guess, switches=False)
    assert solution.certificate is not None
    assert solution.certificate.holds, str(solution.certificate)
    assert solution.certificate["re-simulation"].value <= 1e-3


def test_constant_controls_give_way_to_the_stages_under_a_path_constraint() -> None:
    """The speed follows a parabola in time: constant controls would need more than 4639 intervals."""
    classic = load("jacobson-lele")
    method = MultipleShooting("radau", "constant")
    solution = refine(classic.build(), method, classic.mesher(20), tolerance=1e-8, guess=classic.guess)
    assert solution.certificate is not None
    assert solution.certificate.holds, str(solution.certificate)
    assert solution.cost == pytest.approx(classic.reference, rel=1e-7)  # its last digit
    assert solution.mesh is not None
    assert solution.mesh.intervals <= 300


@pytest.mark.parametrize("name", ["catalyst-mixing", "goddard-rocket"])
def test_singular_arcs_do_not_chatter(name: str) -> None:
    """Full, singular, none; with controls free at every collocation point the singular arc would chatter."""
    classic = load(name)
    solution = refine(classic.build(), mesh=classic.mesher(20), tolerance=1e-6, guess=classic.guess)
    reference = classic.sign * (classic.exact() if classic.exact is not None else classic.reference)
    assert solution.certificate is not None
    assert solution.certificate.holds, str(solution.certificate)
    assert solution.mesh is not None
    assert solution.mesh.intervals <= 100
    assert solution.cost == pytest.approx(reference, rel=1e-6)
    arcs = find_structure(classic.build(), solution).arcs
    assert [arc.controls[0] for arc in arcs] == ["upper", "singular", "lower"]


def test_nodes_do_not_move_to_where_errors_pay() -> None:
    """The glider flies farther on a coarse mesh whose nodes may move than it can, by 0.03 m."""
    classic = load("hang-glider")
    solution = refine(classic.build(), mesh=classic.mesher(20), tolerance=1e-5, guess=classic.guess)
    assert solution.certificate is not None
    assert solution.certificate.holds, str(solution.certificate)
    assert -solution.cost == pytest.approx(classic.reference, rel=1e-5)


@pytest.mark.parametrize("intervals", [75, 80])
def test_merged_intervals_that_mislead_the_optimizer_are_taken_apart(intervals: int) -> None:
    """The glider flew 2000 m, the bound of its range, by the error of RK4 on two intervals made one."""
    classic = load("hang-glider")
    found = refine(
        classic.build(),
        MultipleShooting("rk4", "linear"),
        classic.mesher(intervals),
        tolerance=1e-5,
        guess=classic.guess,
        switches=False,
    )
    assert found.certificate is not None
    assert found.certificate.holds, str(found.certificate)
    assert -found.cost == pytest.approx(classic.reference, rel=1e-5)


def test_a_first_mesh_that_is_too_coarse_is_halved() -> None:
    """x' = −30 x + u by explicit Euler on 5 intervals: 1 − 30/5 = −5 a step, which no bounded control can hold."""
    problem = OptimalControlProblem(
        name="stiff",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [-30 * x[0] + u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2,
        initial_state={"x": 1.0},
        state_bounds={"x": (-1.5, 1.5)},
        control_bounds={"u": (-1.0, 1.0)},
    )
    coarse = solve(problem, MultipleShooting("euler"), Mesh.uniform(5), raise_on_failure=False)
    assert not coarse.success
    assert refine(problem, MultipleShooting("euler"), Mesh.uniform(5), tolerance=1e-2).success


@pytest.mark.parametrize(
    "arguments", [{"tolerance": 0.0}, {"tolerance": "small"}, {"rounds": 0}, {"rounds": 1.5}, {"solver": "newton"}]
)
def test_bad_arguments_are_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ProblemError, match="is "):
        refine(fastest(), **arguments)  # type: ignore[call-overload]


def test_a_problem_without_a_solution_stops_at_once() -> None:
    problem = double_integrator(control_bounds={"u": (-1.0, 1.0)})
    with pytest.raises(SolveError, match="no feasible point"):
        refine(problem)
    assert not refine(problem, raise_on_failure=False).success


def test_a_car_turns_round_to_what_is_behind_it() -> None:
    """Where no straight line leads anywhere, refine starts from simulations, as solve does."""
    solution = refine(turned_car())
    assert solution.certificate is not None
    assert solution.certificate.holds, str(solution.certificate)
    assert solution.cost == pytest.approx(shortest(), rel=1e-6)
