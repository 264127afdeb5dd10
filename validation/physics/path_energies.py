"""Energies, ranks, norms and lengths along a path, exact and stable."""

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.activations import Activation, parse_activation
from geodepth.foundation.shapes import Float
from geodepth.validation.argument_checks import CHECKS, check_array, check_number
from geodepth.validation.path.network import features
from geodepth.validation.path.representation_path import RepresentationPath

from .energies import EnergyTerms
from .kernel import KernelGeometry
from .ranks import effective_rank, nuclear_rank, stable_rank


@dataclass(frozen=True, slots=True, eq=False)
class Energies:
    """What is measured of a path at Q points, without units.

    Attributes
    ----------
    positions : (Q,)
        p.
    exact, relative, constant : EnergyTerms
        The terms of the Lagrangian in three geometries: of K, of K + γ_pI with γ_p = γ₀‖σ(A_p)‖²_op, and of K + γI with
        one γ.
    hamiltonian : (Q,)
        H = (n/2)‖Bσ(A)ᵀ‖² − L̃ Tr[BAᵀ] from the momenta, always finite; n is L̃, or 1 for L̃ = 0.
    scaled_hamiltonian : (Q,)
        −(2/n)H, which tends to the bottleneck rank as L̃ grows.
    infinite_direction : (Q, N)
        The unit combination of samples along which A_p or ∂_pA leaves the image of K_p most; zero where exact terms
        are finite.
    momentum : (Q,)
        ‖B‖_F.
    momentum_activation : (Q,)
        ‖Bσ(A)ᵀ‖_F.
    speed : (Q,)
        ‖∂_pA‖_F.
    representation_singular_values : (Q, min(w, N))
        Of A_p.
    representation_stable_rank, representation_nuclear_rank, representation_effective_rank : (Q,)
        Ranks of A_p; see `ranks`.
    weight_singular_values : (Q, w)
        Of W_p.
    weight_stable_rank, weight_effective_rank : (Q,)
        Ranks of W_p.
    weight_norm : (Q,)
        ‖W_p‖²_F.
    bias_norm : (Q,)
        ‖b_p‖².
    balancedness : (Q,)
        ‖W_p‖² − ‖W_0‖² − 2L̃∫₀^p‖b‖² by the trapezoidal rule, which vanishes on a geodesic up to the step size.
    path_length : float
        ∫‖∂_pA‖_F dp.
    kernel_length : float
        ∫‖∂_pA‖_K dp in the exact geometry, maybe infinite.
    stable_length : float
        The same in the constant geometry.
    """

    positions: Float[np.ndarray, " Q"]
    exact: EnergyTerms
    relative: EnergyTerms
    constant: EnergyTerms
    hamiltonian: Float[np.ndarray, " Q"]
    scaled_hamiltonian: Float[np.ndarray, " Q"]
    infinite_direction: Float[np.ndarray, "Q N"]
    momentum: Float[np.ndarray, " Q"]
    momentum_activation: Float[np.ndarray, " Q"]
    speed: Float[np.ndarray, " Q"]
    representation_singular_values: Float[np.ndarray, "Q m"]
    representation_stable_rank: Float[np.ndarray, " Q"]
    representation_nuclear_rank: Float[np.ndarray, " Q"]
    representation_effective_rank: Float[np.ndarray, " Q"]
    weight_singular_values: Float[np.ndarray, "Q w"]
    weight_stable_rank: Float[np.ndarray, " Q"]
    weight_effective_rank: Float[np.ndarray, " Q"]
    weight_norm: Float[np.ndarray, " Q"]
    bias_norm: Float[np.ndarray, " Q"]
    balancedness: Float[np.ndarray, " Q"]
    path_length: float
    kernel_length: float
    stable_length: float


def compute_energies(path: RepresentationPath, relative_gamma: float = 1e-4, gamma: float | None = None) -> Energies:
    """Measure the energies of a path on its L intervals.

    Parameters
    ----------
    path : RepresentationPath
    relative_gamma : float
        γ₀ of γ_p = γ₀‖σ(A_p)‖²_op.
    gamma : float, optional
        The constant γ, by default γ₀ times the least ‖σ(A_p)‖²_op of the path.

    Raises
    ------
    ValidationError
        A γ that is not positive.

    Notes
    -----
    Every interval is measured at p_{ℓ−1}, with A_{ℓ−1}, ∂_pA = (A_ℓ − A_{ℓ−1})/ρ_ℓ, W_ℓ and B_ℓ. This pairing is the
    network's own: L̃A_{ℓ−1} + ∂_pA = W_ℓσ(A_{ℓ−1}) always, and W_ℓ = L̃B_ℓσ(A_{ℓ−1})ᵀ where J is stationary, exactly
    and at any number of layers.
    """
    return energies_at_points(
        path.positions[:-1],
        path.layer_steps,
        path.representations[:-1],
        np.diff(path.representations, axis=0) / path.layer_steps[:, None, None],
        path.momenta[1:],
        path.effective_depth,
        weights=path.weights,
        bias=path.bias,
        activation=path.nonlinearity,
        relative_gamma=relative_gamma,
        gamma=gamma,
    )


def energies_at_points(
    positions: Float[np.ndarray, " Q"],
    measure: Float[np.ndarray, " Q"],
    representations: Float[np.ndarray, "Q w N"],
    velocities: Float[np.ndarray, "Q w N"],
    momenta: Float[np.ndarray, "Q w N"],
    effective_depth: float,
    *,
    weights: Float[np.ndarray, "Q w c"] | None = None,
    bias: bool = True,
    activation: str | Activation = "relu",
    smoothing: float = 0.0,
    relative_gamma: float = 1e-4,
    gamma: float | None = None,
) -> Energies:
    """Measure the energies at Q points of any path, continuous or discrete, where A, ∂_pA and B are known.

    Parameters
    ----------
    positions : (Q,)
        p, ascending.
    measure : (Q,)
        Quadrature weights of ∫dp, for the lengths.
    representations, velocities, momenta : (Q, w, N)
        A, ∂_pA and B.
    effective_depth : float
        L̃ ≥ 0.
    weights : (Q, w, c), optional
        W, by default (L̃A + ∂_pA)σ(A)⁺, the least weights that do it.
    bias, activation, smoothing
        See `Objective`.
    relative_gamma, gamma : float
        See `compute_energies`.

    Raises
    ------
    ValidationError
        Shapes that do not fit, or numbers out of range.

    Notes
    -----
    Source: Jacot and Kaiser, arXiv:2405.17573, the Lagrangian and Hamiltonian reformulations.
    """
    A = check_array("representations", representations, (None, None, None), "(Q, w, N)")
    points, width, _ = A.shape
    p = check_array("positions", positions, (points,), "(Q,)")
    dp = check_array("measure", measure, (points,), "(Q,), quadrature weights")
    dA = check_array("velocities", velocities, A.shape, "(Q, w, N)")
    B = check_array("momenta", momenta, A.shape, "(Q, w, N)")
    depth = check_number("effective_depth", effective_depth, positive=False)
    share = check_number("relative_gamma", relative_gamma, positive=True)
    active = features(A, parse_activation(activation, smoothing, checks=CHECKS), bias)
    geometries = [KernelGeometry.of(matrix) for matrix in active]
    norms = np.array([geometry.operator_norm**2 for geometry in geometries])
    tiny = np.finfo(float).tiny  # a path at rest in zero, without bias, has K = 0; any γ > 0 then gives zero energy
    fixed = max(share * float(norms.min()), tiny) if gamma is None else check_number("gamma", gamma, positive=True)
    if weights is None:
        W = np.stack([(depth * a + v) @ np.linalg.pinv(s, rcond=1e-12) for a, v, s in zip(A, dA, active, strict=True)])
    else:
        W = check_array("weights", weights, (points, width, active.shape[1]), "(Q, w, c)")
    exact, relative, constant = (
        EnergyTerms.of(geometries, A, dA, depth, value)
        for value in (np.zeros(points), np.maximum(share * norms, tiny), np.full(points, fixed))
    )
    scale = depth if depth > 0.0 else 1.0
    pulled = B @ active.transpose(0, 2, 1)
    hamiltonian = 0.5 * scale * np.sum(pulled**2, axis=(1, 2)) - depth * np.sum(B * A, axis=(1, 2))
    a_values, w_values = np.linalg.svd(A, compute_uv=False), np.linalg.svd(W, compute_uv=False)
    bias_norm = np.sum(W[:, :, -1] ** 2, axis=1) if bias else np.zeros(points)
    weight_norm = np.sum(W**2, axis=(1, 2))
    drive = np.concatenate([[0.0], np.cumsum(0.5 * np.diff(p) * (bias_norm[1:] + bias_norm[:-1]))])
    speed = np.sqrt(np.sum(dA**2, axis=(1, 2)))
    with np.errstate(invalid="ignore"):
        kernel_length, stable_length = (float(dp @ np.sqrt(2.0 * scale * t.kinetic)) for t in (exact, constant))
    return Energies(
        positions=p,
        exact=exact,
        relative=relative,
        constant=constant,
        hamiltonian=hamiltonian,
        scaled_hamiltonian=-2.0 / scale * hamiltonian,
        infinite_direction=np.stack([_escape(g, a, v) for g, a, v in zip(geometries, A, dA, strict=True)]),
        momentum=np.sqrt(np.sum(B**2, axis=(1, 2))),
        momentum_activation=np.sqrt(np.sum(pulled**2, axis=(1, 2))),
        speed=speed,
        representation_singular_values=a_values,
        representation_stable_rank=stable_rank(a_values),
        representation_nuclear_rank=nuclear_rank(a_values),
        representation_effective_rank=effective_rank(a_values),
        weight_singular_values=w_values,
        weight_stable_rank=stable_rank(w_values),
        weight_effective_rank=effective_rank(w_values),
        weight_norm=weight_norm,
        bias_norm=bias_norm,
        balancedness=weight_norm - weight_norm[0] - 2.0 * depth * drive,
        path_length=float(dp @ speed),
        kernel_length=kernel_length,
        stable_length=stable_length,
    )


def _escape(
    geometry: KernelGeometry, A: Float[np.ndarray, "w N"], dA: Float[np.ndarray, "w N"]
) -> Float[np.ndarray, " N"]:
    rest = np.concatenate([geometry.outside(A), geometry.outside(dA)])
    if not rest.any():
        return np.zeros(A.shape[1])
    return np.asarray(np.linalg.svd(rest, full_matrices=False)[2][0])
