"""Ends within ranges: closed forms, transversality, and bad input."""

from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    ProblemError,
    prepare,
    sensitivity,
    solve,
    verify,
)

LINEAR = MultipleShooting("rk4", control="linear")


def thrown(**changes: Any) -> OptimalControlProblem:
    """x'' = u by the least ½∫u² in unit time, from rest at 0."""
    given: dict[str, Any] = {
        "name": "thrown",
        "states": ("x", "v"),
        "controls": ("u",),
        "dynamics": lambda x, u, t, p: [x[1], u[0]],
        "running_cost": lambda x, u, t, p: u[0] ** 2 / 2,
        "initial_state": {"x": 0.0, "v": 0.0},
    }
    return OptimalControlProblem(**(given | changes))


@pytest.mark.parametrize("solver", ["ipopt", "fatrop"])
@pytest.mark.parametrize(
    ("speeds", "cost", "speed", "costate"),
    [
        ((0.0, 3.0), 1.5, 1.5, 0.0),  # Free, the speed would be 3/2, at a cost of 3/2.
        ((0.0, 0.5), 6 - 6 * 0.5 + 2 * 0.5**2, 0.5, 4.0),  # 6 − 6v + 2v², whose slope is −4 at ½.
        ((-np.inf, 0.5), 3.5, 0.5, 4.0),
        ((2.0, np.inf), 6 - 12 + 8, 2.0, -2.0),
    ],
)
def test_a_final_speed_within_a_range(
    solver: str, speeds: tuple[float, float], cost: float, speed: float, costate: float
) -> None:
    problem = thrown(final_state={"x": 1.0, "v": speeds})
    solution = solve(problem, LINEAR, Mesh.uniform(10), solver, tolerance=1e-10)
    # An active bound is met to the solver's tolerance.
    assert solution.cost == pytest.approx(cost, rel=1e-7)
    assert solution.state("v")[-1] == pytest.approx(speed, abs=1e-6)
    assert solution.costate("v")[-1] == pytest.approx(costate, abs=1e-5)
    assert verify(problem, solution).holds


def test_a_start_within_a_range_and_a_bound() -> None:
    """To x = 1 at rest, from rest anywhere in (−1, 0.4), but for a bound at 0.3: 6 · 0.7²."""
    problem = thrown(
        initial_state={"x": [-1.0, 0.4], "v": 0.0}, final_state={"x": 1.0, "v": 0.0}, state_bounds={"x": (-9.0, 9.0)}
    )
    assert solve(problem, LINEAR, Mesh.uniform(10)).cost == pytest.approx(6 * 0.6**2, rel=1e-6)
    nearer = prepare(problem, LINEAR, Mesh.uniform(10)).solve(initial_state={"x": (-1.0, 0.3)})
    assert nearer.cost == pytest.approx(6 * 0.7**2, rel=1e-6)
    there = problem.with_values(initial_state={"x": (-1.0, 0.3)})
    found = sensitivity(there, solve(there, LINEAR, Mesh.uniform(10), tolerance=1e-10))
    # A range is no number: only those are differentiated in, and what depends on them.
    assert "initial_state.x" not in found.cost
    assert found.cost["final_state.x"] == pytest.approx(12 * 0.7, rel=1e-7)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ((1.0, 0.0), "the lower bound must not exceed the upper"),
        ((1.0, 2.0, 3.0), r"give a number, or a pair of numbers \(lower, upper\)"),
        (("a", 1.0), r"give a number, or a pair of numbers \(lower, upper\)"),
        ((6.0, 7.0), "lies outside state_bounds"),
    ],
)
def test_bad_input(end: Any, words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        thrown(final_state={"v": end}, state_bounds={"v": (-5.0, 5.0)})
