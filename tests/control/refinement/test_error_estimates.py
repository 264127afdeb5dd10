"""What refine sees of an interval: errors of its cost that no state shows, and nodes that merging must not take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.control import DirectCollocation, Mesh, MultipleShooting, OptimalControlProblem, refine, solve
from geodepth.control.problems import load
from geodepth.control.refinement.error_estimates import interval_errors, nothing_hidden
from geodepth.control.refinement.mesh_changes import finer_discretization
from geodepth.control.transcription.transcription import Method


def pushed(**more: Any) -> OptimalControlProblem:
    stated: dict[str, Any] = {
        "name": "pushed mass",
        "states": ("x", "v"),
        "controls": ("u",),
        "dynamics": lambda x, u, t, p: [x[1], u[0]],
        "initial_state": {"x": 0.0, "v": 0.0},
    }
    return OptimalControlProblem(**(stated | more))


def test_an_error_of_the_quadrature_alone_is_seen() -> None:
    """x = t²/2 is exact by RK4, and ∫x² is not: 1/20 of T⁵, of which halves have 1/32 and 31/32."""
    problem = pushed(running_cost=lambda x, u, t, p: x[0] ** 2, control_bounds={"u": (1.0, 1.0)})
    solution = solve(problem, MultipleShooting("rk4", control="constant"), Mesh.uniform(2), effort="once")
    errors = interval_errors(problem, solution)
    assert np.max(errors.states) < 1e-12
    of_each = errors.cost / 2 * solution.cost
    assert np.sum(of_each) == pytest.approx(abs(solution.cost - 1 / 20), rel=1e-6)
    assert np.min(of_each) > 1e-5


def test_the_nodes_of_a_switch_are_needed() -> None:
    """Full thrust and full brake: two intervals have no error, and in one of twice the length there is no switch."""
    problem = pushed(
        final_state={"x": 1.0, "v": 0.0},
        control_bounds={"u": (-1.0, 1.0)},
        running_cost=lambda x, u, t, p: 0.0 * x[0],
        final_time=2.0,
    )
    solution = solve(problem, MultipleShooting("rk4", control="constant"), Mesh.uniform(16), effort="once")
    errors = interval_errors(problem, solution)
    assert list(np.flatnonzero(errors.needed)) == [7, 8]
    idle = errors._replace(states=0 * errors.states, cost=np.eye(16)[0])
    changed = finer_discretization(solution, idle, 1e-2)
    assert changed is not None
    assert 0.5 in changed[1].breakpoints
    assert changed[1].intervals < 16


def test_what_violations_are_worth_is_hidden_from_halving() -> None:
    classic = load("robbins")
    problem = classic.build()
    solution = solve(problem, DirectCollocation(), classic.mesher(20), guess=classic.guess)
    errors = interval_errors(problem, solution)
    assert not errors.places
    # Of the state's bound between its points, and about as much as the cost is too low.
    true = abs(solution.cost / classic.reference - 1)
    assert 0.5 * true < errors.between < 3 * true
    assert nothing_hidden([errors], 2 * errors.between)
    assert not nothing_hidden([errors], 0.5 * errors.between)
    assert not nothing_hidden([errors, errors], 1.5 * errors.between)


@pytest.mark.parametrize(
    ("name", "method", "tolerance", "intervals"),
    [
        # Where the path touches its bound nothing but the violation beside it asks for nodes.
        ("robbins", DirectCollocation("radau", 3), 1e-6, 80),
        ("jacobson-lele", DirectCollocation("radau", 3), 1e-8, 160),
        # Arcs on bounds are exact but for the cost's quadrature, and end at switches.
        ("fuller", MultipleShooting("rk4", control="constant"), 1e-6, 600),
        # Chords of a circle: the control leaves it in all intervals at once.
        ("closed-curve", MultipleShooting("rk4", control="linear"), 1e-4, 1200),
    ],
)
def test_merging_takes_nothing_back(name: str, method: Method, tolerance: float, intervals: int) -> None:
    """Meshes went to and fro between what splitting gave and merging took, until all rounds were over."""
    classic = load(name)
    solution = refine(classic.build(), method, classic.mesher(20), tolerance=tolerance, guess=classic.guess)
    assert solution.certificate is not None
    assert solution.certificate.holds, solution.certificate
    assert solution.times.size - 1 <= intervals
    # Jacobson and Lele's reference has eight decimals.
    assert classic.sign * solution.cost == pytest.approx(classic.reference, rel=tolerance, abs=0.5e-8)


def test_what_is_nearly_violated_is_not_merged() -> None:
    classic = load("closed-curve")
    problem = classic.build()
    solution = solve(problem, MultipleShooting("rk4", control="linear"), Mesh.uniform(60), guess=classic.guess)
    errors = interval_errors(problem, solution)
    assert not errors.places
    assert np.sum(errors.needed) > 30
