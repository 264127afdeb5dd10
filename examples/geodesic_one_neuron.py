"""One neuron: the geodesic that is known in closed form.

With one neuron, one sample and a bias, the minimum-norm path from a₀ to a₁ satisfies a'' = κ²a, so
a(p) = [a₀ sinh κ(1−p) + a₁ sinh κp]/sinh κ. We solve it numerically on finer and finer meshes and watch the error of
its norm fall with the fourth power of the step.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from geodepth.control import RepresentationGeodesic, solve_geodesic

START, END, DEPTH = 0.5, 1.5, 3.0


def closed_form() -> tuple[float, float]:
    """κ and ∫‖W‖²dp of the exact path."""

    def condition(kappa: float) -> float:
        mixed = START**2 + END**2 - 2 * START * END * np.cosh(kappa)
        return float(kappa**2 * mixed / np.sinh(kappa) ** 2 - kappa**2 + DEPTH**2)

    kappa = float(brentq(condition, 0.5, 10.0, xtol=1e-15))
    p = np.polynomial.legendre.leggauss(60)
    positions, weights = (p[0] + 1) / 2, p[1] / 2
    path = (START * np.sinh(kappa * (1 - positions)) + END * np.sinh(kappa * positions)) / np.sinh(kappa)
    slope = kappa * (END * np.cosh(kappa * positions) - START * np.cosh(kappa * (1 - positions))) / np.sinh(kappa)
    return kappa, float(np.sum(weights * (slope + DEPTH * path) ** 2 / (1 + path**2)))


def main() -> list[float]:
    kappa, exact = closed_form()
    print(f"closed form: κ = {kappa:.12f}, ∫‖W‖² = {exact:.12f}")
    neuron = RepresentationGeodesic(
        inputs=np.array([[START]]),
        targets=np.array([[END]]),
        width=1,
        effective_depth=DEPTH,
        weight_decay=1.0,
        activation="linear",  # the path stays positive, where ReLU is linear
        endpoint="fixed",
    )
    errors = []
    for layers in (10, 20, 40, 80):
        solution = solve_geodesic(neuron, layers=layers, scheme="rk4", starts=1, tolerance=1e-11, progress=False)
        errors.append(abs(solution.parameter_norm / exact - 1))
        ratio = f", {errors[-2] / errors[-1]:.1f} times less" if len(errors) > 1 else ""
        print(f"{layers:3} intervals: ∫‖W‖² = {solution.parameter_norm:.12f}, relative error {errors[-1]:.1e}{ratio}")
    return errors


if __name__ == "__main__":
    main()
