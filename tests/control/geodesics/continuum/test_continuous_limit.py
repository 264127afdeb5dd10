"""The continuous geodesic as the limit of networks: closed forms, the indirect method, and what a certificate says."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, initial_weights, solve_geodesic
from geodepth.control.geodesics.continuum import continuous_limit
from geodepth.control.geodesics.newton.solve_structured import solve_structured

from ..test_oracles import ONE_NEURON, one_neuron


def problem(seed: int, width: int, samples: int, depth: float) -> RepresentationGeodesic:
    generator = np.random.default_rng(seed)
    inputs, targets = generator.normal(size=(2, samples)), generator.normal(size=(1, samples))
    return RepresentationGeodesic(inputs, targets, width, depth, 1e-2)


@pytest.mark.parametrize(("ends", "exact"), ONE_NEURON)
def test_one_neuron_from_networks_alone(ends: tuple[float, float, float], exact: float) -> None:
    geodesic = one_neuron(*ends, "linear")
    start = solve_geodesic(geodesic, layers=20, starts=1, progress=False)
    limit = continuous_limit.continuous_limit(geodesic, start.layer_steps, start.weights, 0.1, tolerance=1e-7)
    assert limit.reached
    # J = λ/(2L̃)∫‖W‖²dp with λ = 1; the tolerance is on the cost's last change, which the error is far below.
    assert 2 * ends[2] * limit.cost == pytest.approx(exact, rel=1e-8)


def test_a_limit_that_is_not_reached_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(continuous_limit, "MOST_INTERVALS", 48)
    geodesic = problem(1, 2, 3, 3.0)
    steps = np.full(20, 0.05)
    weights = initial_weights(geodesic, steps, np.random.default_rng(0))
    first = solve_structured(geodesic, steps, 0.1, weights)
    limit = continuous_limit.continuous_limit(geodesic, steps, first.weights, 0.1, tolerance=1e-12)
    assert not limit.reached
    assert "still move by more than the tolerance on 48 intervals" in limit.reason
    assert limit.cost_change > 1e-12 or limit.drift > 1e-12
