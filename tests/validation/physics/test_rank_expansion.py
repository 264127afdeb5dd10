from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import logm

from geodepth.foundation.numerics.one_neuron_geodesic import one_neuron_geodesic
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.rank_expansion import jacobians, rank_expansion, regularity_bound

Maker = Callable[..., RepresentationPath]


def test_the_linear_path_is_its_own_expansion() -> None:
    # O2: ∫‖W‖² = ‖log M + L̃I‖² = nL̃² + 2L̃ log det M + ‖log M‖², and 2 log det M is 2 log|J|₊.
    M = np.array([[2.0, 0.4, 0.0], [0.4, 0.7, 0.1], [0.0, 0.1, 3.0]])
    generatrix, depths = np.real(logm(M)), np.array([1.0, 2.0, 4.0, 9.0, 20.0])
    norms = [np.sum((generatrix + depth * np.eye(3)) ** 2) for depth in depths]
    for known in (None, 3):
        found = rank_expansion(depths, norms, known)
        expected = (3.0, 2.0 * np.log(np.linalg.det(M)), np.sum(generatrix**2))
        assert (found.rank, found.next_order, found.remainder) == pytest.approx(expected, rel=1e-9)
        assert found.misfit < 1e-10


@pytest.mark.parametrize(("start", "end"), [(0.5, 1.5), (1.0, 1.0), (2.0, 0.2), (-1.0, 1.0)])
def test_one_neuron_pays_for_its_way_up_alone(start: float, end: float) -> None:
    # O1 in large depth: a falls to zero for nothing and rises by a' = L̃a, which costs ∫4L̃a da/(1 + a²): rank 0,
    # R = 2 log(1 + a₁²), S = 0, up to e^{−L̃}.
    depths = np.array([20.0, 25.0, 30.0, 40.0])
    norms = [one_neuron_geodesic(start, end, depth).parameter_norm for depth in depths]
    found = rank_expansion(depths, norms, 0)
    assert found.next_order == pytest.approx(2.0 * np.log(1.0 + end**2), rel=1e-5)
    assert rank_expansion(depths, norms).rank == pytest.approx(0.0, abs=1e-6)


def linear_network(layers: int = 8, depth: float = 5.0) -> tuple[RepresentationPath, np.ndarray]:
    M = np.array([[2.0, 0.4], [0.4, 0.7]])
    values, vectors = np.linalg.eigh(M)
    W = vectors @ np.diag(depth + layers * (values ** (1.0 / layers) - 1.0)) @ vectors.T
    data = np.random.default_rng(0).standard_normal((2, 5))
    path = RepresentationPath.from_weights(
        np.stack([W] * layers), np.full(layers, 1.0 / layers), data, M @ data, np.eye(2), np.eye(2), depth, 1e-2, False,
        activation="linear",
    )  # fmt: skip
    return path, M


def test_the_bound_of_a_linear_path_is_its_next_order() -> None:
    path, M = linear_network()
    np.testing.assert_allclose(jacobians(path), np.broadcast_to(M, (5, 2, 2)), rtol=1e-12, atol=1e-12)
    assert regularity_bound(path, 2) == pytest.approx(2.0 * np.log(np.linalg.det(M)), rel=1e-9)
    assert regularity_bound(path, 1) == pytest.approx(2.0 * np.log(np.linalg.norm(M, 2)), rel=1e-9)


def test_jacobians_are_differences_of_outputs(make_path: Maker) -> None:
    path, step = make_path(activation="smoothed relu:0.2"), 1e-6
    found = jacobians(path)
    for column in range(2):
        moved = np.zeros_like(path.inputs)
        moved[column] = step
        difference = (path.predict(path.inputs + moved) - path.predict(path.inputs - moved)) / (2.0 * step)
        np.testing.assert_allclose(found[:, :, column].T, difference, rtol=1e-6, atol=1e-6)


def test_the_bound_is_that_of_the_steepest_sample(make_path: Maker) -> None:
    path = make_path(samples=6)
    alone = [
        regularity_bound(
            RepresentationPath.from_objective(
                replace(path, inputs=path.inputs[:, [i]], targets=path.targets[:, [i]],
                        representations=path.representations[:, :, [i]], momenta=path.momenta[:, :, [i]]),
                path.weights, path.layer_steps,
            ),
            1,
        )
        for i in range(6)
    ]  # fmt: skip
    assert regularity_bound(path, 1) == pytest.approx(max(alone), rel=1e-12)


@pytest.mark.parametrize(
    ("depths", "norms", "rank", "words"),
    [([1.0, 2.0, 3.0], [1.0] * 3, None, "3 distinct"), ([1.0, 2.0, 2.0], [1.0] * 3, 1, "2 distinct"),
     ([0.0, 1.0, 2.0, 3.0], [1.0] * 4, None, "holds 0"), ([1.0, 2.0], [1.0], 0, "parameter_norms"),
     ([1.0, 2.0, 3.0], [1.0] * 3, -1, "rank")],
)  # fmt: skip
def test_too_little_for_an_expansion(depths: list[float], norms: list[float], rank: int | None, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rank_expansion(depths, norms, rank)


def test_a_rank_that_no_jacobian_has(make_path: Maker) -> None:
    with pytest.raises(ValidationError, match="rank is 3"):
        regularity_bound(make_path(), 3)
