"""Norms in the geometry of K = σ(A)ᵀσ(A), exact and stable, from one singular value decomposition of σ(A)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Float

RANK_TOLERANCE = 1e-10
"""Singular values of σ(A) below this share of the largest count as zero.

A singular vector of relative value s is only known to eps/s, 2e-6 at this cut. A smaller one would let rounding decide
what is finite.
"""
SUPPORT_TOLERANCE = 1e-7
"""A matrix is outside the image of K when this share of its norm is: rounding of a projection stays below it."""


@dataclass(frozen=True, slots=True, eq=False)
class KernelGeometry:
    """The geometry of K = σ(A)ᵀσ(A) at one point of a path, from σ(A) = U diag(s) Vᵀ.

    Attributes
    ----------
    singular_values : (r,)
        s, r = min(c, N).
    directions : (r, N)
        Vᵀ.
    rank : int
        How many of the singular values count as more than zero.

    Notes
    -----
    For M (rows, N), ‖M‖²_K = Tr[M K⁺ Mᵀ] is infinite where a row of M leaves the image of K, and
    ‖M‖²_{K+γI} = Tr[M (K+γI)⁻¹ Mᵀ].
    Source: Jacot and Kaiser, arXiv:2405.17573, the Lagrangian reformulation.
    """

    singular_values: Float[np.ndarray, " r"]
    directions: Float[np.ndarray, "r N"]
    rank: int

    @classmethod
    def of(cls, features: Float[np.ndarray, "c N"]) -> KernelGeometry:
        """The geometry of σ(A), given as features (c, N)."""
        _, values, directions = np.linalg.svd(features, full_matrices=False)
        rank = int(np.sum(values > RANK_TOLERANCE * values[0])) if values[0] > 0.0 else 0
        return cls(values, directions, rank)

    @property
    def operator_norm(self) -> float:
        """‖σ(A)‖_op."""
        return float(self.singular_values[0])

    def coordinates(self, matrix: Float[np.ndarray, "rows N"]) -> Float[np.ndarray, "rows rank"]:
        """M σ(A)⁺ up to a rotation of its columns: M V diag(1/s), whose Frobenius product is that of K⁺."""
        kept = slice(self.rank)
        return np.asarray((matrix @ self.directions[kept].T) / self.singular_values[kept])

    def outside(self, matrix: Float[np.ndarray, "rows N"]) -> Float[np.ndarray, "rows N"]:
        """What of M lies outside the image of K: zero exactly where it is within rounding."""
        basis = self.directions[: self.rank]
        rest = matrix - (matrix @ basis.T) @ basis
        if np.linalg.norm(rest) <= SUPPORT_TOLERANCE * np.linalg.norm(matrix):
            return np.zeros_like(matrix)
        return np.asarray(rest)

    def norm_squared(self, matrix: Float[np.ndarray, "rows N"]) -> float:
        """‖M‖²_K, which may be infinite."""
        return float("inf") if self.outside(matrix).any() else float(np.sum(self.coordinates(matrix) ** 2))

    def inner(self, left: Float[np.ndarray, "rows N"], right: Float[np.ndarray, "rows N"]) -> float:
        """⟨M, M'⟩_K = Tr[M K⁺ M'ᵀ], which is finite as soon as one of the two lies in the image of K."""
        return float(np.sum(self.coordinates(left) * self.coordinates(right)))

    def limit_of_inner(self, left: Float[np.ndarray, "rows N"], right: Float[np.ndarray, "rows N"]) -> float:
        """⟨M, M'⟩ as the limit γ → 0 of its stable form: infinite where both leave the image of K together."""
        overlap = float(np.sum(self.outside(left) * self.outside(right)))
        return self.inner(left, right) if overlap == 0.0 else float(np.copysign(np.inf, overlap))

    def stable_coordinates(self, matrix: Float[np.ndarray, "rows N"], gamma: float) -> Float[np.ndarray, "rows r+N"]:
        """M (K+γI)^{-1/2} up to a rotation of its columns, γ > 0."""
        along = matrix @ self.directions.T
        rest = matrix - along @ self.directions
        return np.concatenate([along / np.sqrt(self.singular_values**2 + gamma), rest / np.sqrt(gamma)], axis=1)
