"""The continuous path of the exact ReLU in one call: closed forms, two methods, rests, fixed ends, what is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geodepth.control import GeodesicSolution, RepresentationGeodesic, solve_geodesic
from geodepth.control.geodesics.certificate.exact_continuum import certificate_of
from geodepth.control.geodesics.continuum import exact_path
from geodepth.foundation.numerics.one_neuron_geodesic import one_neuron_geodesic

from ..test_oracles import one_neuron


def problem(seed: int, width: int, samples: int, depth: float, endpoint: str = "penalized") -> RepresentationGeodesic:
    draws = np.random.default_rng(seed)
    inputs, targets = draws.normal(size=(min(width, 2), samples)), draws.normal(size=(1, samples))
    return RepresentationGeodesic(inputs, targets, width, depth, 1e-2, endpoint=endpoint)


@pytest.mark.parametrize("scheme", ["gauss", "radau"])
@pytest.mark.parametrize(
    ("start", "end", "depth"), [(0.2, 2.2, 1.0), (-1.0, 1.0, 3.0), (1.5, -0.4, 2.0), (-0.7, -0.2, 4.0)]
)
def test_one_neuron_in_one_call(start: float, end: float, depth: float, scheme: str) -> None:
    found = solve_geodesic(one_neuron(start, end, depth, "relu"), 60, scheme=scheme, starts=1, progress=False)
    exact = one_neuron_geodesic(start, end, depth)
    assert found.parameter_norm == pytest.approx(exact.parameter_norm, rel=1e-8)
    assert found.representations[-1, 0, 0] == pytest.approx(end, abs=1e-12)
    assert found.representations[:, 0, 0] == pytest.approx(exact.at(found.positions)[0], abs=1e-8)
    if exact.crossing is not None:
        assert np.abs(found.positions - exact.crossing).min() <= 1e-10
    known = found.certificate
    assert known.closed_form is not None
    assert max(known.closed_form, known.second_method or 1.0) <= 1e-10
    assert max(known.hamiltonian_drift or 1.0, known.equation_defect or 1.0) <= 1e-8


def test_runge_kutta_has_its_order_across_the_kink() -> None:
    exact = one_neuron_geodesic(-1.0, 1.0, 3.0).parameter_norm
    counts, errors = np.array([12, 24, 48]), []
    for layers in counts:
        found = solve_geodesic(one_neuron(-1.0, 1.0, 3.0, "relu"), int(layers), scheme="rk4", starts=1, progress=False)
        errors.append(abs(found.parameter_norm / exact - 1))
    assert np.polyfit(np.log(1.0 / counts), np.log(errors), 1)[0] == pytest.approx(4, abs=0.5)


@pytest.mark.parametrize(
    ("seed", "width", "samples", "depth", "endpoint", "rests"),
    [(113, 3, 6, 0.0, "penalized", 2), (118, 2, 3, 2.0, "fixed", 2)],
)
def test_inputs_that_rest_on_the_kink(
    seed: int, width: int, samples: int, depth: float, endpoint: str, rests: int
) -> None:
    geodesic = problem(seed, width, samples, depth, endpoint)
    network = solve_geodesic(geodesic, starts=2, progress=False)
    found = exact_path.exact_path(geodesic, network.layer_steps, network.weights)
    path = found.extremal
    assert path is not None
    assert len(path.rests) == rests
    assert path.drift <= 1e-9
    # An expansion in 1/L, which the jumps of the number of kinks end at its second term.
    assert found.limit == pytest.approx(path.cost, rel=1e-3)
    assert geodesic.end.error(path.representations[-1]) <= (1e-10 if endpoint == "fixed" else 0.0)
    for rest in path.rests:
        gates = path.gates(np.linspace(rest.start, rest.end, 51)[1:-1])[:, rest.neuron, rest.sample]
        assert 0 <= gates.min() <= gates.max() <= 1
    known = certificate_of(path, path.cost)
    assert known.second_method is not None
    assert known.second_method <= 1e-8


def test_a_path_that_rests_is_saved_with_its_certificate(tmp_path: Path) -> None:
    found = solve_geodesic(problem(103, 1, 5, 3.0), scheme="gauss", starts=2, progress=False)
    known = found.certificate
    assert found.statistics["mesh"]["rests"] == 1
    assert known.second_method is not None
    assert known.second_method <= 1e-8
    assert known.missing is None
    loaded = GeodesicSolution.load(found.save(tmp_path / "path"))
    assert loaded.certificate.equation_defect == known.equation_defect
    assert loaded.minima[0].weights.shape[:2] == (20, 3)


def test_steps_stay_where_no_input_crosses_and_follow_a_tolerance_where_asked() -> None:
    steps = np.array([0.2, 0.3, 0.1, 0.4])
    neuron = one_neuron(0.5, 1.5, 3.0, "relu")
    kept = solve_geodesic(neuron, layer_steps=steps, scheme="gauss", starts=1, progress=False)
    assert kept.layer_steps == pytest.approx(steps, abs=1e-15)
    crossing = one_neuron(-1.0, 1.0, 3.0, "relu")
    finer = solve_geodesic(
        crossing, 4, scheme="radau", starts=1, mesh="equidistributed", mesh_tolerance=1e-9, progress=False
    )
    assert finer.layer_steps.size > 4
    assert finer.statistics["mesh"]["scheme_error"] <= 1e-9
    exact = one_neuron_geodesic(-1.0, 1.0, 3.0).parameter_norm
    assert finer.parameter_norm == pytest.approx(exact, rel=2e-9)


def test_kinks_that_are_not_resolved_are_told_with_what_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    geodesic = problem(102, 1, 4, 2.0)
    exact = solve_geodesic(geodesic, scheme="gauss", starts=2, progress=False)
    monkeypatch.setattr(exact_path, "READINGS", ())
    found = solve_geodesic(geodesic, scheme="gauss", starts=2, progress=False)
    known = found.certificate
    assert "kinks not resolved" in known.continuum
    assert known.missing is not None
    assert abs(found.cost / exact.cost - 1) <= known.missing <= 0.05
    assert "may be missing" in str(known)
    monkeypatch.setattr(exact_path, "LARGEST", 3)
    large = solve_geodesic(geodesic, scheme="gauss", starts=2, progress=False).certificate
    assert "w·N = 4 is above 3" in large.continuum
    assert large.missing is None
