"""Theorem 4: what the Hamiltonian says of the cost of identity and of the speed, as bounds with both sides evaluated.

Source: Jacot and Kaiser, arXiv:2405.17573, Theorem 4.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from geodepth.validation.argument_checks import check_number
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.kernel import KernelGeometry
from geodepth.validation.physics.path_energies import compute_energies

from .check import Check, Statement, Status

STATIONARY = 1e-2
"""Relative residual up to which a path counts as stationary; chosen by hand. The theorem is exact at residual 0."""


def theorem_4(path: RepresentationPath, gamma: float | None = None) -> tuple[Check, Check]:
    """Check both inequalities of Theorem 4, with −(2/L̃)H paired to each layer as the network does.

    Parameters
    ----------
    path : RepresentationPath
    gamma : float, optional
        γ, by default the one that makes (1) tightest.

    Returns
    -------
    first, second : Check
        Each lists first the lower, then the upper bounds as left ≤ right. Not applicable for L̃ = 0, or where the path
        is not stationary (give it settled momenta, see `settle_momenta`).

    Raises
    ------
    ValidationError
        γ ≤ 0.

    Notes
    -----
    With c ≥ ‖B_p‖² along the path and ℓ = ∫‖∂_pA‖_{K+γI}dp:

    (1)  −(ℓ/L̃ + √(γc))² ≤ −(2/L̃)H − min_p‖A_p‖²_{K+γI} ≤ γc,
    (2)  −L̃√(γc) ≤ ‖∂_pA‖_{K+γI} − L̃√(‖A_p‖²_{K+γI} + (2/L̃)H) ≤ 2L̃√(γc) at every p.

    On a discrete network H drifts with the step size. (1) takes it at the layer where the proof does: at the least
    ‖∂_pA‖ for the lower bound, at the least ‖A‖ for the upper.
    """
    first = Statement("Theorem 4, first", "−(ℓ/L̃ + √(γc))² ≤ −(2/L̃)H − min‖A‖² ≤ γc")
    second = Statement("Theorem 4, second", "−L̃√(γc) ≤ ‖∂A‖ − L̃√(‖A‖² + (2/L̃)H) ≤ 2L̃√(γc)")
    reason = ""
    if path.effective_depth == 0.0:
        reason = "it needs L̃ > 0"
    elif path.stationarity > STATIONARY:
        reason = f"the path is not stationary (residual {path.stationarity:.2g})"
    if reason:
        return first.not_applicable(reason), second.not_applicable(reason)
    chosen = best_gamma(path) if gamma is None else check_number("gamma", gamma, positive=True)
    energy = compute_energies(path, gamma=chosen)
    depth, identity = path.effective_depth, energy.constant.cost_of_identity
    speed = np.sqrt(2.0 * depth * energy.constant.kinetic)
    slack = np.sqrt(chosen) * float(energy.momentum.max())  # √(γc)
    scaled = energy.scaled_hamiltonian
    slowest, least = int(np.argmin(speed)), int(np.argmin(identity))
    lower = -((energy.stable_length / depth + slack) ** 2)
    # ∂A/L̃ = BK − A + Eσ(A)/L̃ with the residual E = W − L̃Bσ(A)ᵀ, and ‖Eσ(A)‖_{K+γI} ≤ ‖E‖: by so much do norms of the
    # velocity differ from those of the theorem, and by 2·reach + error times it their squares.
    error = float(np.sqrt(np.sum((path.weights - path.stationary_weights) ** 2, axis=(1, 2)).max())) / depth
    reach = float(speed.max()) / depth + slack
    rounding = 1e-12 * float(max(identity.max(), np.abs(scaled).max(), 1.0))
    note = f"γ = {chosen:.3g}, c = {energy.momentum.max() ** 2:.3g}, ℓ/L̃ = {energy.stable_length / depth:.3g}"
    root = np.sqrt(np.maximum(identity - scaled, 0.0))
    difference = speed - depth * root
    return (
        first.inequality(
            np.array([lower, scaled[least] - identity[least]]),
            np.array([scaled[slowest] - identity[least], slack**2]),
            error * (2.0 * reach + error) + rounding,
            note,
        ),
        second.inequality(
            np.concatenate([np.full_like(speed, -depth * slack), difference]),
            np.concatenate([difference, np.full_like(speed, 2.0 * depth * slack)]),
            depth * (error + np.sqrt(rounding)),
            note,
        ),
    )


def best_gamma(path: RepresentationPath) -> float:
    """Find the γ among 40 that makes Theorem 4's first bounds tightest: least γc + (ℓ/L̃ + √(γc))²."""
    geometries = [KernelGeometry.of(matrix) for matrix in path.features[:-1]]
    scale = float(np.median([geometry.operator_norm**2 for geometry in geometries])) or 1.0
    candidates = scale * np.logspace(-9, 1, 40)
    lengths = np.zeros(len(candidates))
    for layer, geometry in enumerate(geometries):
        change = path.representations[layer + 1] - path.representations[layer]  # ρ ∂_pA
        along = np.sum((change @ geometry.directions.T) ** 2, axis=0)
        rest = max(float(np.sum(change**2) - np.sum(along)), 0.0)
        spread = geometry.singular_values**2 + candidates[:, None]
        lengths += np.sqrt(np.sum(along / spread, axis=1) + rest / candidates)
    slack = np.sqrt(candidates) * float(np.sqrt(np.sum(path.momenta[1:] ** 2, axis=(1, 2)).max()))
    return float(candidates[np.argmin(slack**2 + (lengths / path.momentum_factor + slack) ** 2)])


def theorem_table(paths: Sequence[RepresentationPath]) -> list[dict[str, Any]]:
    """Tell how large L̃ must be before Theorem 4 is informative.

    Returns
    -------
    list of dict
        One row per path, by L̃. "estimate" is −(2/L̃)H, median over p. "least_cost_of_identity" is the least stable cost
        of identity. "width" is the gap between the bounds of the first inequality around it. "informative" says that
        it is below one, so that it can tell two ranks apart.

    Raises
    ------
    ValidationError
        L̃ = 0 in one of the paths.
    """
    rows: list[dict[str, Any]] = []
    for path in sorted(paths, key=lambda path: path.effective_depth):
        if path.effective_depth == 0.0:
            raise ValidationError("effective_depth is 0 in one path; Theorem 4 needs L̃ > 0")
        gamma = best_gamma(path)
        energy = compute_energies(path, gamma=gamma)
        slack = np.sqrt(gamma) * float(energy.momentum.max())
        width = float(slack**2 + (energy.stable_length / path.effective_depth + slack) ** 2)
        rows.append(
            {
                "label": path.label,
                "effective_depth": path.effective_depth,
                "gamma": gamma,
                "estimate": float(np.median(energy.scaled_hamiltonian)),
                "least_cost_of_identity": float(energy.constant.cost_of_identity.min()),
                "width": width,
                "informative": width < 1.0,
                "stationarity": path.stationarity,
                "holds": all(check.status is not Status.FAILS for check in theorem_4(path, gamma)),
            }
        )
    return rows
