"""Proposition 1: the cost of identity is at least the nuclear rank; and why not with a bias.

Source: Jacot and Kaiser, arXiv:2405.17573, Proposition 1. Erratum: it needs σ without a row of ones.
"""

import numpy as np

from geodepth.foundation.activations import SMOOTHED_RELU
from geodepth.validation.argument_checks import check_number
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.kernel import KernelGeometry
from geodepth.validation.physics.path_energies import compute_energies

from .check import Check, Statement

_WORDS = "nuclear rank of A ≤ cost of identity"


def stable_rank_bound(path: RepresentationPath) -> Check:
    """Check Proposition 1: ‖A_p‖_*²/‖A_p‖_F² ≤ ‖A_p‖²_K at every p.

    Not applicable with a bias, see `stable_rank_counterexample`, nor where σ(a) may exceed |a|.
    """
    statement = Statement("Proposition 1", _WORDS)
    if path.bias:
        return statement.not_applicable("σ appends a row of ones, so ‖σ(A)‖_F ≤ ‖A‖_F fails")
    if path.activation == SMOOTHED_RELU:
        return statement.not_applicable("the smoothed ReLU exceeds |a|, so ‖σ(A)‖_F ≤ ‖A‖_F fails")
    energy = compute_energies(path)
    # Both sides are at most w; singular values are good to eps, and K⁺ to 1e-10 (the cut of small ones).
    tolerance = 1e-8 * path.width
    return statement.inequality(energy.representation_nuclear_rank, energy.exact.cost_of_identity, tolerance)


def stable_rank_counterexample(activation: float = 1.0) -> Check:
    """Check Proposition 1 with a bias, on one neuron and one sample a > 0: the rank is 1, the cost a²/(1 + a²) < 1.

    Parameters
    ----------
    activation : float
        a.

    Raises
    ------
    ValidationError
        a ≤ 0.
    """
    a = check_number("activation", activation, positive=True)
    cost = KernelGeometry.of(np.array([[a], [1.0]])).norm_squared(np.array([[a]]))
    reason = f"one neuron at {a:g} with a row of ones costs {cost:.4g}"
    return Statement("Proposition 1 with bias", _WORDS).inequality(1.0, cost, 1e-12, reason)
