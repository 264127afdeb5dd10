"""Integral constraints: isoperimetric problems in closed form, what else knows of them, and bad input."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import casadi as ca
import numpy as np
import pytest
from scipy.optimize import brentq

from geodepth.control import (
    DirectCollocation,
    IntegralConstraint,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    ProblemError,
    Solution,
    prepare,
    refine,
    sensitivity,
    solve,
    verify,
)

LINEAR = MultipleShooting("rk4", control="linear")
NAME = "integral_constraints[0]"


def bent(**changes: Any) -> OptimalControlProblem:
    """From 0 to 1 by the least ½∫x'², with ∫x = 0.75: x = t + 6e t (1 − t), e = 0.25, at a cost of ½ + 6e²."""
    given: dict[str, Any] = {
        "name": "bent",
        "states": ("x",),
        "controls": ("u",),
        "dynamics": lambda x, u, t, p: [u[0]],
        "running_cost": lambda x, u, t, p: u[0] ** 2 / 2,
        "initial_state": {"x": 0.0},
        "final_state": {"x": 1.0},
        "integral_constraints": (IntegralConstraint(lambda x, u, t, p: x[0], 0.75, 0.75),),
    }
    return OptimalControlProblem(**(given | changes))


@pytest.mark.parametrize("solver", ["ipopt", "fatrop"])
def test_least_energy_with_a_given_mean(solver: str) -> None:
    solution = solve(bent(), LINEAR, Mesh.uniform(10), solver, tolerance=1e-10)
    t = solution.times
    # Linear controls hold the optimum exactly.
    assert solution.cost == pytest.approx(0.5 + 6 * 0.25**2, rel=1e-8)
    assert solution.state("x") == pytest.approx(t + 1.5 * t * (1 - t), abs=1e-7)
    assert solution.state(NAME)[-1] == pytest.approx(0.75, abs=1e-8)
    # Its costate is constant, and minus the derivative of the cost in the bound, 12 e.
    assert solution.costate(NAME) == pytest.approx(np.full(11, -3.0), abs=1e-6)
    assert solution.certificate is not None
    assert solution.certificate.holds


def test_hanging_chain() -> None:
    """A chain of length 4 between heights 1 and 3, one apart: its lowest potential energy is a catenary's."""

    def build(length: float = 4.0) -> OptimalControlProblem:
        return OptimalControlProblem(
            name="hanging chain",
            states=("height",),
            controls=("slope",),
            dynamics=lambda x, u, t, p: [u[0]],
            running_cost=lambda x, u, t, p: x[0] * ca.sqrt(1 + u[0] ** 2),
            initial_state={"height": 1.0},
            final_state={"height": 3.0},
            integral_constraints=(IntegralConstraint(lambda x, u, t, p: ca.sqrt(1 + u[0] ** 2), length, length),),
        )

    # y = c cosh((t − s)/c) + h: length² − 2² = (2c sinh(1/2c))², and the rise gives s.
    c = brentq(lambda c: 2 * c * np.sinh(1 / (2 * c)) - np.sqrt(16 - 4), 0.1, 1.0, xtol=1e-14)
    s = 0.5 - c * np.arctanh(2 / 4)
    t = np.linspace(0.0, 1.0, 200_001)
    y = c * np.cosh((t - s) / c) + 1 - c * np.cosh(s / c)
    known = float(np.trapezoid(y * np.cosh((t - s) / c), t))
    assert known == pytest.approx(5.06848, abs=1e-5)  # COPS
    guess = {"height": lambda t: 1 + 2 * t - 4 * t * (1 - t), "slope": lambda t: 8 * t - 2}
    solution = solve(build(), DirectCollocation("radau", order=3), Mesh.uniform(40), guess=guess)
    assert solution.cost == pytest.approx(known, rel=1e-6)
    assert solution.state("height")[20] == pytest.approx(np.interp(0.5, t, y), abs=1e-4)


@pytest.mark.parametrize(("energy", "reached"), [(4.0, 2.0), (100.0, 5.0)])
def test_a_budget_that_binds_or_not(energy: float, reached: float) -> None:
    """As far as possible in unit time with |u| ≤ 5 and ∫u² ≤ energy: √energy, or 5."""
    problem = bent(
        running_cost=None,
        terminal_cost=lambda x, t, p: -x[0],
        final_state=None,
        control_bounds={"u": (-5.0, 5.0)},
        integral_constraints=(IntegralConstraint(lambda x, u, t, p: u[0] ** 2, upper=energy),),
    )
    solution = solve(problem, mesh=Mesh.uniform(8))
    assert solution.cost == pytest.approx(-reached, rel=1e-6)
    assert verify(problem, solution).holds


def test_columns_of_integrals_and_parameters_in_them() -> None:
    """∫x = 0.75 and ∫tx = m: x = t + t(1 − t)(a + b t), whose ends hold both integrals."""
    problem = bent(
        parameters={"share": 1.0},
        integral_constraints=(
            IntegralConstraint(lambda x, u, t, p: [p[0] * x[0], p[0] * t * x[0]], (0.75, 0.45), (0.75, 0.45)),
        ),
    )
    assert problem.states == ("x", "integral_constraints[0][0]", "integral_constraints[0][1]")
    assert problem.own_states == ("x",)
    solution = solve(problem, DirectCollocation("gauss", order=4), Mesh.uniform(5), tolerance=1e-10)
    t = solution.times
    # ∫t(1−t)(a + bt) = a/6 + b/12 = 1/4 and a/12 + b/20 = 0.45 − 1/3.
    a, b = np.linalg.solve([[1 / 6, 1 / 12], [1 / 12, 1 / 20]], [0.25, 0.45 - 1 / 3])
    assert solution.state("x") == pytest.approx(t + t * (1 - t) * (a + b * t), abs=1e-8)


def test_the_bounds_derivative_prepared_solves_files_and_refinement(tmp_path: Path) -> None:
    problem = bent()
    solution = solve(problem, LINEAR, Mesh.uniform(10), tolerance=1e-11)
    # To start the integral at h asks for less of it by h.
    assert sensitivity(problem, solution).cost[f"initial_state.{NAME}"] == pytest.approx(-3.0, rel=1e-8)
    prepared = prepare(problem, LINEAR, Mesh.uniform(10))
    assert prepared.solve(final_state={"x": 2.0}).cost == pytest.approx(2 + 6 * 0.25**2, rel=1e-7)
    assert np.array_equal(Solution.load(solution.save(tmp_path / "bent.npz")).states, solution.states)
    refined = refine(problem, tolerance=1e-6)
    assert refined.cost == pytest.approx(0.875, rel=1e-6)


def test_a_problem_made_from_another_has_its_own_integrals() -> None:
    problem = bent()
    assert replace(problem, name="again").states == ("x", NAME)
    without = replace(problem, integral_constraints=())
    assert without.states == ("x",)
    assert without.initial_state == {"x": 0.0}
    assert solve(without, LINEAR, Mesh.uniform(4)).cost == pytest.approx(0.5, rel=1e-7)


@pytest.mark.parametrize(
    ("constraint", "words"),
    [
        (IntegralConstraint(lambda x, u, t, p: x[0]), "has neither a lower nor an upper bound"),
        (IntegralConstraint(lambda x, u, t, p: x[0], 2.0, 1.0), "must not exceed"),
        (IntegralConstraint(lambda x, u, t, p: x[3], 0.0, 1.0), r"integral_constraints\[0\] fails"),
        (IntegralConstraint(lambda x, u: x[0], 0.0, 1.0), "cannot be called with 4 arguments"),
        (IntegralConstraint(3.0, 0.0, 1.0), "give a function"),  # type: ignore[arg-type]
        (IntegralConstraint(lambda x, u, t, p: [], 0.0, 1.0), "returns nothing"),
        (lambda x, u, t, p: x[0], "a sequence of IntegralConstraint objects"),
    ],
)
def test_bad_input(constraint: Any, words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        bent(integral_constraints=(constraint,))
