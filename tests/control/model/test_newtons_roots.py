"""Roots of algebraic equations by Newton's method: in all units, beside each other, and from their starts."""

import itertools
from typing import Any

import casadi as ca
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq, root

from geodepth.control import DirectCollocation, Mesh, MultipleShooting, OptimalControlProblem, Solution, solve

METHODS = (
    MultipleShooting(),
    MultipleShooting("rk4", control="linear"),
    MultipleShooting("rk4", condensed=True),
    MultipleShooting("radau", control="stages"),
    MultipleShooting("cvodes"),
    DirectCollocation(),
    DirectCollocation("gauss", 4),
)


@pytest.mark.parametrize(("size", "unit", "factor"), [(1e9, 1e-9, 1.0), (1e-9, 1e9, 1e15), (1.0, 1e-6, 1e-15)])
def test_newtons_method_is_the_same_in_all_units(size: float, unit: float, factor: float) -> None:
    """z³ + z = x and x' = −z, with x, z and the equation in units of their own: rounding alone tells them apart."""

    def ends(size: float, unit: float, factor: float) -> np.ndarray:
        problem = OptimalControlProblem(
            name="units",
            states=("x",),
            controls=(),
            algebraic=("z",),
            dynamics=lambda x, z, u, t, p: [-size * z[0] / unit],
            algebraic_equations=lambda x, z, u, t, p: [factor * ((z[0] / unit) ** 3 + z[0] / unit - x[0] / size)],
            initial_state={"x": 2.0 * size},
        )
        solution = solve(problem, mesh=Mesh.uniform(6), effort="once", tolerance=1e-11)
        assert isinstance(solution, Solution)
        return np.append(solution.state("x") / size, solution.algebraic("z") / unit)

    np.testing.assert_allclose(ends(size, unit, factor), ends(1.0, 1.0, 1.0), rtol=1e-10)


@pytest.mark.parametrize("seed", range(6))
def test_coupled_variables_in_units_of_their_own_are_those_of_scipy(seed: int) -> None:
    """Two equations, two variables, x and t in random units each: none is singular for its units alone."""
    generator = np.random.default_rng(seed)
    a, b, c = generator.uniform(0.2, 1.5, 3)
    size, first, second, factor, span = 10.0 ** generator.integers(-9, 10, 5)

    def equations(x: Any, z: Any, w: Any, t: Any) -> list[Any]:
        return [z + a * z**3 - x - 0.1 * w, w + b * w**3 - z * x - ca.cos(t)]

    def w_of(z: Any) -> Any:
        return z[1] / second

    problem = OptimalControlProblem(
        name="coupled",
        states=("x",),
        controls=(),
        algebraic=("z", "w"),
        dynamics=lambda x, z, u, t, p: [size / span * (w_of(z) - c * z[0] / first * x[0] / size)],
        algebraic_equations=lambda x, z, u, t, p: [
            scale * h
            for scale, h in zip((factor, 1.0), equations(x[0] / size, z[0] / first, w_of(z), t / span), strict=True)
        ],
        initial_state={"x": 1.3 * size},
        final_time=span,
    )

    last = np.array([0.5, 0.5])

    def rate(t: float, x: np.ndarray) -> list[float]:
        nonlocal last
        last = root(lambda z: equations(x[0], z[0], z[1], t), last, tol=1e-11).x
        return [float(last[1] - c * last[0] * x[0])]

    end = solve_ivp(rate, (0, 1), [1.3], rtol=1e-10, atol=1e-12).y[0, -1]
    solution = solve(problem, mesh=Mesh.uniform(40), effort="once")
    # RK4 on 40 intervals.
    assert solution.state("x")[-1] / size == pytest.approx(end, rel=1e-6)
    assert solution.certificate is not None
    assert solution.certificate.holds


@pytest.mark.parametrize("excess", [0.0, -1e-6])
@pytest.mark.parametrize("totals", list(itertools.product([1e-8, 1.5, 0.0], [0.0, 1e-6, 1.0], [0.0, 1e-12, 0.3])))
def test_roots_may_be_zero_among_others(totals: tuple[float, float, float], excess: float) -> None:
    """Acids in water and their ions (Betts, kinetic batch reactor): where there is none of an acid, none of its ions.

    Charges balance where the acidity, of some 1e-12 to 1e-6, is a root in one variable.
    """
    strengths = 4.876e-14, 1.7884e-16, 2.575e-16

    def equilibria(x: Any, z: Any, u: Any, t: Any, p: Any) -> list[Any]:
        acidity = 10 ** (-z[0])
        ions = [z[i + 1] - k * x[i] / (k + acidity) for i, k in enumerate(strengths)]
        return [x[3] + acidity - z[1] - z[2] - z[3], *ions]

    problem = OptimalControlProblem(
        "acids",
        ("a", "b", "c", "excess"),
        ("u",),
        lambda x, z, u, t, p: [0 * z[0], 0 * z[1], 0 * z[2], u[0]],
        algebraic=("pH", "a-", "b-", "c-"),
        algebraic_equations=equilibria,
        algebraic_guess={"pH": 10.0},
    )
    part = problem.functions.algebraic
    assert part is not None

    def charge(ph: float) -> float:
        ions = sum(k * total / (k + 10**-ph) for k, total in zip(strengths, totals, strict=True))
        return float(excess + 10**-ph - ions)

    if not any(totals) and not excess:
        # Then nothing is there at all, at no acidity.
        assert np.all(np.isnan(np.array(part.values([*totals, excess], [0.0], 0.0, []))))
        return
    values = np.array(part.values([*totals, excess], [0.0], 0.0, [])).ravel()
    ph = brentq(charge, 0.0, 40.0, xtol=1e-13)
    assert values[0] == pytest.approx(ph, rel=1e-9)
    wanted = [k * total / (k + 10**-ph) for k, total in zip(strengths, totals, strict=True)]
    assert values[1:] == pytest.approx(wanted, rel=1e-6, abs=1e-16)


def test_a_small_equation_says_nothing_of_its_root() -> None:
    """exp(z) = x where x falls to exp(−20): the equation is small long before z is near log x."""
    problem = OptimalControlProblem(
        name="logarithm",
        states=("x",),
        controls=(),
        algebraic=("z",),
        dynamics=lambda x, z, u, t, p: [-20.0 * x[0]],
        algebraic_equations=lambda x, z, u, t, p: [1e-3 * (ca.exp(z[0]) - x[0])],
        running_cost=lambda x, z, u, t, p: z[0],
        initial_state={"x": 1.0},
    )
    solution = solve(problem, DirectCollocation("radau", 5), Mesh.uniform(40), effort="once")
    assert isinstance(solution, Solution)
    # ∫ −20 t dt; the mesh is good to 1e-9.
    assert solution.cost == pytest.approx(-10.0, rel=1e-8)
    np.testing.assert_allclose(solution.algebraic("z"), -20 * solution.times, atol=1e-6)


def test_the_start_decides_between_branches() -> None:
    """z² = x at x = 4 − t has two roots."""
    costs = []
    for start in (1.0, -1.0):
        problem = OptimalControlProblem(
            name="branches",
            states=("x",),
            controls=(),
            algebraic=("z",),
            dynamics=lambda x, z, u, t, p: [-1.0],
            running_cost=lambda x, z, u, t, p: z[0],
            algebraic_equations=lambda x, z, u, t, p: [z[0] ** 2 - x[0]],
            algebraic_guess={"z": start},
            initial_state={"x": 4.0},
            final_time=3.0,
        )
        costs.append(solve(problem, method=DirectCollocation(), mesh=Mesh.uniform(10)).cost)
    # ∫√(4 − t) over [0, 3] is (8 − 1)·2/3.
    assert costs == pytest.approx([14 / 3, -14 / 3], rel=1e-7)
