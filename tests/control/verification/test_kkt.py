"""How many directions along the active constraints lower the Lagrangian, counted by hand on quadratic programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.control import FreeParameter, Mesh, MultipleShooting, OptimalControlProblem, PathConstraint
from geodepth.control.solvers.program import Program
from geodepth.control.solvers.status import Iterate
from geodepth.control.verification import kkt
from geodepth.control.verification.kkt import negative_curvature


def program(cost: Any, parameters: int = 0, **more: Any) -> Program:
    """x_1 = x_0 + u from x_0 = 0, and free numbers p between −1 and 9, at a cost of x_1 and p."""
    free = {f"p{i}": FreeParameter(1.0, -1.0, 9.0) for i in range(parameters)}
    problem = OptimalControlProblem(
        name="one step",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        terminal_cost=lambda x, t, p: cost(x[0], p),
        initial_state={"x": 0.0},
        parameters=free,
        **more,
    )
    return Program(MultipleShooting("euler").transcribe(problem, Mesh.uniform(1)))


def directions(of: Program, *held: float, free: float = 1.0, bounds: tuple[float, ...] = ()) -> int | None:
    """At x_1 = u = 1 and p = `free`, with these multipliers of the inequalities and of the bounds on p."""
    t = of.transcription
    numbers = np.full((2, len(t.problem.free)), free)
    variables = t.layout.join(np.array([[0.0], [1.0]]), numbers, np.ones((1, 1, 1)))
    of_bounds = t.layout.join(np.zeros((2, 1)), np.zeros(numbers.shape), np.zeros((1, 1, 1)))
    if bounds:
        shares = np.zeros(numbers.shape)
        shares[0] = bounds
        of_bounds = t.layout.join(np.zeros((2, 1)), shares, np.zeros((1, 1, 1)))
    rows = np.zeros(t.constraint_lower.size)
    rows[np.flatnonzero(t.constraint_lower < t.constraint_upper)[: len(held)]] = held
    parameters = t.parameter_values({}, t.mesh)
    return negative_curvature(of, variables, parameters, Iterate(variables, of_bounds, rows))


@pytest.mark.parametrize(
    ("cost", "parameters", "count"),
    [
        (lambda x, p: x**2, 0, 0),
        (lambda x, p: -(x**2), 0, 1),
        (lambda x, p: x**2 - p[0] ** 2 + p[1] ** 2, 2, 1),
        (lambda x, p: -(x**2) - p[0] ** 2 - p[1] ** 2, 2, 3),
        # A product has one direction of each kind, and the whole of three squares a plane without any.
        (lambda x, p: x**2 + p[0] * p[1], 2, 1),
        (lambda x, p: (x + p[0] + p[1]) ** 2, 2, 0),
        # Below a millionth of the largest curvature it is rounding.
        (lambda x, p: x**2 - 1e-8 * p[0] ** 2, 1, 0),
        (lambda x, p: x**2 - 1e-4 * p[0] ** 2, 1, 1),
        # Relative to the largest curvature where that is above the cost's own size, which counts from x = 1 on.
        (lambda x, p: 1e4 * x**2 - 1e-3 * p[0] ** 2, 1, 0),
    ],
)
def test_the_negative_directions_of_a_quadratic_cost(cost: Any, parameters: int, count: int) -> None:
    assert directions(program(cost, parameters)) == count


def upper(count: int, of: Any = lambda x, p: x[0]) -> dict[str, Any]:
    return {"path_constraints": [PathConstraint(lambda x, u, t, p: of(x, p), upper=1.0)] * count}


def test_active_constraints_take_their_directions_out() -> None:
    """The rows are those at both nodes, one for each constraint: x_0 ≤ 1, then x_1 ≤ 1."""
    one = program(lambda x, p: -(x**2), **upper(1))
    assert directions(one, 0.0, 0.0) == 1
    assert directions(one, 0.0, 1.0) == 0
    assert directions(one, 0.0, -1.0) == 0
    assert directions(one, 0.0, 1e-9) == 1
    # Twice the same constraint takes one direction, not two.
    two = program(lambda x, p: -(x**2) - p[0] ** 2, 1, **upper(2))
    assert directions(two, 0.0, 0.0, 0.0, 0.0) == 2
    assert directions(two, 0.0, 0.0, 1.0, 1.0) == 1


def test_constraints_bend_the_lagrangian() -> None:
    """p² ≤ 1 at p = 0 has no gradient there, and the curvature of its multiplier."""
    of = program(lambda x, p: x**2, 1, **upper(1, lambda x, p: p[0] ** 2))
    assert directions(of, 1.0, 1.0, free=0.0) == 0
    assert directions(of, -1.0, 0.0, free=0.0) == 1


def test_numbers_held_by_their_bounds_take_no_part() -> None:
    """p at the first node is p at all: held there, its curvature does not count."""
    of = program(lambda x, p: x**2 - p[0] ** 2, 1, **upper(1))
    assert directions(of, bounds=(0.0,)) == 1
    for multiplier, count in ((1.0, 0), (-1.0, 0), (1e-4, 0), (1e-8, 1)):
        assert directions(of, bounds=(multiplier,)) == count
    # Beside a multiplier of 1e4 one of 1e-4 is rounding.
    assert directions(of, 0.0, 1e4, bounds=(1e-4,)) == 1
    assert directions(of, 0.0, 1e4, bounds=(1.0,)) == 0


def test_what_is_too_large_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three variables and one row."""
    of = program(lambda x, p: -(x**2))
    monkeypatch.setattr(kkt, "LARGEST_DENSE", 4)
    assert directions(of) == 1
    monkeypatch.setattr(kkt, "LARGEST_DENSE", 3)
    assert directions(of) is None
