"""The discrete truth: bracket, stationarity, costates, warm starts, files, and bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.control import GeodesicSolution, ProblemError, RepresentationGeodesic, check_layer_steps, solve_geodesic


@pytest.fixture(scope="module")
def teacher_solution() -> GeodesicSolution:
    from ..conftest import teacher_data

    inputs, targets = teacher_data()
    geodesic = RepresentationGeodesic(inputs, targets, width=4, effective_depth=3.0, weight_decay=1e-3)
    return solve_geodesic(geodesic, layers=20, starts=6, seed=0, progress=False)


def test_the_bracket_of_the_exact_relu_closes(teacher_solution: GeodesicSolution) -> None:
    certificate = teacher_solution.certificate
    assert certificate.bracket <= 1e-6
    # The relaxed problem's feasible set holds the exact path, so its cost lies below, up to the solver's tolerance.
    assert certificate.lower <= certificate.upper * (1 + 1e-9)
    recomputed = teacher_solution.geodesic.objective(teacher_solution.weights, teacher_solution.layer_steps)
    assert teacher_solution.cost == pytest.approx(recomputed, rel=1e-14)


def test_the_exact_path_is_stationary(teacher_solution: GeodesicSolution) -> None:
    """W_ℓ = L̃B_ℓσ(A_{ℓ−1})ᵀ with the multipliers of the exact stage; s ≤ 3e-8 moves σ(A) by √s at kinks."""
    assert teacher_solution.certificate.stationarity <= 1e-4


def test_the_landscape_counts_every_start_once(teacher_solution: GeodesicSolution) -> None:
    found = [name for minimum in teacher_solution.minima for name in minimum.found_by]
    failed = teacher_solution.statistics["failed_starts"]
    assert len(found) == len(set(found)) == 6 - failed
    assert sorted(m.cost for m in teacher_solution.minima) == [m.cost for m in teacher_solution.minima]
    # Of costs equal to within the bracket (1e-7), the best certified one is the answer.
    assert teacher_solution.cost <= teacher_solution.minima[0].cost * (1 + 1e-7)


def test_the_truth_is_never_worse_than_a_warm_start(teacher_solution: GeodesicSolution) -> None:
    """Handed better weights than its own starts find, it ends at least as low: here its own best, moved by noise."""
    geodesic = teacher_solution.geodesic
    noise = 1e-3 * np.random.default_rng(0).normal(size=teacher_solution.weights.shape)
    given = teacher_solution.weights + noise
    again = solve_geodesic(geodesic, layers=20, starts=0, warm_starts=[given], progress=False)
    assert again.cost <= geodesic.objective(given, again.layer_steps)
    # Not the same digits: the exact ReLU has clusters of minima, which differ in who sits on a kink, about 1e-4 apart.
    assert again.cost == pytest.approx(teacher_solution.cost, rel=1e-3)


def test_uneven_steps_and_zero_depth(teacher: RepresentationGeodesic) -> None:
    steps = np.array([0.1, 0.15, 0.05, 0.3, 0.2, 0.2])
    residual = RepresentationGeodesic(teacher.inputs, teacher.targets, 4, 0.0, 1e-2)
    solution = solve_geodesic(residual, layer_steps=steps, starts=3, progress=False)
    assert solution.certificate.bracket <= 1e-6
    assert solution.layer_steps == pytest.approx(steps)
    assert solution.cost == pytest.approx(residual.objective(solution.weights, steps), rel=1e-14)


def test_the_same_seed_gives_the_same_bits(teacher: RepresentationGeodesic) -> None:
    first, second = (solve_geodesic(teacher, layers=6, starts=3, seed=5, progress=False) for _ in range(2))
    np.testing.assert_array_equal(first.weights, second.weights)
    assert first.cost == second.cost


GOOD: dict[str, Any] = {
    "inputs": np.ones((2, 3)),
    "targets": np.ones((1, 3)),
    "width": 3,
    "effective_depth": 1.0,
    "weight_decay": 1e-3,
}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"layers": 1}, "layers is 1, not above effective_depth 1"),
        ({"layers": 0}, "layers is 0"),
        ({"layer_steps": [0.5, 0.2]}, "layer_steps sum to 0.7"),
        ({"layer_steps": [1.5, -0.5]}, "layer_steps has shape (2,)"),
        ({"scheme": "rk9"}, "scheme is 'rk9'"),
        ({"solver": "magic"}, "solver is 'magic'"),
        ({"starts": -1}, "starts is -1"),
        ({"starts": 0}, "starts is 0 and warm_starts is empty"),
        ({"hops": -1}, "hops is -1"),
        ({"noise": 0.0}, "noise is 0.0; give a positive number"),
        ({"noise": np.inf}, "noise is inf"),
        ({"warm_starts": [np.ones((2, 3, 3))]}, "warm_starts[0] has shape (2, 3, 3)"),
    ],
)
def test_bad_arguments_are_refused_before_any_solve(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError) as error:
        solve_geodesic(RepresentationGeodesic(**GOOD), progress=False, **({"layers": 4} | arguments))
    assert words in str(error.value)


def test_a_fully_connected_layer_is_allowed_with_steps_of_ones_own() -> None:
    geodesic = RepresentationGeodesic(**(GOOD | {"effective_depth": 2.0}))
    assert check_layer_steps(geodesic, 2, [0.5, 0.5]) == pytest.approx([0.5, 0.5])
