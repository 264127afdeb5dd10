"""What the first layers of ReLUs can do to two samples: brute force, and networks that were chosen to do it well."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from geodepth.control import RepresentationGeodesic, lower_bound
from geodepth.control.geodesics.certificate.lower_bounds.first_layers import COARSE, first_layers
from geodepth.control.geodesics.certificate.lower_bounds.path_to_bound import PathToBound
from geodepth.control.geodesics.certificate.lower_bounds.widest_features import widest_features

SPENT = 1e6
"""More than any path below costs."""


def random_pair(generator: np.random.Generator, bias: bool = True) -> RepresentationGeodesic:
    inputs = generator.normal(size=(3, 2)) + generator.normal(size=(3, 1)) - 0.5
    return RepresentationGeodesic(inputs, generator.normal(size=(2, 2)), 4, generator.uniform(0, 4), 1e-3, bias=bias)


@pytest.mark.parametrize("seed", range(4))
def test_no_common_move_makes_the_features_wider(seed: int) -> None:
    """Against a grid of directions for two neurons; where all is above zero, the samples' own distance is reached."""
    generator = np.random.default_rng(seed)
    u, v = generator.normal(size=(2, 2)) - 0.3
    heights = np.linspace(0.0, 3.0, 7)
    angles = np.linspace(0.0, 2 * np.pi, 400)
    moves = np.stack([np.cos(angles), np.sin(angles)])
    found = [0.0]
    for height in heights[1:]:
        sizes = np.linspace(0.0, height, 60)[:, None, None] * moves
        apart = np.maximum(u[:, None] + sizes, 0.0) - np.maximum(v[:, None] + sizes, 0.0)
        found.append(float(np.linalg.norm(apart, axis=1).max()))
    found[0] = float(np.linalg.norm(np.maximum(u, 0.0) - np.maximum(v, 0.0)))
    widest = widest_features(u, v, heights)
    assert np.all(widest >= np.array(found) * (1 - 1e-12))
    assert widest[0] == pytest.approx(found[0], abs=1e-2)
    assert widest[-1] == pytest.approx(np.linalg.norm(u - v))


def test_what_is_hidden_is_not_seen_before_it_is_raised() -> None:
    """One neuron: |clip(h − 1, 0, 2)|, where duality alone would let a share of it be seen at once."""
    heights = np.linspace(0.0, 4.0, 9)
    widest = widest_features(np.array([-1.0]), np.array([-3.0]), heights)
    assert widest == pytest.approx(np.clip(heights - 1.0, 0.0, 2.0), abs=0.02)


@pytest.mark.parametrize("seed", range(6))
def test_the_widest_features_are_those_of_an_exhaustive_search(seed: int) -> None:
    """Three neurons, h shared out in all ways of a grid: never less, and a fiftieth of the distance more at most."""
    generator = np.random.default_rng(seed)
    u, v = generator.normal(size=(2, 3)) - 0.7
    shares = np.linspace(0.0, 1.0, 61)
    moves = np.stack(np.meshgrid(shares, shares, shares), axis=-1).reshape(-1, 3)
    moves = moves[np.sum(moves**2, axis=1) <= 1.0]
    heights = np.linspace(0.0, 2.5, 6)
    widest = widest_features(u, v, heights)
    for height, bound in zip(heights, widest, strict=True):
        apart = np.maximum(u + height * moves, 0.0) - np.maximum(v + height * moves, 0.0)
        found = np.linalg.norm(apart, axis=1).max()
        assert found <= bound * (1 + 1e-12)
        assert bound - found <= 0.02 * np.linalg.norm(u - v) + height / 30


def movements(
    geodesic: RepresentationGeodesic, weights: np.ndarray, steps: np.ndarray
) -> Iterator[tuple[int, float, float]]:
    """After every layer: how many there were, how far the difference has moved, and what that cost."""
    path = geodesic.propagate(weights, steps)
    start, leak, spent = path[0][:, 0] - path[0][:, 1], 1.0, 0.0
    for layer, step in enumerate(steps, 1):
        leak *= 1.0 - step * geodesic.effective_depth
        spent += float(step * np.sum(weights[layer - 1] ** 2))
        moved = (path[layer][:, 0] - path[layer][:, 1]) / leak - start
        yield layer, float(np.linalg.norm(moved) / np.linalg.norm(start)), spent


@pytest.mark.parametrize("seed", range(4))
def test_no_layers_move_the_samples_further_for_less(seed: int) -> None:
    """Random weights, and weights for which L-BFGS traded the movement against the cost."""
    generator = np.random.default_rng([16, seed])
    geodesic = random_pair(generator, bias=seed % 3 > 0)
    steps = generator.dirichlet(np.full(12, 8.0))
    steps[:4] = 0.07
    steps /= steps.sum()
    beginnings = {b.layers: b for b in first_layers(PathToBound(geodesic, steps), 0, 1, SPENT, COARSE)}
    count = 4
    assert set(range(count + 1)) <= set(beginnings)
    shape = (count, geodesic.width, geodesic.columns)

    def traded(flat: np.ndarray, price: float) -> float:
        *_, (_, moved, spent) = movements(geodesic, flat.reshape(shape), steps[:count])
        return price * spent - float(np.log(moved + 1e-3))

    candidates = [generator.normal(size=shape) * scale for scale in (0.3, 1.0, 3.0, 8.0)]
    for price in (0.03, 0.3):
        best = minimize(traded, candidates[2].ravel(), args=(price,), method="L-BFGS-B", options={"maxiter": 12})
        candidates.append(best.x.reshape(shape))
    for weights in candidates:
        for layer, moved, spent in movements(geodesic, weights, steps[:count]):
            known = beginnings[layer]
            assert spent >= known.costs[known.reaches >= moved].min() * (1 - 1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_layers_that_are_taken_together_move_the_samples_no_further(seed: int) -> None:
    """Short layers, of unlike lengths: the same random and traded weights, all layers of a stretch."""
    generator = np.random.default_rng([23, seed])
    geodesic = random_pair(generator, bias=seed != 1)
    steps = generator.dirichlet(np.full(150, 8.0))
    beginnings = {b.layers: b for b in first_layers(PathToBound(geodesic, steps), 0, 1, SPENT, COARSE)}
    assert len(beginnings) > 3
    assert 1 not in beginnings
    count = sorted(beginnings)[3]
    shape = (count, geodesic.width, geodesic.columns)
    rank_one = generator.normal(size=(1, *shape[1:])) * np.ones((count, 1, 1))
    for scale in (0.3, 1.0, 3.0, 8.0, 20.0):
        for weights in (scale * generator.normal(size=shape), scale * rank_one):
            for layer, moved, spent in movements(geodesic, weights, steps[:count]):
                if layer in beginnings:
                    known = beginnings[layer]
                    assert spent >= known.costs[known.reaches >= moved].min() * (1 - 1e-9)


def test_what_has_to_be_raised_lifts_the_bound() -> None:
    """A linear network sees its samples as they are; two of negative coordinates, ReLUs have to raise first."""
    inputs = np.array([[-0.5, -1.5], [-1.0, 0.2], [-1.0, -0.5]])
    relu = RepresentationGeodesic(inputs, 3.0 * inputs, 4, 3.0, 1e-3)
    steps = np.full(20, 1 / 20)
    linear = lower_bound(replace(relu, activation="linear"), steps).differences
    assert lower_bound(relu, steps).differences > 1.2 * linear
    # Above zero from the start, they cost the same.
    raised = replace(relu, inputs=inputs + 2.0)
    linear = lower_bound(replace(raised, activation="linear"), steps).differences
    assert lower_bound(raised, steps).differences == pytest.approx(linear)


def test_samples_that_no_feature_shows_are_not_moved_by_one_layer() -> None:
    """All coordinates negative, and no bias: the features are zero."""
    geodesic = RepresentationGeodesic(-np.array([[1.0, 2.0]]), np.array([[1.0, -1.0]]), 2, 1.0, 1e-3, bias=False)
    _, one, *_ = first_layers(PathToBound(geodesic, np.full(10, 0.1)), 0, 1, SPENT)
    assert one.costs[one.reaches > 0.05].min() == SPENT
