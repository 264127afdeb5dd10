"""What solve does where its first solve failed or found too little: peers' problems from no guess at all."""

import math
from dataclasses import replace
from typing import Any

import casadi as ca
import pytest

from geodepth.control import (
    BoundaryConstraint,
    Certificate,
    DirectCollocation,
    FreeTime,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    Solution,
    SolveError,
    Status,
    solve,
)
from geodepth.control.problems import load
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solving.robust.coarse_starts import CoarseStarts, coarse_starts
from geodepth.control.solving.robust.second_look import Asked, compared_certificate, solve_robustly

from ...turned_car import shortest, turned_car


def circle() -> OptimalControlProblem:
    """The largest area within a closed curve of length 1: 1/(4π). From zero, where the speed's square has no slope."""
    return OptimalControlProblem(
        "circle",
        ("x", "y", "ix", "iy"),
        ("a", "b"),
        lambda x, u, t, p: [u[0], u[1], x[0], x[1]],
        running_cost=lambda x, u, t, p: -(x[1] * u[0] - x[0] * u[1]) / 2,
        initial_state={"ix": 0, "iy": 0},
        final_state={"ix": 0, "iy": 0},
        path_constraints=[PathConstraint(lambda x, u, t, p: ca.sumsqr(u), 1, 1)],
        control_bounds={"a": (-2, 2), "b": (-2, 2)},
        boundary_constraints=[BoundaryConstraint(lambda x0, xf, t0, tf, p: xf[:2] - x0[:2], 0, 0)],
    )


def turned() -> OptimalControlProblem:
    """An asteroid turned by 150 degrees in least time (Betts, 6.8): 28.63041, and 34.3 the other way round."""
    ix, iy, iz, half = 5621.0, 4547.0, 2364.0, math.radians(75)

    def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
        q1, q2, q3, q4, w1, w2, w3 = ca.vertsplit(x)
        return [
            0.5 * (w1 * q4 - w2 * q3 + w3 * q2),
            0.5 * (w1 * q3 + w2 * q4 - w3 * q1),
            0.5 * (-w1 * q2 + w2 * q1 + w3 * q4),
            0.5 * (-w1 * q1 - w2 * q2 - w3 * q3),
            u[0] / ix - (iz - iy) / ix * w2 * w3,
            u[1] / iy - (ix - iz) / iy * w1 * w3,
            u[2] / iz - (iy - ix) / iz * w1 * w2,
        ]

    rest = {"w1": 0.0, "w2": 0.0, "w3": 0.0}
    return OptimalControlProblem(
        "turned",
        ("q1", "q2", "q3", "q4", "w1", "w2", "w3"),
        ("u1", "u2", "u3"),
        dynamics,
        terminal_cost=lambda x, t, p: t,
        initial_state={"q1": 0, "q2": 0, "q3": 0, "q4": 1, **rest},
        final_state={"q1": math.sin(half), "q2": 0, "q3": 0, **rest},
        control_bounds=dict.fromkeys(("u1", "u2", "u3"), (-50, 50)),
        final_time=FreeTime(30.0, 25.0, 35.0),
    )


def test_what_cannot_be_solved_from_zero_is_solved_from_elsewhere() -> None:
    once = solve(circle(), effort="once", raise_on_failure=False)
    assert once.status is Status.INFEASIBLE
    solution = solve(circle())
    assert -solution.cost == pytest.approx(1 / (4 * math.pi), rel=1e-6)
    assert solution.certificate is not None
    assert solution.certificate.holds, solution.certificate


def test_a_certified_minimum_is_left_for_a_lower_one() -> None:
    once = solve(turned(), effort="once")
    assert once.certificate is not None
    assert once.certificate.holds
    assert once.cost == pytest.approx(34.3, rel=1e-3)
    solution = solve(turned())
    # Controls that are constant on intervals lose 6e-4 at their switches.
    assert solution.cost == pytest.approx(28.63041, rel=1e-3)
    assert solution.certificate is not None
    assert solution.certificate.holds, solution.certificate
    assert solution.certificate["local minimum"].value >= 1
    assert "multistart(problem)" in solution.certificate["local minimum"].meaning


def test_a_denied_solve_is_followed_by_collocation() -> None:
    """Controls that are constant on 40 intervals lose 1.3 % of the regulator's cost, which its certificate denies."""
    problem, reference = load("linear-quadratic-regulator").build(), load("linear-quadratic-regulator").reference
    once = solve(problem, effort="once")
    assert once.cost > 1.01 * reference
    solution = solve(problem)
    assert isinstance(solution.method, DirectCollocation)
    assert solution.cost == pytest.approx(reference, rel=1e-4)
    # It is convex: there are no other minima to look for.
    assert solution.certificate is not None
    assert "local minimum" not in [check.name for check in solution.certificate.checks]


def thirty_days() -> OptimalControlProblem:
    """Algae grow by day and feed bacteria that give methane (Bayen, Mairet, Martinon and Sebbah, 2015; Bocop: 19.0745):
    thirty days and nights, which no mesh of ten intervals holds."""

    def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
        y, s, b = ca.vertsplit(x)
        light = ca.fmax(0, ca.sin(2 * math.pi * (t / 10 - ca.floor(t / 10)))) ** 2
        eaten = 0.1 * s / (s + 0.05)
        return [light * y / (1 + y) - (0.005 + u[0]) * y, -eaten * b + u[0] * (y - s), (eaten - u[0]) * b]

    return OptimalControlProblem(
        "methane",
        ("y", "s", "b"),
        ("u",),
        dynamics,
        running_cost=lambda x, u, t, p: -0.1 * x[1] / (x[1] + 0.05) * x[2] / 3,
        state_bounds={"y": (0, math.inf), "s": (0, math.inf), "b": (0.001, math.inf)},
        control_bounds={"u": (0, 1)},
        initial_state={"y": (0.05, 0.25), "s": (0.5, 5), "b": (0.5, 3)},
        final_time=300.0,
    )


def test_what_fits_no_coarse_mesh_is_collocated_from_the_guess() -> None:
    """Neither the first solve nor any coarse one comes to an end."""
    solution = solve(thirty_days(), certify=False)
    assert solution.method == DirectCollocation("radau", 3)
    assert -solution.cost == pytest.approx(19.0745, rel=1e-2)


def test_a_car_turns_round_to_what_is_behind_it() -> None:
    solution = solve(turned_car())
    assert solution.certificate is not None
    assert solution.certificate.holds, str(solution.certificate)
    assert solution.cost == pytest.approx(shortest(), rel=1e-3)


def test_what_needs_many_iterations_begins_on_a_coarse_mesh() -> None:
    """Penicillin in a fed batch (Cuthrell and Biegler, 1989; 87.99 is published): from no guess 7177 iterations end
    nowhere, and first tries from coarse meshes do not end."""

    def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
        biomass, product, sugar, volume = ca.vertsplit(x)
        growth = 0.11 * sugar / (0.006 * biomass + sugar)
        made = 0.0055 * sugar / (0.0001 + sugar * (1 + 10 * sugar))
        kept = biomass * 0.029 * sugar / (0.0001 + sugar)
        return [
            growth * biomass - biomass * u[0] / (500 * volume),
            made * biomass - 0.01 * product - product * u[0] / (500 * volume),
            -growth * biomass / 0.47 - made * biomass / 1.2 - kept + (1 - sugar / 500) * u[0] / volume,
            u[0] / 500,
        ]

    problem = OptimalControlProblem(
        "penicillin",
        ("biomass", "product", "sugar", "volume"),
        ("feed",),
        dynamics,
        terminal_cost=lambda x, t, p: -x[1] * x[3],
        initial_state={"biomass": 1.5, "product": 0, "sugar": 0, "volume": 7},
        state_bounds={"biomass": (0, 40), "product": (0, 50), "sugar": (0, 25), "volume": (0, 10)},
        control_bounds={"feed": (0, 50)},
        final_time=FreeTime(130.0, 72.0, 200.0),
    )
    assert -solve(problem, certify=False).cost == pytest.approx(87.99, rel=3e-3)


def test_what_is_asked_for_is_kept() -> None:
    problem, mesh = load("linear-quadratic-regulator").build(), Mesh.uniform(20)
    assert solve(problem, mesh=mesh).cost == solve(problem, mesh=mesh, effort="once").cost
    assert solve(problem, guess={}).cost == solve(problem, guess={}, effort="once").cost
    method = DirectCollocation("radau", 2)
    solution = solve(circle(), method, Mesh.uniform(12))
    assert (solution.method, solution.statistics["intervals"]) == (method, 12)
    assert -solution.cost == pytest.approx(1 / (4 * math.pi), rel=1e-3)


def test_a_failure_says_what_else_was_tried() -> None:
    """|u| ≤ 1 does not reach x = 1 at rest by t = 1 from anywhere."""
    problem = OptimalControlProblem(
        "too far",
        ("x", "v"),
        ("u",),
        lambda x, u, t, p: [x[1], u[0]],
        initial_state={"x": 0, "v": 0},
        final_state={"x": 1, "v": 0},
        control_bounds={"u": (-1, 1)},
    )
    with pytest.raises(SolveError, match=r"u is on its bounds .* 11 other starts on a coarse mesh were tried"):
        solve(problem)


def test_phases_are_begun_on_a_coarse_mesh_too() -> None:
    classic = load("goddard-rocket-arcs")
    assert solve(classic.build(), effort="once", raise_on_failure=False).status is Status.INFEASIBLE
    assert -solve(classic.build()).cost == pytest.approx(classic.reference, rel=1e-6)


def test_an_effort_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="effort is 'most'"):
        solve(circle(), effort="most")


@pytest.mark.parametrize(
    ("followed", "words"),
    [
        ((), "a path of cost 0.9 was seen on a coarse mesh, and not on this one"),
        # From there the solve came to the same path, or to one that is worse.
        ((1.0,), "of 3 starts on a coarse mesh 1 cost the same; 1 led to no less from there"),
        ((1.2,), "of 3 starts on a coarse mesh 1 cost the same; 1 led to no less from there"),
        # It came to a path that was not kept: the lead is open still.
        ((0.9,), "a path of cost 0.9 was seen on a coarse mesh, and not on this one"),
    ],
)
def test_what_is_cheap_on_a_coarse_mesh_alone_is_no_lead(followed: tuple[float, ...], words: str) -> None:
    problem = OptimalControlProblem("still", ("x",), ("u",), lambda x, u, t, p: [u[0]], initial_state={"x": 0.0})
    still = solve(problem, mesh=Mesh.uniform(1), certify=False)

    def costing(cost: float) -> Solution:
        return replace(still, cost=cost)

    cheap, same, here = costing(0.9), costing(1.0), costing(1.0)
    starts = CoarseStarts([cheap, same], 3, False)
    for cost in followed:
        starts = starts.followed_by(cheap, costing(cost))
    line = compared_certificate(here, Certificate("hand made", 1e-3, (), 0.0), starts)["local minimum"]
    assert line.meaning.startswith(words)
    assert line.value == 1


@pytest.mark.parametrize("certified", [True, False])
def test_what_leads_nowhere_on_this_mesh_is_not_tried_on_a_finer_one(
    monkeypatch: pytest.MonkeyPatch, certified: bool
) -> None:
    """A path that is cheap on a coarse mesh alone: a rocket's three phases took most of a minute for two of them.

    Where no answer is certified yet, it is worth the try.
    """
    classic = load("two-phase-robot")
    problem = classic.build()
    known = solve(problem, guess=classic.guess, effort="once")
    assert known.certificate is not None
    assert known.certificate.holds
    cheap = replace(known, cost=0.5 * known.cost, certificate=None)
    first = known if certified else replace(known, status=Status.INFEASIBLE)
    tried: list[tuple[Any, Any]] = []

    def once(method: Any, mesh: Any, guess: Any, iterations: int) -> Any:
        tried.append((method, mesh and mesh.intervals))
        return first if len(tried) == 1 else replace(known, status=Status.FAILED)

    monkeypatch.setattr(
        "geodepth.control.solving.robust.second_look.coarse_starts", lambda *asked: CoarseStarts([cheap], 7, False)
    )
    found = solve_robustly(problem, Asked(None, None, None, SolverSettings(), "automatic", certify=True), once)
    here = [(DirectCollocation("radau", 3), None), (MultipleShooting(), None)]
    finer = [(DirectCollocation("radau", 3), 80)]
    assert tried == [(None, None), *here, *([] if certified else finer)]
    if certified:
        assert found.cost == known.cost
        assert "was seen on a coarse mesh, and not on this one" in found.certificate["local minimum"].meaning
    else:
        assert "7 other starts on a coarse mesh were tried" in found.statistics["reason"]


@pytest.mark.parametrize("name", ["integrator-state-bound", "jackson"])
def test_what_collocation_cannot_simulate_is_shot_on_a_finer_mesh(name: str) -> None:
    """Controls that jump within an interval: both of collocation's meshes are denied."""
    classic = load(name)
    solution = solve(classic.build())
    assert solution.certificate is not None
    assert solution.certificate.holds
    assert classic.sign * solution.cost == pytest.approx(classic.reference, rel=1e-3)


def test_what_is_denied_on_twice_the_intervals_is_solved_on_four_times_as_many() -> None:
    """The glider's lift has kinks inside intervals of collocation, and it cheats shooting on 40 intervals."""
    classic = load("hang-glider")
    solution = solve(classic.build())
    assert solution.certificate is not None
    assert solution.certificate.holds, str(solution.certificate)
    assert classic.sign * solution.cost == pytest.approx(classic.reference, rel=1e-3)
    assert solution.mesh is not None
    assert solution.mesh.intervals == 160


@pytest.mark.parametrize(
    "problem",
    [
        # Under some of the controls that are drawn the state leaves every bound.
        OptimalControlProblem("grown", ("x",), ("u",), lambda x, u, t, p: [u[0] * x[0] ** 3], initial_state={"x": 3.0}),
        # Two free times close to each other.
        OptimalControlProblem(
            "late",
            ("x",),
            ("u",),
            lambda x, u, t, p: [u[0]],
            initial_state={"x": 0.0},
            initial_time=FreeTime(10.0),
            final_time=FreeTime(11.0),
        ),
    ],
    ids=str,
)
def test_a_simulation_that_fails_does_not_end_the_others(problem: OptimalControlProblem) -> None:
    starts = coarse_starts(problem, None, None, 1e-8, "automatic", simulated=True)
    assert starts.tried >= 1
