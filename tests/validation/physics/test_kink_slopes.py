from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.kink_slopes import MOST_FOR_JACOBIAN, KinkProblem

Maker = Callable[..., RepresentationPath]


def test_both_optimizers_agree_with_each_other(make_path: Maker) -> None:
    path = make_path(samples=6, layers=5)
    on_kink = np.abs(path.representations) < 0.2 * np.sqrt(np.mean(path.representations**2))
    on_kink[[0, -1]] = False
    problem = KinkProblem(path, on_kink)
    assert problem.unknowns > 3
    exact, by_gradients = (np.linalg.norm(problem.residual(problem.solve(most))) for most in (MOST_FOR_JACOBIAN, 0))
    assert by_gradients == pytest.approx(exact, rel=1e-3)
    assert replace(path, momenta=problem.momenta(problem.solve())).stationarity == pytest.approx(exact, rel=1e-12)


def test_derivatives_against_differences(make_path: Maker) -> None:
    path = make_path(samples=4, layers=4)
    on_kink = np.abs(path.representations) < 0.5
    on_kink[[0, -1]] = False
    problem = KinkProblem(path, on_kink)
    chosen = np.random.default_rng(0).uniform(0, 1, problem.unknowns)
    jacobian, (_, gradient) = problem.jacobian(chosen), problem.value_and_gradient(chosen)
    h = 1e-6
    for k in range(problem.unknowns):
        step = h * (np.arange(problem.unknowns) == k)
        column = (problem.residual(chosen + step) - problem.residual(chosen - step)).ravel() / (2 * h)
        # Differences of numbers of order one: eps/h = 1e-10, times the size of the residual.
        np.testing.assert_allclose(jacobian[:, k], column, atol=1e-8 * np.abs(jacobian).max())
        assert gradient[k] == pytest.approx(problem.residual(chosen).ravel() @ jacobian[:, k], rel=1e-10, abs=1e-12)
