from __future__ import annotations

import numpy as np
import pytest

from geodepth.validation.physics.kernel import KernelGeometry


def test_norms_and_products_are_those_of_the_inverse() -> None:
    features, M, other = np.random.default_rng(0).standard_normal((3, 4, 4))
    geometry = KernelGeometry.of(features)
    inverse = np.linalg.inv(features.T @ features)
    # The condition of K, up to a few hundred, times a dozen roundings.
    assert geometry.norm_squared(M) == pytest.approx(np.trace(M @ inverse @ M.T), rel=1e-10)
    assert geometry.inner(M, other) == pytest.approx(np.trace(M @ inverse @ other.T), rel=1e-10)
    stable = geometry.stable_coordinates(M, 0.3)
    shifted = np.linalg.inv(features.T @ features + 0.3 * np.eye(4))
    assert np.sum(stable**2) == pytest.approx(np.trace(M @ shifted @ M.T), rel=1e-12)


def test_what_leaves_the_image_of_the_kernel_is_infinite() -> None:
    geometry = KernelGeometry.of(np.array([[1.0, 0.0], [2.0, 0.0]]))  # the second sample has no features
    assert geometry.rank == 1
    inside, outside = np.array([[3.0, 0.0]]), np.array([[3.0, 1.0]])
    assert geometry.norm_squared(inside) == pytest.approx(9.0 / 5.0, rel=1e-14)
    assert geometry.norm_squared(outside) == np.inf
    np.testing.assert_allclose(geometry.outside(outside), [[0.0, 1.0]], atol=1e-15)
    # A product is finite as soon as one of the two stays inside; where both leave, its sign is that of the overlap.
    assert geometry.limit_of_inner(inside, outside) == pytest.approx(9.0 / 5.0, rel=1e-14)
    assert geometry.limit_of_inner(outside, outside) == np.inf
    assert geometry.limit_of_inner(outside, -outside) == -np.inf
