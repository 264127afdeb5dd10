"""Two errata of the paper, shown and not hidden.

1. Proposition 1 needs σ without a row of ones.
2. The factor in Proposition 9 is two.
"""

from .check import Check
from .conservation import balancedness, conservation
from .one_neuron import one_neuron
from .stable_rank import stable_rank_counterexample


def errata() -> tuple[Check, ...]:
    """Check the two corrections to the paper on numbers that are known.

    Returns
    -------
    tuple of Check
        Proposition 9 on the exact path of one neuron, with the factor two and as printed; conservation there; and
        Proposition 1 with a bias on its counterexample.
    """
    exact = one_neuron(0.5, 1.5, 3.0)
    energy = exact.energies
    # Trapezoids between 401 Gauss nodes, at most 0.004 apart, miss the bias' work by h²/12 times derivatives of 100.
    return (
        balancedness(energy, exact.effective_depth, 2.0, tolerance=1e-3),
        balancedness(energy, exact.effective_depth, 1.0, tolerance=1e-3),
        conservation(energy, 1e-10),
        stable_rank_counterexample(1.0),
    )
