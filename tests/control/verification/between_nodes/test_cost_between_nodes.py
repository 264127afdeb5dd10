"""What a violation between nodes is worth: of the true error's size, and told where the distance alone is small."""

from __future__ import annotations

import math
from dataclasses import replace

import casadi as ca
import pytest

from geodepth.control import (
    Certificate,
    DirectCollocation,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    solve,
)
from geodepth.control.problems import load
from geodepth.control.transcription.transcription import Method

LINEAR = MultipleShooting("rk4", "linear")


def solved(problem: OptimalControlProblem, method: Method, intervals: int) -> tuple[float, Certificate]:
    solution = solve(problem, method, Mesh.uniform(intervals), tolerance=1e-10, effort="once")
    assert solution.certificate is not None
    return solution.cost, solution.certificate


@pytest.mark.parametrize("intervals", [20, 40, 80])
@pytest.mark.parametrize("name", ["robbins", "jacobson-lele", "double-integrator-energy-speed-bound"])
def test_it_is_of_the_true_errors_size(name: str, intervals: int) -> None:
    """Linear controls see bounds at nodes only: one path touches its bound, the others follow a moving or fixed one."""
    classic = load(name)
    cost, certificate = solved(classic.build(), LINEAR, intervals)
    error = abs(cost / classic.reference - 1)
    # To first order in an error of up to 3 %, and of a bound drawn in everywhere by the mean of what is violated.
    assert 0.5 * error < certificate["cost between nodes"].value < 2.5 * error
    assert certificate.cost_error >= certificate["cost between nodes"].value


@pytest.mark.parametrize("method", [LINEAR, DirectCollocation("radau", 3)], ids=str)
def test_a_distance_that_is_small_may_be_worth_much(method: Method) -> None:
    """Robbins' path is below its bound by 6e-4 of its size, which gains 0.1 % of the cost."""
    classic = load("robbins")
    cost, certificate = solved(classic.build(), method, 40)
    assert cost / classic.reference - 1 < -0.8e-3
    assert certificate["between nodes"].passed
    assert certificate.failures == ("cost between nodes",)
    by_default = solve(classic.build())
    assert by_default.certificate is not None
    if by_default.certificate.holds:
        assert by_default.cost == pytest.approx(classic.reference, rel=1e-3)


def test_a_bound_and_the_same_as_a_path_constraint_are_worth_the_same() -> None:
    bounded = load("bryson-denham").build()
    assert bounded.state_bounds is not None
    ceiling = bounded.state_bounds["x"][1]
    as_path = PathConstraint(lambda x, u, t, p: x[0], upper=ceiling)
    stated = replace(bounded, state_bounds={}, path_constraints=[as_path])
    values = [solved(problem, LINEAR, 20)[1]["cost between nodes"].value for problem in (bounded, stated)]
    # 20 intervals have no node where the ceiling is met, at a third.
    assert values[0] > 1e-4
    assert values[1] == pytest.approx(values[0], rel=1e-4)


def test_a_given_end_on_its_bound_is_worth_nothing() -> None:
    """x falls from its bound at once: its multiplier there is the costate of the end that is given."""
    problem = OptimalControlProblem(
        name="fall",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2 + x[0],
        initial_state={"x": 1.0},
        final_state={"x": 0.0},
        state_bounds={"x": (-math.inf, 1.0)},
    )
    assert solved(problem, LINEAR, 10)[1]["cost between nodes"].value == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize("intervals", [5, 20, 40])
def test_a_rate_that_depends_on_the_state_is_worth_what_linear_controls_exceed_it_by(intervals: int) -> None:
    """x' ≤ exp(−x), the largest x(1): log 2. The rate is 1/(1 + t), convex: straight lines between nodes are above."""
    problem = OptimalControlProblem(
        name="log",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        terminal_cost=lambda x, t, p: -x[0],
        initial_state={"x": 0.0},
        path_constraints=[PathConstraint(lambda x, u, t, p: u[0] - ca.exp(-x[0]), upper=0.0)],
    )
    cost, certificate = solved(problem, LINEAR, intervals)
    error = -cost / math.log(2.0) - 1
    # The next term of the error is smaller by the interval's length.
    assert certificate["cost between nodes"].value == pytest.approx(error, rel=1 / intervals)
    assert certificate.cost_error >= certificate["cost between nodes"].value


def test_without_bounds_on_states_there_is_no_such_line() -> None:
    certificate = solved(load("double-integrator-energy").build(), LINEAR, 10)[1]
    assert "cost between nodes" not in [line.name for line in certificate.checks]
