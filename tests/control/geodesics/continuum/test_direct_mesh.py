"""The direct method's equidistributed mesh: closed forms with sharp ends, the invariant, files, and bad input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodepth.control import GeodesicSolution, ProblemError, RepresentationGeodesic, solve_geodesic, solve_indirect
from geodepth.control.geodesics.continuum.direct_mesh import EVEN
from geodepth.control.geodesics.continuum.hamiltonian_system import HamiltonianSystem
from geodepth.validation.theory.one_neuron import one_neuron as closed_form

from ..test_oracles import one_neuron


def exact_norm(start: float, end: float, depth: float) -> float:
    """∫‖W‖²dp of one neuron with bias (O1)."""
    return closed_form(start, end, depth).parameter_norm


def smoothed(seed: int, width: int, samples: int, depth: float) -> RepresentationGeodesic:
    generator = np.random.default_rng(seed)
    inputs, targets = generator.normal(size=(2, samples)), generator.normal(size=(1, samples))
    return RepresentationGeodesic(inputs, targets, width, depth, 1e-2, activation="smoothed relu", smoothing=0.1)


def solved(geodesic: RepresentationGeodesic, **settings: Any) -> GeodesicSolution:
    return solve_geodesic(geodesic, starts=1, tolerance=1e-11, progress=False, **settings)


@pytest.fixture(scope="module")
def refined() -> GeodesicSolution:
    """A smoothed path of three neurons and four samples, to 1e-6 by Gauss collocation."""
    return solve_geodesic(
        smoothed(0, 3, 4, 4.0), scheme="gauss", starts=1, mesh="equidistributed", mesh_tolerance=1e-6, progress=False
    )


def test_the_closed_form_gives_the_published_norm() -> None:
    assert exact_norm(0.5, 1.5, 3.0) == pytest.approx(6.644519613659, rel=1e-12)


@pytest.mark.parametrize(("scheme", "least"), [("rk4", 20.0), ("gauss", 200.0), ("radau", 200.0)])
def test_equidistributed_nodes_beat_equal_ones_where_the_path_is_sharp(scheme: str, least: float) -> None:
    """At L̃ = 30 the path is two boundary layers of width 1/30; measured factors are 41, 20 000 and 1400."""
    ends = (1.0, 1.0, 30.0)
    uniform, moved = (
        abs(solved(one_neuron(*ends, "linear"), layers=40, scheme=scheme, mesh=mesh).parameter_norm - exact_norm(*ends))
        for mesh in ("fixed", "equidistributed")
    )
    assert uniform >= least * moved


@pytest.mark.parametrize(("scheme", "order", "counts"), [("rk4", 4, (40, 80, 160)), ("radau", 5, (24, 48, 96))])
def test_the_error_falls_at_the_schemes_order_on_equidistributed_meshes(
    scheme: str, order: int, counts: tuple[int, ...]
) -> None:
    ends = (1.0, 1.0, 10.0)
    errors = [
        abs(
            solved(one_neuron(*ends, "linear"), layers=n, scheme=scheme, mesh="equidistributed").parameter_norm
            / exact_norm(*ends)
            - 1
        )
        for n in counts
    ]
    # Meshes of different sizes are alike only roughly, which costs up to half an order here.
    assert np.polyfit(np.log(1.0 / np.array(counts)), np.log(errors), 1)[0] == pytest.approx(order, abs=0.6)


def test_the_direct_method_conserves_the_hamiltonian_on_a_refined_mesh(refined: GeodesicSolution) -> None:
    mesh = refined.statistics["mesh"]
    assert mesh["reached"]
    assert mesh["spread"] <= EVEN
    assert mesh["cost_change"] <= 1e-6
    assert refined.layer_steps.size > 20
    # H here, from the solution's own arrays, B_0 among them: no word of the mesh's is taken.
    system = HamiltonianSystem(refined.geodesic, refined.geodesic.smoothing)
    parts = (refined.representations, refined.momenta)
    rows = np.concatenate([part.transpose(0, 2, 1).reshape(part.shape[0], -1) for part in parts], axis=1)
    energies = system.energy(rows, None)
    assert np.ptp(energies) <= 1e-6 * np.abs(energies).max()
    # The exact roll-out of the weights and the solver's path differ by the solver's tolerance.
    assert refined.certificate.hamiltonian_drift == pytest.approx(np.ptp(energies) / np.abs(energies).max(), rel=0.05)


def test_it_agrees_with_the_indirect_method(refined: GeodesicSolution) -> None:
    extremal = solve_indirect(refined.geodesic, refined, tolerance=1e-8)
    assert extremal.converged
    assert refined.cost == pytest.approx(extremal.cost, rel=1e-8)
    path, momenta, _ = extremal.sample(refined.positions)
    assert refined.representations == pytest.approx(path, abs=1e-6)
    assert refined.momenta == pytest.approx(momenta, abs=1e-6 * np.abs(momenta).max())


def test_the_mesh_is_saved_with_the_path(refined: GeodesicSolution, tmp_path: Path) -> None:
    loaded = GeodesicSolution.load(refined.save(tmp_path / "truth.npz"))
    assert np.array_equal(loaded.layer_steps, refined.layer_steps)
    assert loaded.statistics["mesh"] == refined.statistics["mesh"]
    assert loaded.certificate.hamiltonian_drift == refined.certificate.hamiltonian_drift


def test_a_mesh_that_may_not_grow_says_so() -> None:
    geodesic = smoothed(0, 3, 4, 4.0)
    found = solve_geodesic(
        geodesic, scheme="gauss", starts=1, mesh="equidistributed", mesh_tolerance=1e-9, most_layers=30, progress=False
    )
    mesh = found.statistics["mesh"]
    assert not mesh["reached"]
    assert "raise most_layers" in mesh["reason"]
    assert found.layer_steps.size <= 30


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mesh": "equidistributed"}, "scheme 'euler', whose steps are the network's layers"),
        ({"mesh": "adaptive"}, "mesh is 'adaptive'; choose one of"),
        ({"mesh_tolerance": 1e-6}, "asks for mesh='equidistributed'"),
        ({"mesh": "equidistributed", "scheme": "rk4", "mesh_tolerance": 2.0}, "mesh_tolerance is 2"),
        ({"mesh": "equidistributed", "scheme": "rk4", "most_layers": 1}, "most_layers is 1"),
    ],
)
def test_settings_that_do_not_fit(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        solve_geodesic(smoothed(0, 3, 4, 4.0), starts=1, progress=False, **settings)
