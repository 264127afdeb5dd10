"""Curvature and inertia: finite differences, a saddle in closed form, and second differences along the kinks."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, solve_geodesic
from geodepth.control.geodesics.certificate.inertia import curvature_of, reduced_hessian
from geodepth.control.geodesics.certificate.kkt_residual import kkt_residual
from geodepth.control.geodesics.exact_relu.pieces import sides_of
from geodepth.control.geodesics.statement.network_path import NetworkPath

from .test_geodesic_certificate import small


def finite_difference_hessian(geodesic: RepresentationGeodesic, steps: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Central differences of J/λ's gradient, in units of the penalty's Hessian."""
    scale = 2 * geodesic.penalty_scale * np.repeat(steps, weights[0].size)

    def gradient(vector: np.ndarray) -> np.ndarray:
        matrices = vector.reshape(weights.shape)
        path = geodesic.propagate(matrices, steps)
        momenta = geodesic.momenta(matrices, path, steps)
        features = np.stack([geodesic.features(a) for a in path[:-1]])
        pulls = np.einsum("lin,ljn->lij", momenta[1:], features)
        return np.asarray((steps[:, None, None] * (2 * geodesic.penalty_scale * matrices - pulls)).ravel())

    flat, step = weights.ravel(), 1e-5
    columns = [(gradient(flat + step * e) - gradient(flat - step * e)) / (2 * step) for e in np.eye(flat.size)]
    hessian = np.array(columns) / np.sqrt(scale[:, None] * scale)
    return np.asarray((hessian + hessian.T) / 2)


def test_curvature_and_inertia_are_those_of_finite_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    geodesic = small(activation="smoothed relu", smoothing=0.3)
    solution = solve_geodesic(geodesic, layers=4, starts=2, progress=False)
    steps = solution.layer_steps
    # Far from any minimum the Hessian is indefinite, and the number says by how much.
    away = np.random.default_rng(0).normal(size=solution.weights.shape)
    inertias = []
    for weights in (solution.weights, away):
        found = curvature_of(NetworkPath.of_weights(geodesic, steps, weights))
        expected = np.linalg.eigvalsh(finite_difference_hessian(geodesic, steps, weights))
        assert found.smallest == pytest.approx(expected[0], rel=1e-3)
        assert found.inertia == (int((expected < 0).sum()), 0, int((expected > 0).sum()))
        inertias.append(found)
    assert inertias[1].inertia is not None
    assert inertias[1].inertia[0] > 0
    assert solution.certificate.curvature == pytest.approx(inertias[0].smallest, rel=1e-9)
    assert solution.certificate.inertia == (0, 0, away.size)
    # Where all eigenvalues are too many: the smallest one by Lanczos, and counts only where none is negative.
    monkeypatch.setattr("geodepth.control.geodesics.certificate.inertia.LARGEST_DENSE", 1)
    for weights, dense in ((solution.weights, inertias[0]), (away, inertias[1])):
        large = curvature_of(NetworkPath.of_weights(geodesic, steps, weights))
        assert large.smallest == pytest.approx(dense.smallest, rel=1e-4)
        assert large.inertia == (dense.inertia if dense.inertia == (0, 0, away.size) else None)


def test_a_saddle_is_counted_as_one() -> None:
    """Two linear layers of one neuron, A_2 = uv with u = 1 + W_1/2: for a negative target a saddle lies at u = v.

    J = (y − uv)² + λ((u − 1)² + (v − 1)²) with y = −1: u = v is stationary where u³ + (1 + λ)u = λ, and its Hessian's
    eigenvalues there are 2u² + 2λ ± (2 + 4u²), of which one is negative for λ < 1.
    """
    decay = 0.1
    u = float(np.roots([1.0, 0.0, 1.0 + decay, -decay])[-1].real)
    geodesic = RepresentationGeodesic(
        np.array([[1.0]]), np.array([[-1.0]]), 1, 0.0, decay, activation="linear", bias=False
    )
    steps, weights = np.full(2, 0.5), np.full((2, 1, 1), 2 * (u - 1))
    path = NetworkPath.of_weights(geodesic, steps, weights)
    assert kkt_residual(path) < 1e-12
    found = curvature_of(path)
    assert found.inertia == (1, 0, 1)
    # In units of the penalty's Hessian, 2λ.
    assert found.smallest == pytest.approx((2 * u * u + 2 * decay - 2 - 4 * u * u) / (2 * decay), rel=1e-10)


@pytest.mark.parametrize("endpoint", ["penalized", "fixed"])
def test_the_reduced_hessian_is_the_curvature_of_j_along_the_kinks(endpoint: str) -> None:
    """Second differences of the exact network's J along curves on which kinks stay kinks and a fixed end stays met."""
    geodesic = small(endpoint=endpoint)
    solution = solve_geodesic(geodesic, layers=6, starts=3, progress=False)
    steps, weights, path = solution.layer_steps, solution.weights, solution.representations
    on_kink = sides_of(path) == 0
    on_kink[0] = False
    assert solution.certificate.kinks
    reduced, directions = reduced_hessian(NetworkPath(geodesic, steps, weights, path, solution.momenta))
    ends = geodesic.targets.size if endpoint == "fixed" else 0
    assert reduced.shape == (weights.size - on_kink.sum() - ends,) * 2
    assert solution.certificate.inertia == (0, 0, len(reduced))

    def constraints(matrices: np.ndarray) -> np.ndarray:
        # Held pieces: σ = 0 on the kinks, whatever roundoff makes of them.
        rows, state = [], path[0]
        for layer, step in enumerate(steps):
            features = geodesic.features(np.where(on_kink[layer], 0.0, state))
            rows.append(state[on_kink[layer]])
            state = (1 - step * geodesic.effective_depth) * state + step * matrices[layer] @ features
        if ends:
            rows.append((geodesic.readout @ state - geodesic.targets).ravel())
        return np.concatenate(rows)

    def held(matrices: np.ndarray) -> np.ndarray:
        moved = matrices.copy()
        for _ in range(6):
            left = constraints(moved)
            jacobian = [
                (constraints(moved + 1e-7 * e) - constraints(moved - 1e-7 * e)) / 2e-7
                for e in np.eye(moved.size).reshape(-1, *moved.shape)
            ]
            moved = moved - np.linalg.lstsq(np.array(jacobian).T, left, rcond=None)[0].reshape(moved.shape)
        return moved

    def value(matrices: np.ndarray) -> float:
        if ends:
            return geodesic.penalty(matrices, steps) / geodesic.weight_decay
        return geodesic.objective(matrices, steps) / geodesic.weight_decay

    rng, length, middle = np.random.default_rng(0), 1e-3, value(weights)
    for _ in range(2):
        along = rng.normal(size=len(reduced))
        along /= np.linalg.norm(along)
        move = length * (directions @ along).reshape(weights.shape)
        second = (value(held(weights + move)) - 2 * middle + value(held(weights - move))) / length**2
        # Third differences cancel; what is left is O(length²) and roundoff over length².
        assert second == pytest.approx(along @ reduced @ along, rel=1e-3)
