"""What the paper's figures need of one path: a row of numbers, and curves along p."""

from typing import Any

import numpy as np

from geodepth.validation.data.dataset import Dataset
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.path_energies import Energies, compute_energies
from geodepth.validation.physics.phases import find_phases
from geodepth.validation.theory.theorem_four import best_gamma

MOST_VALUES = 40
"""Singular values kept of each matrix, the largest."""


def measure_path(path: RepresentationPath, data: Dataset | None = None) -> dict[str, Any]:
    """Measure a path: one row of pure numbers.

    Parameters
    ----------
    path : RepresentationPath
        The path.
    data : Dataset, optional
        Its held-out part gives the test error.

    Returns
    -------
    dict
        cost, fit, penalty, test_error
            J, its two terms, and the error on held-out data.
        residual
            Of W = L̃Bσ(A)ᵀ, relative.
        hamiltonian, hamiltonian_min, hamiltonian_max
            −(2/L̃)H from the momenta: median, least and largest over p.
        stable, stable_min, stable_max
            The same from A and ∂_pA in the geometry of K + γ_pI.
        least_cost_of_identity
            Stable, the least over p.
        path_length, kernel_length
            ∫‖∂_pA‖dp, and the same in the constant geometry.
        momentum, momentum_activation, final_momentum
            The largest ‖B‖ and ‖Bσ(A)ᵀ‖ over p, and ‖B_1‖.
        rank, start, end
            k* by counting singular values of W above L̃/2, and the stretch of p where it lasts.
        fast, slow
            The largest speed outside the bottleneck and the least inside, over L̃.
        balancedness, negative_share
            The largest violation relative to the largest weights; ‖min(A, 0)‖/‖A‖ in the middle of the bottleneck.
        theorem_…, second_…
            See `theorem_sides`.
    """
    energy = compute_energies(path)
    phases = find_phases(path, energy)
    depth = path.effective_depth
    stable = -2.0 / depth * energy.relative.hamiltonian
    row: dict[str, Any] = {
        "cost": path.cost, "fit": path.fit, "penalty": path.penalty, "residual": path.stationarity,
        "test_error": None if data is None or not data.test_inputs.shape[1] else path.error(
            data.test_inputs, data.test_targets),
        **spread("hamiltonian", energy.scaled_hamiltonian), **spread("stable", stable),
        "least_cost_of_identity": float(energy.relative.cost_of_identity.min()),
        "path_length": energy.path_length, "kernel_length": energy.stable_length,
        "momentum": float(energy.momentum.max()), "momentum_activation": float(energy.momentum_activation.max()),
        "final_momentum": float(np.linalg.norm(path.momenta[-1])),
        "rank": phases.rank, "start": phases.start, "end": phases.end,
        "fast": phases.fast_ratio, "slow": phases.slow_ratio,
        "balancedness": _range_of(energy.balancedness, energy.weight_norm),
        "negative_share": _negative_share(path, phases.start, phases.end),
    }  # fmt: skip
    return row | theorem_sides(path)


def theorem_sides(path: RepresentationPath) -> dict[str, float]:
    """Theorem 4 in numbers.

    Returns
    -------
    dict
        theorem_lower, theorem_value, theorem_upper
            −(ℓ/L̃ + √(γc))² ≤ −(2/L̃)H − min‖A‖² ≤ γc, for the γ that makes it tightest (theorem_gamma); H is the median
            over p.
        second_lower, second_upper, second_slack
            The least margins of the second inequality over p on either side, divided by L̃ (negative where it fails),
            and √(γc).
    """
    gamma = best_gamma(path)
    energy = compute_energies(path, gamma=gamma)
    depth, identity = path.effective_depth, energy.constant.cost_of_identity
    slack = float(np.sqrt(gamma) * energy.momentum.max())
    speed = np.sqrt(2.0 * depth * energy.constant.kinetic)
    gap = speed / depth - np.sqrt(np.maximum(identity - energy.scaled_hamiltonian, 0.0))
    return {
        "theorem_gamma": gamma, "theorem_lower": -((energy.stable_length / depth + slack) ** 2),
        "theorem_value": float(np.median(energy.scaled_hamiltonian) - identity.min()), "theorem_upper": slack**2,
        "second_lower": float(gap.min() + slack), "second_upper": float(2.0 * slack - gap.max()),
        "second_slack": slack,
    }  # fmt: skip


def curves(path: RepresentationPath) -> dict[str, np.ndarray]:
    """Curves along p: positions (L+1,), singular values of A (L+1, m) and W (L, m), the energies (L,)."""
    energy: Energies = compute_energies(path)
    states = np.linalg.svd(path.representations, compute_uv=False)
    return {
        "positions": path.positions, "representation_values": states[:, :MOST_VALUES],
        "weight_values": energy.weight_singular_values[:, :MOST_VALUES], "kinetic": energy.relative.kinetic,
        "potential": energy.relative.potential, "hamiltonian": energy.hamiltonian,
        "cost_of_identity": energy.relative.cost_of_identity,
    }  # fmt: skip


def spread(name: str, values: np.ndarray) -> dict[str, float]:
    """Median, least and largest of some values, by name."""
    return {
        name: float(np.median(values)), f"{name}_min": float(np.min(values)), f"{name}_max": float(np.max(values)),
    }  # fmt: skip


def _range_of(values: np.ndarray, scale: np.ndarray) -> float:
    """The largest deviation from zero, relative to the largest of the scale."""
    return float(np.abs(values).max() / scale.max()) if scale.max() > 0.0 else 0.0


def _negative_share(path: RepresentationPath, start: float, end: float) -> float:
    """‖min(A, 0)‖/‖A‖ in the middle of the bottleneck."""
    layer = int(np.argmin(np.abs(path.positions - 0.5 * (start + end))))
    state = path.representations[layer]
    size = float(np.linalg.norm(state))
    return float(np.linalg.norm(np.minimum(state, 0.0))) / size if size > 0.0 else 0.0
