"""The terms of the Lagrangian along a path, in the exact geometry of K or a stable one, K + γI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Float

from .kernel import KernelGeometry


@dataclass(frozen=True, slots=True, eq=False)
class EnergyTerms:
    """The terms of the Lagrangian at Q points, in one geometry. n is L̃, or 1 for a plain ResNet (L̃ = 0).

    Attributes
    ----------
    gamma : (Q,)
        Zero for the exact geometry of K, else γ of K + γI.
    kinetic : (Q,)
        (1/2n)‖∂A‖²; like the others infinite where the exact geometry says so.
    cross : (Q,)
        (L̃/n)⟨∂A, A⟩.
    potential : (Q,)
        −(L̃²/2n)‖A‖².
    cost_of_identity : (Q,)
        ‖A‖².
    hamiltonian : (Q,)
        kinetic + potential, nan where both are infinite.
    """

    gamma: Float[np.ndarray, " Q"]
    kinetic: Float[np.ndarray, " Q"]
    cross: Float[np.ndarray, " Q"]
    potential: Float[np.ndarray, " Q"]
    cost_of_identity: Float[np.ndarray, " Q"]
    hamiltonian: Float[np.ndarray, " Q"]

    @classmethod
    def of(
        cls,
        geometries: Sequence[KernelGeometry],
        A: Float[np.ndarray, "Q w N"],
        dA: Float[np.ndarray, "Q w N"],
        depth: float,
        gamma: Float[np.ndarray, " Q"],
    ) -> EnergyTerms:
        """The terms of representations A and velocities ∂_pA (Q, w, N) at L̃ = `depth`, in the geometries K + γI."""
        scale = depth if depth > 0.0 else 1.0
        identity, speed, product = np.empty((3, len(A)))
        for point, (geometry, a, v, g) in enumerate(zip(geometries, A, dA, gamma, strict=True)):
            if g > 0.0:
                left, right = geometry.stable_coordinates(a, g), geometry.stable_coordinates(v, g)
                identity[point], speed[point], product[point] = np.sum(left**2), np.sum(right**2), np.sum(left * right)
            else:
                identity[point], speed[point] = geometry.norm_squared(a), geometry.norm_squared(v)
                product[point] = geometry.limit_of_inner(a, v)
        kinetic = 0.5 / scale * speed
        # Without leakage there is no potential, not even where ‖A‖_K is infinite.
        potential = -0.5 * depth * depth / scale * identity if depth > 0.0 else np.zeros_like(identity)
        cross = depth / scale * product if depth > 0.0 else np.zeros_like(product)
        with np.errstate(invalid="ignore"):
            hamiltonian = kinetic + potential
        return cls(gamma, kinetic, cross, potential, identity, hamiltonian)
