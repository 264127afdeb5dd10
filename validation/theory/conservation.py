"""What does not change along a geodesic: the Hamiltonian, and the balance of the weights' norm against the bias.

Source: Jacot and Kaiser, arXiv:2405.17573, the Hamiltonian reformulation and Proposition 9. Erratum: the factor in
Proposition 9 is two.
"""

import numpy as np

from geodepth.validation.argument_checks import check_number
from geodepth.validation.physics.path_energies import Energies

from .check import Check, Statement


def balancedness(energy: Energies, effective_depth: float, factor: float = 2.0, tolerance: float = 0.05) -> Check:
    """Check Proposition 9: ‖W_p‖² − ‖W_0‖² = factor · L̃ ∫₀^p ‖b‖² at every p, relative to the largest ‖W_p‖².

    Parameters
    ----------
    energy : Energies
    effective_depth : float
        L̃.
    factor : float
        Two; the paper prints one.
    tolerance : float
        What discretization may cost, of first order in the layer steps for a network.

    Returns
    -------
    Check
        Not applicable where the bias does so little work that every factor would hold.

    Raises
    ------
    ValidationError
        L̃ < 0.
    """
    words = f"∂_p‖W‖² = {'' if factor == 1.0 else f'{factor:g} '}L̃ ‖b‖²"
    statement = Statement(f"Proposition 9, factor {factor:g}", words)
    depth = check_number("effective_depth", effective_depth, positive=False)
    change = energy.weight_norm - energy.weight_norm[0]
    drive = (change - energy.balancedness) / 2.0  # L̃ ∫‖b‖²
    size, scale = float(np.abs(drive).max()), float(energy.weight_norm.max())
    if depth == 0.0 or size <= tolerance * scale:
        share = size / scale if scale > 0.0 else 0.0
        return statement.not_applicable(f"the bias does too little work ({share:.2g} of ‖W‖²) to tell factors apart")
    reason = f"the factor that fits best is {float(change @ drive / (drive @ drive)):.4g}"
    return statement.equality(change / scale, factor * drive / scale, tolerance, reason)


def conservation(energy: Energies, tolerance: float = 0.05) -> Check:
    """Check that H is the same at every p, relative to its two terms, (n/2)‖Bσ(A)ᵀ‖² and L̃Tr[BAᵀ].

    Parameters
    ----------
    energy : Energies
    tolerance : float
        What discretization may cost, of first order in the layer steps for a network.
    """
    mean = float(np.mean(energy.hamiltonian))
    # −(2/n)H leads back to n, and from there to both terms.
    nonzero = energy.scaled_hamiltonian != 0.0
    scales = -2.0 * energy.hamiltonian[nonzero] / energy.scaled_hamiltonian[nonzero]
    first = 0.5 * (float(scales[0]) if len(scales) else 0.0) * energy.momentum_activation**2
    scale = max(float(np.max(first + np.abs(energy.hamiltonian - first))), np.finfo(float).tiny)
    statement = Statement("Conservation", "H_p is constant")
    return statement.equality(energy.hamiltonian / scale, mean / scale, tolerance, f"mean H = {mean:.6g}")
