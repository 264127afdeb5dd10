"""The lower bound on the global optimum: closed forms that it meets, and optima that it never exceeds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, initial_weights, lower_bound, solve_geodesic
from geodepth.control.geodesics.certificate.lower_bounds.path_to_bound import PathToBound
from geodepth.control.geodesics.certificate.lower_bounds.sample_differences import layer_minimum
from geodepth.control.geodesics.certificate.lower_bounds.single_samples import largest_gains

from ...test_oracles import ONE_NEURON, one_neuron


def rotated(angle: float, growth: float, depth: float) -> RepresentationGeodesic:
    """One sample, two linear neurons, no bias: from e₁ to `growth` times e₁ turned by `angle`."""
    end = growth * np.array([[np.cos(angle)], [np.sin(angle)]])
    start = np.array([[1.0], [0.0]])
    return RepresentationGeodesic(start, end, 2, depth, 1.0, activation="linear", bias=False, endpoint="fixed")


def test_a_sample_that_grows_meets_the_bound() -> None:
    """W = (∂A + L̃A)Aᵀ/‖A‖²: ∫‖W‖² = (L̃ + log growth)², the bound itself; in discrete steps, the discrete optimum."""
    geodesic = rotated(0.0, 2.0, 1.5)
    bound = lower_bound(geodesic).value / geodesic.penalty_scale
    assert bound == pytest.approx((1.5 + np.log(2.0)) ** 2, rel=1e-6)
    solution = solve_geodesic(geodesic, layers=12, starts=2, progress=False)
    bound = lower_bound(geodesic, solution.layer_steps).value
    assert bound <= solution.cost * (1 + 1e-9)
    assert bound == pytest.approx(solution.cost, rel=1e-6)


@pytest.mark.parametrize(("angle", "growth", "depth"), [(1.0, 1.3, 2.0), (2.4, 0.8, 3.0)])
def test_a_sample_that_turns_costs_at_least_the_bound(angle: float, growth: float, depth: float) -> None:
    """Along a logarithmic spiral ∫‖W‖² = (L̃ + log growth)² + angle². The bound lets the end lie anywhere on the line
    ⟨a, y⟩ = ‖y‖²: it is the least (L̃ + log growth − log cos ψ)² + (angle − ψ)² over ψ."""
    geodesic = rotated(angle, growth, depth)
    bound = lower_bound(geodesic).value / geodesic.penalty_scale
    psi = np.linspace(0, np.pi / 2, 200_000, endpoint=False)
    relaxed = np.min((depth + np.log(growth) - np.log(np.cos(psi))) ** 2 + (angle - psi) ** 2)
    assert bound == pytest.approx(relaxed, rel=1e-5)
    assert bound <= (depth + np.log(growth)) ** 2 + angle**2


def test_two_samples_of_one_neuron_meet_the_bound() -> None:
    """Y = 2X for one linear neuron: the bias can stay zero, and the difference of the two samples tells all."""
    inputs = np.array([[0.5, 1.5]])
    geodesic = RepresentationGeodesic(inputs, 2 * inputs, 1, 2.0, 1.0, activation="linear", endpoint="fixed")
    bound = lower_bound(geodesic).value / geodesic.penalty_scale
    assert bound == pytest.approx((2.0 + np.log(2.0)) ** 2, rel=1e-6)
    solution = solve_geodesic(geodesic, layers=10, scheme="gauss", starts=2, progress=False)
    assert solution.parameter_norm == pytest.approx((2.0 + np.log(2.0)) ** 2, rel=1e-6)


@pytest.mark.parametrize(("ends", "exact"), ONE_NEURON)
def test_one_neuron_costs_at_least_the_bound(ends: tuple[float, float, float], exact: float) -> None:
    geodesic = one_neuron(*ends, "relu")
    bound = lower_bound(geodesic).single_samples / geodesic.penalty_scale
    assert bound <= exact
    if ends[1] > ends[0]:
        # ∫s² ≥ Ψ(a₁) − Ψ(a₀) with Ψ = 2L̃ log(1 + a²), tight when the path has long to go.
        assert bound >= 2 * ends[2] * np.log((1 + ends[1] ** 2) / (1 + ends[0] ** 2)) * (1 - 1e-3)


def test_the_inner_problems_are_solved_globally() -> None:
    """Closed forms of one layer against brute force on fine grids, also where the function is not convex."""
    generator = np.random.default_rng(0)
    r, phi = np.meshgrid(np.geomspace(1e-3, 30, 1200), np.linspace(0, np.pi, 700))
    t, s = np.meshgrid(np.linspace(0, 1, 700), np.linspace(0, 60, 3000))
    for _ in range(12):
        step, depth = generator.uniform(0.02, 0.4), generator.uniform(0.0, 2.5)
        leak, nu, eta = abs(1 - step * depth), generator.uniform(0.1, 20), generator.uniform(0, 20)
        brute = (r**2 - 2 * leak * r * np.cos(phi) + leak**2) / step - nu * np.log(r) - eta * phi
        found = layer_minimum(step, leak, np.array([nu]), np.array([eta]))[0]
        assert found <= brute.min() + 1e-12
        assert found == pytest.approx(brute.min(), abs=2e-3 * (1 + abs(found)))
        gains = nu / 2 * np.log(np.maximum(1 - t**2 + (leak * t + step * s) ** 2, 1e-300)) - step * s**2
        geodesic = one_neuron(1.0, 1.0, depth, "relu")
        gain = largest_gains(PathToBound(geodesic, np.array([step])), np.array([nu]))[0]
        assert gain >= gains.max() - 1e-12
        assert gain == pytest.approx(gains.max(), abs=2e-3 * (1 + abs(gain)))


def random_geodesic(generator: np.random.Generator) -> RepresentationGeodesic:
    width, samples = int(generator.integers(2, 5)), int(generator.integers(1, 7))
    settings: dict[str, Any] = {
        "activation": generator.choice(["relu", "relu", "linear"]),
        "bias": bool(generator.random() < 0.7),
        "endpoint": "penalized",
        "loss": "squared",
    }
    targets = generator.normal(size=(int(generator.integers(1, width + 1)), samples))
    if generator.random() < 0.2 and targets.shape[0] > 1:
        settings["loss"] = "cross-entropy"
        targets = np.eye(targets.shape[0])[:, generator.integers(0, targets.shape[0], samples)]
    inputs = generator.normal(size=(int(generator.integers(1, width + 1)), samples)) * generator.uniform(0.3, 3)
    depth = float(generator.uniform(0.3, 5))
    return RepresentationGeodesic(inputs, targets, width, depth, float(10 ** generator.uniform(-3, 0)), **settings)


@pytest.mark.parametrize("seed", range(10))
def test_no_optimum_that_was_found_lies_below_the_bound(seed: int) -> None:
    generator = np.random.default_rng([2405, seed])
    geodesic = random_geodesic(generator)
    steps = generator.uniform(0.5, 1.5, size=12)
    solution = solve_geodesic(geodesic, layer_steps=steps / steps.sum(), starts=3, progress=False)
    bound = lower_bound(geodesic, solution.layer_steps)
    assert 0.0 <= bound.value <= solution.cost * (1 + 1e-9)
    assert bound.value == max(bound.differences, bound.single_samples)
    assert bound.gap(solution.cost) == pytest.approx(1 - bound.value / solution.cost)


def test_no_path_at_all_lies_below_the_bound() -> None:
    """Any weights, near or far from optimal, on any steps, ρL̃ > 1 included."""
    generator = np.random.default_rng(17573)
    for _ in range(16):
        geodesic = random_geodesic(generator)
        if generator.random() < 0.2:
            geodesic = replace(geodesic, effective_depth=0.0)
        steps = generator.dirichlet(np.full(int(generator.integers(1, 8)), 2.0))
        bound = lower_bound(geodesic, steps).value
        for scale in (0.0, 0.1, 0.5, 1.0):
            weights = scale * initial_weights(geodesic, steps, generator, scale=0.3)
            assert geodesic.objective(weights, steps) >= bound


def test_the_bound_of_a_teacher_is_within_half_of_its_optimum(teacher: RepresentationGeodesic) -> None:
    """Ten times what the mean of the single samples says; of the discrete problem it tends to the continuous one's.

    Both follow the first layers in cells, of layers and of intervals of depth, and agree to a thousandth. What few
    layers can do is bounded more sharply: every one of them rounds up once.
    """
    solution = solve_geodesic(teacher, layers=20, starts=6, progress=False)
    bound = lower_bound(teacher, solution.layer_steps)
    assert bound.gap(solution.cost) < 0.5
    assert bound.value > 10 * bound.single_samples
    continuous = lower_bound(teacher).value
    bounds = [lower_bound(teacher, np.full(n, 1 / n)).value for n in (12, 25, 50, 100, 200)]
    changes = np.abs(np.diff(bounds))
    assert np.all(changes[1:] < changes[:-1])
    assert bounds[1] == pytest.approx(continuous, rel=0.02)
    assert bounds[-1] == pytest.approx(continuous, rel=1e-3)
