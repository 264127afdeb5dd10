"""Extremals of the exact ReLU whose inputs rest on the kink: the gate, the invariants, and the networks they are of."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import Extremal, GeodesicSolution, resolve_kinks, solve_geodesic, solve_indirect
from geodepth.control.geodesics.continuum.exact_path import exact_path
from geodepth.control.geodesics.continuum.hamiltonian_system import RESTING, HamiltonianSystem
from geodepth.control.geodesics.continuum.indirect.collocated_path import Crossing
from geodepth.control.geodesics.continuum.indirect.rests import Rest, limiting_rests

from .test_solve_indirect import small


@pytest.fixture(scope="module")
def smoothed() -> dict[int, Extremal]:
    """Four of eight random problems whose paths rest: to the end in 0, 1 and 3, twice in between in 5."""
    found = {}
    for seed in (0, 1, 3, 5):
        geodesic = small(seed, 3, 3, 1.5)
        start = solve_geodesic(geodesic, layers=20, starts=4, seed=seed, progress=False)
        found[seed] = solve_indirect(geodesic, start, smoothing=0.003, tolerance=1e-7)
    return found


@pytest.fixture(scope="module")
def resting(smoothed: dict[int, Extremal]) -> dict[int, Extremal]:
    return {seed: resolve_kinks(extremal, tolerance=1e-8) for seed, extremal in smoothed.items()}


def networks(extremal: Extremal, layers: tuple[int, ...]) -> list[GeodesicSolution]:
    """Networks that are next to an extremal, each at its own optimum."""
    found = []
    for count in layers:
        middles = extremal.sample((np.arange(count) + 0.5) / count)[2]
        found.append(solve_geodesic(extremal.geodesic, layers=count, starts=0, warm_starts=[middles], progress=False))
    return found


@pytest.mark.parametrize("seed", [0, 1, 3, 5])
def test_paths_that_rest_on_the_kink_are_extremals(resting: dict[int, Extremal], seed: int) -> None:
    path = resting[seed]
    assert path.converged
    assert path.drift <= 1e-8
    assert len(path.rests) == (2 if seed == 5 else 1)
    for rest in path.rests:
        assert (rest.end == 1.0) == (seed != 5)
        inside = np.linspace(rest.start, rest.end, 101)[1:-1]
        gates = path.gates(inside)[:, rest.neuron, rest.sample]
        assert gates.min() >= 0
        assert gates.max() <= 1
        assert np.abs(path.sample(inside)[0][:, rest.neuron, rest.sample]).max() <= 1e-12
        # Raising the activation raises the cost there, so that the kink is a valley: the path stays in it.
        _, momenta, weights = path.sample(inside)
        pulls = np.einsum("mj,mj->m", weights[:, :, rest.neuron], momenta[:, :, rest.sample])
        assert pulls.max() < 0
    # What the two conditions at the entry imply at the exit, and the end condition that was exchanged for A = 0.
    system = HamiltonianSystem(path.geodesic, 0.0)
    at = path.collocated
    assert at.sides is not None
    held = at.sides == RESTING
    assert np.abs(system.speeds(at.nodes[1:], at.sides)[held]).max() <= 1e-8
    assert np.abs(system.end_residual(at.nodes[-1])).max() <= 1e-8


@pytest.mark.parametrize("seed", [3, 5])
def test_they_are_the_limit_of_networks_and_of_smoothed_paths(
    resting: dict[int, Extremal], smoothed: dict[int, Extremal], seed: int
) -> None:
    path = resting[seed]
    solutions = networks(path, (50, 100, 200))
    costs = np.array([s.cost for s in solutions])
    once = 2 * costs[1:] - costs[:-1]
    # Two extrapolations leave 1/L³ and the jumps of the number of kinks: measured 4e-7 and 2e-6.
    assert (4 * once[1] - once[0]) / 3 == pytest.approx(path.cost, rel=1e-5)
    # Inputs rest in as many layers as they rest for: one more or less for each end.
    resting_layers = solutions[-1].layer_steps.size * sum(r.end - r.start for r in path.rests)
    kinks = np.abs(solutions[-1].representations[:-1]) <= 1e-9
    # A neuron that does nothing lies on the kink everywhere, and counts for nothing.
    count = kinks[:, ~kinks.all(axis=(0, 2))].sum()
    assert count == pytest.approx(resting_layers, abs=4)
    # A rest costs the smoothed ReLU an error of order ε, as its σ(0) = ε/2 says; a crossing only ε² log ε.
    epsilons = np.array([0.003, 0.001])
    sharper = solve_indirect(path.geodesic, smoothed[seed], epsilons[1], tolerance=1e-5)
    gaps = np.array([smoothed[seed].cost, sharper.cost]) - path.cost
    assert np.polyfit(np.log(epsilons), np.log(gaps), 1)[0] == pytest.approx(1.0, abs=0.15)


def test_multipliers_of_networks_kinks_converge_to_the_gate(resting: dict[int, Extremal]) -> None:
    path = resting[3]
    (rest,) = path.rests
    errors = []
    for solution in networks(path, (50, 100)):
        count, momenta = solution.layer_steps.size, solution.momenta
        leak, layers = 1 - path.geodesic.effective_depth / count, np.arange(count)
        inside = layers[(layers / count > rest.start + 0.05) & (layers / count < 0.95)]
        pulls = np.einsum("mj,mj->m", solution.weights[inside, :, rest.neuron], momenta[inside + 1, :, rest.sample])
        change = momenta[inside, rest.neuron, rest.sample] - leak * momenta[inside + 1, rest.neuron, rest.sample]
        gates = path.gates(inside / count)[:, rest.neuron, rest.sample]
        errors.append(float(np.abs(change * count / pulls - gates).max()))
    assert errors[1] <= 0.05
    assert errors[0] / errors[1] == pytest.approx(2.0, abs=0.5)


def test_events_say_what_happens_there(resting: dict[int, Extremal]) -> None:
    kinds = [crossing.kind for crossing in resting[5].crossings]
    assert kinds == ["crossing", "entry", "exit", "entry", "exit"]
    first, last = resting[5].crossings[1:3]
    assert isinstance(first, Crossing)
    assert (resting[5].rests[0].start, resting[5].rests[0].end) == (first.position, last.position)


def test_the_path_with_named_dimensions_and_as_a_figure(resting: dict[int, Extremal]) -> None:
    path = resting[5]
    dataset = path.to_xarray()
    assert dict(dataset.sizes) == {"p": path.positions.size, "neuron": 3, "sample": 3, "column": 4}
    assert np.array_equal(dataset["momentum"].sel(sample=1).values, path.momenta[:, :, 1])
    assert dataset.attrs["cost"] == path.cost
    figure = path.plot()
    assert len(figure.axes) == 3
    # Grey bands where inputs rest.
    assert len(figure.axes[0].patches) == len(path.rests)
    drawn = figure.axes[2].lines[0].get_ydata()
    assert np.ptp(np.asarray(drawn)) == pytest.approx(np.ptp(path.energies) / abs(path.energy), rel=1e-6)


def test_ends_of_rests_are_extrapolated_in_the_root_of_the_smoothing() -> None:
    epsilons = (4e-4, 1e-4)  # roots 0.02 and 0.01
    coarse = [Rest(0, 1, 0.3 - 0.02, 0.6 + 0.04), Rest(1, 1, 0.5 - 0.02, 0.5 + 0.02), Rest(2, 0, 0.0, 1.0)]
    sharp = [Rest(0, 1, 0.3 - 0.01, 0.6 + 0.02), Rest(1, 1, 0.5 - 0.01, 0.5 + 0.01), Rest(2, 0, 0.0, 1.0)]
    found = limiting_rests(coarse, sharp, epsilons)
    # The second only touches the kink.
    assert [(rest.neuron, rest.sample) for rest in found] == [(0, 1), (2, 0)]
    assert [found[0].start, found[0].end] == pytest.approx([0.3, 0.6])
    assert (found[1].start, found[1].end) == (0.0, 1.0)


def test_what_does_not_rest_after_all_is_let_go() -> None:
    """Newton's method settles with a gate far above one next to p = 0; without that rest it is an extremal."""
    geodesic = small(2, 3, 6, 2.0)
    start = solve_geodesic(geodesic, layers=20, starts=4, seed=2, progress=False)
    # From a smoothed path it depends on the last bit whether all rests are found; from networks it does not.
    path = exact_path(geodesic, start.layer_steps, start.weights).extremal
    assert path is not None
    assert path.converged
    assert path.drift <= 1e-8
    assert len(path.rests) == 3
    gates = path.gates(np.linspace(0, 1, 401))
    assert gates.min() >= 0
    assert gates.max() <= 1
