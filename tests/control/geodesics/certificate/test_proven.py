"""Branch-and-bound against a brute force of its own, and against the search."""

from dataclasses import replace

import numpy as np
import pytest

from geodepth.control import ProblemError, RepresentationGeodesic, prove_optimum, solve_geodesic


def least_of_two_layers(geodesic: RepresentationGeodesic) -> float:
    """One neuron, two samples, two layers: W_1 on ever finer grids around the best, W_2 by least squares."""
    step, (x,), (y,) = 0.5, geodesic.inputs, geodesic.targets
    leak, price = 1 - step * geodesic.effective_depth, geodesic.weight_decay * geodesic.penalty_scale * step
    centre, width, best = np.zeros(2), 12.0, np.inf
    for _ in range(10):
        slopes, biases = np.meshgrid(*(c + width * np.linspace(-1, 1, 121) for c in centre))
        first = np.stack([slopes.ravel(), biases.ravel()], axis=1)
        hidden = leak * x + step * (first[:, :1] * np.maximum(x, 0) + first[:, 1:])
        features = np.stack([np.maximum(hidden, 0), np.ones_like(hidden)], axis=1) * step
        asked = y - leak * hidden
        gram = np.einsum("kcn,kdn->kcd", features, features) / 2 + price * np.eye(2)
        second = np.linalg.solve(gram, np.einsum("kcn,kn->kc", features, asked)[..., None] / 2)[..., 0]
        missed = asked - np.einsum("kc,kcn->kn", second, features)
        costs = np.mean(missed**2, axis=1) + price * (np.sum(first**2, axis=1) + np.sum(second**2, axis=1))
        centre, width, best = first[np.argmin(costs)], width * 0.3, min(best, float(costs.min()))
    return best


@pytest.fixture
def geodesic() -> RepresentationGeodesic:
    return RepresentationGeodesic(np.array([[0.5, -0.7]]), np.array([[-0.4, 1.1]]), 1, 1.2, 1e-2)


def test_an_optimum_that_the_search_finds_is_proven_and_brute_force_agrees(geodesic: RepresentationGeodesic) -> None:
    pytest.importorskip("pyscipopt", reason="needs the extra certify")
    found = solve_geodesic(geodesic, layers=2, starts=8, progress=False)
    brute = least_of_two_layers(geodesic)
    assert found.cost == pytest.approx(brute, rel=1e-6)
    shown = prove_optimum(geodesic, 2, found.cost, seconds=30)
    assert shown.proven
    assert shown.lower == pytest.approx((1 - 1e-3) * found.cost)
    # One twentieth above the optimum is beaten, by the optimum to SCIP's tolerance.
    beaten = prove_optimum(geodesic, 2, 1.05 * brute, seconds=30)
    assert not beaten.proven
    assert beaten.beaten_by == pytest.approx(brute, rel=2e-5)
    assert beaten.better is not None
    assert geodesic.objective(beaten.better, np.full(2, 0.5)) == beaten.beaten_by


def test_interchangeable_neurons_are_ordered_without_loss() -> None:
    """Three linear neurons and one sample: two are interchangeable, and one alone costs as little."""
    pytest.importorskip("pyscipopt", reason="needs the extra certify")
    one = RepresentationGeodesic(np.array([[0.8]]), np.array([[1.0]]), 1, 0.5, 1e-2, activation="linear")
    wide = replace(one, width=3, embedding=np.eye(3, 1), readout=np.eye(1, 3))
    found = solve_geodesic(wide, layers=1, starts=2, progress=False)
    assert prove_optimum(wide, 1, found.cost, seconds=20).proven
    assert prove_optimum(wide, 1, 1.02 * found.cost, seconds=20).beaten_by == pytest.approx(found.cost, rel=1e-4)


def test_what_it_does_not_prove_is_told(geodesic: RepresentationGeodesic) -> None:
    with pytest.raises(ProblemError, match="penalized end"):
        prove_optimum(replace(geodesic, endpoint="fixed"), 2, 1.0)
    with pytest.raises(ProblemError, match="cost is 0"):
        prove_optimum(geodesic, 2, 0.0)
