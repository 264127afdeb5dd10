"""Algebraic equations of which no root is found: the advice names them and the guess, and hopeless starts end soon."""

import math
import re
from collections.abc import Callable
from typing import Any

import casadi as ca
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.control import Link, Mesh, MultiPhaseProblem, OptimalControlProblem, SolveError, Status, solve
from geodepth.control.solvers.diagnosis.algebraic_roots import no_root, nowhere_solved


def stated(h: Callable[..., Any], **changes: Any) -> OptimalControlProblem:
    given: dict[str, Any] = {
        "name": "a",
        "states": ("x",),
        "controls": ("u",),
        "algebraic": ("z",),
        "dynamics": lambda x, z, u, t, p: [z[0]],
        "algebraic_equations": h,
        "running_cost": lambda x, z, u, t, p: u[0] ** 2,
        "initial_state": {"x": 1.0},
        "final_time": 0.1,
    }
    return OptimalControlProblem(**(given | changes))


SINGULAR = "∂h/∂z of algebraic_equations is singular at t = 0 at the start, from algebraic_guess {'z': 0.0}"
NO_ROOT = "Newton's method finds no root of algebraic_equations at t = 0 at the start, from algebraic_guess {'z': 1.0}"
CASES: list[tuple[OptimalControlProblem, str, bool]] = [
    (stated(lambda x, z, u, t, p: [z[0] ** 2 - x[0] - 1]), SINGULAR, True),
    (stated(lambda x, z, u, t, p: [z[0] ** 2 + 1 + x[0] ** 2]), SINGULAR, True),
    (stated(lambda x, z, u, t, p: [ca.cos(z[0]) * x[0] - u[0] - x[0] / 2]), SINGULAR, True),
    (stated(lambda x, z, u, t, p: [z[0] ** 2 + 1 + x[0] ** 2], algebraic_guess={"z": 1.0}), NO_ROOT, True),
    (
        stated(lambda x, z, u, t, p: [ca.log(z[0]) - x[0]]),
        "algebraic_equations is NaN or infinite at t = 0 at the start, from algebraic_guess {'z': 0.0}",
        True,
    ),
    # Linear in z: no guess is to blame.
    (
        stated(lambda x, z, u, t, p: [x[0] * z[0] - 1], initial_state={"x": 0.0}),
        "∂h/∂z of algebraic_equations is singular at t = 0 at the start, from {'z': 0.0}: ∂h/∂z must be regular",
        True,
    ),
    # Regular, and without a root wherever one looks.
    (
        stated(lambda x, z, u, t, p: [ca.exp(z[0]) + x[0] ** 2], algebraic_guess={"z": 1.0}, initial_state=None),
        NO_ROOT,
        True,
    ),
    # Regular, and without a root where every path starts; and where some may have one, with another control.
    (stated(lambda x, z, u, t, p: [ca.exp(z[0]) + x[0]], algebraic_guess={"z": 1.0}), NO_ROOT, True),
    (stated(lambda x, z, u, t, p: [ca.exp(z[0]) + x[0] - u[0]], algebraic_guess={"z": 1.0}), NO_ROOT, False),
]


@pytest.mark.parametrize(("problem", "words", "hopeless"), CASES)
def test_the_advice_names_the_equations_and_the_guess(
    problem: OptimalControlProblem, words: str, hopeless: bool
) -> None:
    with pytest.raises(SolveError) as caught:
        solve(problem, mesh=Mesh.uniform(3), effort="robust" if hopeless else "once")
    assert caught.value.solution.status is Status.INVALID_NUMBER
    assert words in str(caught.value)
    assert ("give another algebraic_guess" in str(caught.value)) == problem.functions.algebraic.by_newton  # type: ignore[union-attr]
    assert "other starts" not in str(caught.value)
    assert nowhere_solved(problem) == hopeless


def test_what_the_solver_never_asks_for_is_denied_at_once() -> None:
    """z = log(−x) stands in no other function: the answer is called solved, and no other is looked for."""
    problem = stated(lambda x, z, u, t, p: [ca.exp(z[0]) + x[0]], dynamics=lambda x, z, u, t, p: [u[0]])
    solution = solve(problem)
    assert solution.certificate is not None
    assert solution.certificate.verdict == "DENIED: algebraic equations"
    assert solution.mesh is not None
    assert solution.mesh.intervals == 40


def test_of_several_phases_the_phase_is_named() -> None:
    first = stated(lambda x, z, u, t, p: [z[0] - x[0]], name="first")
    second = stated(
        lambda x, z, u, t, p: [z[0] ** 2 - x[0] - 1],
        name="second",
        initial_state=None,
        initial_time=0.1,
        final_time=0.2,
    )
    both = MultiPhaseProblem("two", (first, second), (Link("first", "second"),))
    with pytest.raises(SolveError, match=r"\(second: ∂h/∂z of algebraic_equations is singular") as caught:
        solve(both, mesh=Mesh.uniform(3))
    assert "other starts" not in str(caught.value)


def test_another_guess_is_the_cure_on_either_branch() -> None:
    """z = ±√(x + 1), as it is asked for."""
    for sign in (1.0, -1.0):
        problem = stated(lambda x, z, u, t, p: [z[0] ** 2 - x[0] - 1], algebraic_guess={"z": sign})
        assert not nowhere_solved(problem)
        solution = solve(problem, mesh=Mesh.uniform(5))
        assert solution.algebraic_values[0, 0, 0] == pytest.approx(sign * math.sqrt(2), rel=1e-6)


@given(
    power=st.integers(2, 5), factor=st.floats(0.5, 3.0), guess=st.sampled_from([0.0, 0.5, 1.0]), at=st.floats(0.1, 2.0)
)
@settings(max_examples=40, deadline=None)
def test_powers_are_singular_at_zero_alone(power: int, factor: float, guess: float, at: float) -> None:
    """z^n = factor (x² + 1): from zero Newton's method goes nowhere, and from above it finds the root."""
    problem = stated(
        lambda x, z, u, t, p: [z[0] ** power - factor * (x[0] ** 2 + 1)], algebraic_guess={"z": guess}, final_time=0.1
    )
    words = no_root(problem, ([at], [0.0], 0.25, []), " here")
    assert nowhere_solved(problem) == (guess == 0.0)
    if guess:
        assert words == ""
    else:
        assert re.match(r"∂h/∂z of algebraic_equations is singular at t = 0\.25 here, from algebraic_guess", words)


@pytest.mark.parametrize("start", [0.0, 1000.0, -1e6])
def test_roots_are_looked_for_where_the_path_begins(start: float) -> None:
    """exp(z) = x − start + 2: no root where x is far below its start."""
    problem = OptimalControlProblem(
        "shifted",
        ("x",),
        ("u",),
        lambda x, z, u, t, p: [1 + z[0] + u[0]],
        algebraic=("z",),
        algebraic_equations=lambda x, z, u, t, p: [ca.exp(z[0]) - (x[0] - start + 2 + 1e-3 * u[0])],
        initial_state={"x": start},
    )
    assert not nowhere_solved(problem)
