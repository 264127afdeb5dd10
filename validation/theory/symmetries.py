"""Exact symmetries of a path without bias: more leakage, and larger inputs.

Both need a homogeneous σ, σ(sa) = sσ(a) for s > 0.
Source: Jacot and Kaiser, arXiv:2405.17573, the symmetries of Leaky ResNets.
"""

from dataclasses import replace

import numpy as np

from geodepth.foundation.activations import LINEAR, RELU
from geodepth.validation.argument_checks import check_number
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath

from .check import Check, Statement

_NEEDED = "it needs a homogeneous σ without bias"


def is_homogeneous(path: RepresentationPath) -> bool:
    """Whether σ(sa) = sσ(a) for every s > 0."""
    return path.activation in (RELU, LINEAR)


def leakage_symmetry(path: RepresentationPath, shift: float) -> Check:
    """Check that L̃ → L̃ + c with the same network up to scale gives A'_p = e^{−cp}A_p, exactly so in discrete form.

    Parameters
    ----------
    path : RepresentationPath
        Not applicable with a bias, or where σ is not homogeneous.
    shift : float
        c.

    Raises
    ------
    ValidationError
        L̃ + c < 0, or a layer step that is not below 1/(L̃ + c).

    Notes
    -----
    W'_ℓ = W_ℓ(1 − ρ_ℓ(L̃ + c))/(1 − ρ_ℓL̃) gives A'_ℓ = Π(1 − ρ(L̃ + c))/(1 − ρL̃) A_ℓ.
    """
    statement = Statement("Leakage symmetry", "A'_p = e^{−cp} A_p")
    if path.bias or not is_homogeneous(path):
        return statement.not_applicable(_NEEDED)
    moved = path.effective_depth + shift
    if moved < 0.0 or (path.layer_steps * max(moved, path.effective_depth) >= 1.0).any():
        raise ValidationError(f"shift is {shift}; choose one with L̃ + c ≥ 0 and every step below 1/(L̃ + c)")
    factor = (1.0 - path.layer_steps * moved) / (1.0 - path.layer_steps * path.effective_depth)
    network = replace(path.network, weights=path.weights * factor[:, None, None], effective_depth=moved)
    scale = np.concatenate([[1.0], np.cumprod(factor)])[:, None, None]
    other = network.propagate(path.representations[0])
    size = float(np.abs(path.representations).max())
    return statement.equality((other / scale).ravel() / size, path.representations.ravel() / size, 1e-9)


def scaling_symmetry(path: RepresentationPath, factor: float) -> Check:
    """Check that outputs scale with inputs: A_0 → sA_0 gives A_p → sA_p with the same W.

    Parameters
    ----------
    path : RepresentationPath
        Not applicable with a bias, or where σ is not homogeneous.
    factor : float
        s > 0.

    Raises
    ------
    ValidationError
        s ≤ 0.
    """
    statement = Statement("Output scaling", "A_0 → sA_0 gives A_p → sA_p at no cost")
    s = check_number("factor", factor, positive=True)
    if path.bias or not is_homogeneous(path):
        return statement.not_applicable(_NEEDED)
    other = path.network.propagate(s * path.representations[0])
    size = float(np.abs(path.representations).max())
    return statement.equality((other / s).ravel() / size, path.representations.ravel() / size, 1e-12)
