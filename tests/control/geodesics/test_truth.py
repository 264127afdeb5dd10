"""The discrete truth: bracket, stationarity, costates, warm starts, files, and bad input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    GeodesicSolution,
    Mesh,
    MultipleShooting,
    ProblemError,
    RepresentationGeodesic,
    check_layer_steps,
    homotopy,
    initial_weights,
    smoothed_problem,
    solve_geodesic,
    stationarity_residual,
)


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


def test_costates_of_the_smoothed_problem_are_its_momenta(teacher: RepresentationGeodesic) -> None:
    """The generic optimizer on the geodesic: costates are −B, weights are L̃Bσ(A)ᵀ, the last costate is the gradient."""
    steps, smoothings = np.full(20, 0.05), (0.1, 0.03)
    weights = initial_weights(teacher, steps, np.random.default_rng(3))
    path = teacher.propagate(weights, steps, smoothings[0])
    problem = smoothed_problem(teacher)
    guess = {name: path.transpose(0, 2, 1).reshape(21, -1)[:, i] for i, name in enumerate(problem.states)}
    guess |= {name: weights.transpose(0, 2, 1).reshape(20, -1)[:, i] for i, name in enumerate(problem.controls)}
    schedule = [{"smoothing": e} for e in smoothings]
    solution = homotopy(
        problem, schedule, MultipleShooting("euler"), Mesh.uniform(20), "ipopt", tolerance=1e-11, guess=guess
    )[-1]
    found = solution.states.reshape(21, 8, 4).transpose(0, 2, 1)
    optimal = solution.controls.reshape(20, 5, 4).transpose(0, 2, 1)
    momenta = -solution.costates.reshape(21, 8, 4).transpose(0, 2, 1)
    assert momenta[-1] == pytest.approx(teacher.final_momentum(found[-1]), abs=1e-10)
    assert stationarity_residual(teacher, optimal, found, momenta, smoothings[-1]) <= 1e-6
    adjoint = teacher.momenta(optimal, found, steps, smoothings[-1])
    assert momenta == pytest.approx(adjoint, abs=1e-6 * np.abs(adjoint).max())


def test_the_objective_of_the_program_is_the_networks(teacher: RepresentationGeodesic) -> None:
    """J/λ of the transcribed problem equals J of the network, smoothed alike, whatever the weights and steps."""
    steps = np.array([0.2, 0.5, 0.3])
    weights = initial_weights(teacher, steps, np.random.default_rng(0))
    transcription = MultipleShooting("euler").transcribe(smoothed_problem(teacher), Mesh.from_steps(steps))
    import casadi as ca

    evaluate = ca.Function(
        "f", [transcription.variables, transcription.parameters], [transcription.objective, transcription.constraints]
    )
    path = teacher.propagate(weights, steps, 0.05)
    variables = transcription.layout.join(
        path.transpose(0, 2, 1).reshape(4, -1), np.zeros((4, 0)), weights.transpose(0, 2, 1).reshape(3, 1, -1)
    )
    objective, defects = evaluate(variables, transcription.parameter_values({"smoothing": 0.05}))
    assert float(objective) * 1e-3 == pytest.approx(teacher.objective(weights, steps, 0.05), rel=1e-13)
    assert np.abs(np.array(defects)).max() < 1e-12


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


def test_save_and_load_give_the_same_geodesic(teacher_solution: GeodesicSolution, tmp_path: Path) -> None:
    loaded = GeodesicSolution.load(teacher_solution.save(tmp_path / "truth.npz"))
    for name in ("representations", "weights", "momenta", "layer_steps"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(teacher_solution, name))
    assert loaded.geodesic.digest() == teacher_solution.geodesic.digest()
    assert [m.found_by for m in loaded.minima] == [m.found_by for m in teacher_solution.minima]
    assert loaded.certificate == teacher_solution.certificate


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
    ("change", "words"),
    [
        ({"inputs": np.array([[1.0, np.nan, 0.0]])}, "inputs holds 1 entries that are NaN"),
        ({"inputs": np.ones((2, 4))}, "inputs hold 4 samples and targets 3"),
        ({"inputs": "data"}, "inputs"),
        ({"inputs": np.zeros((0, 3))}, "inputs has shape (0, 3)"),
        ({"width": 1}, "width is 1, smaller than the 2 rows of inputs"),
        ({"width": 2.5}, "width is 2.5"),
        ({"effective_depth": -1.0}, "effective_depth is -1.0"),
        ({"weight_decay": -1e-3}, "weight_decay is -0.001"),
        ({"weight_decay": 0.0}, "weight_decay is 0.0; give a finite number above 0"),
        ({"activation": "sine"}, "activation is 'sine'"),
        ({"endpoint": "open"}, "endpoint is 'open'"),
        ({"embedding": np.ones((3, 3))}, "embedding has shape (3, 3); it must be (3, 2)"),
    ],
)
def test_bad_problems_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError) as error:
        RepresentationGeodesic(**(GOOD | change))
    assert words in str(error.value)
    assert "\n" not in str(error.value)


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
