"""The arcs of a solution as phases have the same optimum, with its switches as exact as the rest."""

from __future__ import annotations

import math
from typing import Any

import pytest

from geodepth.control import (
    Arc,
    BoundaryConstraint,
    DirectCollocation,
    FreeParameter,
    FreeTime,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    ProblemError,
    Structure,
    arcs_as_phases,
    find_structure,
    refine,
    solve,
)
from geodepth.control.problems import load
from geodepth.control.problems.bang_bang import moon_lander


def test_the_time_optimal_switch_is_exact_though_no_node_was_near() -> None:
    classic = load("double-integrator-time")
    problem = classic.build()
    coarse = solve(problem, MultipleShooting("rk4", control="constant"), Mesh.uniform(7), guess=classic.guess)
    structure = find_structure(problem, coarse)
    phases = arcs_as_phases(problem, structure)
    solution = solve(
        phases, MultipleShooting("rk4", control="constant"), Mesh.uniform(3), guess=coarse, tolerance=1e-11
    )
    # u = 1, then −1: from −1 to 0 at rest takes 2, and the switch is in the middle.
    assert solution.cost == pytest.approx(2.0, abs=1e-9)
    assert [link.time for link in solution.links] == pytest.approx([1.0], abs=1e-9)
    assert abs(coarse.cost - 2.0) > 1e-3
    assert solution.certificate is not None
    assert solution.certificate.holds, solution.certificate


def test_the_moon_lander_falls_and_then_brakes() -> None:
    classic = load("moon-lander")
    problem = classic.build()
    method = MultipleShooting("rk4", control="constant")
    coarse = solve(problem, method, Mesh.uniform(15), guess=classic.guess)
    structure = find_structure(problem, coarse)
    assert [arc.controls for arc in structure.arcs] == [("lower",), ("upper",)]
    solution = solve(arcs_as_phases(problem, structure), method, Mesh.uniform(30), guess=coarse, tolerance=1e-11)
    # Half a unit of the reference's last digit.
    assert solution.cost == pytest.approx(classic.reference, abs=5e-8)
    assert abs(coarse.cost - classic.reference) > 1e-5
    end, burn = 1.39680809, 1.42031260 / moon_lander.FULL_THRUST
    assert [phase.times[-1] for phase in solution.phases.values()] == pytest.approx([end - burn, end], abs=5e-8)
    assert solution.certificate is not None
    assert solution.certificate["arc 1 → arc 2: free link time"].value < 1e-6


def test_boundary_constraints_and_free_parameters_hold_across_all_arcs() -> None:
    # x'' = u + g with a free constant g at a price, |u| ≤ 1, and the ends tied.
    stated: dict[str, Any] = {
        "states": ("x", "v"),
        "controls": ("u",),
        "dynamics": lambda x, u, t, p: [x[1], u[0] + p[0]],
        "terminal_cost": lambda x, t, p: t + 5 * p[0] ** 2,
        "initial_state": {"x": 0.0, "v": 0.0},
        "final_state": {"v": 0.0},
        "control_bounds": {"u": (-1.0, 1.0)},
        "final_time": FreeTime(2.0, 0.5, 5.0),
        "parameters": {"g": FreeParameter(0.1, -0.5, 0.5)},
        "boundary_constraints": [BoundaryConstraint(lambda x0, xf, t0, tf, p: xf[0] - x0[0], 1.0, 1.0)],
    }
    problem = OptimalControlProblem("tied", **stated)
    one = solve(problem, DirectCollocation("radau", 3), Mesh.uniform(40))
    phases = arcs_as_phases(problem, find_structure(problem, one))
    several = solve(phases, DirectCollocation("radau", 3), Mesh.uniform(4), guess=one, tolerance=1e-10)
    values = [phase.parameters["g"] for phase in several.phases.values()]
    assert values[0] == pytest.approx(values[-1], abs=1e-10)
    # Forwards at 1 + g, backwards at 1 − g: 1 = ½ (1 + g)(1 − g)/2 · T².
    g = values[0]
    assert several.phases["arc 2"].times[-1] == pytest.approx(2 / (1 - g**2) ** 0.5, rel=1e-8)
    assert several.cost <= one.cost + 1e-9
    assert several.cost == pytest.approx(2.0, abs=1e-8)


def test_a_structure_of_another_problem_is_refused() -> None:
    problem = load("robot-arm").build()
    foreign = load("double-integrator-time")
    solution = solve(foreign.build(), foreign.method, foreign.mesh, guess=foreign.guess)
    for structure in (find_structure(foreign.build(), solution), "arcs"):
        with pytest.raises(ProblemError, match="structure is not of this problem's controls"):
            arcs_as_phases(problem, structure)  # type: ignore[arg-type]
    assert isinstance(find_structure(foreign.build(), solution), Structure)


@pytest.mark.parametrize(("limit", "side", "unit"), [(1 / 9, 1, 1.0), (1 / 8, -1, 1e-3), (1 / 12, 1, 1e4)])
def test_a_state_on_its_bound_is_given_it_where_the_arc_begins_and_ends(limit: float, side: int, unit: float) -> None:
    """Bryson and Denham's problem, above or below, in any unit: ½∫u² = 4/(9 l), on the bound from 3 l to 1 - 3 l.

    Source: Bryson and Ho, Applied Optimal Control, 1975, section 3.11.
    """
    bounds = (-math.inf, limit * unit) if side > 0 else (-limit * unit, math.inf)
    problem = OptimalControlProblem(
        name="Bryson-Denham",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: (u[0] / unit) ** 2 / 2,
        initial_state={"x": 0.0, "v": side * unit},
        final_state={"x": 0.0, "v": -side * unit},
        state_bounds={"x": bounds},
    )
    one = refine(problem, tolerance=1e-5)
    structure = find_structure(problem, one)
    phases = arcs_as_phases(problem, structure)
    middle = [i for i, arc in enumerate(structure.arcs) if arc.states == ("x",)]
    assert [structure.arcs[i].sides for i in middle] == [("upper" if side > 0 else "lower",)]
    several = refine(phases, tolerance=1e-5, guess=one)
    assert several.certificate is not None
    assert several.certificate.holds, several.certificate
    assert several.cost == pytest.approx(4 / (9 * limit), rel=1e-5)
    # The cost is flat in these times, to third order.
    times = [link.time for link in several.links]
    assert times[middle[0] - 1 : middle[0] + 1] == pytest.approx([3 * limit, 1 - 3 * limit], abs=0.01)


def test_a_limit_of_speed_is_kept_by_a_phase_of_its_own() -> None:
    """Minimum time over 3 with |a| and |v| at most 1, from t = 7.5: up for 1, along for 2, down for 1."""
    problem = OptimalControlProblem(
        name="limited",
        states=("x", "v"),
        controls=("a",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        terminal_cost=lambda x, t, p: t,
        initial_state={"x": 0.0, "v": 0.0},
        final_state={"x": 3.0, "v": 0.0},
        state_bounds={"v": (-1.0, 1.0)},
        control_bounds={"a": (-1.0, 1.0)},
        initial_time=7.5,
        final_time=FreeTime(12.0, 7.6, 30.0),
    )
    one = refine(problem)
    phases = arcs_as_phases(problem, find_structure(problem, one))
    several = refine(phases, guess=one)
    assert several.certificate is not None
    assert several.certificate.holds, several.certificate
    assert several.cost == pytest.approx(11.5, rel=1e-8)
    assert [link.time for link in several.links] == pytest.approx([8.5, 10.5], abs=1e-6)


@pytest.mark.parametrize(
    "arcs",
    [
        (),
        (Arc(0.0, 1.0, ("up",), ()),),
        (Arc(0.0, 1.0, ("upper",), ()), Arc(1.0, 2.0, ("interior", "interior"), ())),
        (Arc(0.0, 1.0, ("lower",), ("height",), ("lower",)),),
        (Arc(0.0, 1.0, ("interior",), ("x",), ("upper",)),),
    ],
)
def test_arcs_on_bounds_that_there_are_not_are_refused(arcs: tuple[Arc, ...]) -> None:
    problem = load("double-integrator-time").build()
    assert problem.bounds("states")[1][0] == math.inf
    with pytest.raises(ProblemError, match="structure is not of this problem's controls and bounds"):
        arcs_as_phases(problem, Structure(arcs))
