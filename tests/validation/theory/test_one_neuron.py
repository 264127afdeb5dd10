from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.physics.path_energies import energies_at_points
from geodepth.validation.theory.one_neuron import one_neuron

# The references are printed to 13 digits; the last path crosses the kink.
ORACLES = [
    (0.5, 1.5, 3.0, 6.644519613659), (1.0, 1.0, 4.0, 5.244109739495), (2.0, 0.2, 2.0, 0.016201142255),
    (-1.0, 1.0, 3.0, 4.761438527145),
]  # fmt: skip


@pytest.mark.parametrize(("start", "end", "depth", "norm"), ORACLES)
def test_one_neuron_has_its_closed_forms(start: float, end: float, depth: float, norm: float) -> None:
    exact = one_neuron(start, end, depth, points=40)
    a, v, b, energy = exact.activation, exact.velocity, exact.momentum, exact.energies
    active, K = np.maximum(a, 0.0), 1 + np.maximum(a, 0.0) ** 2
    near: Any = {"rtol": 1e-10, "atol": 1e-12}  # kappa is known to 1e-15, and the rest is a dozen roundings
    np.testing.assert_allclose(energy.exact.kinetic, v**2 / K / (2 * depth), **near)
    np.testing.assert_allclose(energy.exact.cross, v * a / K, **near)
    np.testing.assert_allclose(energy.exact.potential, -depth / 2 * a**2 / K, **near)
    np.testing.assert_allclose(energy.exact.cost_of_identity, a**2 / K, **near)
    H = (exact.kappa**2 - depth**2) / (2 * depth)
    for measured in (energy.hamiltonian, energy.exact.hamiltonian):
        np.testing.assert_allclose(measured, H, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(energy.scaled_hamiltonian, 1 - exact.kappa**2 / depth**2, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(energy.momentum, np.abs(b), **near)
    np.testing.assert_allclose(energy.momentum_activation, np.abs(b) * np.sqrt(K), **near)
    np.testing.assert_allclose(energy.relative.cost_of_identity, a**2 / (K * (1 + 1e-4)), **near)
    np.testing.assert_allclose(energy.weight_norm, (v + depth * a) ** 2 / K, **near)
    np.testing.assert_allclose(energy.bias_norm, (depth * b) ** 2, **near)
    assert exact.measure @ energy.weight_norm == pytest.approx(norm, rel=1e-10)
    # The least weights that do it cost the same: (1/2L)||La + a'||^2 = kinetic + cross - potential.
    total = energy.exact.kinetic + energy.exact.cross - energy.exact.potential
    np.testing.assert_allclose(total, energy.weight_norm / (2 * depth), **near)
    # The momenta obey their own equation, -b' = [a > 0] w b - L b with w = L b a, across the kink too.
    for side in (a > 0, a < 0):
        if side.any():
            p, inside = exact.positions[side], b[side]
            slope = np.polynomial.Legendre.fit(p, inside, 25).deriv()(p)
            np.testing.assert_allclose(-slope, depth * (inside * active[side] * (a[side] > 0) - 1) * inside, rtol=1e-6)


def test_path_length_of_one_neuron() -> None:
    # From 0.5 to 1.5 at depth 1/2 the way is monotone, so its length is 1; K-length is asinh(1.5) - asinh(0.5).
    exact = one_neuron(0.5, 1.5, 0.5, points=40)
    assert (exact.velocity > 0).all()
    shape = (-1, 1, 1)
    energy = energies_at_points(
        exact.positions, exact.measure, exact.activation.reshape(shape), exact.velocity.reshape(shape),
        exact.momentum.reshape(shape), 0.5, gamma=3.0,
    )  # fmt: skip
    assert energy.path_length == pytest.approx(1.0, rel=1e-12)
    assert energy.kernel_length == pytest.approx(np.arcsinh(1.5) - np.arcsinh(0.5), rel=1e-10)
    # With K + 3 the integrand is a'/sqrt(4 + a^2).
    assert energy.stable_length == pytest.approx(np.arcsinh(0.75) - np.arcsinh(0.25), rel=1e-10)


@pytest.mark.parametrize(("ends", "message"), [((1.0, -1.0), "start is 1.0"), ((0.0, 1.0), "start is 0")])
def test_ends_without_a_path_of_this_form_are_refused(ends: tuple[float, float], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        one_neuron(*ends, 0.5)
