from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm, logm

from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.neural_collapse import neural_collapse

Maker = Callable[..., RepresentationPath]

POSITIONS = np.linspace(0.0, 1.0, 6)
LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])
SIMPLEX = np.array([[np.cos(t), np.sin(t)] for t in 2.0 * np.pi * np.arange(3) / 3.0]).T  # (2, 3), equal angles
EXACT: Any = {"rtol": 1e-10, "atol": 1e-12}  # a few dozen roundings of well-conditioned 2 × 2 matrices


def linear_geodesic(M: np.ndarray, start: np.ndarray) -> np.ndarray:
    """O2: A_p = exp(p log M) A_0 of a linear network without bias."""
    return np.stack([expm(p * np.real(logm(M))) @ start for p in POSITIONS])


def scattered(seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return 2.0 * SIMPLEX[:, LABELS] + 0.3 * generator.standard_normal((2, len(LABELS)))


def test_an_invertible_linear_path_keeps_the_variability(given_path: Maker) -> None:
    # O2. Three classes span the plane, so Tr[Σ_W Σ_B⁻¹] is the same in all bases: no linear network collapses classes.
    M = np.array([[2.0, 0.4], [0.4, 0.7]])
    found = neural_collapse(given_path(linear_geodesic(M, scattered()), POSITIONS), LABELS).variability
    np.testing.assert_allclose(found, found[0], **EXACT)
    assert found[0] > 0.01


def test_scatter_and_angles_of_a_linear_path_in_closed_form(given_path: Maker) -> None:
    # O2 with M = diag(m): row i of everything grows by m_i^p, so traces and means are known at every p.
    m, start = np.array([3.0, 0.2]), scattered(1)
    found = neural_collapse(given_path(linear_geodesic(np.diag(m), start), POSITIONS), LABELS)
    means = np.stack([start[:, c == LABELS].mean(axis=1) for c in range(3)], axis=1)
    centred = means - means.mean(axis=1, keepdims=True)
    growth = np.power(m, 2.0 * POSITIONS[:, None])
    within = growth @ np.mean((start - means[:, LABELS]) ** 2, axis=1)
    between = growth @ np.mean(centred**2, axis=1)
    np.testing.assert_allclose(found.scatter_ratio, within / between, **EXACT)
    norms = np.sqrt(growth @ centred**2)
    np.testing.assert_allclose(found.norm_spread, norms.std(axis=1) / norms.mean(axis=1), **EXACT)
    cosines = [(growth @ (centred[:, a] * centred[:, b])) / (norms[:, a] * norms[:, b]) for a, b in ((0, 1), (0, 2), (1, 2))]  # fmt: skip  # noqa: E501
    np.testing.assert_allclose(found.angle_error, np.mean(np.abs(np.array(cosines) + 0.5), axis=0), **EXACT)


def test_a_linear_path_to_the_simplex_ends_collapsed(given_path: Maker) -> None:
    # O2 from M⁻¹ times the simplex, every sample at its class mean, and read out by the simplex itself.
    M = np.array([[2.0, 0.4], [0.4, 0.7]])
    start = np.linalg.inv(M) @ SIMPLEX[:, LABELS]
    found = neural_collapse(given_path(linear_geodesic(M, start), POSITIONS, readout=SIMPLEX.T), LABELS)
    for measured in (found.variability, found.scatter_ratio):
        np.testing.assert_allclose(measured, 0.0, atol=1e-12)
    for measured in (found.norm_spread, found.angle_error, found.readout_gap):
        assert measured[-1] == pytest.approx(0.0, abs=1e-10)
        assert measured[0] > 0.1


@pytest.mark.parametrize(
    ("turned", "gap"), [(SIMPLEX, 0.0), (-SIMPLEX, 2.0), (SIMPLEX[::-1] * [[1.0], [-1.0]], 2**0.5)]
)
def test_the_readout_against_means_that_agree_that_oppose_it_and_that_are_orthogonal(
    turned: np.ndarray, gap: float, given_path: Maker
) -> None:
    states = np.stack([turned[:, LABELS]] * len(POSITIONS))
    found = neural_collapse(
        given_path(states, POSITIONS, readout=SIMPLEX.T + np.array([[5.0, 1.0]])), LABELS
    )  # a common row is no gap
    np.testing.assert_allclose(found.readout_gap, gap, **EXACT)


def test_weights_of_nothing_scale_all_and_change_no_measure(given_path: Maker) -> None:
    # O4: A_p = e^{−L̃p}A_0.
    found = neural_collapse(
        given_path(np.exp(-3.0 * POSITIONS)[:, None, None] * scattered(2), POSITIONS, depth=3.0), LABELS
    )
    for name in ("variability", "scatter_ratio", "norm_spread", "angle_error"):
        np.testing.assert_allclose(getattr(found, name), getattr(found, name)[0], **EXACT)
    assert np.isnan(found.weight_share).all()
    assert np.isnan(found.readout_gap).all()  # two rows for three classes


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_stationary_weights_see_the_span_of_collapsed_classes_alone(noise: float, given_path: Maker) -> None:
    # W = L̃Bσ(A)ᵀ has its rows in the span of the features; of collapsed classes that is the span of their means.
    generator = np.random.default_rng(4)
    states = generator.standard_normal((6, 7, 3))[:, :, LABELS] + noise * generator.standard_normal((6, 7, 9))
    features = np.concatenate([np.maximum(states, 0.0), np.ones((6, 1, 9))], axis=1)
    weights = 2.0 * generator.standard_normal((5, 7, 9)) @ features[:-1].transpose(0, 2, 1)
    share = neural_collapse(
        given_path(states, POSITIONS, weights=weights, bias=True, activation="relu"), LABELS
    ).weight_share
    means = np.stack([features[:-1, :7, c == LABELS].mean(axis=2) for c in range(3)], axis=2)
    seen = [w[:, :7] @ m @ np.linalg.pinv(m) for w, m in zip(weights, means, strict=True)]
    expected = [np.sum(s**2) / np.sum(w[:, :7] ** 2) for s, w in zip(seen, weights, strict=True)]
    np.testing.assert_allclose(share, expected, **EXACT)
    assert np.allclose(share, 1.0, atol=1e-12) == (noise == 0.0)


def test_variability_is_papyans_formula(make_path: Maker) -> None:
    path, labels = make_path(samples=9, width=5), LABELS
    found = neural_collapse(path, labels).variability
    for A, measured in zip(path.representations, found, strict=True):
        means = np.stack([A[:, labels == c].mean(axis=1) for c in range(3)], axis=1)
        within = (A - means[:, labels]) @ (A - means[:, labels]).T / 9
        centred = means - means.mean(axis=1, keepdims=True)
        expected = np.trace(within @ np.linalg.pinv(centred @ centred.T / 3, rcond=1e-12)) / 3
        assert measured == pytest.approx(expected, rel=1e-9)


def test_classes_that_meet_each_other_are_no_collapse(given_path: Maker) -> None:
    apart = np.array([[1.0, -1.0, 1.0, -1.0]])
    found = neural_collapse(given_path(np.stack([apart, 0.0 * apart]), [0.0, 1.0]), [0, 0, 1, 1])
    assert found.variability[0] == found.scatter_ratio[0] == np.inf
    assert np.isnan([found.variability[1], found.scatter_ratio[1]]).all()


@pytest.mark.parametrize(
    ("labels", "words"),
    [([0, 0, 0, 0, 0], "a single class"), ([0, 2, 2, 0, 2], "no sample of class 1"), ([0, 1], "labels"),
     ([0, 1, -1, 0, 1], "from 0"), ([0, 0.5, 1, 1, 1], "whole")],
)  # fmt: skip
def test_labels_that_are_no_classes(labels: list[float], words: str, make_path: Maker) -> None:
    with pytest.raises(ValidationError, match=words):
        neural_collapse(make_path(), labels)
