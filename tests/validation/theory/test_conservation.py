from __future__ import annotations

from dataclasses import replace

from geodepth.validation.theory.check import Status
from geodepth.validation.theory.conservation import balancedness, conservation
from geodepth.validation.theory.one_neuron import one_neuron


def test_balancedness_holds_with_factor_two_and_fails_with_one() -> None:
    # Trapezoids between 2001 Gauss nodes, at most 8e-4 apart, err by h^2/12 times derivatives of order 100: 1e-5.
    energy = one_neuron(0.5, 1.5, 3.0, points=2001).energies
    two, one = (balancedness(energy, 3.0, factor, tolerance=1e-5) for factor in (2.0, 1.0))
    assert two.status is Status.HOLDS
    assert one.status is Status.FAILS
    assert one.margin < -0.1
    assert "2" in two.reason


def test_conservation_on_the_exact_path_and_not_on_another() -> None:
    energy = one_neuron(0.5, 1.5, 3.0, points=2001).energies
    assert conservation(energy, 1e-10).status is Status.HOLDS
    other = replace(energy, hamiltonian=energy.hamiltonian + 0.2 * energy.positions)
    assert conservation(other, 1e-3).status is Status.FAILS
