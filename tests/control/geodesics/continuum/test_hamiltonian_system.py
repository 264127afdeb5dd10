"""The Hamiltonian system where inputs rest on the kink: the gate, and the Jacobian against differences."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control.geodesics.continuum.hamiltonian_system import RESTING, HamiltonianSystem, complex_step

from .indirect.test_solve_indirect import small


def test_the_gate_keeps_the_speed_of_what_rests_at_zero() -> None:
    """Two samples of one neuron and one of another rest: d/dp of Wσ(A) − L̃A vanishes there, along the whole flow."""
    geodesic = small(0, 3, 4, 2.0)
    system = HamiltonianSystem(geodesic, 0.0)
    generator = np.random.default_rng(1)
    y = generator.normal(size=(2, 2 * system.half))
    sides = (system.split(y)[0] > 0).astype(np.int8)
    for sample, neuron in ((0, 1), (2, 1), (3, 2)):
        sides[:, sample, neuron] = RESTING
        y[:, sample * geodesic.width + neuron] = 0.0
    field = system.field(y, sides)
    change = complex_step(lambda rows: system.speeds(rows, sides).reshape(2, -1), y)
    along = np.einsum("prs,ps->pr", change, field).reshape(sides.shape)
    # Where it rests, to the roundings of sums of terms of size up to 1e3; elsewhere it is not small.
    assert np.abs(along[sides == RESTING]).max() <= 1e-10
    assert np.abs(along[sides != RESTING]).min() > 1e-3


def test_the_jacobian_is_that_of_the_field_where_inputs_rest() -> None:
    geodesic = small(0, 2, 3, 1.5)
    system = HamiltonianSystem(geodesic, 0.0)
    y = np.random.default_rng(2).normal(size=(1, 2 * system.half))
    sides = (system.split(y)[0] > 0).astype(np.int8)
    sides[0, 1, 0] = RESTING
    jacobian = system.jacobian(y, sides)[0]
    for j in range(y.size):
        step = np.zeros_like(y)
        step[0, j] = 1e-6
        difference = (system.field(y + step, sides) - system.field(y - step, sides))[0] / 2e-6
        assert jacobian[:, j] == pytest.approx(difference, rel=1e-6, abs=1e-6 * np.abs(jacobian).max())
