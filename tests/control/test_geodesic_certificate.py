"""The certificate: every entry against an independent computation, and what it says of paths that are not optimal."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from geodepth.control import GeodesicSolution, RepresentationGeodesic, certify_continuous, solve_geodesic
from geodepth.control.geodesics.certify import kkt_residual, smallest_curvature

from .test_geodesic_oracles import one_neuron


def small(**settings: Any) -> RepresentationGeodesic:
    generator = np.random.default_rng(4)
    inputs, targets = generator.normal(size=(2, 4)), generator.normal(size=(2, 4))
    if settings.get("loss") == "cross-entropy":
        targets = np.eye(2)[:, [0, 1, 1, 0]]
    return RepresentationGeodesic(inputs, targets, 2, 1.5, 3e-2, **settings)


KINDS: list[dict[str, Any]] = [
    {},
    {"bias": False},
    {"activation": "linear"},
    {"activation": "smoothed relu", "smoothing": 0.1},
    {"loss": "cross-entropy"},
]


@pytest.mark.parametrize("settings", KINDS)
def test_every_network_truth_has_a_complete_certificate(settings: dict[str, Any]) -> None:
    solution = solve_geodesic(small(**settings), layers=8, starts=3, progress=False)
    known = solution.certificate
    # The solvers stop at 1e-9 of the problem scaled by 1/λ.
    assert known.kkt is not None
    assert known.kkt <= 1e-8
    assert known.global_lower is not None
    assert known.global_lower <= known.upper
    assert known.curvature is not None
    assert known.strict_minimum == (known.curvature > 0)
    assert known.stationarity <= 1e-6
    text = str(known)
    for words in ("bracket", "global gap", "KKT residual", "smallest curvature"):
        assert words in text


def test_the_smallest_curvature_is_that_of_finite_differences() -> None:
    geodesic = small(activation="smoothed relu", smoothing=0.3)
    solution = solve_geodesic(geodesic, layers=4, starts=2, progress=False)
    steps, weights = solution.layer_steps, solution.weights
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
    expected = np.linalg.eigvalsh((hessian + hessian.T) / 2)[0]
    assert solution.certificate.curvature == pytest.approx(expected, abs=1e-4)
    # Far from any minimum the Hessian is indefinite, and the number says by how much.
    away = np.random.default_rng(0).normal(size=weights.shape)
    path = geodesic.propagate(away, steps)
    found = smallest_curvature(geodesic, steps, away, path, geodesic.momenta(away, path, steps))
    columns = [
        (gradient(away.ravel() + step * e) - gradient(away.ravel() - step * e)) / (2 * step) for e in np.eye(flat.size)
    ]
    hessian = np.array(columns) / np.sqrt(scale[:, None] * scale)
    assert found == pytest.approx(np.linalg.eigvalsh((hessian + hessian.T) / 2)[0], rel=1e-3)


def test_weights_that_are_not_optimal_have_a_residual() -> None:
    geodesic = small()
    solution = solve_geodesic(geodesic, layers=8, starts=3, progress=False)
    steps = solution.layer_steps
    moved = solution.weights * 1.001
    path = geodesic.propagate(moved, steps)
    residual = kkt_residual(geodesic, steps, moved, path, geodesic.momenta(moved, path, steps))
    assert residual > 1e-5
    # Momenta with a wrong multiplier are noticed too.
    wrong = solution.momenta.copy()
    wrong[4, 0, 0] += 1e-2 * np.abs(wrong).max()
    assert kkt_residual(geodesic, steps, solution.weights, solution.representations, wrong) > 1e-4


def test_fixed_ends_meet_the_kkt_conditions_too() -> None:
    solution = solve_geodesic(one_neuron(0.5, 1.5, 3.0, "relu"), layers=8, starts=3, progress=False)
    assert solution.certificate.kkt is not None
    assert solution.certificate.kkt <= 1e-7
    assert solution.certificate.global_lower is not None
    assert 0 < solution.certificate.global_lower <= solution.cost * (1 + 1e-9)


def test_the_continuous_path_is_certified_by_a_second_method() -> None:
    solution = solve_geodesic(small(), layers=20, starts=3, progress=False)
    certificate = certify_continuous(solution, smoothing=0.1).certificate
    assert certificate.hamiltonian_drift is not None
    assert certificate.hamiltonian_drift <= 1e-6
    assert certificate.second_method is not None
    assert certificate.second_method <= 1e-5
    assert "drift of H" in str(certificate)
    assert dataclasses.replace(certificate, hamiltonian_drift=None, second_method=None) == solution.certificate


def test_the_certificate_is_kept_in_the_file(tmp_path: Any) -> None:
    solution = solve_geodesic(small(), layers=8, starts=2, progress=False)
    assert GeodesicSolution.load(solution.save(tmp_path / "truth.npz")).certificate == solution.certificate
