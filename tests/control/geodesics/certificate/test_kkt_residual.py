"""The KKT residual by CasADi: small at an optimum, with a fixed end too, and large elsewhere."""

from __future__ import annotations

import numpy as np

from geodepth.control import solve_geodesic
from geodepth.control.geodesics.certificate.kkt_residual import kkt_residual
from geodepth.control.geodesics.statement.network_path import NetworkPath

from ..test_oracles import one_neuron
from .test_geodesic_certificate import small


def test_weights_that_are_not_optimal_have_a_residual() -> None:
    geodesic = small()
    solution = solve_geodesic(geodesic, layers=8, starts=3, progress=False)
    steps = solution.layer_steps
    moved = solution.weights * 1.001
    residual = kkt_residual(NetworkPath.of_weights(geodesic, steps, moved))
    assert residual > 1e-5
    # Momenta with a wrong multiplier are noticed too.
    wrong = solution.momenta.copy()
    wrong[4, 0, 0] += 1e-2 * np.abs(wrong).max()
    assert kkt_residual(NetworkPath(geodesic, steps, solution.weights, solution.representations, wrong)) > 1e-4


def test_fixed_ends_meet_the_kkt_conditions_too() -> None:
    solution = solve_geodesic(one_neuron(0.5, 1.5, 3.0, "relu"), layers=8, starts=3, progress=False)
    assert solution.certificate.kkt is not None
    assert solution.certificate.kkt <= 1e-7
    assert solution.certificate.global_lower is not None
    assert 0 < solution.certificate.global_lower <= solution.cost * (1 + 1e-9)
