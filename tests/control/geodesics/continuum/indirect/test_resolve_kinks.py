"""The exact ReLU's extremal: closed forms through the kink, and the invariants of the path."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import Extremal, IndirectReason, resolve_kinks, solve_geodesic, solve_indirect

from ...test_oracles import ONE_NEURON, one_neuron
from .test_solve_indirect import CROSSING, CROSSING_NORM, small


@pytest.fixture(scope="module")
def crossed() -> Extremal:
    """A path of three neurons and three samples that crosses the kink transversally, with the exact ReLU."""
    geodesic = small(7, 3, 3, 1.5)
    start = solve_geodesic(geodesic, layers=20, starts=4, seed=7, progress=False)
    return resolve_kinks(solve_indirect(geodesic, start, smoothing=1e-3, tolerance=1e-7))


@pytest.mark.parametrize(("ends", "exact"), ONE_NEURON)
def test_one_neuron_with_the_exact_relu(ends: tuple[float, float, float], exact: float) -> None:
    geodesic = one_neuron(*ends, "relu")
    start = solve_geodesic(geodesic, layers=20, starts=1, progress=False)
    extremal = resolve_kinks(solve_indirect(geodesic, start))
    assert extremal.converged
    # The closed forms are given to twelve decimals.
    assert extremal.parameter_norm == pytest.approx(exact, rel=1e-10, abs=1e-12)
    assert extremal.drift <= 1e-9
    assert not extremal.crossings


def test_the_kink_is_resolved_by_a_node_on_the_crossing() -> None:
    geodesic = one_neuron(-1.0, 1.0, 3.0, "relu")
    start = solve_geodesic(geodesic, layers=40, starts=1, progress=False)
    extremal = resolve_kinks(solve_indirect(geodesic, start, smoothing=0.01))
    assert extremal.converged
    (crossing,) = extremal.crossings
    assert crossing.position == pytest.approx(CROSSING, abs=1e-11)
    assert extremal.parameter_norm == pytest.approx(CROSSING_NORM, abs=1e-11)
    assert extremal.positions[crossing.node] == crossing.position
    assert abs(extremal.representations[crossing.node, 0, 0]) <= 1e-12
    # Before the crossing the bias alone acts: a = −(s/L̃) sinh L̃(q − p), s = L̃/sinh L̃q.
    before = extremal.sample(np.array([0.1, 0.3, 0.5]))[0][:, 0, 0]
    expected = -np.sinh(3 * (CROSSING - np.array([0.1, 0.3, 0.5]))) / np.sinh(3 * CROSSING)
    assert before == pytest.approx(expected, abs=1e-10)


def test_the_exact_path_conserves_the_hamiltonian_and_crosses_where_its_mesh_says(crossed: Extremal) -> None:
    assert crossed.converged
    assert len(crossed.crossings) >= 2
    assert crossed.drift <= 1e-9
    for crossing in crossed.crossings:
        assert abs(crossed.representations[crossing.node, crossing.neuron, crossing.sample]) <= 1e-12
    # It is the limit of the network's own optimum, the same local minimum: closer for more layers.
    costs = []
    for layers in (20, 40, 80):
        middles = crossed.sample((np.arange(layers) + 0.5) / layers)[2]
        found = solve_geodesic(crossed.geodesic, layers=layers, starts=0, warm_starts=[middles], progress=False)
        costs.append(found.cost)
    gaps = np.abs(np.array(costs) - crossed.cost)
    assert np.polyfit(np.log([20, 40, 80]), np.log(gaps), 1)[0] == pytest.approx(-1, abs=0.15)


def test_balancedness_has_the_factor_two(crossed: Extremal) -> None:
    """Erratum to the paper's Proposition 9: ∂_p‖W_p‖² = 2L̃‖b_p‖², not L̃‖b_p‖², and so for the exact ReLU."""
    share = np.polynomial.legendre.leggauss(6)
    for first, last in ((0.0, 1.0), (0.2, 0.45)):
        marks = np.unique(np.concatenate([np.clip(crossed.positions, first, last), [first, last]]))
        lengths = np.diff(marks)
        inside = marks[:-1, None] + lengths[:, None] * (share[0] + 1) / 2
        biases = crossed.sample(inside.ravel())[2][:, :, -1].reshape(*inside.shape, -1)
        integral = float(lengths @ (np.sum(biases**2, axis=2) @ share[1] / 2))
        ends = np.sum(crossed.sample(np.array([first, last]))[2] ** 2, axis=(1, 2))
        factor = (ends[1] - ends[0]) / (crossed.geodesic.effective_depth * integral)
        assert factor == pytest.approx(2.0, abs=1e-6)


def test_momenta_end_in_the_gradient_and_weights_follow_from_them(crossed: Extremal) -> None:
    final = crossed.geodesic.final_momentum(crossed.representations[-1])
    assert crossed.momenta[-1] == pytest.approx(final, abs=1e-10)
    for a, b, w in zip(crossed.representations, crossed.momenta, crossed.weights, strict=True):
        implied = crossed.geodesic.effective_depth * b @ crossed.geodesic.features(a).T
        assert w == pytest.approx(implied, abs=1e-6 * np.abs(w).max())


def test_inputs_that_rest_on_the_kink_are_reported() -> None:
    geodesic = small(3, 3, 2, 1.3)
    start = solve_geodesic(geodesic, layers=20, starts=4, seed=3, progress=False)
    smoothed = solve_indirect(geodesic, start, smoothing=0.003, tolerance=1e-7)
    assert smoothed.converged
    exact = resolve_kinks(smoothed)
    assert exact.converged or exact.reason is IndirectReason.SLIDING
