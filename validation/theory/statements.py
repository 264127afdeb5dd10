"""The paper's statements as numerical checks of a path, each with both sides, the margin and a status.

Source of all: Jacot and Kaiser, arXiv:2405.17573, by the numbers of its propositions and theorem. Two errata are
shown, not hidden: Proposition 1 needs σ without a row of ones, and the factor in Proposition 9 is two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from geodepth.foundation.activations import LINEAR, RELU
from geodepth.validation.argument_checks import check_number
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.energies import Energies, compute_energies
from geodepth.validation.physics.kernel import KernelGeometry
from geodepth.validation.physics.phases import Phases, find_phases

from .check import Check, equality, inequality, not_applicable
from .identity_minima import constant_cost_to_saddle, stable_minimum
from .one_neuron import one_neuron
from .theorem_four import STATIONARY, best_gamma, theorem_4, theorem_table

__all__ = [  # Theorem 4 has a file of its own; here all statements are found in one place
    "balancedness", "best_gamma", "check_all", "conservation", "errata", "leakage_symmetry", "negative_share",
    "nonnegative_bottleneck", "path_to_saddle", "scaling_symmetry", "separation_of_time_scales", "stable_minima",
    "stable_rank_bound", "stable_rank_counterexample", "theorem_4", "theorem_table", "time_scales_with_depth",
]  # fmt: skip

# A tolerance beyond this would let anything pass.
_COARSE = 0.5


def stable_rank_bound(path: RepresentationPath) -> Check:
    """Proposition 1: ‖A_p‖_*²/‖A_p‖_F² ≤ ‖A_p‖²_K at every p, for ReLU or linear σ without bias.

    With a bias it is not applicable: see `stable_rank_counterexample`.
    """
    name, statement = "Proposition 1", "nuclear rank of A ≤ cost of identity"
    if path.bias:
        return not_applicable(name, statement, "σ appends a row of ones, so ‖σ(A)‖_F ≤ ‖A‖_F fails")
    if path.smoothing > 0.0:
        return not_applicable(name, statement, "the smoothed ReLU exceeds |a|, so ‖σ(A)‖_F ≤ ‖A‖_F fails")
    energy = compute_energies(path)
    # Both sides are at most w; singular values are good to eps, and K⁺ to 1e-10 (the cut of small ones).
    return inequality(
        name, statement, energy.representation_nuclear_rank, energy.exact.cost_of_identity, 1e-8 * path.width
    )


def stable_rank_counterexample(activation: float = 1.0) -> Check:
    """Proposition 1 with a bias, on one neuron and one sample a > 0: the rank is 1, the cost a²/(1 + a²) < 1."""
    a = check_number("activation", activation, positive=True)
    cost = KernelGeometry.of(np.array([[a], [1.0]])).norm_squared(np.array([[a]]))
    reason = f"one neuron at {a:g} with a row of ones costs {cost:.4g}"
    return inequality("Proposition 1 with bias", "nuclear rank of A ≤ cost of identity", 1.0, cost, 1e-12, reason)


def stable_minima(path: RepresentationPath) -> Check:
    """Proposition 2 at the path's middle layer; see `stable_minimum`."""
    if path.bias or path.activation != "relu":
        return not_applicable("Proposition 2", "cost of identity = rank", "it is about ReLU without bias")
    return stable_minimum(path.representations[path.layers // 2])


def path_to_saddle(path: RepresentationPath) -> Check:
    """Proposition 3 at the path's middle layer; see `constant_cost_to_saddle`."""
    if path.bias or path.activation != "relu":
        return not_applicable("Proposition 3", "a path of constant cost", "it is about ReLU without bias")
    return constant_cost_to_saddle(path.representations[path.layers // 2])


def negative_share(path: RepresentationPath, position: float = 0.5) -> float:
    """‖min(A_p, 0)‖_F/‖A_p‖_F at the layer nearest to p, 0 where A_p is non-negative."""
    A = path.representations[int(np.argmin(np.abs(path.positions - position)))]
    size = float(np.linalg.norm(A))
    return float(np.linalg.norm(np.minimum(A, 0.0)) / size) if size > 0.0 else 0.0


def nonnegative_bottleneck(paths: Sequence[RepresentationPath], position: float = 0.5) -> Check:
    """Proposition 5: at fixed 0 < p < 1 representations become non-negative as L̃ grows.

    On at least three paths of one problem at growing L̃: the share of the last, which must be less than that of the
    first by half. left is the shares after the first, right half the first's share at each.
    """
    name, statement = "Proposition 5", "the negative part of A_p vanishes as L̃ grows"
    ordered = sorted(paths, key=lambda path: path.effective_depth)
    if len({path.effective_depth for path in ordered}) < 3:
        return not_applicable(name, statement, "it takes paths at three or more effective depths")
    shares = np.array([negative_share(path, position) for path in ordered])
    depths = ", ".join(f"{path.effective_depth:g}" for path in ordered)
    listed = ", ".join(f"{share:.2g}" for share in shares)
    return inequality(name, statement, shares[-1], 0.5 * shares[0], 1e-12, f"shares {listed} at L̃ = {depths}")


def balancedness(energy: Energies, effective_depth: float, factor: float = 2.0, tolerance: float = 0.05) -> Check:
    """Proposition 9: ‖W_p‖² − ‖W_0‖² = factor · L̃ ∫₀^p ‖b‖², factor two (the paper prints one), at every p.

    Both sides are relative to the largest ‖W_p‖²; tolerance is what discretization may cost, of first order in the
    layer steps for a network. Not applicable where the bias does so little work that every factor would hold.
    """
    name, statement = f"Proposition 9, factor {factor:g}", f"∂_p‖W‖² = {'' if factor == 1.0 else f'{factor:g} '}L̃ ‖b‖²"
    depth = check_number("effective_depth", effective_depth, positive=False)
    drive = (energy.weight_norm - energy.weight_norm[0] - energy.balancedness) / 2.0  # L̃ ∫‖b‖²
    size = float(np.abs(drive).max())
    scale = float(energy.weight_norm.max())
    if depth == 0.0 or size <= tolerance * scale:
        share = size / scale if scale > 0.0 else 0.0
        reason = f"the bias does too little work ({share:.2g} of ‖W‖²) to tell factors apart"
        return not_applicable(name, statement, reason)
    left, right = energy.weight_norm - energy.weight_norm[0], factor * drive
    fitted = float(left @ drive / (drive @ drive))
    reason = f"the factor that fits best is {fitted:.4g}"
    return equality(name, statement, left / scale, right / scale, tolerance, reason)


def conservation(energy: Energies, tolerance: float = 0.05) -> Check:
    """H is the same at every p, relative to the two terms that it is the difference of, (n/2)‖Bσ(A)ᵀ‖² and L̃Tr[BAᵀ].

    tolerance is what discretization may cost, of first order in the layer steps for a network.
    """
    mean = float(np.mean(energy.hamiltonian))
    # −(2/n)H leads back to n, and from there to both terms.
    nonzero = energy.scaled_hamiltonian != 0.0
    scales = -2.0 * energy.hamiltonian[nonzero] / energy.scaled_hamiltonian[nonzero]
    first = 0.5 * (float(scales[0]) if len(scales) else 0.0) * energy.momentum_activation**2
    scale = max(float(np.max(first + np.abs(energy.hamiltonian - first))), np.finfo(float).tiny)
    return equality(
        "Conservation", "H_p is constant", energy.hamiltonian / scale, mean / scale, tolerance, f"mean H = {mean:.6g}"
    )


def separation_of_time_scales(path: RepresentationPath, phases: Phases) -> Check:
    """Outside the bottleneck representations move at a speed of order L̃, inside at one of order 1.

    Speeds are ‖∂_pA‖_{K+γ_pI}. left is the slowest inside, right half the fastest outside: the bottleneck is at least
    twice as slow. That the ratio falls like 1/L̃ takes paths at several L̃, see `time_scales_with_depth`. Not applicable
    without a bottleneck that the cost of identity and the Hamiltonian agree on.
    """
    name, statement = "Separation of time scales", "slow speed ≤ ½ fast speed"
    if not (phases.has_bottleneck and phases.evidence.agrees):
        return not_applicable(name, statement, "there is no bottleneck yet")
    reason = f"{phases.slow_ratio:.2g} L̃ inside, {phases.fast_ratio:.2g} L̃ outside"
    return inequality(name, statement, phases.slow, 0.5 * phases.fast, 0.0, reason)


def time_scales_with_depth(paths: Sequence[RepresentationPath]) -> tuple[Check, Check]:
    """The two time scales as L̃ grows, on three or more paths of one problem.

    First: the least speed ‖∂_pA‖_{K+γ_pI} along p, over L̃, falls at least by half from the first L̃ to the last.
    Second: the largest one over L̃ does not, so that it is of order L̃.
    """
    names = ("Slow time scale", "Fast time scale")
    words = ("slow speed/L̃ falls as L̃ grows", "fast speed/L̃ stays as L̃ grows")
    ordered = sorted(paths, key=lambda path: path.effective_depth)
    if len({path.effective_depth for path in ordered}) < 3:
        reason = "it takes paths at three or more effective depths"
        first, second = (not_applicable(name, word, reason) for name, word in zip(names, words, strict=True))
        return first, second
    speeds = [np.sqrt(2.0 / p.effective_depth * compute_energies(p).relative.kinetic) for p in ordered]
    slow, fast = [float(s.min()) for s in speeds], [float(s.max()) for s in speeds]
    depths = ", ".join(f"{path.effective_depth:g}" for path in ordered)

    def listed(values: Sequence[float]) -> str:
        return f"{', '.join(f'{value:.2g}' for value in values)} at L̃ = {depths}"

    return (
        inequality(names[0], words[0], slow[-1], 0.5 * slow[0], 0.0, listed(slow)),
        inequality(names[1], words[1], 0.5 * fast[0], fast[-1], 0.0, listed(fast)),
    )


def errata() -> tuple[Check, ...]:
    """The two corrections to the paper on numbers that are known: Proposition 9 on the exact path of one neuron, with
    the factor two and as printed, conservation there, and Proposition 1 with a bias on its counterexample."""
    exact = one_neuron(0.5, 1.5, 3.0)
    energy = exact.energies
    # Trapezoids between 401 Gauss nodes, at most 0.004 apart, miss the bias' work by h²/12 times derivatives of 100.
    return (
        balancedness(energy, exact.effective_depth, 2.0, tolerance=1e-3),
        balancedness(energy, exact.effective_depth, 1.0, tolerance=1e-3),
        conservation(energy, 1e-10),
        stable_rank_counterexample(1.0),
    )


def leakage_symmetry(path: RepresentationPath, shift: float) -> Check:
    """L̃ → L̃ + c with the same network up to scale: A'_p = e^{−cp}A_p without bias, exactly so in discrete form.

    W'_ℓ = W_ℓ(1 − ρ_ℓ(L̃ + c))/(1 − ρ_ℓL̃) gives A'_ℓ = Π(1 − ρ(L̃ + c))/(1 − ρL̃) A_ℓ for a σ that is homogeneous.
    """
    name, statement = "Leakage symmetry", "A'_p = e^{−cp} A_p"
    if path.bias or not _is_homogeneous(path):
        return not_applicable(name, statement, "it needs a homogeneous σ without bias")
    moved = path.effective_depth + shift
    if moved < 0.0 or (path.layer_steps * max(moved, path.effective_depth) >= 1.0).any():
        raise ValidationError(f"shift is {shift}; choose one with L̃ + c ≥ 0 and every step below 1/(L̃ + c)")
    factor = (1.0 - path.layer_steps * moved) / (1.0 - path.layer_steps * path.effective_depth)
    moved_network = replace(path.network, weights=path.weights * factor[:, None, None], effective_depth=moved)
    other = moved_network.propagate(path.representations[0])
    scale = np.concatenate([[1.0], np.cumprod(factor)])[:, None, None]
    size = float(np.abs(path.representations).max())
    return equality(name, statement, (other / scale).ravel() / size, path.representations.ravel() / size, 1e-9)


def scaling_symmetry(path: RepresentationPath, factor: float) -> Check:
    """Outputs scale with inputs: A_0 → sA_0 gives A_p → sA_p with the same W, s > 0, for homogeneous σ without bias."""
    name, statement = "Output scaling", "A_0 → sA_0 gives A_p → sA_p at no cost"
    s = check_number("factor", factor, positive=True)
    if path.bias or not _is_homogeneous(path):
        return not_applicable(name, statement, "it needs a homogeneous σ without bias")
    other = path.network.propagate(s * path.representations[0])
    size = float(np.abs(path.representations).max())
    return equality(name, statement, (other / s).ravel() / size, path.representations.ravel() / size, 1e-12)


def check_all(path: RepresentationPath) -> tuple[Check, ...]:
    """Every statement that one path can be held to; those about continuous paths to first order in ρL̃."""
    energy = compute_energies(path)
    # One Euler step mistakes a decay e^{−ρL̃} for 1 − ρL̃; quadratic quantities are off by twice that.
    step = 2.0 * float(path.layer_steps.max()) * max(path.effective_depth, 1.0)
    continuous: tuple[Check, ...] = (
        balancedness(energy, path.effective_depth, tolerance=step),
        conservation(energy, tolerance=step),
    )
    reason = ""
    if path.stationarity > STATIONARY:
        reason = f"the path is not stationary (residual {path.stationarity:.2g})"
    elif step > _COARSE:
        reason = f"layers are too coarse (2ρL̃ = {step:.2g}) for a statement about continuous paths"
    if reason:
        continuous = tuple(not_applicable(check.name, check.statement, reason) for check in continuous)
    return (
        stable_rank_bound(path),
        stable_minima(path),
        path_to_saddle(path),
        *continuous,
        *theorem_4(path),
        *([separation_of_time_scales(path, find_phases(path, energy))] if path.effective_depth > 0.0 else []),
        scaling_symmetry(path, 2.0),
    )


def _is_homogeneous(path: RepresentationPath) -> bool:
    """Whether σ(sa) = sσ(a) for every s > 0."""
    return path.nonlinearity.name in (RELU, LINEAR)
