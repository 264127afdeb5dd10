"""The closed form of one neuron: its equation, its ends, and that no nearby path costs less."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.foundation.numerics.one_neuron_geodesic import one_neuron_geodesic


@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize(("start", "end"), [(0.5, 1.5), (-1.0, 1.0), (1.2, -0.6), (-0.8, -0.3)])
def test_it_joins_its_ends_and_costs_less_than_its_neighbours(start: float, end: float, relu: bool) -> None:
    path = one_neuron_geodesic(start, end, 2.0, relu)
    assert path.at(np.array([0.0, 1.0]))[0] == pytest.approx([start, end], abs=1e-12)
    p, measure = path.quadrature(60)

    def norm(bump: float) -> float:
        a, v = path.at(p)
        a, v = a + bump * np.sin(np.pi * p), v + bump * np.pi * np.cos(np.pi * p)
        active = np.maximum(a, 0.0) if relu else a
        return float(measure @ ((v + 2.0 * a) ** 2 / (1.0 + active**2)))

    least = path.parameter_norm
    assert norm(0.0) == pytest.approx(least, rel=1e-12)
    assert min(norm(0.1), norm(-0.1)) > least
    # Stationary: what a bump changes falls with its square.
    assert abs(norm(1e-4) - least) < 1e-6 * max(least, 1.0)
    # H = (1/2L̃)(a'² − L̃²a²)/(1 + σ(a)²) is one number along it.
    a, v = path.at(np.linspace(0, 1, 41))
    active = np.maximum(a, 0.0) if relu else a
    energies = (v**2 - 4.0 * a**2) / (4.0 * (1.0 + active**2))
    assert np.ptp(energies) <= 1e-12 * max(1.0, float(np.abs(energies).max()))
