"""All statements of the paper that one path can be held to, each with both sides, margin and status.

Source: Jacot and Kaiser, arXiv:2405.17573, by the numbers of its propositions and theorem.
"""

from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.path_energies import Energies, compute_energies
from geodepth.validation.physics.phases import find_phases

from .check import Check, Statement
from .conservation import balancedness, conservation
from .growing_depth import separation_of_time_scales
from .identity_minima import path_to_saddle, stable_minima
from .stable_rank import stable_rank_bound
from .symmetries import is_homogeneous, scaling_symmetry
from .theorem_four import STATIONARY, theorem_4

COARSE = 0.5
"""Tolerance of a statement about continuous paths, relative, beyond which anything would pass; chosen by hand."""


def check_all(path: RepresentationPath) -> tuple[Check, ...]:
    """Check every statement that one path can be held to; those about continuous paths to first order in ρL̃."""
    energy = compute_energies(path)
    return (
        stable_rank_bound(path),
        stable_minima(path),
        path_to_saddle(path),
        *_about_continuous_paths(path, energy),
        *theorem_4(path),
        *([separation_of_time_scales(path, find_phases(path, energy))] if path.effective_depth > 0.0 else []),
        scaling_symmetry(path, 2.0),
    )


def _about_continuous_paths(path: RepresentationPath, energy: Energies) -> tuple[Check, Check]:
    # One Euler step mistakes a decay e^{−ρL̃} for 1 − ρL̃; quadratic quantities are off by twice that.
    step = 2.0 * float(path.layer_steps.max()) * max(path.effective_depth, 1.0)
    balanced = balancedness(energy, path.effective_depth, tolerance=step)
    conserved = conservation(energy, tolerance=step)
    reason = ""
    if path.stationarity > STATIONARY:
        reason = f"the path is not stationary (residual {path.stationarity:.2g})"
    elif step > COARSE:
        reason = f"layers are too coarse (2ρL̃ = {step:.2g}) for a statement about continuous paths"
    if reason or not is_homogeneous(path):
        balanced = Statement(balanced.name, balanced.statement).not_applicable(reason or "it needs a homogeneous σ")
    if reason:
        conserved = Statement(conserved.name, conserved.statement).not_applicable(reason)
    return balanced, conserved
