"""What the continuous path adds to a certificate: the drift of H, a second method, or why there is none."""

from __future__ import annotations

import dataclasses

import pytest

from geodepth.control import certify_continuous, solve_geodesic
from geodepth.control.geodesics.certificate import continuum_certificate
from geodepth.control.geodesics.continuum import exact_path

from ..continuum.test_continuous_limit import problem
from .test_geodesic_certificate import small


def test_the_continuous_path_is_certified_by_a_second_method() -> None:
    solution = solve_geodesic(small(), layers=20, starts=3, progress=False)
    certificate = certify_continuous(solution, smoothing=0.1).certificate
    assert certificate.hamiltonian_drift is not None
    assert certificate.hamiltonian_drift <= 1e-9
    assert certificate.second_method is not None
    assert certificate.second_method <= 1e-8
    assert "drift of H" in str(certificate)
    assert "indirect method, and Gauss collocation" in str(certificate)
    plain = dataclasses.replace(certificate, hamiltonian_drift=None, second_method=None, continuum="")
    assert plain == solution.certificate


def test_a_larger_path_is_certified_by_the_limit_and_the_indirect_method() -> None:
    solution = solve_geodesic(problem(0, 3, 6, 2.0), layers=20, starts=2, progress=False)
    assert solution.representations[0].size > continuum_certificate.LARGEST_DIRECT
    certificate = certify_continuous(solution, smoothing=0.03).certificate
    assert certificate.continuum == "indirect method, and the limit of networks"
    assert certificate.hamiltonian_drift is not None
    assert certificate.hamiltonian_drift <= 1e-9
    assert certificate.second_method is not None
    assert certificate.second_method <= 1e-6


def test_a_certificate_says_why_there_is_no_second_method(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(continuum_certificate, "LARGEST_DIRECT", 2)
    monkeypatch.setattr(continuum_certificate, "LARGEST_INDIRECT", 3)
    solution = solve_geodesic(problem(1, 2, 3, 3.0), layers=20, starts=1, progress=False)
    certificate = certify_continuous(solution, smoothing=0.03).certificate
    assert certificate.hamiltonian_drift is not None
    assert certificate.hamiltonian_drift <= 1e-6
    assert certificate.second_method is None
    assert "no second method, w·N = 6 is above 3" in str(certificate)


def test_the_exact_relu_comes_first_and_its_failure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    solution = solve_geodesic(problem(1, 2, 3, 3.0), layers=20, starts=1, progress=False)
    certificate = certify_continuous(solution).certificate
    assert certificate.continuum.startswith("exact ReLU")
    assert certificate.second_method is not None
    assert certificate.second_method <= 1e-8
    assert certificate.hamiltonian_drift is not None
    assert certificate.hamiltonian_drift <= 1e-9
    # What is known of the network stays, and an exact path is not smoothed again.
    assert certificate.lower == solution.certificate.lower
    known = dataclasses.replace(solution, certificate=certificate)
    assert certify_continuous(known) is known
    monkeypatch.setattr(exact_path, "LARGEST", 5)
    smoothed = certify_continuous(solution).certificate
    assert smoothed.equation_defect is None
    assert "w·N = 6 is above 5" in smoothed.continuum
