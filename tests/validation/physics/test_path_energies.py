from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm, logm

from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.path_energies import compute_energies, energies_at_points

Maker = Callable[..., RepresentationPath]

# Gauss-Legendre on 40 points integrates these analytic paths to rounding, so lengths can be held to their closed form.
NODES, GAUSS = (
    0.5 * (part + shift) for part, shift in zip(np.polynomial.legendre.leggauss(40), (1.0, 0.0), strict=True)
)


@pytest.mark.parametrize("kind", ["rotation", "symmetric"])
def test_linear_network_has_its_closed_forms(kind: str) -> None:
    # O2: linear, no bias, A_p = exp(p log M) A_0, W = log M + L I all along.
    depth, generator = 3.0, np.random.default_rng(2)
    if kind == "rotation":
        M = 1.3 * np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])
    else:
        root = generator.standard_normal((2, 2))
        M = root @ root.T + 0.5 * np.eye(2)
    generatrix = np.real(logm(M))
    start = generator.standard_normal((2, 2))
    A = np.stack([expm(p * generatrix) @ start for p in NODES])
    W = generatrix + depth * np.eye(2)
    B = np.stack([W @ np.linalg.inv(a.T) / depth for a in A])  # W = L B A^T
    energy = energies_at_points(NODES, GAUSS, A, generatrix @ A, B, depth, bias=False, activation="linear")
    near: Any = {"rtol": 1e-9, "atol": 1e-10}  # condition of A, about 10, times a few dozen roundings, with room
    np.testing.assert_allclose(energy.exact.cost_of_identity, 2.0, **near)
    np.testing.assert_allclose(energy.exact.kinetic, np.sum(generatrix**2) / (2 * depth), **near)
    np.testing.assert_allclose(energy.exact.cross, np.trace(generatrix), **near)
    H = (np.sum(generatrix**2) - 2 * depth**2) / (2 * depth)
    np.testing.assert_allclose(energy.hamiltonian, H, **near)
    np.testing.assert_allclose(energy.exact.hamiltonian, H, **near)
    np.testing.assert_allclose(energy.weight_norm, np.sum(W**2), **near)
    np.testing.assert_allclose(energy.balancedness, 0.0, atol=1e-9)
    assert energy.kernel_length == pytest.approx(np.linalg.norm(generatrix), rel=1e-9)
    singular = np.linalg.svd(W, compute_uv=False)
    np.testing.assert_allclose(energy.weight_stable_rank, np.sum(singular**2) / singular[0] ** 2, **near)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("activation", ["relu", "linear"])
@pytest.mark.parametrize("gamma", [1e-6, 1e-2, 10.0])
def test_the_identity_behind_theorem_4(bias: bool, activation: str, gamma: float) -> None:
    # For any A and B with dA = L(BK - A), whether or not they belong to a geodesic:
    # -(2/L) H = |A|^2_{K+g} + g|B|^2 - |dA/L + gB|^2_{K+g}.
    generator, depth = np.random.default_rng(5), 2.5
    A, B = generator.standard_normal((2, 6, 3, 7))
    features = np.maximum(A, 0.0) if activation == "relu" else A
    if bias:
        features = np.concatenate([features, np.ones((6, 1, 7))], axis=1)
    K = features.transpose(0, 2, 1) @ features
    dA = depth * (B @ K - A)
    options: dict[str, Any] = {"bias": bias, "activation": activation, "gamma": gamma}
    points = np.linspace(0, 1, 6)
    energy = energies_at_points(points, np.full(6, 1 / 6), A, dA, B, depth, **options)
    shifted = energies_at_points(points, np.full(6, 1 / 6), A, dA / depth + gamma * B, B, depth, **options)
    right = energy.constant.cost_of_identity + gamma * energy.momentum**2 - 2 * depth * shifted.constant.kinetic
    # The two large terms are |A|^2/gamma, up to 1e7, and cancel: eps times that is 1e-9.
    np.testing.assert_allclose(energy.scaled_hamiltonian, right, rtol=1e-10, atol=1e-15 * 100 / gamma)


def test_stable_norms_are_those_of_the_inverse() -> None:
    generator = np.random.default_rng(8)
    A, dA = generator.standard_normal((2, 1, 3, 5))
    features = np.vstack([np.maximum(A[0], 0), np.ones(5)])
    energy = energies_at_points(np.zeros(1), np.ones(1), A, dA, A, 2.0, gamma=0.3)
    inverse = np.linalg.inv(features.T @ features + 0.3 * np.eye(5))
    assert energy.constant.cost_of_identity[0] == pytest.approx(np.trace(A[0] @ inverse @ A[0].T), rel=1e-12)
    assert energy.constant.cross[0] == pytest.approx(np.trace(dA[0] @ inverse @ A[0].T), rel=1e-12)
    share = 1e-4 * np.linalg.norm(features, 2) ** 2
    inverse = np.linalg.inv(features.T @ features + share * np.eye(5))
    assert energy.relative.gamma[0] == pytest.approx(share, rel=1e-12)
    assert energy.relative.kinetic[0] == pytest.approx(np.trace(dA[0] @ inverse @ dA[0].T) / 4, rel=1e-10)


def test_infinite_energies_are_reported_with_their_direction() -> None:
    # Without bias, a negative sample has no features: whatever moves it costs infinitely much.
    A, dA = np.array([[[1.0, -2.0]], [[1.0, 2.0]]]), np.array([[[0.0, 1.0]], [[0.5, 1.0]]])
    points, measure = np.array([0.0, 1.0]), np.array([0.5, 0.5])
    energy = energies_at_points(points, measure, A, dA, np.ones((2, 1, 2)), 1.0, bias=False)
    np.testing.assert_allclose(energy.exact.cost_of_identity, [np.inf, 1.0], rtol=1e-14)
    np.testing.assert_array_equal(np.isinf(energy.exact.kinetic), [True, False])
    assert energy.exact.potential[0] == -np.inf
    assert energy.exact.cross[0] == -np.inf  # the sample moves up from below: <dA, A> = -2 outside the image
    np.testing.assert_array_equal(np.isnan(energy.exact.hamiltonian), [True, False])
    np.testing.assert_allclose(np.abs(energy.infinite_direction), [[0.0, 1.0], [0.0, 0.0]], atol=1e-15)
    assert energy.kernel_length == np.inf
    assert np.isfinite(energy.hamiltonian).all()
    assert np.isfinite(energy.relative.hamiltonian).all()


def test_nonnegative_representations_have_cost_of_identity_equal_to_their_rank() -> None:
    generator = np.random.default_rng(0)
    thin = np.abs(generator.standard_normal((4, 2))) @ np.abs(generator.standard_normal((2, 6)))
    energy = energies_at_points(np.zeros(1), np.ones(1), thin[None], thin[None], thin[None], 1.0, bias=False)
    assert energy.exact.cost_of_identity[0] == pytest.approx(2.0, rel=1e-10)
    assert energy.representation_effective_rank[0] <= 2.0 + 1e-12


def test_path_energies_pair_layers_as_the_network_does(make_stationary: Maker) -> None:
    path = make_stationary(width=9, samples=4)  # finite as long as four neurons are alive
    energy = compute_energies(path)
    depth = path.effective_depth
    # At a stationary point (1/2L)|W|^2 = kinetic + cross - potential exactly, at any number of layers.
    finite = np.isfinite(energy.exact.kinetic)
    assert finite.sum() >= 5
    total = energy.exact.kinetic[finite] + energy.exact.cross[finite] - energy.exact.potential[finite]
    np.testing.assert_allclose(total, energy.weight_norm[finite] / (2 * depth), rtol=1e-9)
    np.testing.assert_allclose(energy.exact.hamiltonian[finite], energy.hamiltonian[finite], rtol=1e-8, atol=1e-10)
    assert energy.path_length == pytest.approx(
        sum(np.linalg.norm(step) for step in np.diff(path.representations, axis=0)), rel=1e-12
    )


def test_hamiltonian_and_balancedness_are_conserved_as_layers_grow(make_stationary: Maker) -> None:
    # Explicit Euler is of first order: twice the layers, half the drift. Erratum: the factor of |b|^2 is two.
    drifts, defects = [], []
    for layers in (100, 200, 400):
        energy = compute_energies(make_stationary(layers=layers, depth=1.0, samples=3))
        drifts.append(np.ptp(energy.hamiltonian))
        defects.append(np.abs(energy.balancedness).max())
    for series in (drifts, defects):
        order = np.polyfit(np.log([100, 200, 400]), np.log(series), 1)[0]
        assert -1.25 < order < -0.75


def test_plain_resnet_has_no_potential(make_path: Maker) -> None:
    energy = compute_energies(make_path(depth=0.0, samples=9))
    np.testing.assert_array_equal(energy.exact.potential, 0.0)
    np.testing.assert_array_equal(energy.relative.potential, 0.0)
    np.testing.assert_allclose(energy.hamiltonian, 0.5 * energy.momentum_activation**2, rtol=1e-12)


def test_zero_path_has_no_energy() -> None:
    zero = np.zeros((2, 2, 3))
    energy = compute_energies(
        RepresentationPath.from_weights(
            np.zeros((2, 2, 2)),
            [0.5, 0.5],
            np.zeros((1, 3)),
            np.ones((1, 3)),
            np.eye(2, 1),
            np.eye(1, 2),
            1.0,
            1.0,
            False,
        )
    )
    for terms in (energy.exact, energy.relative, energy.constant):
        np.testing.assert_array_equal(terms.kinetic, zero[:, 0, 0])
        np.testing.assert_array_equal(terms.cost_of_identity, zero[:, 0, 0])
    np.testing.assert_array_equal(energy.representation_effective_rank, 0.0)


@pytest.mark.parametrize("options", [{"gamma": 0.0}, {"gamma": float("nan")}, {"relative_gamma": -1.0}])
def test_gamma_must_be_positive(make_path: Maker, options: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(options))):
        compute_energies(make_path(), **options)
