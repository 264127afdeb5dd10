"""The indirect method: agreement with the direct method and with SciPy, the error of the smoothing, and bad input."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import (
    ProblemError,
    RepresentationGeodesic,
    initial_weights,
    resolve_kinks,
    solve_geodesic,
    solve_indirect,
)
from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.control.geodesics.transcribed.smoothed_solves import smooth_minimum

from ...test_oracles import one_neuron

# From −1 to 1 at L̃ = 3, by the closed form of one neuron: where it crosses zero, and ∫‖W‖².
CROSSING, CROSSING_NORM = 0.509782824737, 4.761438527145


def small(seed: int, width: int, samples: int, depth: float) -> RepresentationGeodesic:
    generator = np.random.default_rng(seed)
    inputs, targets = generator.normal(size=(2, samples)), generator.normal(size=(1, samples))
    return RepresentationGeodesic(inputs, targets, width, depth, 1e-2)


def test_the_smoothed_kink_differs_by_the_square_of_the_smoothing() -> None:
    geodesic = one_neuron(-1.0, 1.0, 3.0, "relu")
    start = solve_geodesic(geodesic, layers=40, starts=1, progress=False)
    smoothings = np.array([0.04, 0.02, 0.01])
    gaps = [
        CROSSING_NORM - solve_indirect(geodesic, start, smoothing=e, tolerance=1e-8).parameter_norm for e in smoothings
    ]
    # ε² log(1/ε): a little below two on a finite range.
    assert np.polyfit(np.log(smoothings), np.log(gaps), 1)[0] == pytest.approx(1.9, abs=0.15)


@pytest.mark.parametrize(("seed", "width", "samples", "depth"), [(0, 3, 4, 2.0), (1, 2, 3, 3.0), (2, 3, 3, 1.0)])
def test_direct_and_indirect_methods_agree(seed: int, width: int, samples: int, depth: float) -> None:
    """Gauss collocation of the optimal-control problem by fatrop, and of Pontryagin's system by our own Newton."""
    geodesic, smoothing = small(seed, width, samples, depth), 0.1
    steps = np.full(20, 0.05)
    weights = initial_weights(geodesic, steps, np.random.default_rng(seed))
    start = solve_geodesic(geodesic, layers=20, starts=0, warm_starts=[weights], progress=False)
    extremal = solve_indirect(geodesic, start, smoothing, tolerance=1e-8)
    assert extremal.converged
    assert extremal.drift <= 1e-6
    # Every second node of the extremal's mesh, so that the two discretizations differ in mesh and in order.
    positions = np.unique(np.append(extremal.positions[::2], 1.0))
    lengths = np.diff(positions)
    middle = extremal.sample((positions[1:] + positions[:-1]) / 2)[2]
    direct = smooth_minimum(PathProblem(geodesic, lengths, "gauss", "fatrop", 1e-10), middle, (smoothing,))
    assert direct.converged
    assert direct.cost == pytest.approx(extremal.cost, rel=1e-6)
    path, momenta, _ = extremal.sample(positions)
    assert direct.representations == pytest.approx(path, abs=1e-5)
    assert direct.momenta[1:] == pytest.approx(momenta[1:], abs=1e-5 * np.abs(momenta).max())


def test_scipys_solver_finds_the_same_extremal() -> None:
    """solve_bvp, a third method: adaptive Lobatto collocation with its own mesh."""
    from scipy.integrate import solve_bvp

    from geodepth.control.geodesics.continuum.hamiltonian_system import HamiltonianSystem

    geodesic = small(1, 2, 2, 2.0)
    start = solve_geodesic(geodesic, layers=20, starts=2, progress=False)
    extremal = solve_indirect(geodesic, start, 0.1, tolerance=1e-9)
    system = HamiltonianSystem(geodesic, 0.1)
    first = geodesic.initial_representations.T.ravel()
    p = np.linspace(0, 1, 41)
    a, b, _ = extremal.sample(p)
    guess = np.concatenate([part.transpose(0, 2, 1).reshape(41, -1) for part in (a, b)], axis=1).T
    found = solve_bvp(
        lambda _, y: system.field(y.T, None).T,
        lambda y0, y1: np.concatenate([y0[: system.half] - first, system.end_residual(y1)]),
        p,
        guess * 1.01,
        tol=1e-9,
        max_nodes=20000,
    )
    assert found.success
    assert found.sol(p)[: system.half].T.reshape(41, 2, 2).transpose(0, 2, 1) == pytest.approx(a, abs=1e-7)


def test_bad_arguments() -> None:
    linear = one_neuron(1.0, 1.0, 1.0, "linear")
    start = solve_geodesic(linear, layers=4, starts=1, progress=False)
    with pytest.raises(ProblemError, match="has no kinks"):
        resolve_kinks(solve_indirect(linear, start))
    relu = one_neuron(1.0, 1.0, 1.0, "relu")
    with pytest.raises(ProblemError, match=r"smoothing is 0\.0; give a positive"):
        solve_indirect(relu, start, smoothing=0.0)
    with pytest.raises(ProblemError, match="tolerance is -1"):
        solve_indirect(relu, start, tolerance=-1)
    with pytest.raises(ProblemError, match="start has representations of shape"):
        solve_indirect(small(0, 3, 4, 2.0), start)
