"""Scaled data are the same problem: without a bias A → sA, λ → s²λ leaves the weights alone."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, solve_geodesic


def scaled(scale: float) -> RepresentationGeodesic:
    rng = np.random.default_rng(1)
    inputs, targets = scale * rng.normal(size=(2, 5)), scale * rng.normal(size=(1, 5))
    return RepresentationGeodesic(inputs, targets, 3, 2.0, 1e-2 * scale**2, bias=False)


@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_without_a_bias_the_cost_goes_with_the_square_of_the_scale(scale: float) -> None:
    first, other = (solve_geodesic(scaled(s), layers=5, starts=3, progress=False) for s in (1.0, scale))
    # Both end in a minimum to 1e-9 in its gradient; the landscape's best one is the same.
    assert other.cost == pytest.approx(first.cost * scale**2, rel=1e-7)
    assert other.certificate.bracket <= 1e-6


@pytest.mark.parametrize("scale", [1e3, 1e9])
def test_any_scale_finds_a_bracketed_minimum_with_a_bias_too(scale: float) -> None:
    rng = np.random.default_rng(2)
    inputs, targets = scale * rng.normal(size=(2, 5)), scale * rng.normal(size=(1, 5))
    geodesic = RepresentationGeodesic(inputs, targets, 3, 2.0, 1e-2 * scale**2)
    found = solve_geodesic(geodesic, layers=5, starts=3, progress=False)
    assert found.certificate.bracket <= 1e-6


def test_one_outlier_leaves_the_scale_of_the_others() -> None:
    rng = np.random.default_rng(2)
    inputs, targets = rng.normal(size=(2, 6)), rng.normal(size=(1, 6))
    inputs[:, 0] *= 1e3
    geodesic = RepresentationGeodesic(inputs, targets, 3, 2.0, 1e-2)
    assert geodesic.state_scale == 1.0
    assert solve_geodesic(geodesic, layers=5, starts=3, progress=False).certificate.bracket <= 1e-6
