"""The geodesic as an optimal-control problem: its costates are momenta, and its objective is the network's."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import (
    Mesh,
    MultipleShooting,
    RepresentationGeodesic,
    homotopy,
    initial_weights,
    smoothed_problem,
    stationarity_residual,
)


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
