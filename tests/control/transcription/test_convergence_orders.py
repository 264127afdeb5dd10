"""Every scheme converges at its order: states, costates and cost, on a problem with a closed form."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    DirectCollocation,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    ProblemError,
    Solution,
    gauss_legendre,
    radau_iia,
    rk4,
    solve,
)

ROOT = np.sqrt(2.0)
# x' = −x + u, min ½∫x² + u², 1.5 → 1 in T = 2: x = a e^{√2 t} + b e^{−√2 t} and λ = −u = −x − x'.
A, B = np.linalg.solve([[1.0, 1.0], [np.exp(2 * ROOT), np.exp(-2 * ROOT)]], [1.5, 1.0])


def state(t: np.ndarray) -> np.ndarray:
    return np.asarray(A * np.exp(ROOT * t) + B * np.exp(-ROOT * t))


def costate(t: np.ndarray) -> np.ndarray:
    return np.asarray(-state(t) - ROOT * (A * np.exp(ROOT * t) - B * np.exp(-ROOT * t)))


@lru_cache
def optimum() -> float:
    # 40 Gauss points integrate an entire function of this growth to rounding.
    nodes, weights = np.polynomial.legendre.leggauss(40)
    return float(np.sum(weights * (state(nodes + 1) ** 2 + costate(nodes + 1) ** 2) / 2))


@lru_cache
def problem() -> OptimalControlProblem:
    return OptimalControlProblem(
        name="decay",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [-x[0] + u[0]],
        running_cost=lambda x, u, t, p: (x[0] ** 2 + u[0] ** 2) / 2,
        initial_state={"x": 1.5},
        final_state={"x": 1.0},
        final_time=2.0,
    )


def errors(solution: Solution) -> list[float]:
    return [
        abs(solution.cost - optimum()),
        float(np.abs(solution.states[:, 0] - state(solution.times)).max()),
        float(np.abs(solution.costates[:, 0] - costate(solution.times)).max()),
    ]


# A piecewise-constant control errs by h² (its mean is right), a linear one by h⁴ (the two Gauss points), whatever the
# integrator can do better. Intervals are few enough that errors stay above the solver's tolerance of 1e-13.
SCHEMES = [
    (MultipleShooting("euler"), 1, (40, 80, 160)),
    (MultipleShooting("rk4"), 2, (10, 20, 40)),
    (MultipleShooting(rk4(2), "linear"), 4, (5, 10, 20)),
    (MultipleShooting("gauss", "linear"), 4, (5, 10, 20)),
    (MultipleShooting("radau", "linear"), 4, (5, 10, 20)),
    (MultipleShooting(gauss_legendre(1)), 2, (10, 20, 40)),
    (MultipleShooting(radau_iia(2, substeps=3), "constant"), 2, (10, 20, 40)),
    (MultipleShooting(radau_iia(1), "linear"), 1, (40, 80, 160)),
    (DirectCollocation("radau", 1), 1, (40, 80, 160)),
    (DirectCollocation("radau", 2), 3, (8, 16, 32)),
    (DirectCollocation("radau", 3), 5, (6, 12, 18)),
    (DirectCollocation("radau", 4), 7, (3, 5, 7)),
    (DirectCollocation("gauss", 1), 2, (20, 40, 80)),
    (DirectCollocation("gauss", 2), 4, (8, 16, 32)),
    (DirectCollocation("gauss", 3), 6, (4, 8, 12)),
    (DirectCollocation("gauss", 4), 8, (2, 4, 6)),
]


@pytest.mark.parametrize(
    ("method", "order", "counts"), SCHEMES, ids=lambda v: str(v) if not isinstance(v, tuple) else ""
)
def test_order_of_states_costates_and_cost(
    method: MultipleShooting | DirectCollocation, order: int, counts: tuple[int, ...]
) -> None:
    table = np.array(
        [errors(solve(problem(), method, Mesh.uniform(k), tolerance=1e-13, raise_on_failure=False)) for k in counts]
    )
    slopes = -np.polyfit(np.log(counts), np.log(table), 1)[0]
    assert slopes == pytest.approx([order] * 3, abs=0.3)


@pytest.mark.parametrize("order", range(1, 10))
@pytest.mark.parametrize("points", ["radau", "gauss"])
def test_every_order_solves_exactly_what_its_polynomials_hold(points: str, order: int) -> None:
    """Double integrator, least energy: u = 6 − 12 t, λ = (−12, 12 t − 6), cost 6; two points hold all of it."""
    double = OptimalControlProblem(
        name="double integrator",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
        initial_state={"x": -1.0, "v": 0.0},
        final_state={"x": 0.0, "v": 0.0},
    )
    solution = solve(double, DirectCollocation(points, order), Mesh.uniform(4), tolerance=1e-11)
    if order >= 2:
        times = solution.times[:-1, None] + 0.25 * solution.inner_points
        assert solution.cost == pytest.approx(6.0, abs=1e-9)
        assert solution.costates == pytest.approx(np.column_stack([[-12.0] * 5, 12 * solution.times - 6]), abs=1e-8)
        assert solution.inner_costates[:, :, 1] == pytest.approx(12 * times - 6, abs=1e-8)
        assert solution.control_values[:, :, 0] == pytest.approx(6 - 12 * times, abs=1e-8)
        assert solution.controls[:, 0] == pytest.approx(6 - 12 * (np.arange(4) + 0.5) / 4, abs=1e-8)
        fine = np.linspace(0, 1, 33)
        assert solution.sample(fine).states[:, 0] == pytest.approx(3 * fine**2 - 2 * fine**3 - 1, abs=1e-9)
    else:
        # One point errs by h (Radau) or h² (Gauss), h = 1/4.
        assert 1e-4 < abs(solution.cost - 6.0) < 6.0


@pytest.mark.parametrize(
    "method", [MultipleShooting("radau"), MultipleShooting("gauss", "linear"), DirectCollocation()]
)
def test_fatrop_takes_the_stages_of_implicit_methods(method: MultipleShooting | DirectCollocation) -> None:
    pair = [solve(problem(), method, Mesh.uniform(12), solver, tolerance=1e-10) for solver in ("ipopt", "fatrop")]
    # Both stop at 1e-10; the cost is stationary, so it agrees to the square where the path agrees to 1e-8.
    assert pair[0].cost == pytest.approx(pair[1].cost, rel=1e-10)
    assert pair[0].costates == pytest.approx(pair[1].costates, abs=1e-7)


@pytest.mark.parametrize("stages", range(1, 10))
def test_quadrature_orders_of_the_tableaus(stages: int) -> None:
    """Σ b c^{k−1} = 1/k holds exactly up to k = order, and no further."""
    for method in (gauss_legendre(stages), radau_iia(stages)):
        weights, nodes = method.weights, np.array(method.nodes)
        moments = np.array([abs(weights @ nodes ** (k - 1) - 1 / k) for k in range(1, method.order + 2)])
        # Rounding of a sum of nine terms of order one, through one 9 × 9 inverse.
        assert np.all(moments[:-1] < 1e-14)
        assert moments[-1] > 1e-12


@pytest.mark.parametrize(
    "arguments", [("simpson", 3), ("radau", 0), ("gauss", 10), ("radau", 2.0), (3, 3), ("radau", True)]
)
def test_bad_collocations_are_refused(arguments: tuple[str, int]) -> None:
    with pytest.raises(ProblemError, match=r"choose one of|whole number from 1 to 9"):
        DirectCollocation(*arguments)


@pytest.mark.parametrize("arguments", [(0,), (10,), (2, 0), (2.5,), (2, 1.5), ("2",)])
def test_bad_implicit_integrators_are_refused(arguments: tuple[int, ...]) -> None:
    for method in (gauss_legendre, radau_iia):
        with pytest.raises(ProblemError, match="whole number"):
            method(*arguments)


def chebyshev(degree: int, t: Any) -> Any:
    """The Chebyshev polynomial on [0, 1], of numbers or symbols."""
    before, now = 1.0, 2 * t - 1
    for _ in range(degree - 1):
        before, now = now, 2 * (2 * t - 1) * now - before
    return now


@pytest.mark.parametrize("order", range(2, 10))
@pytest.mark.parametrize("points", ["radau", "gauss"])
def test_high_orders_are_reached_too(points: str, order: int) -> None:
    """On exponentials, high orders are below rounding before they set in. On polynomials of the first degree that a
    quadrature misses they are there from the start: x' = u with cost ∫u²/2 + g(t) x, where λ' = −g, for states and
    costates; x' = u + g(t) with cost ∫u²/2 + x, where λ = 1 − t, for the cost.
    """
    method = DirectCollocation(points, order)
    degree = 2 * order - (points == "radau")
    push = np.polynomial.Chebyshev.basis(degree, domain=[0, 1])
    costate = -push.integ(lbnd=1.0)
    path = -costate.integ(lbnd=0.0)
    shared: dict[str, Any] = {"name": "pushed", "states": ("x",), "controls": ("u",), "initial_state": {"x": 0.0}}
    in_cost = OptimalControlProblem(
        dynamics=lambda x, u, t, p: [u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2 + chebyshev(degree, t) * x[0],
        **shared,
    )
    in_rate = OptimalControlProblem(
        dynamics=lambda x, u, t, p: [u[0] + chebyshev(degree, t)],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2 + x[0],
        **shared,
    )
    weight = np.polynomial.Polynomial([1.0, -1.0])
    # −∫(1 − t)²/2 + ∫(1 − t) g, by a quadrature that is exact for it.
    nodes, weights = np.polynomial.legendre.leggauss(20)
    middle = (nodes + 1) / 2
    cost = -1 / 6 + float(np.sum(weights / 2 * weight(middle) * push(middle)))
    counts, table = (2, 3, 4), []
    for count in counts:
        mesh = Mesh.uniform(count)
        solution = solve(in_cost, method, mesh, tolerance=1e-12, certify=False)
        nodes_error = np.abs(solution.states[:, 0] - path(solution.times)).max()
        costates_error = np.abs(solution.costates[:, 0] - costate(solution.times)).max()
        cost_error = abs(solve(in_rate, method, mesh, tolerance=1e-12, certify=False).cost - cost)
        table.append([cost_error, nodes_error, costates_error])
    slopes = -np.polyfit(np.log(counts), np.log(np.array(table)), 1)[0]
    assert slopes == pytest.approx([degree] * 3, abs=0.3)
