"""The structured Newton method: CasADi's KKT conditions, minima against IPOPT and fatrop, O1, symmetry, refusals."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from geodepth.control.geodesics.newton.solve_structured import solve_structured
from geodepth.control.geodesics.newton.structured_result import StructuredReason
from geodepth.control.geodesics.search.starts import initial_weights
from geodepth.control.geodesics.statement.network_path import stationarity_residual
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.control.geodesics.transcribed.smoothed_solves import smooth_minimum
from geodepth.control.model.errors import ProblemError

from .casadi_program import VARIANTS, casadi_program, casadi_residual, ipopt, teacher, uneven_steps


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
def test_solution_meets_casadis_kkt_conditions(settings: dict[str, Any]) -> None:
    """Every variant converges, and CasADi's derivatives confirm it; both linear solvers reach the same cost."""
    geodesic, steps = teacher(**settings), uneven_steps(8)
    start = initial_weights(geodesic, steps, np.random.default_rng(3))
    results = [solve_structured(geodesic, steps, 0.1, start, linear_solver=name) for name in ("riccati", "condensed")]
    for result in results:
        assert result.converged, result.reason.value
        assert result.strict_minimum
        # The result's multipliers are the solver's own, so only roundoff separates the two residuals (1e-9 asked for).
        assert casadi_residual(casadi_program(geodesic, steps, 0.1), result) < 2e-9
        assert result.cost == pytest.approx(geodesic.objective(result.weights, steps, 0.1), rel=1e-8)
    assert results[0].cost == pytest.approx(results[1].cost, rel=1e-9)


@pytest.mark.parametrize("endpoint", ["penalized", "fixed"])
def test_stationarity_identity(endpoint: str) -> None:
    """W_ℓ = L̃ B_ℓ σ(A_{ℓ−1})ᵀ at a stationary point, and a fixed end is met."""
    geodesic, steps = teacher(endpoint=endpoint), uneven_steps(8)
    result = solve_structured(geodesic, steps, 0.03, initial_weights(geodesic, steps, np.random.default_rng(0)))
    assert result.converged
    for layer in range(8):
        features = geodesic.features(result.representations[layer], 0.03)
        identity = 3.0 * result.momenta[layer + 1] @ features.T
        # ∇_W = (ρ/L̃)(W − L̃Bσᵀ) is below 1e-9; ρ/L̃ is at least 0.5/8/3 here.
        np.testing.assert_allclose(result.weights[layer], identity, atol=1e-7)
    momenta = geodesic.momenta(result.weights, result.representations, steps, 0.03, final=result.momenta[-1])
    np.testing.assert_allclose(result.momenta, momenta, atol=1e-7)
    if endpoint == "fixed":
        np.testing.assert_allclose(geodesic.readout @ result.representations[-1], geodesic.targets, atol=1e-9)


def test_minima_are_ipopts() -> None:
    """From the same starts IPOPT finds the same best minimum, and stays where the structured solver ends."""
    geodesic, steps = teacher(width=3, samples=5), uneven_steps(8)
    program = casadi_program(geodesic, steps, 0.1)
    ours, theirs = [], []
    for seed in range(6):
        start = initial_weights(geodesic, steps, np.random.default_rng(seed))
        result = solve_structured(geodesic, steps, 0.1, start)
        assert result.converged
        cost, _, success = ipopt(program, program.pack(geodesic.propagate(start, steps, 0.1), start))
        assert success
        ours.append(result.cost)
        theirs.append(cost)
        confirmed, point, success = ipopt(program, program.pack(result.representations, result.weights))
        # A stationary point at 1e-9 with a positive definite Hessian: the costs agree to the square of that.
        assert success
        assert confirmed == pytest.approx(result.cost, rel=1e-10)
        np.testing.assert_allclose(program.unpack_weights(point), result.weights, atol=1e-6)
    assert min(ours) == pytest.approx(min(theirs), rel=1e-9)


@pytest.mark.parametrize("activation", ["relu", "linear", "smoothed relu"])
def test_all_back_ends_meet_the_same_conditions_and_find_the_same_best(activation: str) -> None:
    """Ours, IPOPT and fatrop from four starts each: the recursion, its adjoint, W = L̃Bσ(A)ᵀ, and one best J."""
    settings: dict[str, Any] = {"activation": activation}
    if activation == "smoothed relu":
        settings["smoothing"] = 0.05
    geodesic, steps = teacher(width=3, samples=5, **settings), uneven_steps(6)
    best = []
    for solver in ("structured", "ipopt", "fatrop"):
        costs = []
        for seed in range(4):
            start = initial_weights(geodesic, steps, np.random.default_rng(seed))
            point = smooth_minimum(PathProblem(geodesic, steps, "euler", solver, 1e-10), start, (0.1, 0.05))
            assert point.converged, point.reason
            assert point.smoothing == 0.05
            weights = point.weights[:, 0]
            path = geodesic.propagate(weights, steps, 0.05)
            # Residuals of 1e-10 in J/λ, and the solvers' own scaling of the rows (up to 1e2), leave 1e-7 here.
            np.testing.assert_allclose(point.representations, path, atol=1e-7)
            adjoint = geodesic.momenta(weights, path, steps, 0.05)
            np.testing.assert_allclose(point.momenta[1:], adjoint[1:], atol=1e-6 * np.abs(adjoint).max())
            assert stationarity_residual(geodesic, weights, path, adjoint, 0.05) < 1e-6
            costs.append(point.cost)
        best.append(min(costs))
    assert best[1:] == pytest.approx(best[:1] * 2, rel=1e-8)


def test_one_neuron_converges_to_the_closed_form() -> None:
    """The neuron a₀ = 0.5, a₁ = 1.5, L̃ = 3: ∫‖W‖² = 6.644519613659, approached with order one in 1/L."""
    exact = 6.644519613659
    geodesic = RepresentationGeodesic(
        np.array([[0.5]]), np.array([[1.5]]), 1, 3.0, 1.0, endpoint="fixed", activation="linear"
    )
    values = []
    for layers in (40, 80, 160, 320):
        steps = np.full(layers, 1.0 / layers)
        result = solve_structured(geodesic, steps, 0.1, initial_weights(geodesic, steps, np.random.default_rng(0)))
        assert result.converged
        values.append(result.cost * 2.0 * 3.0)
    errors = np.abs(np.array(values) - exact)
    orders = np.log2(errors[:-1] / errors[1:])
    np.testing.assert_allclose(orders, 1.0, atol=0.05)
    # Two steps of Richardson extrapolation leave an error of order three: (1/320)³·O(10³).
    first = [2 * fine - coarse for coarse, fine in itertools.pairwise(values)]
    assert (4 * first[-1] - first[-2]) / 3 == pytest.approx(exact, abs=1e-4)


def test_permuted_start_gives_the_permuted_solution() -> None:
    """Neurons that neither data nor readout touch may be permuted: the solver commutes with it, up to roundoff."""
    geodesic, steps = teacher(width=5, samples=6), uneven_steps(6)
    start = initial_weights(geodesic, steps, np.random.default_rng(4))
    order = np.array([0, 1, 2, 4, 3])
    permuted = start[:, order][:, :, np.append(order, 5)]
    one = solve_structured(geodesic, steps, 0.1, start, linear_solver="riccati")
    other = solve_structured(geodesic, steps, 0.1, permuted, linear_solver="riccati")
    assert one.converged
    # Both runs do the same arithmetic in another order; a path this short does not amplify roundoff beyond 1e-8.
    np.testing.assert_allclose(other.weights, one.weights[:, order][:, :, np.append(order, 5)], atol=1e-8)


def test_same_start_gives_the_same_bits() -> None:
    geodesic, steps = teacher(), uneven_steps(6)
    start = initial_weights(geodesic, steps, np.random.default_rng(4))
    one, other = (solve_structured(geodesic, steps, 0.1, start) for _ in range(2))
    assert np.array_equal(one.weights, other.weights)
    assert np.array_equal(start, initial_weights(geodesic, steps, np.random.default_rng(4)))


def test_stopping_short_is_told() -> None:
    geodesic, steps = teacher(), uneven_steps(6)
    start = initial_weights(geodesic, steps, np.random.default_rng(4))
    short = solve_structured(geodesic, steps, 0.1, start, max_iterations=3)
    assert (short.converged, short.reason, short.iterations) == (False, StructuredReason.ITERATIONS, 3)
    assert not short.strict_minimum
    wild = solve_structured(geodesic, steps, 0.1, 1e200 * start)
    assert (wild.converged, wild.reason) == (False, StructuredReason.NOT_FINITE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": np.zeros((6, 4, 4))}, r"weights has shape \(6, 4, 4\); it must be \(6, 4, 5\)"),
        ({"smoothing": 0.0}, "smoothing is 0.0"),
        ({"linear_solver": "magic"}, "linear_solver is 'magic'"),
        ({"tolerance": 0.0}, "tolerance is 0.0"),
        ({"representations": np.zeros((6, 4, 6))}, "representations has shape"),
    ],
)
def test_errors_name_the_argument(change: dict[str, Any], message: str) -> None:
    geodesic, steps = teacher(), uneven_steps(6)
    arguments: dict[str, Any] = {
        "smoothing": 0.1,
        "weights": initial_weights(geodesic, steps, np.random.default_rng(0)),
    } | change
    with pytest.raises(ProblemError, match=message):
        solve_structured(geodesic, steps, **arguments)
