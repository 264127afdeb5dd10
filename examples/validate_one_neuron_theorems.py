"""The theorems where all is known: one neuron with a bias, one sample, a geodesic in closed form.

From 0.5 to 1.5 at L̃ = 3 the best path is a(p) = [a₀ sinh κ(1−p) + a₁ sinh κp]/sinh κ. On it conservation holds to
rounding, Proposition 9 holds with the factor two and fails with the printed factor one, and Proposition 1, which is
stated without a bias, fails with one.
"""

from __future__ import annotations

import numpy as np

from geodepth.validation.theory.check import Check, Status
from geodepth.validation.theory.errata import errata
from geodepth.validation.theory.one_neuron import one_neuron

START, END, DEPTH = 0.5, 1.5, 3.0


def main() -> tuple[Check, ...]:
    exact = one_neuron(START, END, DEPTH)
    energy = exact.energies
    print(f"κ = {exact.kappa:.12f}, H = {exact.hamiltonian:.12f}, ∫‖W‖² = {exact.measure @ energy.weight_norm:.12f}")
    drift = float(np.ptp(energy.hamiltonian))
    print(f"H from the momenta, over {len(exact.positions)} positions: constant to {drift:.1e}")
    least = energy.exact.cost_of_identity.min()
    print(f"−(2/L̃)H = {energy.scaled_hamiltonian[0]:.4f}, the least cost of identity = {least:.4f}")
    checks = errata()
    for check in checks:
        print(check.sentence)
    assert drift < 1e-12
    assert [check.status for check in checks] == [Status.HOLDS, Status.FAILS, Status.HOLDS, Status.FAILS]
    return checks


if __name__ == "__main__":
    main()
