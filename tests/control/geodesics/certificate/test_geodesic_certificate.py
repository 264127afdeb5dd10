"""The certificate: every entry against an independent computation, and what it says of paths that are not optimal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.control import GeodesicSolution, RepresentationGeodesic, solve_geodesic


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
    assert known.inertia is not None
    assert known.inertia[:2] == (0, 0)
    assert known.stationarity <= 1e-6
    text = str(known)
    for words in ("bracket", "global gap", "KKT residual", "inertia (−, 0, +)", "smallest curvature"):
        assert words in text


def test_the_certificate_is_kept_in_the_file(tmp_path: Any) -> None:
    solution = solve_geodesic(small(), layers=8, starts=2, progress=False)
    assert solution.certificate.inertia is not None
    assert GeodesicSolution.load(solution.save(tmp_path / "truth.npz")).certificate == solution.certificate
