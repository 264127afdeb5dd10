"""Geodesics against closed forms: one neuron, linear networks, symmetries, collapse."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from geodepth.control import RepresentationGeodesic, initial_weights, solve_geodesic

# (a₀, a₁, L̃) and ∫‖W‖² of the one-neuron geodesic: sinh interpolation with κ from a transcendental equation.
ONE_NEURON = [((0.5, 1.5, 3.0), 6.644519613659), ((1.0, 1.0, 4.0), 5.244109739495), ((2.0, 0.2, 2.0), 0.016201142255)]


def one_neuron(start: float, end: float, depth: float, activation: str) -> RepresentationGeodesic:
    a, b = np.array([[start]]), np.array([[end]])
    return RepresentationGeodesic(a, b, 1, depth, 1.0, activation=activation, endpoint="fixed")


@pytest.mark.parametrize(("ends", "exact"), ONE_NEURON)
def test_one_neuron_with_relu(ends: tuple[float, float, float], exact: float) -> None:
    solution = solve_geodesic(one_neuron(*ends, "relu"), layers=80, scheme="rk4", starts=1, progress=False)
    # What is left at ε = 0.003 is the smoothing: σ_ε(a) − a ≈ ε²/4a, relative 1e-5 for a near 0.2.
    assert solution.parameter_norm == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize(("ends", "exact"), ONE_NEURON)
def test_one_neuron_error_falls_at_order_four(ends: tuple[float, float, float], exact: float) -> None:
    """A positive path is the same for a linear activation, which has no smoothing: only the scheme's error is left."""
    counts = np.array([10, 20, 40, 80])
    errors = []
    for layers in counts:
        solution = solve_geodesic(
            one_neuron(*ends, "linear"), layers=int(layers), scheme="rk4", starts=1, tolerance=1e-11, progress=False
        )
        errors.append(abs(solution.parameter_norm / exact - 1))
    assert errors[-1] < 1e-6
    assert np.polyfit(np.log(1.0 / counts), np.log(errors), 1)[0] == pytest.approx(4, abs=0.3)


def test_one_neuron_error_of_euler_falls_at_order_one() -> None:
    (ends, exact), counts = ONE_NEURON[0], np.array([40, 80, 160])
    errors = [
        abs(solve_geodesic(one_neuron(*ends, "linear"), layers=int(n), starts=1, progress=False).parameter_norm - exact)
        for n in counts
    ]
    assert np.polyfit(np.log(1.0 / counts), np.log(errors), 1)[0] == pytest.approx(1, abs=0.3)


def test_linear_network_follows_the_matrix_exponential() -> None:
    """Without bias and activation, N = w, A₁ = M A₀ with M normal: W_p = log M + L̃I, constant in p."""
    rotation = np.array([[0.2, -0.6], [0.6, 0.2]])  # log M of a scaled rotation: it commutes with its transpose
    start = np.array([[1.0, 0.3], [-0.2, 0.8]])
    depth = 1.5
    geodesic = RepresentationGeodesic(
        start, expm(rotation) @ start, 2, depth, 1.0, activation="linear", bias=False, endpoint="fixed"
    )
    solution = solve_geodesic(geodesic, layers=20, scheme="rk4", starts=2, tolerance=1e-11, progress=False)
    exact = np.sum((rotation + depth * np.eye(2)) ** 2)
    # RK4 with h = 1/20: h⁴|log M|⁵/120 ≈ 5e-9 per unit.
    assert solution.parameter_norm == pytest.approx(exact, rel=1e-7)
    assert solution.representations[10] == pytest.approx(expm(rotation / 2) @ start, abs=1e-6)


def test_zero_weights_leak_away() -> None:
    inputs = np.array([[1.0, -2.0], [0.5, 3.0]])
    geodesic = RepresentationGeodesic(inputs, inputs, 3, 2.0, 1e-2)
    steps = np.array([0.1, 0.2, 0.3, 0.4])
    path = geodesic.propagate(np.zeros((4, 3, 4)), steps)
    # One rounding a layer.
    assert path[-1][:2] == pytest.approx(np.prod(1 - steps * 2.0) * inputs, rel=1e-14)


def test_coinciding_samples_count_once() -> None:
    inputs, targets = np.array([[0.7], [0.2]]), np.array([[1.0]])
    once = RepresentationGeodesic(inputs, targets, 2, 2.0, 1e-2)
    thrice = RepresentationGeodesic(np.tile(inputs, 3), np.tile(targets, 3), 2, 2.0, 1e-2)
    costs = [solve_geodesic(g, layers=6, starts=4, progress=False).cost for g in (once, thrice)]
    # Both within their brackets, 1e-7 relative.
    assert costs[0] == pytest.approx(costs[1], rel=1e-6)


def test_permuted_neurons_cost_the_same(teacher: RepresentationGeodesic) -> None:
    """Permuting neurons everywhere, embedding and readout included, is an exact symmetry of the ReLU network."""
    order = np.array([2, 0, 3, 1])
    permuted = RepresentationGeodesic(
        teacher.inputs,
        teacher.targets,
        4,
        3.0,
        1e-3,
        embedding=teacher.embedding[order],
        readout=teacher.readout[:, order],
    )
    steps = np.full(20, 0.05)
    weights = initial_weights(teacher, steps, np.random.default_rng(1))
    moved = np.concatenate([weights[:, order][:, :, order], weights[:, order, -1:]], axis=2)
    assert permuted.objective(moved, steps) == pytest.approx(teacher.objective(weights, steps), rel=1e-12)


def test_leakage_symmetry_without_bias() -> None:
    """L̃ → L̃ + c with the same W multiplies A_p by e^{−cp}; Euler shows it to first order, so the gap halves with L."""
    generator = np.random.default_rng(0)
    data = generator.normal(size=(3, 5))
    matrix = generator.normal(size=(3, 3))
    gaps = []
    for layers in (200, 400):
        steps = np.full(layers, 1 / layers)
        weights = np.tile(matrix, (layers, 1, 1))
        ends = [
            RepresentationGeodesic(data, data, 3, depth, 1.0, bias=False).propagate(weights, steps)[-1]
            for depth in (1.0, 1.7)
        ]
        gaps.append(np.linalg.norm(ends[1] - np.exp(-0.7) * ends[0]) / np.linalg.norm(ends[1]))
    assert gaps[0] / gaps[1] == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize(("scheme", "order"), [("gauss", 6), ("radau", 5)])
@pytest.mark.parametrize(("ends", "exact"), ONE_NEURON[::2])
def test_collocation_reaches_one_neuron_to_eight_digits_at_its_order(
    ends: tuple[float, float, float], exact: float, scheme: str, order: int
) -> None:
    counts = np.array([6, 12, 24])
    errors: list[float] = []
    for layers in (*counts, 40):
        geodesic = one_neuron(*ends, "linear")
        found = solve_geodesic(geodesic, layers=int(layers), scheme=scheme, starts=1, tolerance=1e-12, progress=False)
        errors.append(abs(found.parameter_norm / exact - 1))
    assert errors[-1] <= 1e-8
    # A pre-asymptotic factor bends the line by less than half an order on these meshes.
    assert np.polyfit(np.log(1.0 / counts), np.log(errors[:-1]), 1)[0] == pytest.approx(order, abs=0.6)


@pytest.mark.parametrize("scheme", ["gauss", "radau"])
def test_collocation_follows_the_matrix_exponential_to_eight_digits(scheme: str) -> None:
    logarithm = np.array([[0.2, -0.6], [0.6, 0.2]])
    start = np.array([[1.0, 0.3], [-0.2, 0.8]])
    geodesic = RepresentationGeodesic(
        start, expm(logarithm) @ start, 2, 1.5, 1.0, activation="linear", bias=False, endpoint="fixed"
    )
    solution = solve_geodesic(geodesic, layers=12, scheme=scheme, starts=2, tolerance=1e-12, progress=False)
    exact = np.sum((logarithm + 1.5 * np.eye(2)) ** 2)
    assert solution.parameter_norm == pytest.approx(exact, rel=1e-8)
    assert solution.representations[6] == pytest.approx(expm(logarithm / 2) @ start, abs=1e-8)
