"""The arcs of a solution as phases have the same optimum, with its switches as exact as the rest."""

from __future__ import annotations

from typing import Any

import pytest

from geodepth.control import (
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
