"""Fixed ends that no network meets are refused before any solve; those that one network does not meet are told of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.control import ProblemError, RepresentationGeodesic, solve_geodesic
from geodepth.control.geodesics.continuum import kinks_of_networks

INPUTS = np.array([[1.0, -0.5, 2.0, 0.3], [0.5, 1.0, -1.0, 0.3]])
TARGETS = np.array([[1.0, -1.0, 0.3, 2.0]])
TWINS = np.array([[1.0, 1.0, 2.0, 0.3], [0.5, 0.5, -1.0, 0.3]])


def fixed(inputs: np.ndarray = INPUTS, targets: np.ndarray = TARGETS, **settings: Any) -> RepresentationGeodesic:
    return RepresentationGeodesic(inputs, targets, settings.pop("width", 3), 2.0, 1e-2, endpoint="fixed", **settings)


@pytest.mark.parametrize(
    ("geodesic", "message"),
    [
        (fixed(TWINS), "targets of samples 0 and 1 differ"),
        (fixed(activation="linear", bias=False), "no linear function of the inputs"),
        (fixed(activation="linear"), "no affine function of the inputs"),
        (fixed(targets=np.vstack([TARGETS, 2 * TARGETS]), readout=np.ones((2, 3))), "not in the range of readout"),
    ],
)
def test_ends_that_no_weights_meet_are_refused(geodesic: RepresentationGeodesic, message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        solve_geodesic(geodesic, layers=4, starts=1, progress=False)


@pytest.mark.parametrize(
    "geodesic",
    [
        fixed(TWINS, np.array([[1.0, 1.0, 0.3, 2.0]])),
        fixed(targets=INPUTS[:1] - 2 * INPUTS[1:] + 0.7, activation="linear"),
        fixed(),
    ],
    ids=["equal samples, equal targets", "affine targets", "relu"],
)
def test_ends_that_can_be_met_are_met(geodesic: RepresentationGeodesic) -> None:
    solution = solve_geodesic(geodesic, layers=6, starts=2, progress=False)
    assert solution.statistics["failed_starts"] == 0
    assert solution.certificate.end_error is not None
    assert solution.certificate.end_error <= 1e-8
    assert "fixed end missed by" in str(solution.certificate)


def test_an_end_that_is_missed_is_told_in_every_place() -> None:
    """One neuron without bias scales positive inputs alike: starts fail, and hops have nowhere to start."""
    geodesic = fixed(np.array([[1.0, 2.0]]), np.array([[1.0, 1.0]]), width=1, bias=False)
    solution = solve_geodesic(geodesic, layers=4, starts=2, hops=4, progress=False)
    assert solution.certificate.end_error is not None
    assert solution.certificate.end_error > 0.1
    assert solution.certificate.strict_minimum is not True
    failures = solution.statistics["failures"]
    assert set(failures) == {"start 0", "start 1", "hops"}
    assert "misses the fixed end" in failures["start 0"]
    assert "none to hop from" in failures["hops"]
    assert solution.statistics["hops"] == 0


def test_an_end_that_no_continuous_path_meets_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network's start converges, so there is no minimum to go on from: the start that misses least is carried."""
    monkeypatch.setattr(kinks_of_networks, "MOST_LAYERS", 40)  # to save time
    geodesic = fixed(np.array([[1.0, 2.0]]), np.array([[1.0, 1.0]]), width=1, bias=False)
    solution = solve_geodesic(geodesic, layers=4, scheme="gauss", starts=2, progress=False)
    assert solution.weight_values.shape == (4, 3, 1, 1)
    assert solution.minima == ()
    known = solution.certificate
    assert known.end_error is not None
    assert known.end_error == pytest.approx(geodesic.end.error(solution.representations[-1]))
    assert known.end_error > 0.1
    assert "kinks not resolved" in known.continuum
    assert set(solution.statistics["failures"]) == {"start 0", "start 1"}
